from __future__ import annotations

from itertools import pairwise

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from lib.figures.style import COLOURS, SHAPES, TYPE_COLOURS, TYPE_SHAPES, by_type, spaced, to_pandas, uncrossed

HEIGHTS = st.lists(st.floats(0, 1, allow_subnormal=False), max_size=15)


@given(HEIGHTS, st.floats(0.001, 0.2))
def test_spaced_labels_keep_order_distance_and_frame(values: list[float], gap: float) -> None:
    placed = spaced(values, gap, 0, 1)
    fitting = min(gap, 1 / max(len(values) - 1, 1))
    assert all(-1e-9 <= height <= 1 + 1e-9 for height in placed)
    order = sorted(range(len(values)), key=lambda place: values[place])
    steps = [placed[after] - placed[before] for before, after in pairwise(order)]
    assert all(step >= fitting - 1e-9 for step in steps)


def test_labels_that_have_room_stay_where_they_are() -> None:
    assert spaced([0.2, 0.8], 0.1, 0, 1) == [0.2, 0.8]


@given(st.lists(st.tuples(st.floats(0, 0.9), st.floats(0, 1)), max_size=8, unique=True))
def test_no_two_lines_to_labels_cross(points: list[tuple[float, float]]) -> None:
    heights = uncrossed(points, spaced([y for _, y in points], 0.1, 0, 1), 1.0)
    assert sorted(heights) == sorted(spaced([y for _, y in points], 0.1, 0, 1))
    for one, (x, y) in enumerate(points):
        for other, (u, v) in enumerate(points[:one]):
            start = max(x, u)
            first = y + (heights[one] - y) * (start - x) / (1 - x)
            second = v + (heights[other] - v) * (start - u) / (1 - u)
            assert (first - second) * (heights[one] - heights[other]) >= 0


def test_an_enum_keeps_its_order_and_drops_what_does_not_occur() -> None:
    frame = pl.DataFrame({"e": ["b", "a", None]}, schema={"e": pl.Enum(["c", "b", "a"])})
    assert list(to_pandas(frame)["e"].cat.categories) == ["b", "a"]


def test_the_legend_names_machines_first() -> None:
    frame = by_type(pl.DataFrame({"type": ["Person", "FER", "VLM"]}))
    assert frame["type"].sort().to_list() == ["VLM", "FER", "Person"]


def test_colours_are_doubled_by_shapes() -> None:
    assert len(set(COLOURS)) == len(COLOURS) == len(set(SHAPES)) == len(SHAPES)
    assert TYPE_COLOURS.keys() == TYPE_SHAPES.keys()
    assert len(set(TYPE_SHAPES.values())) == len(TYPE_SHAPES)
