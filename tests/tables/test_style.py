from __future__ import annotations

import re

import polars as pl
import pytest

from lib.tables.style import as_text, interval, mean_and_sd, plain_table, shade, spread

FRAME = pl.DataFrame({"kind": ["x", "x", "y"], "name": ["A", "B", None], "r": ["−.10", ".20", ".30"]})


def _cells(html: str) -> list[str]:
    return re.findall(r"<td[^>]*>([^<]*)</td>", html)


def test_text_stays_as_it_is_and_null_becomes_a_dash() -> None:
    html = plain_table(FRAME, "tbl-x", {"name": "Name", "r": "*r*"}).as_raw_html()
    assert _cells(html) == ["A", "−.10", "B", ".20", "–", ".30"]
    assert '<div id="tbl-x"' in html
    assert "<em>r</em>" in html


def test_notes_stand_below_and_absent_ones_are_left_out() -> None:
    html = plain_table(FRAME, "tbl-x", {"name": "Name", "r": "r"}, ["First.", None, "Second."]).as_raw_html()
    assert html.count('gt_sourcenote"') == 2
    assert html.index("First.") < html.index("Second.")


def test_groups_head_their_rows() -> None:
    html = plain_table(FRAME, "tbl-x", {"name": "Name", "r": "r"}, groups="kind").as_raw_html()
    assert html.count('"gt_group_heading"') == 2


def test_the_same_twice() -> None:
    tables = [plain_table(FRAME, "tbl-x", {"name": "Name", "r": "r"}, ["n"], groups="kind").as_raw_html() for _ in "12"]
    assert tables[0] == tables[1]


def test_numbers_by_statistic() -> None:
    frame = pl.DataFrame({"r": [0.5, None], "mae": [1.25, 2.0]})
    assert as_text(frame, ["r", "mae"]).rows() == [(".500", "1.250"), ("–", "2.000")]
    assert as_text(frame, {"mae": "bias"})["mae"].to_list() == ["1.25", "2.00"]


def test_pairs_and_intervals() -> None:
    frame = pl.DataFrame({"machine_mean": [4.181], "machine_sd": [2.349], "low": [0.5], "high": [1.0]})
    assert mean_and_sd(frame, "machine_mean", "machine_sd").to_list() == ["4.18 (2.35)"]
    assert interval(frame).to_list() == ["[.500, 1.000]"]
    assert interval(pl.DataFrame({"low": [None], "high": [None]})).to_list() == [None]


def test_spread_keeps_the_order_of_an_enum_and_of_rows() -> None:
    order = pl.Enum(["sad", "happy", "angry"])
    frame = pl.DataFrame({"name": ["B", "B", "A"], "emotion": ["happy", "sad", "sad"], "v": ["1", "2", "3"]})
    wide = spread(frame.with_columns(pl.col("emotion").cast(order)), ["name"], "emotion", "v")
    assert wide.columns == ["name", "sad", "happy"]
    assert wide.rows() == [("B", "2", "1"), ("A", "3", None)]


@pytest.mark.parametrize(("value", "colour"), [(0.4, None), (0.5, "#FCEBDD"), (1.6, "#EFAA75"), (-1.0, "#C6DDF1")])
def test_shades_by_direction_and_size(value: float, colour: str | None) -> None:
    wide = pl.DataFrame({"name": ["A"], "sad": [value]})
    table = plain_table(pl.DataFrame({"name": ["A"], "sad": ["x"]}), "tbl-x", {"name": "N", "sad": "S"})
    html = shade(table, wide, ["sad"], (0.5, 1.0, 1.5)).as_raw_html()
    found = re.findall(r'<td style="background-color: (#\w+)', html)
    assert found == ([colour] if colour else [])
