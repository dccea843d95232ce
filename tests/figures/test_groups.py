from __future__ import annotations

import polars as pl
import pytest

from lib.figures.groups import false_positive_figure, group_bias_figure

IDS, EMOTIONS = pl.Enum(["a", "b"]), pl.Enum(["joy", "anger"])
NAMES = pl.DataFrame(
    {"condition": ["a", "b"], "name": ["A", "B"], "short_name": ["A", "B"], "type": ["VLM", "FER"]},
    schema_overrides={"condition": IDS},
)


def test_biases_stand_in_one_panel_a_factor_and_without_pairs_of_factors() -> None:
    biases = pl.DataFrame(
        {
            "condition": ["a"] * 5 + ["b"],
            "factor": ["race", "race", "gender", "gender", "race:gender", "race"],
            "level": ["X", "Y", "M", "W", "X:M", "X"],
            "bias": [0.1, -0.2, 0.3, 0.0, 1.0, None],
            "low": [0.0, -0.3, 0.2, -0.1, 0.9, None],
            "high": [0.2, -0.1, 0.4, 0.1, 1.1, None],
        },
        schema_overrides={"condition": IDS},
    )
    plot = group_bias_figure(biases, NAMES, {"race": "Race", "gender": "Gender"}, "Simulated data.")
    assert list(plot.data["panel"].cat.categories) == ["Race", "Gender"]
    assert list(plot.data["value"].isna()) == [False] * 4
    assert set(plot.data["level"]) == {"X", "Y", "M", "W"}
    heights = dict(zip(plot.data["level"][:4], plot.data["y"][:4], strict=True))
    assert heights["X"] - heights["Y"] == pytest.approx(heights["M"] - heights["W"])
    assert plot.labels.caption == "Simulated data."
    assert len(plot._repr_mimebundle_()[0]["image/png"]) > 5000


def test_false_positives_stand_in_one_panel_an_emotion() -> None:
    rates = pl.DataFrame(
        {
            "condition": ["a", "a", "b", "b"], "race": ["X", "Y"] * 2, "emotion": ["joy", "joy", "anger", "anger"],
            "rate": [0.1, 0.0, 0.02, 0.04], "low": [0.05, 0.0, 0.01, 0.02], "high": [0.15, 0.03, 0.05, 0.08],
        },
        schema_overrides={"condition": IDS, "emotion": EMOTIONS},
    )  # fmt: skip
    plot = false_positive_figure(rates, NAMES, "race")
    assert list(plot.data["panel"].cat.categories) == ["named joy", "named anger"]
    assert plot.data["y"].max() > 1 > plot.data["y"].min() > -1
    assert len(plot._repr_mimebundle_()[0]["image/png"]) > 5000
