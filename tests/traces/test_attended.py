from __future__ import annotations

import numpy as np
import pytest

from lib.traces.attended import map_of
from lib.traces.parts import Part
from lib.traces.summaries import summarise

GRID = {"rows": 2, "columns": 3, "box": [0, 0, 60, 40], "size": [60, 30]}


def part(maps: np.ndarray) -> Part:
    tokens = np.stack([maps.mean(1), maps.mean(1)]).astype(np.float16)
    mass = np.repeat(maps.sum((-2, -1))[None], 2, axis=0).astype(np.float32)
    return Part({"maps": maps.astype(np.float16), "tokens": tokens, "mass": mass}, {"layers": [1, 2], "grid": GRID})


def gathered(one: Part):
    return summarise("attention", one, ("BM01_Ang", 0, "emotion"), (), ())


def test_layers_and_heads_count_alike_and_places_keep_their_order() -> None:
    maps = np.zeros((2, 2, 2, 3))
    maps[0, 0, 0, 2], maps[1, 1, 1, 0] = 0.5, 0.25
    (frame,) = gathered(part(maps))
    (row,) = frame.iter_rows(named=True)
    assert (row["image_id"], row["step"], row["layers"], row["heads"], row["tokens"]) == (
        "BM01_Ang",
        "emotion",
        2,
        2,
        2,
    )
    assert row["mass"] == pytest.approx(0.75 / 4) and sum(row["map"]) == pytest.approx(row["mass"])
    values, grid = map_of(row)
    assert values.tolist() == [[0, 0, 0.125], [0.0625, 0, 0]]
    assert (grid.rows, grid.columns, grid.box, grid.size) == (2, 3, (0, 0, 60, 40), (60, 30))


def test_what_the_model_did_not_give_has_no_row() -> None:
    broken = np.zeros((2, 2, 2, 3))
    broken[0, 0, 0, 0] = np.nan
    assert gathered(part(broken)) == [] and gathered(Part(about={"lacking": "no image"})) == []
