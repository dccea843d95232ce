"""Cells, their options, and what an output's html must not do."""

import nbformat
import pytest

from lib.errors import DocumentError
from lib.press.notebook import ACTIVE, cell_options, find_cell, read_notebook, without_escapes


def test_options_end_where_the_code_begins():
    code = '#| label: tbl-a\n#| tbl-cap: "Two\n#|   lines."\nx = 1\n#| label: no'
    assert cell_options(code, "here") == {"label": "tbl-a", "tbl-cap": "Two lines."}
    assert cell_options("x = 1", "here") == {}


@pytest.mark.parametrize("mark", [">-", "|", ">"])
def test_folded_options_which_quarto_loses_are_refused(mark):
    with pytest.raises(DocumentError, match="here: Quarto loses a cell option"):
        cell_options(f"#| label: tbl-a\n#| tbl-cap: {mark}\n#|   Two lines.", "here")


@pytest.mark.parametrize("code", ["#| a: [", "#| - a"])
def test_options_that_are_no_mapping_are_refused(code):
    with pytest.raises(DocumentError, match="here: cell options"):
        cell_options(code, "here")


@pytest.mark.parametrize(
    "html",
    [
        "<script>1</script>",
        "< SCRIPT src=x>",
        "<td onclick='x()'>",
        "<a href='javascript:x()'>",
        "<img src='https://example.org/x.png'>",
        "<iframe>",
        "<link rel=stylesheet>",
    ],
)
def test_active_html_is_seen(html):
    assert ACTIVE.search(html)


@pytest.mark.parametrize(
    "html", ["<td>only one = 1, on time = 2</td>", "<td>&lt;script&gt;</td>", "javascript: a language"]
)
def test_plain_text_is_not(html):
    assert ACTIVE.search(html) is None


def test_embedded_cell(project):
    cell = find_cell(project / "cache/notebooks/scores.ipynb", "fig-dots", "here")
    assert (cell.kind, cell.alt, cell.caption) == ("image", "Two dots, the second <higher>.", "Dots & lines.")
    assert cell.png.startswith(b"\x89PNG")
    assert cell.width == 640


def test_two_cells_with_one_label_are_refused(tmp_path):
    cells = [nbformat.v4.new_code_cell("#| label: tbl-a") for _ in range(2)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "n.ipynb")
    with pytest.raises(DocumentError, match=r"here: 2 cells of .* are labelled so, got 'tbl-a'"):
        find_cell(tmp_path / "n.ipynb", "tbl-a", "here")


def test_a_file_that_is_no_notebook_is_refused(tmp_path):
    (tmp_path / "n.ipynb").write_text("nothing", "utf-8")
    with pytest.raises(DocumentError, match="here: not a notebook"):
        read_notebook(tmp_path / "n.ipynb", "here")


def test_terminal_colours_go():
    assert without_escapes("\x1b[31mred\x1b[0m") == "red"
