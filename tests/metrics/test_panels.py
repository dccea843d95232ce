"""Panels that leave one rater out against enumeration in R (tests/reference/substitutability.R) and by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import DataError
from lib.metrics.counts import count_ratings
from lib.metrics.panels import image_z_scores, leave_one_out_panels

REFERENCE = Path(__file__).parents[1] / "reference"
SCALES = {"valence": np.arange(1, 10), "arousal": np.arange(-1, 1.25, 0.25)}
FIGURES = ("machine_z", "people_z", "machine_inside", "people_inside", "n_panels", "n_panels_excluded")


@pytest.fixture(scope="module")
def machine() -> pl.DataFrame:
    numbers = {"valence": pl.Float64, "arousal": pl.Float64}
    return pl.read_csv(REFERENCE / "substitutability_machine.csv", schema_overrides=numbers)


def frame(ratings: list[float], image: str = "a") -> pl.DataFrame:
    return pl.DataFrame({"image_id": [image] * len(ratings), "valence": ratings}, schema_overrides={"valence": float})


def z_scores(ratings: pl.DataFrame, image: str, value: float | None) -> dict[str, object]:
    panels = leave_one_out_panels(count_ratings(ratings, "valence", SCALES["valence"]))
    own = pl.DataFrame({"image_id": [image], "machine": [value]}, schema_overrides={"machine": pl.Float64})
    return image_z_scores(panels, own).row(0, named=True)


@pytest.mark.parametrize("dimension", ["valence", "arousal"])
def test_every_image_agrees_with_enumeration_in_r(ratings, machine, dimension):
    expected = pl.DataFrame(
        json.loads((REFERENCE / "substitutability_expected.json").read_text(encoding="utf-8"))[dimension]["images"],
        strict=False,
    )
    panels = leave_one_out_panels(count_ratings(ratings, dimension, SCALES[dimension]))
    own = machine.select("image_id", pl.col(dimension).alias("machine")).reverse()
    found = image_z_scores(panels, own)
    assert found["image_id"].to_list() == own["image_id"].to_list()
    known = found.drop_nulls("machine_z").sort("image_id")
    assert known["image_id"].to_list() == expected["image_id"].to_list()
    assert int(expected["n_panels_excluded"].sum()) + int(found["machine_z"].null_count()) > 0
    for name in FIGURES:
        assert known[name].to_list() == pytest.approx(expected[name].to_list(), rel=1e-9), name


def test_by_hand():
    # Panels: without 1: 2, 3, 6 (M 11/3); without 2: 1, 3, 6; without 3: 1, 2, 6; without 6: 1, 2, 3.
    found = z_scores(frame([1, 2, 3, 6]), "a", 4)
    panels = [np.array(panel) for panel in ([2, 3, 6], [1, 3, 6], [1, 2, 6], [1, 2, 3])]
    own = [abs(4 - panel.mean()) / panel.std(ddof=1) for panel in panels]
    people = [abs(v - panel.mean()) / panel.std(ddof=1) for v, panel in zip([1, 2, 3, 6], panels, strict=True)]
    assert found["machine_z"] == pytest.approx(np.mean(own))
    assert found["people_z"] == pytest.approx(np.mean(people))
    assert found["machine_inside"] == np.mean(np.array(own) <= 1.96) == 0.75 + 0.25 * (own[3] <= 1.96)
    assert found["people_inside"] == 0.75  # 6 is four SDs from 1, 2, 3


def test_a_panel_of_one_mind_is_left_out_on_both_sides_and_counted():
    found = z_scores(frame([5, 5, 5, 5, 7]), "a", 9)
    panel = np.array([5, 5, 5, 7])  # what remains where one of the four is left out
    assert (found["n_panels"], found["n_panels_excluded"]) == (4, 1)
    assert found["machine_z"] == pytest.approx((9 - panel.mean()) / panel.std(ddof=1))
    assert found["people_z"] == pytest.approx(abs(5 - panel.mean()) / panel.std(ddof=1))


@pytest.mark.parametrize(
    ("ratings", "value"), [([1, 5, 9], 5), ([4, 4, 4, 4, 4], 9), ([3], 3), ([1, 2, 3, 4], None), ([1, 2, 3, 4], np.nan)]
)
def test_images_without_a_usable_panel_or_an_answer_have_no_figures(ratings, value):
    found = z_scores(pl.concat([frame(ratings), frame([1, 2, 3, 4], "b")]), "a", value)
    assert [found[name] for name in FIGURES] == [None] * 4 + [0, 0]


def test_images_nobody_rated_have_no_figures_and_doubles_are_refused():
    assert z_scores(frame([1, 2, 3, 4]), "unknown", 3)["machine_z"] is None
    panels = leave_one_out_panels(count_ratings(frame([1, 2, 3, 4]), "valence", SCALES["valence"]))
    with pytest.raises(DataError, match="got two for 'a'"):
        image_z_scores(panels, pl.DataFrame({"image_id": ["a", "a"], "machine": [1.0, 2.0]}))
    with pytest.raises(DataError, match="lack the column 'machine'"):
        image_z_scores(panels, pl.DataFrame({"image_id": ["a"]}))


@given(st.lists(st.integers(1, 9), min_size=4, max_size=15), st.integers(1, 9), st.integers(-3, 3))
def test_scores_do_not_change_when_every_rating_moves(ratings, value, by):
    def scored(moved: int) -> dict[str, object]:
        scale = np.arange(1, 10) + moved
        counts = count_ratings(frame([rating + moved for rating in ratings]), "valence", scale)
        own = pl.DataFrame({"image_id": ["a"], "machine": [float(value + moved)]})
        return image_z_scores(leave_one_out_panels(counts), own).row(0, named=True)

    here, there = scored(0), scored(by)
    for name in FIGURES:
        expected = here[name]
        assert there[name] == (expected if expected is None else pytest.approx(expected, rel=1e-9)), name


def test_one_more_rater_is_no_farther_than_people():
    """A machine that answers as one of the image's people does scores as they do, on average."""
    random = np.random.default_rng(2)
    drawn = np.clip(np.round(random.normal(5, 2, (4000, 13))), 1, 9)
    images = [f"{number:04d}" for number in range(4000)]
    ratings = pl.DataFrame({"image_id": np.repeat(images, 12), "valence": drawn[:, 1:].ravel()})
    panels = leave_one_out_panels(count_ratings(ratings, "valence", SCALES["valence"]))
    found = image_z_scores(panels, pl.DataFrame({"image_id": images, "machine": drawn[:, 0]}))
    difference = (found["machine_z"] - found["people_z"]).to_numpy()
    assert abs(difference.mean()) < 3 * difference.std() / np.sqrt(4000)
