from __future__ import annotations

import polars as pl
import pytest

from lib.figures.calibration import calibration_figure
from lib.figures.thinking import tokens_figure

IDS = pl.Enum(["a", "b"])
NAMES = pl.DataFrame(
    {"condition": ["a", "b"], "short_name": ["A", "B"], "type": ["VLM", "FER"]}, schema_overrides={"condition": IDS}
)


def test_tokens_are_drawn_by_emotion_and_outcome_and_fit_a_page() -> None:
    parts = ["all", "correct", "wrong", "sad"]
    summary = pl.DataFrame(
        {"condition": ["a"] * 4, "step": ["all"] * 4, "part": parts, "mean": [10.0, 9.0, 12.0, 13.0]}
        | {"mean_low": [None, 8.0, 11.0, 12.0], "mean_high": [None, 10.0, 13.0, 14.0]},
        schema_overrides={"condition": IDS},
    )
    plot = tokens_figure(summary, NAMES, ["joy", "sad"], "Simulated data.")
    assert sorted(plot.data["row"]) == ["right label", "sad", "wrong label"]
    assert len(plot._repr_mimebundle_()[0]["image/png"]) > 5000
    many = pl.concat([summary.with_columns(pl.col("condition").cast(pl.String) + str(i)) for i in range(13)])
    names = pl.DataFrame({"condition": [f"a{i}" for i in range(13)], "short_name": [f"A{i}" for i in range(13)]})
    width, _ = tokens_figure(many, names, ["sad"]).theme.getp("figure_size")
    assert width <= 8


def test_calibration_draws_three_states_and_one_line_a_dimension() -> None:
    frame = pl.DataFrame(
        {
            "condition": ["a", "b", "a"], "dimension": ["valence", "valence", "arousal"], "by": ["predicted"] * 3,
            "mae_before": [1.8, 1.0, 1.5], "mae_after": [0.5, 0.8, 0.6], "mae_label_mean": [0.6, 0.9, 0.7],
            "loo_mae": [1.2, 1.2, None],
        },
        schema_overrides={"condition": IDS, "dimension": pl.Enum(["valence", "arousal"])},
    )  # fmt: skip
    plot = calibration_figure(frame, NAMES)
    assert list(plot.data["dimension"].cat.categories) == ["Valence", "Arousal"]
    assert plot.data.groupby("state", observed=True)["mae"].sum().tolist() == pytest.approx([4.3, 1.9, 2.2])
    assert len(plot.layers[0]._data) == 1
    assert len(plot._repr_mimebundle_()[0]["image/png"]) > 5000
