"""The Word styles: pandoc's own reference document with the press's fonts, captions, table rules and page numbers."""

from __future__ import annotations

import io
import re
import zipfile

from lib.press.pandoc import convert

SERIF, SANS = "Cambria", "Calibri"
FOOTER = "footer-press.xml"
FOOTER_ID = "rIdPressFooter"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
MARGINS = (
    '<w:pgMar w:top="1361" w:right="1418" w:bottom="1361" w:left="1418" w:header="709" w:footer="709" w:gutter="0" />'
)
PORTRAIT = f'<w:pgSz w:w="11906" w:h="16838" />{MARGINS}'
LANDSCAPE_PAGE = '<w:pgSz w:w="16838" w:h="11906" w:orient="landscape" />'


def _size(points: float) -> str:
    return f'<w:sz w:val="{int(points * 2)}" /><w:szCs w:val="{int(points * 2)}" />'


def _spacing(before: float, after: float, line: int = 0) -> str:
    extra = f' w:line="{line}" w:lineRule="auto"' if line else ""
    return f'<w:spacing w:before="{int(before * 20)}" w:after="{int(after * 20)}"{extra} />'


def _box(fill: str, rule: str) -> str:
    return (
        f'<w:pBdr><w:left w:val="single" w:sz="24" w:space="8" w:color="{rule}" /></w:pBdr>'
        f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}" />'
    )


def _heading(level: int, points: float) -> tuple[str, str, str, str]:
    outline = (
        f'<w:keepNext /><w:keepLines />{_spacing(14 if level == 1 else 10, 4)}<w:outlineLvl w:val="{level - 1}" />'
    )
    return f"Heading{level}", f"heading {level}", outline, f"<w:b />{_size(points)}"


KEEP = "<w:keepNext />"
CENTRE = '<w:jc w:val="center" />'
LEFT = '<w:jc w:val="left" />'
CALLOUT = _spacing(8, 8, 264) + "<w:contextualSpacing />"
PARAGRAPH_STYLES = (
    ("BodyText", "Body Text", _spacing(4, 4, 276), ""),
    ("Compact", "Compact", _spacing(2, 2), ""),
    ("Title", "Title", _spacing(0, 8) + CENTRE, f"<w:b />{_size(20)}"),
    ("Subtitle", "Subtitle", _spacing(0, 6) + CENTRE, _size(13)),
    ("Author", "Author", _spacing(4, 4) + CENTRE, _size(12)),
    ("Affiliation", "Affiliation", _spacing(0, 2) + CENTRE, f'<w:color w:val="5A6375" />{_size(9.5)}'),
    ("Date", "Date", _spacing(4, 10) + CENTRE, _size(10.5)),
    ("AbstractTitle", "Abstract Title", KEEP + _spacing(8, 2), f"<w:b />{_size(11)}"),
    ("Abstract", "Abstract", _spacing(2, 6, 264), _size(10.5)),
    ("Keywords", "Keywords", _spacing(2, 12), _size(10.5)),
    _heading(1, 15),
    _heading(2, 12.5),
    _heading(3, 11.5),
    _heading(4, 11),
    ("TableCaption", "Table Caption", KEEP + _spacing(14, 4) + LEFT, _size(10)),
    ("ImageCaption", "Image Caption", _spacing(4, 4) + LEFT, _size(10)),
    ("Figure", "Figure", KEEP + _spacing(12, 2) + CENTRE, ""),
    ("TableText", "Table Text", _spacing(1, 1), _size(9)),
    ("TableTextSmall", "Table Text Small", _spacing(1, 1), _size(7.5)),
    ("TableNote", "Table Note", _spacing(2, 2), _size(8.5)),
    ("Origin", "Origin", _spacing(1, 12), _size(8)),
    ("CalloutNote", "Callout Note", _box("EEF4FD", "3B73C4") + CALLOUT, _size(10.5)),
    ("CalloutWarning", "Callout Warning", _box("FFF5E3", "C77700") + CALLOUT, _size(10.5)),
    ("Bibliography", "Bibliography", _spacing(2, 4) + '<w:ind w:left="480" w:hanging="480" />', _size(10)),
    ("TOCHeading", "TOC Heading", KEEP + _spacing(10, 4), f"<w:b />{_size(12.5)}"),
    ("TOC1", "toc 1", _spacing(2, 2), _size(10)),
    ("TOC2", "toc 2", _spacing(1, 1) + '<w:ind w:left="280" />', _size(10)),
    ("TOC3", "toc 3", _spacing(0, 0) + '<w:ind w:left="560" />', _size(10)),
    ("Footer", "footer", CENTRE, _size(9)),
)
TABLE_STYLE = (
    '<w:style w:type="table" w:default="1" w:styleId="Table"><w:name w:val="Table" /><w:basedOn w:val="TableNormal" />'
    '<w:qFormat /><w:tblPr><w:tblBorders><w:top w:val="single" w:sz="8" w:space="0" w:color="000000" />'
    '<w:bottom w:val="single" w:sz="8" w:space="0" w:color="000000" /></w:tblBorders><w:tblCellMar>'
    '<w:top w:w="15" w:type="dxa" /><w:left w:w="70" w:type="dxa" /><w:bottom w:w="15" w:type="dxa" />'
    '<w:right w:w="70" w:type="dxa" /></w:tblCellMar></w:tblPr></w:style>'
)
FOOTER_XML = (
    f'<?xml version="1.0" encoding="UTF-8"?><w:ftr {W}><w:p><w:pPr><w:pStyle w:val="Footer" /></w:pPr>'
    '<w:r><w:fldChar w:fldCharType="begin" /></w:r><w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>'
    '<w:r><w:fldChar w:fldCharType="end" /></w:r></w:p></w:ftr>'
)


def _with_styles(styles: str) -> str:
    fonts = f'<w:rFonts w:ascii="{SERIF}" w:hAnsi="{SERIF}" w:cs="{SERIF}" w:eastAsia="Malgun Gothic" />'
    defaults = f'<w:rPrDefault><w:rPr>{fonts}{_size(11)}<w:lang w:val="en-US" /></w:rPr></w:rPrDefault>'
    styles = re.sub(r"<w:rPrDefault>.*?</w:rPrDefault>", lambda _: defaults, styles, flags=re.DOTALL)
    styles = re.sub(r'<w:color w:val="4F81BD" w:themeColor="accent1" />', '<w:color w:val="1A4F9C" />', styles)
    added = [TABLE_STYLE]
    for identifier, name, paragraph, run in PARAGRAPH_STYLES:
        added.append(
            f'<w:style w:type="paragraph" w:styleId="{identifier}"><w:name w:val="{name}" />'
            f'<w:basedOn w:val="Normal" />'
            f"<w:qFormat /><w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>"
        )
    for identifier in ("Table", *(entry[0] for entry in PARAGRAPH_STYLES)):
        pattern = rf'<w:style [^>]*w:styleId="{identifier}"[^>]*>.*?</w:style>'
        styles = re.sub(pattern, "", styles, flags=re.DOTALL)
    return styles.replace("</w:styles>", "".join(added) + "</w:styles>")


def reference_document() -> bytes:
    """Return the reference document (docx) that pandoc takes styles, page size and footer from."""
    original = zipfile.ZipFile(io.BytesIO(convert(b"", ["--print-default-data-file=reference.docx"])))
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as archive:
        for name in original.namelist():
            archive.writestr(name, _part(name, original.read(name)))
        archive.writestr(f"word/{FOOTER}", FOOTER_XML)
    return result.getvalue()


def _part(name: str, content: bytes) -> bytes:
    text = content.decode("utf-8")
    if name == "word/styles.xml":
        text = _with_styles(text)
    elif name == "word/document.xml":
        section = f'<w:sectPr {R}><w:footerReference w:type="default" r:id="{FOOTER_ID}" />{PORTRAIT}</w:sectPr>'
        text = re.sub(r"<w:sectPr\s*/>|<w:sectPr[ >].*?</w:sectPr>", lambda _: section, text, flags=re.DOTALL)
    elif name == "word/_rels/document.xml.rels":
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer"
        entry = f'<Relationship Id="{FOOTER_ID}" Type="{kind}" Target="{FOOTER}" />'
        text = text.replace("</Relationships>", entry + "</Relationships>")
    elif name == "[Content_Types].xml":
        kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"
        text = text.replace("</Types>", f'<Override PartName="/word/{FOOTER}" ContentType="{kind}" /></Types>')
    else:
        return content
    return text.encode("utf-8")
