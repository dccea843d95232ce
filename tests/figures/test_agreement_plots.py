"""Bland-Altman plots, box plots and distances from panels: what is drawn, for many raters and for one."""

from __future__ import annotations

import polars as pl
import pytest
from plotnine import ggplot

from lib.figures.bland_altman import bland_altman_figure
from lib.figures.emotion_boxes import emotion_boxes_figure
from lib.figures.scatter import scatter_figure
from lib.figures.style import minus_signs
from lib.figures.substitutability import z_figure

IDS = pl.Enum(["a", "b", "human-null"])
EMOTIONS = pl.Enum(["joy", "anger"])
NAMES = pl.DataFrame(
    {
        "condition": ["a", "b", "human-null"],
        "name": ["A", "B", "One person"],
        "short_name": ["A", "B", "One person"],
        "type": ["VLM", "Machine", "Person"],
        "thinking": ["yes", "–", "–"],
    },
    schema_overrides={"condition": IDS},
)


def draw(plot: ggplot) -> None:
    assert len(plot._repr_mimebundle_()[0]["image/png"]) > 5000


@pytest.fixture
def values() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "condition": ["a"] * 6 + ["b"] * 6,
            "emotion": ["joy", "joy", "anger", "anger", None, "joy"] * 2,
            "machine": [5.0, 7.0, 2.0, 3.0, 4.0, None, 6.0, 6.0, 6.0, 6.0, 6.0, 6.0],
            "people_mean": [5.5, 6.5, 3.0, 3.5, 5.0, 4.0] * 2,
        },
        schema_overrides={"condition": IDS, "emotion": EMOTIONS},
    )


@pytest.fixture
def limits() -> pl.DataFrame:
    lines = {"bias": [-0.5, 1.5], "loa_lower": [-2.0, None], "loa_upper": [1.0, None]}
    ends = {f"{name}_{end}": shown for name, shown in lines.items() for end in ("low", "high")}
    return pl.DataFrame({"condition": ["a", "b"]} | lines | ends, schema_overrides={"condition": IDS})


def test_differences_stand_over_the_mean_of_both_with_their_lines(values: pl.DataFrame, limits: pl.DataFrame) -> None:
    plot = bland_altman_figure(values, limits, NAMES, (1, 9), "Simulated data.")
    assert list(plot.data["panel"].cat.categories) == ["A\nbias −0.50", "B\nbias +1.50"]
    assert plot.data["difference"].tolist()[:2] == [-0.5, 0.5] and plot.data["mean"].tolist()[:2] == [5.25, 6.75]
    assert len(plot.data) == 11  # the missing answer is left out
    drawn = [len(layer._data) for layer in plot.layers[1:]]
    assert drawn == [2, 2, 1, 1, 1, 1]  # band and line: bias of both, limits of the rater that has them
    assert plot.labels.caption == "Simulated data."
    draw(plot)


def test_boxes_set_people_beside_the_rater_image_by_image(values: pl.DataFrame) -> None:
    plot = emotion_boxes_figure(values, NAMES, (1, 9))
    sizes = plot.data.groupby(["panel", "side"], observed=True).size()
    assert sizes["A", "People's mean"] == sizes["A", "Rater's value"] == 4
    assert sizes["B", "People's mean"] == 5
    assert list(plot.data["panel"].cat.categories) == ["A", "B"]
    draw(plot)


def test_one_rater_makes_one_panel(values: pl.DataFrame, limits: pl.DataFrame) -> None:
    own, chosen = values.filter(pl.col("condition") == "b"), limits.filter(pl.col("condition") == "b")
    scores = pl.DataFrame({"condition": ["b"], "r": [None]}, schema_overrides={"condition": IDS, "r": pl.Float64})
    plots = [
        bland_altman_figure(own, chosen, NAMES, (1, 9)),
        emotion_boxes_figure(own, NAMES, (1, 9)),
        scatter_figure(own, scores, NAMES, (1, 9)),
    ]
    for plot in plots:
        assert plot.data["panel"].nunique() == 1
        width, height = plot.theme.getp("figure_size")
        assert width < 6 and height < 6
        draw(plot)


def test_distances_show_their_intervals_and_leave_out_what_is_undefined() -> None:
    compared = pl.DataFrame(
        {
            "condition": ["a", "b", "human-null", "a"],
            "dimension": ["valence"] * 3 + ["arousal"],
            "difference": [0.5, None, 0.0, -0.2],
            "difference_low": [0.4, None, -0.1, None],
            "difference_high": [0.6, None, 0.1, None],
        },
        schema_overrides={"condition": IDS, "dimension": pl.Enum(["valence", "arousal"])},
    )
    plot = z_figure(compared, NAMES)
    assert sorted(plot.data["difference"]) == [-0.2, 0.0, 0.5]
    assert list(plot.data["panel"].cat.categories) == ["Valence", "Arousal"]
    draw(plot)


def test_axes_have_true_minus_signs() -> None:
    assert minus_signs([-2.0, 0.0, 0.5]) == ["−2", "0", "0.5"]
