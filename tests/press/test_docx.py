"""The Word file: real headings, tables, captions and pictures."""

import zipfile

import docx
import pytest
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn

from lib.press.word_file import finished


@pytest.fixture(scope="module")
def word(site):
    return docx.Document(site / "_output/manuscript/index.docx")


def styled(word, name):
    return [paragraph.text for paragraph in word.paragraphs if paragraph.style.name == name]


def test_headings_and_title_are_styles(word):
    assert styled(word, "Title") == ["Raters of 1,000 faces"]
    assert styled(word, "Heading 1") == ["1 Introduction", "References"]
    assert styled(word, "Heading 2") == ["1.1 Methods"]
    assert styled(word, "Affiliation")[0] == "1 University of Analytics, London"


def test_contents_are_filled_and_can_be_updated(word):
    assert styled(word, "toc 1") == ["1 Introduction", "References"]
    assert styled(word, "toc 2") == ["1.1 Methods"]
    kinds = [mark.get(qn("w:fldCharType")) for mark in word.element.body.iter(qn("w:fldChar"))]
    assert kinds == ["begin", "separate", "end"]


def test_captions_number_in_order(word):
    captions = styled(word, "Table Caption")
    assert [caption.partition(":")[0] for caption in captions] == ["Table\u00a01", "Table\u00a02", "Table\u00a03"]
    assert styled(word, "Image Caption") == ["Figure\u00a01: Dots & lines."]


def test_tables_are_real(word):
    table = word.tables[0]
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert rows[0] == ["Condition", "Happy κ × α", "Happy κ × α", "n"]
    assert rows[1][1:3] == ["HRa", "r"]
    assert rows[2] == ["Vision-language models"] * 4
    assert rows[3] == ["Gemini <b>2.5</b> & co", "0.912", "−0.12", "1,440"]
    assert rows[6] == ["BEiT", "–", "2.00", "1,200"]
    notes = styled(word, "Table Note")
    assert notes == ["a Hit rate of the 1,440 images.", "Note. Simulated."]


def test_header_rows_repeat_and_rows_hold_together(word):
    for table in word.tables:
        rows = table._tbl.findall(qn("w:tr"))
        assert rows[0].find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
        assert all(row.find(f"{qn('w:trPr')}/{qn('w:cantSplit')}") is not None for row in rows)


def test_numbers_are_aligned_right_and_emphasis_kept(word):
    cell = word.tables[0].cell(3, 1)
    assert cell.paragraphs[0].alignment == docx.enum.text.WD_ALIGN_PARAGRAPH.RIGHT
    assert cell.paragraphs[0].runs[0].bold


def test_a_cell_keeps_its_fill(word):
    cell = word.tables[0].cell(4, 2)
    assert cell._tc.tcPr.find(qn("w:shd")).get(qn("w:fill")) == "FFEECC"
    assert cell.text == "1.50"
    assert word.tables[0].cell(4, 1)._tc.tcPr.find(qn("w:shd")) is None


def test_short_tables_stay_on_one_page(word):
    def kept(row):
        return all(paragraph.paragraph_format.keep_with_next for cell in row.cells for paragraph in cell.paragraphs)

    rows = word.tables[0].rows
    assert all(kept(row) for row in rows[:-1])
    assert not kept(rows[-1])
    assert not kept(word.tables[2].rows[5])


def test_a_wide_table_has_a_page_on_its_side(word):
    assert [section.orientation for section in word.sections] == [
        WD_ORIENT.PORTRAIT,
        WD_ORIENT.LANDSCAPE,
        WD_ORIENT.PORTRAIT,
    ]
    assert all(section.footer.paragraphs for section in word.sections)


def test_picture_has_alternative_text_and_fits(word):
    shape = word.inline_shapes[0]
    assert shape._inline.docPr.get("descr") == "Two dots, the second <higher>."
    section = word.sections[0]
    assert shape.width <= section.page_width - section.left_margin - section.right_margin


def test_supplement_is_numbered_with_s(site):
    word = docx.Document(site / "_output/supplementary/index.docx")
    captions = [caption.partition(":")[0] for caption in styled(word, "Table Caption")]
    assert captions == ["Table\u00a0S1", "Table\u00a0S2"]


def test_parts_carry_one_time(site):
    path = site / "_output/manuscript/index.docx"
    with zipfile.ZipFile(path) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2026-11-20T00:00:00Z" in archive.read("docProps/core.xml")
    assert finished(path.read_bytes())
