from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

REFERENCE = Path(__file__).parents[1] / "reference"
EMOTIONS = ("happy", "sad", "angry", "fear", "disgust", "neutral")


def _expected(name: str) -> Any:
    return json.loads((REFERENCE / f"{name}_expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def emotions() -> tuple[str, ...]:
    return EMOTIONS


@pytest.fixture(scope="session")
def labels_of_people() -> tuple[str, ...]:
    return (*EMOTIONS, "surprised")


@pytest.fixture(scope="session")
def r_categories() -> Any:
    return _expected("categories")


@pytest.fixture(scope="session")
def r_dimensions() -> Any:
    return _expected("dimensions")


@pytest.fixture(scope="session")
def r_human() -> Any:
    return _expected("human")


@pytest.fixture(scope="session")
def labelled() -> pl.DataFrame:
    return pl.read_csv(REFERENCE / "categories_labels.csv")


@pytest.fixture(scope="session")
def pairs() -> pl.DataFrame:
    return pl.read_csv(REFERENCE / "dimensions_pairs.csv", schema_overrides={"machine": pl.Float64})


@pytest.fixture(scope="session")
def ratings() -> pl.DataFrame:
    return pl.read_csv(REFERENCE / "human_ratings.csv", schema_overrides={"valence": pl.Float64, "arousal": pl.Float64})
