"""Simulated people of the demonstration study: what the rule says is what comes out, and nothing else is uneven."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from lib.build.demo_people import PEOPLE, PeopleRecipe, read_people, simulate_people
from lib.drawing.expressions import EMOTIONS
from lib.errors import DataError
from lib.pocket.raters import Raters
from lib.pocket.recipe import Recipe, read_recipe

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def rule() -> Recipe:
    return read_recipe(ROOT / read_people(ROOT / PEOPLE).rule)


def people(**changes: object) -> PeopleRecipe:
    content = {
        "rule": "params/pocket/pocket-rater.yaml",
        "participants": 40,
        "images_each": 30,
        "person": 0.6,
        "seed": 1,
    }
    return PeopleRecipe.model_validate(content | changes)


def faces(each: int = 10, intensity: float = 0.8) -> pl.DataFrame:
    names = [(f"{emotion}-{number}", emotion, intensity) for emotion in EMOTIONS for number in range(each)]
    return pl.DataFrame(names, schema=["image_id", "emotion", "intensity"], orient="row")


def test_everybody_rates_as_many_images_and_each_image_is_rated_equally_often(rule: Recipe) -> None:
    rated = simulate_people(faces(), people(), rule.raters)
    assert rated.height == 40 * 30 and not rated.select("image_id", "participant_id").is_duplicated().any()
    assert rated.group_by("participant_id").len()["len"].unique().to_list() == [30]
    counts = rated.group_by("image_id").len()["len"]
    assert counts.len() == 60 and counts.max() - counts.min() <= 1
    for scale in ("valence", "arousal"):
        assert rated[scale].is_between(1, 9).all()
    assert simulate_people(faces(), people(), rule.raters).equals(rated)
    assert not simulate_people(faces(), people(seed=2), rule.raters).equals(rated)


def test_shares_are_the_rules(rule: Recipe) -> None:
    """Shares of emotions and ratings beside `lib.pocket.raters`, which adds them up instead of drawing them."""
    rated = simulate_people(faces(50), people(participants=600, images_each=60, person=0), rule.raters)
    raters = Raters(rule.raters)
    joined = rated.join(faces(50).rename({"emotion": "shown"}), on="image_id")
    for shown in EMOTIONS:
        own = joined.filter(pl.col("shown") == shown)
        n = own.height
        expected = raters.emotions(shown, 0.8)
        seen = np.array([(own["emotion"] == emotion).mean() for emotion in EMOTIONS])
        assert np.all(np.abs(seen - expected) <= 4.5 * np.sqrt(expected * (1 - expected) / n) + 1e-12)
        chances = raters.ratings("valence", shown, 0.8)
        seen = np.array([(own["valence"] == value).mean() for value in range(1, 10)])
        assert np.all(np.abs(seen - chances) <= 4.5 * np.sqrt(chances * (1 - chances) / n) + 1e-12)
        middle = own.filter(pl.col("emotion") == shown, pl.col("valence") == 4)
        if middle.height > 50:
            chances = raters.ratings("arousal", shown, 0.8, shown, 4)
            mean, spread = (
                chances @ np.arange(1, 10),
                np.sqrt(chances @ np.arange(1, 10) ** 2 - (chances @ np.arange(1, 10)) ** 2),
            )
            assert abs(middle["arousal"].mean() - mean) < 4.5 * spread / np.sqrt(middle.height)


def test_people_have_levels_of_their_own(rule: Recipe) -> None:
    spread = {}
    for person in (0.0, 1.2):
        rated = simulate_people(faces(intensity=0.7), people(person=person, participants=60), rule.raters)
        centred = rated.with_columns(pl.col("valence") - pl.col("valence").mean().over("image_id"))
        spread[person] = centred.group_by("participant_id").agg(pl.col("valence").mean())["valence"].std()
    assert spread[1.2] > 3 * spread[0.0]


def test_what_cannot_be_rated_is_said(rule: Recipe) -> None:
    with pytest.raises(DataError, match=r"column intensity is missing\. Take the manifest"):
        simulate_people(faces().drop("intensity"), people(), rule.raters)
    with pytest.raises(DataError, match=r"images_each: got 61, but there are 60 images"):
        simulate_people(faces(), people(images_each=61), rule.raters)
