"""The html page: structure, great_tables' own table, links to the notebook's cell, nothing from elsewhere."""

import base64
import itertools
import re

import polars as pl
import pytest
from bs4 import BeautifulSoup
from great_tables import GT

from lib.press.render import render_document


@pytest.fixture(scope="module")
def page(site):
    return BeautifulSoup((site / "_output/manuscript/index.html").read_text("utf-8"), "html.parser")


def text(tag):
    return " ".join(tag.get_text().split())


def test_title_block(page):
    block = page.select_one(".title-block")
    assert text(block.h1) == "Raters of 1,000 faces"
    assert text(block.select_one(".byline")) == "Ada Lovelace1 (ORCID), Kim Min-su1,2"
    assert [text(line) for line in block.select(".affiliations li")] == [
        "1 University of Analytics, London",
        "2 Seoul Institute, Korea",
        "Correspondence: Kim Min-su, kim@example.org",
    ]
    assert text(block.select_one(".date")) == "November 20, 2026"
    assert text(block.select_one(".abstract")) == "Abstract We asked 1,000 people. It was good. A second paragraph."
    assert text(block.select_one(".keywords")) == "Keywords: emotion, bias"


def test_downloads_are_the_other_formats(page):
    links = {text(link): link["href"] for link in page.select(".downloads a")}
    assert links == {"Word": "index.docx", "PDF": "index.pdf"}


def test_navigation_leads_from_every_page(site, page):
    links = {text(link): link["href"] for link in page.select("header.bar a")}
    assert links == {
        "Small & site": "../index.html",
        "Manuscript": "index.html",
        "Supplement": "../supplementary/index.html",
        "Scores": "../cache/notebooks/scores.html",
    }
    assert page.select_one("a[aria-current]")["href"] == "index.html"


def test_landmarks_and_language(page):
    assert page.html["lang"] == "en"
    assert page.main["id"] == "content"
    assert page.select_one("a.skip")["href"] == "#content"
    assert {tag["aria-label"] for tag in page.find_all("nav")} == {"Site", "Contents"}
    levels = [int(tag.name[1]) for tag in page.main.find_all(["h1", "h2", "h3", "h4"])]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_sections_are_numbered_and_listed(page):
    assert [text(heading) for heading in page.select("main > h2, main > h3")] == [
        "1 Introduction",
        "1.1 Methods",
        "References",
    ]
    assert [text(link) for link in page.select("#TOC a")] == ["1 Introduction", "1.1 Methods", "References"]


def test_references_say_and_reach_their_number(page):
    paragraph = text(page.select_one("main > p"))
    assert paragraph.startswith("1,000. people agree (α = .471); see Table 1, 1, Figure 1, Table 2 and Section 1.1.")
    links = {text(link): link["href"] for link in page.select("main > p a")}
    assert links["Table 1"] == "#tbl-scores"
    assert links["Section 1.1"] == "#sec-methods"
    assert links["Table S1"] == "../supplementary/index.html#tbl-machines"


def test_citations(page):
    paragraph = text(page.select_one("main > p"))
    assert "Faces are hard (Smith and Müller 2020, 5; Doe 2019). Doe (2019) said “so”" in paragraph
    assert [text(entry)[:11] for entry in page.select(".csl-entry")] == ["Doe, John. ", "Smith, Jane"]


def test_table_keeps_the_html_of_great_tables(page):
    figure = page.find(id="tbl-scores")
    assert figure.name == "figure"
    assert (
        text(figure.figcaption) == "Table 1: Scores of three machines, after Smith and Müller (2020); compare Figure 1."
    )
    table = figure.select_one(".scroll .gt_table")
    assert text(table.select_one(".gt_column_spanner")) == "Happy κ × α"
    assert [text(cell) for cell in table.select(".gt_group_heading")] == ["Vision-language models", "Classifiers"]
    assert text(table.select(".gt_stub")[0]) == "Gemini <b>2.5</b> & co"
    assert figure.select_one(".scroll")["tabindex"] == "0"


def test_each_embed_links_to_its_cell(site, page):
    target = page.select_one("#fig-dots .origin a")["href"]
    assert target == "../cache/notebooks/scores.html#cell-fig-dots"
    notebook = BeautifulSoup((site / "_output/cache/notebooks/scores.html").read_text("utf-8"), "html.parser")
    assert "geom_point" in notebook.find(id="cell-fig-dots").get_text()


def test_picture_is_in_the_page_with_its_alternative_text(page):
    image = page.find(id="fig-dots").img
    assert image["alt"] == "Two dots, the second <higher>."
    assert base64.b64decode(image["src"].partition(",")[2]).startswith(b"\x89PNG")


def test_callouts_are_titled(page):
    warning, note = page.select(".callout")
    assert text(warning) == "Simulated data Every number here is simulated."
    assert note.select_one(".callout-title").get_text().strip() == "Mind"
    assert note.math is not None


def test_footnote(page):
    assert text(page.select_one(".footnotes li")).startswith("A footnote about small things & Table 3.")


def test_notebook_page_escapes_markdown_and_output(site):
    notebook = BeautifulSoup((site / "_output/cache/notebooks/scores.html").read_text("utf-8"), "html.parser")
    assert notebook.script is None
    assert "What the <script>machines</script> said." in text(notebook.main)
    assert "plain & <text>" in text(notebook.main)
    assert text(notebook.h1) == "Scores"


def test_markdown_output_stands_in_its_float(site):
    page = BeautifulSoup((site / "_output/supplementary/index.html").read_text("utf-8"), "html.parser")
    assert (
        text(page.find(id="tbl-machines")) == "Table S1: Machines. This study has no machines yet. Source: scores.ipynb"
    )
    assert text(page.find(id="fig-dots").figcaption) == "Figure S1: Dots & lines."


def test_highest_headings_stand_below_the_title(project):
    source = project / "index.qmd"
    source.write_text("---\ntitle: T\n---\n\n## A\n\n### B\n\n| a |\n|---|\n| 1 |\n", "utf-8")
    (path,) = render_document(source, [], project, project / "out")
    page = BeautifulSoup(path.read_text("utf-8"), "html.parser")
    assert [(tag.name, text(tag)) for tag in page.main.find_all(["h2", "h3", "h4"])] == [("h2", "A"), ("h3", "B")]
    assert page.select_one(".scroll table") is not None


def test_a_table_of_many_fixed_columns_keeps_its_width_on_a_narrow_screen(page):
    """Columns that are shares of 400 pixels cut numbers off; such tables are moved sideways, and wrap where printed."""
    shares = dict.fromkeys("abcde", "20%")
    made = GT(pl.DataFrame([shares]), id="tbl-w").cols_width(shares).as_raw_html()
    table = BeautifulSoup(f'<div class="scroll">{made}</div>', "html.parser")
    styles = "".join(tag.get_text() for tag in page.select("style"))
    rule = re.search(r"@media screen \{\s*(\.scroll \.gt_table[^{]*) \{ min-width: \d+rem; \}", styles)
    assert rule and len(table.select(rule[1])) == 1
    table.select_one("col").decompose()
    assert not table.select(rule[1])
