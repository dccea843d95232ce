"""great_tables html becomes a table of pandoc's tree; the measure is the table that great_tables was given."""

import polars as pl
import pytest
from great_tables import GT, html, loc, md, style

from lib.errors import DocumentError
from lib.press.tables import read_tables
from lib.press.tree import stringify


def rows(grid):
    """Return (header rows, body rows) as texts with their spans."""
    _, _, _, head, bodies, _ = grid.table["c"]
    both = [head[1], [row for body in bodies for row in body[3]]]
    return [[[(stringify(cell[4]), cell[2], cell[3]) for cell in row[1]] for row in part] for part in both]


def cell(grid, row, column):
    return grid.table["c"][4][0][3][row][1][column]


@pytest.fixture(scope="module")
def grid():
    frame = pl.DataFrame(
        {"kind": ["x", "x", "y"], "name": ["<b>", "B", "C"], "low": [1.0, 2.0, 3.0], "high": [4, 5, 6]}
    )
    table = (
        GT(frame, id="tbl-a", rowname_col="name", groupname_col="kind")
        .tab_header("Title", "Subtitle")
        .tab_spanner("Both", ["low", "high"])
        .tab_spanner("All", ["low", "high"], level=1)
        .cols_label(low=html("L<sup>a</sup>"), high=md("*h* very long label"))
        .cols_align("center", "high")
        .tab_style([style.text(weight="bold", color="#aa0000"), style.fill("#ffeecc")], loc.body("low", [1]))
        .tab_style(style.text(style="italic"), loc.body("high", [1]))
        .tab_source_note(md("*First* note"))
        .tab_source_note("second & note")
    )
    return read_tables([table.as_raw_html()])[0]


def test_header_rows_hold_titles_spanners_and_labels(grid):
    head, _ = rows(grid)
    assert head[0] == [("Title", 1, 3)]
    assert head[1] == [("Subtitle", 1, 3)]
    assert head[2] == [("", 1, 1), ("All", 1, 2)]
    assert [words for words, _, _ in head[4]] == ["La", "h very long label"]


@pytest.mark.parametrize(
    ("text", "shown", "longest"),
    [
        (".90 [.88, .91]", ".90 [.88,\u00a0.91]", 10),
        ("(1) [−1.3, −0.9]*", "(1) [−1.3,\u00a0−0.9]*", 13),
        ("A, B [and, more, so]", "A, B [and, more, so]", 5),
    ],
)
def test_a_line_breaks_before_an_interval_and_not_within_it(text, shown, longest):
    found = read_tables([GT(pl.DataFrame({"a": [text]}), id="tbl-b").as_raw_html()])[0]
    assert rows(found)[1] == [[(shown, 1, 1)]]
    assert found.words == [longest]


def test_groups_stand_above_their_rows(grid):
    _, body = rows(grid)
    assert body == [
        [("x", 1, 3)],
        [("<b>", 1, 1), ("1.0", 1, 1), ("4", 1, 1)],
        [("B", 1, 1), ("2.0", 1, 1), ("5", 1, 1)],
        [("y", 1, 3)],
        [("C", 1, 1), ("3.0", 1, 1), ("6", 1, 1)],
    ]


def test_alignment_comes_from_great_tables(grid):
    assert [alignment["t"] for alignment, _ in grid.table["c"][2]] == ["AlignLeft", "AlignRight", "AlignCenter"]


def test_styles_of_cells_are_kept(grid):
    assert cell(grid, 2, 1)[4][0]["c"][0]["t"] == "Strong"
    assert dict(cell(grid, 2, 1)[0][2]) == {"typst:fill": 'rgb("#ffeecc")', "typst:text:fill": 'rgb("#aa0000")'}
    assert cell(grid, 2, 2)[4][0]["c"][0]["t"] == "Emph"
    assert cell(grid, 1, 1)[4][0]["c"][0]["t"] == "Str"


def test_notes_stand_apart(grid):
    assert [stringify(note) for note in grid.notes] == ["First note", "second & note"]


def test_widths_count_every_single_column_cell(grid):
    assert grid.columns == 3
    assert grid.texts == [3, 3, 17]
    assert grid.characters == [3, 3, 5]  # the longest text is a heading, which may be broken


def test_identifiers_do_not_leak(grid):
    assert cell(grid, 1, 1)[0] == ["", [], []]


def test_several_tables_stay_apart():
    first, second = (GT(pl.DataFrame({"a": [value]})).as_raw_html() for value in ("one", "two"))
    assert [rows(grid)[1] for grid in read_tables([first, second])] == [[[("one", 1, 1)]], [[("two", 1, 1)]]]


def test_two_tables_in_one_output_are_refused():
    page = GT(pl.DataFrame({"a": [1]})).as_raw_html()
    with pytest.raises(DocumentError, match="one table, got 2"):
        read_tables([page + page])
