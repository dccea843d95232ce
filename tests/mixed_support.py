"""Designs and reference values of mixed models from R (tests/reference/mixed.R), and how they are compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

REFERENCE = Path(__file__).parent / "reference"
EXPECTED: dict[str, Any] = json.loads((REFERENCE / "mixed_expected.json").read_text(encoding="utf-8"))
FACES = pl.read_csv(REFERENCE / "mixed_faces.csv", null_values=[""])
PEOPLE = pl.read_csv(REFERENCE / "mixed_people.csv", null_values=[""])
MODELS = {
    "emotion": ["rater_type", "emotion"],
    "race": ["rater_type", "race"],
    "full": ["rater_type", "emotion", "race", "gender"],
    "intercept": [],
}
REML, COMPONENT, TERM_F, PLAIN = 1e-6, 1e-5, 1e-4, 1e-9


def faces(case: str) -> tuple[pl.DataFrame, list[str], dict[str, Any]]:
    """Rows, factors and R's results of a model with one random intercept, such as `ragged_full`."""
    design, model = case.rsplit("_", 1)
    return FACES.filter(pl.col("design") == design), MODELS[model], EXPECTED["one_intercept"][case]


def people(case: str) -> tuple[pl.DataFrame, list[str], dict[str, Any]]:
    """Rows, factors and R's results of a model with two crossed intercepts, such as `ragged_emotion`."""
    design, model = case.rsplit("_", 1)
    factors = ["emotion"] if model == "emotion" else []
    return PEOPLE.filter(pl.col("design") == design), factors, EXPECTED["crossed"][case]


def column(rows: list[dict[str, Any]], name: str) -> list[Any]:
    """One column of R's rows; what R has as NA is None."""
    values = [row.get(name) for row in rows]
    return [None if value in ("NA", None) else value for value in values]


def listed(value: Any) -> list[str]:
    """R writes a vector of one name as the name, and an empty one as an empty list."""
    return [value] if isinstance(value, str) else list(value)


def assert_close(found: list[Any], expected: list[Any], tolerance: float, what: str) -> None:
    """Compare value by value; None must be None."""
    assert [item is None for item in found] == [item is None for item in expected], what
    pairs = [(a, b) for a, b in zip(found, expected, strict=True) if b is not None]
    assert [a for a, _ in pairs] == pytest.approx([b for _, b in pairs], rel=tolerance), what
