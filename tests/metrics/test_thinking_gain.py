"""Gains of thinking against R (tests/reference/thinking_gain.R), with a known effect, and coverage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lib.errors import DataError, ParameterError
from lib.metrics.thinking_gain import FEW_UNITS, SAME_TOKENS, thinking_gain

REFERENCE = Path(__file__).parents[1] / "reference"


def images(slope: float, seed: int, units: int = 40) -> pl.DataFrame:
    """Six faces of each person, whose gains go together; harder categories get more thinking and gain less."""
    random = np.random.default_rng(seed)
    unit, kind = np.repeat(np.arange(units), 6), np.tile(np.arange(3), 2 * units)
    x = 9 + kind + random.normal(0, 0.7, unit.size)
    gain = 0.3 - kind + slope * (x - 9 - kind) + random.normal(0, 0.4, units)[unit] + random.normal(0, 0.6, unit.size)
    return pl.DataFrame({"gain": gain, "tokens": 2**x - 1, "category": kind, "unit": unit})


def test_figures_agree_with_r() -> None:
    expected = json.loads((REFERENCE / "thinking_gain_expected.json").read_text(encoding="utf-8"))
    found = thinking_gain(pl.DataFrame({name: expected[name] for name in ("gain", "tokens", "category", "unit")}), 0.9)
    assert (found.n, found.n_units) == (60, 15)
    for name in ("gain", "slope"):
        figures = [getattr(found, name + end) for end in ("", "_low", "_high", "_p")]
        assert figures == pytest.approx(expected[f"{name}_figures"], rel=1e-9), name


def test_hard_categories_do_not_make_thinking_look_harmful() -> None:
    table = images(0.3, seed=1)
    assert np.corrcoef(np.log2(table["tokens"] + 1), table["gain"])[0, 1] < -0.3
    found = thinking_gain(table, 0.95)
    assert found.slope_low < 0.3 < found.slope_high and found.slope_p < 0.001


def test_intervals_cover_and_nothing_is_seldom_taken_for_something() -> None:
    runs = [thinking_gain(images(0.2, seed), 0.95) for seed in range(150)]
    assert 0.9 <= np.mean([run.slope_low < 0.2 < run.slope_high for run in runs]) <= 0.99
    assert 0.9 <= np.mean([run.gain_low < -0.7 < run.gain_high for run in runs]) <= 0.99
    level = np.mean([thinking_gain(images(0.0, seed), 0.95).slope_p < 0.05 for seed in range(150)])
    assert 0.01 <= level <= 0.1


def test_what_cannot_be_told_says_why() -> None:
    table = images(0.3, seed=2)
    same = thinking_gain(table.with_columns(tokens=pl.col("category") * 100.0), 0.95)
    assert (same.slope, same.reason) == (None, SAME_TOKENS) and same.gain_p is not None
    alone = thinking_gain(table.with_columns(unit=1), 0.95)
    assert (alone.n_units, alone.gain_low, alone.slope, alone.reason) == (1, None, None, FEW_UNITS)
    none = thinking_gain(table.with_columns(gain=pl.lit(0.0)), 0.95)
    assert (none.gain, none.gain_p, none.slope, none.slope_p) == (0.0, None, 0.0, None)
    gaps = thinking_gain(table.with_columns(pl.when(pl.col("unit") > 3).then("tokens").alias("tokens")), 0.95)
    assert (gaps.n, gaps.n_units) == (216, 36)
    with pytest.raises(DataError, match="Tokens must be 0 or more, got -1"):
        thinking_gain(table.with_columns(tokens=pl.lit(-1)), 0.95)
    with pytest.raises(DataError, match="No images with both errors and tokens"):
        thinking_gain(table.clear(), 0.95)
    with pytest.raises(DataError, match="lack the column 'unit'"):
        thinking_gain(table.drop("unit"), 0.95)
    with pytest.raises(ParameterError, match="confidence"):
        thinking_gain(table, 0.0)
