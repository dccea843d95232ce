from __future__ import annotations

import polars as pl
import pytest

from lib.errors import DataError
from lib.metrics.false_positives import false_positives_by, name_cause

LABELS = pl.DataFrame(
    {
        "race": ["a"] * 5 + ["b"] * 5 + [None],
        "intended": ["angry", "sad", "sad", "calm", None, "angry", "angry", "sad", "calm", "calm", "sad"],
        "predicted": ["angry", "angry", None, "angry", "angry", "sad", "angry", "angry", "calm", "sad", "angry"],
    }
)


def test_only_images_of_other_emotions_count() -> None:
    found = false_positives_by(LABELS, ["angry", "sad", "calm"], ["race"], 0.95)
    assert found.select("race", "emotion", "x", "n", "n_excluded").rows() == [
        ("a", "angry", 2, 3, 1), ("b", "angry", 1, 3, 0), ("a", "sad", 0, 2, 1), ("b", "sad", 2, 4, 0),
        ("a", "calm", 0, 3, 1), ("b", "calm", 0, 3, 0),
    ]  # fmt: skip
    row = found.row(0, named=True)
    # R: prop.test(2, 3, correct = FALSE)$conf.int
    assert (row["rate"], row["low"], row["high"]) == pytest.approx(
        (2 / 3, 0.207659600802048, 0.938508055279604), rel=1e-9
    )


def test_without_groups_all_images_are_one() -> None:
    found = false_positives_by(LABELS, ["angry"], [], 0.9)
    assert found.select("x", "n").row(0) == (4, 7)
    assert found["high"][0] < false_positives_by(LABELS, ["angry"], [], 0.95)["high"][0]


def test_nothing_intended_is_refused() -> None:
    with pytest.raises(DataError, match="intended emotion"):
        false_positives_by(LABELS.with_columns(pl.lit(None, pl.String).alias("intended")), ["angry"], [], 0.95)


@pytest.mark.parametrize(
    ("rates", "hits", "cause"),
    [(0.01, 0.2, "over-attribution"), (0.2, 0.01, "unequal accuracy"), (0.01, 0.01, "both"), (0.5, None, "neither"),
     (None, 0.01, "unequal accuracy"), (None, None, None)],
)  # fmt: skip
def test_two_tests_name_the_cause(rates: float | None, hits: float | None, cause: str | None) -> None:
    assert name_cause(rates, hits, 0.05) == cause
