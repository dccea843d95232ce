"""The last touches on pandoc's Word file: rules and fills of tables, pages on their side, one time on every part."""

from __future__ import annotations

import io
import re
import zipfile

from lib.press.word_styles import LANDSCAPE_PAGE

TABLE = re.compile(r"<w:tbl>.*?</w:tbl>", re.DOTALL)
ROW = re.compile(r"<w:tr>.*?</w:tr>", re.DOTALL)
CELL_PROPERTIES = re.compile(r"<w:tcPr />|<w:tcPr>(.*?)</w:tcPr>", re.DOTALL)
FINAL_SECTION = re.compile(r"<w:sectPr[ >](?:(?!<w:sectPr).)*</w:sectPr>\s*</w:body>", re.DOTALL)
RULE = '<w:tcBorders><w:bottom w:val="single" w:sz="4" w:space="0" w:color="000000" /></w:tcBorders>'
PAGE_SIZE = re.compile(r"<w:pgSz [^>]*/>")
FIXED = '<w:tblLayout w:type="fixed" />'
SMALL_TABLE = "Press Small Table"
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
FILL = "\ue000{}\ue001"
FILLED = re.compile(
    r"<w:tc>(?P<properties><w:tcPr />|<w:tcPr>(?:(?!</w:tcPr>).)*</w:tcPr>)(?P<before>(?:(?!</w:tc>).)*?)"
    "\ue000(?P<colour>[0-9A-Fa-f]{6})\ue001",
    re.DOTALL,
)
ROWS_KEPT_TOGETHER = 30


def finished(content: bytes) -> bytes:
    """Return pandoc's Word file with table rules, page sections, and the same time on every part."""
    original = zipfile.ZipFile(io.BytesIO(content))
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in original.namelist():
            part = original.read(name)
            if name == "word/document.xml":
                words = TABLE.sub(lambda match: _ruled(match[0]), part.decode("utf-8"))
                part = _sectioned(words).encode("utf-8")
            information = zipfile.ZipInfo(name, ZIP_TIME)
            information.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(information, part)
    return result.getvalue()


def _ruled(table: str) -> str:
    style = "TableTextSmall" if SMALL_TABLE in table else "TableText"
    table = table.replace(SMALL_TABLE, "Table")
    table = table.replace('<w:pStyle w:val="Compact" />', f'<w:pStyle w:val="{style}" />')
    table = table.replace("<w:p><w:pPr /></w:p>", f'<w:p><w:pPr><w:pStyle w:val="{style}" /></w:pPr></w:p>')
    table = table.replace(FIXED, "")
    table = FILLED.sub(_filled, table)
    rows = ROW.findall(table)
    headers = [row for row in rows if "<w:tblHeader" in row]
    last = headers[-1] if headers else ""
    together = f'<w:pStyle w:val="{style}" />'

    def row(match: re.Match[str]) -> str:
        words = match[0]
        if words == last:
            words = CELL_PROPERTIES.sub(lambda cell: _cell(cell[1] or "", rule=True), words)
        elif "<w:tblHeader" in words:
            words = CELL_PROPERTIES.sub(lambda cell: _cell(cell[1] or "", rule="<w:gridSpan" in (cell[1] or "")), words)
        if len(rows) <= ROWS_KEPT_TOGETHER and match[0] != rows[-1]:
            words = words.replace(together, f"{together}<w:keepNext />")
        if "<w:trPr>" in words:
            return words.replace("<w:trPr>", "<w:trPr><w:cantSplit />", 1)
        return words.replace("<w:tr>", "<w:tr><w:trPr><w:cantSplit /></w:trPr>", 1)

    return ROW.sub(row, table)


def _filled(match: re.Match[str]) -> str:
    """Return a cell with its mark turned into shading."""
    shading = f'<w:shd w:val="clear" w:color="auto" w:fill="{match["colour"]}" />'
    properties = CELL_PROPERTIES.sub(lambda cell: f"<w:tcPr>{cell[1] or ''}{shading}</w:tcPr>", match["properties"])
    return f"<w:tc>{properties}{match['before']}"


def _cell(properties: str, rule: bool) -> str:
    bottom = '<w:vAlign w:val="bottom" />'
    return f"<w:tcPr>{properties}{RULE if rule else ''}{bottom}</w:tcPr>"


def _sectioned(words: str) -> str:
    final = FINAL_SECTION.search(words)
    if final is None:
        return words
    section = final[0].removesuffix("</w:body>").rstrip()
    words = words.replace('<w:sectPr press="portrait" />', section)
    return words.replace('<w:sectPr press="landscape" />', PAGE_SIZE.sub(LANDSCAPE_PAGE, section))
