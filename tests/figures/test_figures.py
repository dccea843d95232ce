"""What each figure draws, read from its layers, and that it can be drawn; pictures are judged by eye."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
import pytest
from plotnine import ggplot

from lib.figures.boxes import carry_figure, pipeline_figure
from lib.figures.ceiling import ceiling_figure
from lib.figures.confusion import confusion_figure, unanswered_caption
from lib.figures.groups import group_accuracy_figure
from lib.figures.human import distribution_figure
from lib.figures.scatter import correlation_figure, scatter_figure
from lib.figures.variation import variation_figure

IDS = pl.Enum(["a", "b", "human-null"])
EMOTIONS = pl.Enum(["joy", "anger"])
DIMENSIONS = pl.Enum(["valence", "arousal"])
NAMES = pl.DataFrame(
    {
        "condition": ["a", "b", "human-null"],
        "name": ["A", "B", "One person"],
        "short_name": ["A", "B", "One person"],
        "type": ["VLM", "FER", "Person"],
        "thinking": ["yes", "–", "–"],
    },
    schema_overrides={"condition": IDS},
)


def draw(plot: ggplot) -> None:
    picture = plot._repr_mimebundle_()[0]["image/png"]
    assert len(picture) > 5000


def texts(plot: ggplot) -> list[str]:
    found: list[str] = []
    for layer in plot.layers:
        label = layer.mapping.get("label")
        if label is not None:
            data = plot.data if layer._data is None else layer._data
            found += [str(text) for text in data[label]]
    return found


def size(plot: ggplot) -> Iterable[float]:
    return plot.theme.getp("figure_size")


@pytest.fixture
def scores() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "condition": ["a", "b", "human-null", "a", "human-null"],
            "dimension": ["valence"] * 3 + ["arousal"] * 2,
            "r": [0.9, 0.8, None, 0.5, 0.4],
            "mae": [1.0, 2.0, 1.2, 1.5, 1.4],
        },
        schema_overrides={"condition": IDS, "dimension": DIMENSIONS},
    )


def test_confusions_print_percentages_from_a_twentieth_on() -> None:
    confusion = pl.DataFrame(
        [
            ("a", "joy", "joy", 96, 0.96),
            ("a", "joy", "anger", 3, 0.03),
            ("a", "joy", "unanswered", 1, 0.01),
            ("a", "anger", "joy", 0, 0.0),
            ("a", "anger", "anger", 10, 1.0),
            ("a", "anger", "unanswered", 0, 0.0),
        ],
        schema={
            "condition": IDS,
            "intended": EMOTIONS,
            "predicted": pl.String,
            "count": pl.Int64,
            "proportion": pl.Float64,
        },
        orient="row",
    )
    plot = confusion_figure(confusion, NAMES, "Simulated data.")
    assert sorted(texts(plot)) == ["", "", "100", "96"]
    assert unanswered_caption(confusion, NAMES) == "Not drawn: missing or unparseable labels (A 1)."
    assert unanswered_caption(confusion.filter(pl.col("predicted") != "unanswered"), NAMES) is None
    assert plot.labels.caption == "Simulated data."
    draw(plot)


def test_scatter_writes_r_into_every_panel_and_leaves_out_missing_answers(scores: pl.DataFrame) -> None:
    values = pl.DataFrame(
        {
            "condition": ["a"] * 4 + ["b"] * 4,
            "emotion": ["joy", "anger", None, "joy"] * 2,
            "machine": [1.0, 2.0, None, 4.0] * 2,
            "people_mean": [1.5, 2.5, 3.0, 3.5] * 2,
        },
        schema_overrides={"condition": IDS, "emotion": EMOTIONS},
    )
    plot = scatter_figure(values, scores[:2], NAMES, (1, 9))
    assert list(plot.data["panel"].cat.categories) == ["A\nr = .90", "B\nr = .80"]
    assert len(plot.data) == 6
    draw(plot)


def test_only_raters_with_both_correlations_are_drawn(scores: pl.DataFrame) -> None:
    plot = correlation_figure(scores, NAMES, ("valence", "arousal"))
    assert texts(plot) == ["A"]
    draw(plot)


def test_the_ceiling_draws_peoples_errors_that_are_defined(scores: pl.DataFrame) -> None:
    errors = {"valence": {"loo_mae": 1.1, "pairwise_mae": None}, "arousal": {"loo_mae": 1.2, "pairwise_mae": 1.7}}
    plot = ceiling_figure(scores, errors, NAMES)
    assert sorted(texts(plot)) == ["one person", "one person", "two people"]
    draw(plot)


def test_distributions_are_shares_within_each_cell() -> None:
    random = np.random.default_rng(1)
    ratings = pl.DataFrame(
        {
            "emotion": ["joy", "anger", None] * 40,
            "dimension": ["valence"] * 120,
            "value": random.integers(-4, 5, 120) / 4,
        },
        schema_overrides={"emotion": EMOTIONS, "dimension": DIMENSIONS},
    )
    plot = distribution_figure(ratings)
    assert plot.data.groupby("emotion", observed=True)["share"].sum().tolist() == pytest.approx([1, 1])
    draw(plot)


def test_groups_are_drawn_with_their_intervals() -> None:
    groups = pl.DataFrame(
        {"condition": ["a", "a", "b", "b"], "race": ["X", "Y"] * 2, "accuracy": [0.9, 0.5, 0.6, 0.6]}
        | {"low": [0.8, 0.4, 0.5, 0.5], "high": [0.95, 0.6, 0.7, 0.7]},
        schema_overrides={"condition": IDS, "race": pl.Enum(["X", "Y"])},
    )
    plot = group_accuracy_figure(groups, NAMES, "race")
    assert list(plot.data["level"].cat.categories) == ["X", "Y"]
    assert plot.data["y"].nunique() == 4
    draw(plot)


def test_variation_draws_machines_beside_people() -> None:
    kinds = {"dimension": DIMENSIONS, "emotion": EMOTIONS}
    people = pl.DataFrame(
        {"dimension": ["valence"] * 2, "emotion": ["joy", "anger"], "sd": [1.5, 1.2]}, schema_overrides=kinds
    )
    machines = people.with_columns(pl.lit("a").cast(IDS).alias("condition"), pl.Series("sd", [0.5, None]))
    plot = variation_figure(machines, people, NAMES)
    assert len(plot.data) == 1
    draw(plot)


def test_the_pipeline_has_a_box_for_each_kind_of_rater() -> None:
    plot = pipeline_figure(["24 images"], {"People": ["12 participants"], "VLMs": ["A", "B"]}, ["Labels"])
    assert [text for text in texts(plot) if "\n" not in text][:4] == ["Images", "People", "VLMs", "Comparison"]
    draw(plot)


def test_context_carry_shows_the_prompts_as_they_are() -> None:
    plot = carry_figure({"emotion": "What is it?", "valence": "You said {emotion}.\nHow pleasant?"})
    assert "You said {emotion}.\nHow pleasant?" in texts(plot)
    assert "Step 2: image and prompt" in texts(plot)
    draw(plot)


def test_figures_fit_a_page(scores: pl.DataFrame) -> None:
    errors = {name: {"loo_mae": 1.1, "pairwise_mae": 1.5} for name in ("valence", "arousal")}
    for plot in (ceiling_figure(scores, errors, NAMES), correlation_figure(scores, NAMES, ("valence", "arousal"))):
        width, height = size(plot)
        assert width <= 8 and height <= 9
