"""What `verify` must find: it is given pages with one thing spoilt at a time."""

import shutil
import zipfile
from pathlib import Path

import pytest

from lib.press.render import render_document
from lib.press.verify import labels, numbers, verify, verify_site


@pytest.fixture
def pages(site, tmp_path):
    """Return copies of the manuscript's three pages, free to be spoilt."""
    return [
        Path(shutil.copy(site / f"_output/manuscript/index{suffix}", tmp_path)) for suffix in (".html", ".docx", ".pdf")
    ]


def spoil_html(pages, old, new, count=1):
    text = pages[0].read_text("utf-8")
    assert old in text
    pages[0].write_text(text.replace(old, new, count), "utf-8")


def spoil_docx(pages, old, new):
    with zipfile.ZipFile(pages[1]) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old.encode() in parts["word/document.xml"]
    parts["word/document.xml"] = parts["word/document.xml"].replace(old.encode(), new.encode(), 1)
    with zipfile.ZipFile(pages[1], "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_agreeing_pages(pages):
    assert verify(pages) == []


@pytest.mark.parametrize("left", ["?@tbl-x", "{{< var a >}}", "Unresolved", "@fig-dots", "PressVar3Token"])
def test_finds_what_is_left_unresolved(pages, left):
    spoil_html(pages, "Faces are hard", f"Faces {left} are hard")
    assert any("left unresolved" in complaint for complaint in verify(pages))


def test_finds_a_cell_that_differs_in_word(pages):
    spoil_docx(pages, ">1,439<", ">1,438<")
    complaints = verify(pages)
    assert len(complaints) == 1
    assert "index.docx: table 1 differs" in complaints[0]


def test_finds_a_cell_that_is_not_in_the_pdf(pages):
    spoil_html(pages, ">1,439<", ">8,439<")
    spoil_docx(pages, ">1,439<", ">8,439<")
    assert any("index.pdf: a row of table 1 is missing" in complaint for complaint in verify(pages))
    assert any("index.pdf: number missing 1 times, got '8,439'" in complaint for complaint in verify(pages))


def test_finds_a_number_in_the_text_that_differs(pages):
    spoil_docx(pages, "= .471)", "= .472)")
    complaints = verify(pages)
    assert any("number missing 1 times, got '.471'" in complaint for complaint in complaints)
    assert any("number 1 times too often, got '.472'" in complaint for complaint in complaints)


def test_finds_a_label_that_differs(pages):
    spoil_docx(pages, "Figure\u00a01:", "Figure\u00a07:")
    assert any("label missing 1 times, got 'Figure 1'" in complaint for complaint in verify(pages))


def test_finds_a_missing_row(pages):
    text = pages[0].read_text("utf-8")
    start = text.index("<tr", text.index('class="gt_table_body"'))
    pages[0].write_text(text[:start] + text[text.index("</tr>", start) + 5 :], "utf-8")
    assert any("table 1 has 7 rows, got 6" in complaint for complaint in verify(pages))


def test_finds_links_and_pictures_that_fail(pages):
    spoil_html(pages, 'href="#tbl-scores"', 'href="#tbl-gone"')
    spoil_html(pages, 'alt="Two dots, the second &lt;higher&gt;."', "")
    spoil_docx(pages, 'w:anchor="sec-methods"', 'w:anchor="sec-gone"')
    complaints = "\n".join(verify(pages))
    assert "a link leads nowhere, got '#tbl-gone'" in complaints
    assert "a picture has no alternative text" in complaints
    assert "index.docx: a link leads nowhere, got 'sec-gone'" in complaints


def test_finds_what_is_loaded_from_elsewhere(pages):
    spoil_html(pages, "</main>", '<img alt="" src="https://example.org/x.png"></main>')
    assert any("loads from another host" in complaint for complaint in verify(pages))


def test_finds_a_link_between_pages_that_leads_nowhere(project):
    pages = render_document(project / "index.qmd", [], project, project / "_output")
    pages += render_document(project / "supplementary/index.qmd", ["html"], project, project / "_output")
    complaints = verify_site(project / "_output")
    assert any("leads to no file, got 'manuscript/index.html'" in complaint for complaint in complaints)
    assert any("scores.html#cell-tbl-machines" in complaint for complaint in complaints)


def test_numbers_and_labels():
    found = numbers("−0.12 and .5, 71.1% of 1,440; see https://doi.org/10.1 and a@b2.org")
    assert found == {"0.12": 1, ".5": 1, "71.1%": 1, "1,440": 1}
    assert labels("Table S1, Figure 2 and Section 3.1; Tables") == {"Table S1": 1, "Figure 2": 1, "Section 3.1": 1}
