"""The twin's shape, its determinism, and what cannot follow from the targets alone."""

from __future__ import annotations

import polars as pl
import pytest

from lib.twin.design import EMOTIONS
from lib.twin.simulate import Twin, simulate
from lib.twin.targets import TwinTargets

VLM = [
    "gemini-2.5-flash",
    "gemini-2.5-flash-nothink",
    "gpt-4o-mini",
    "qwen3-vl-4b-thinking",
    "llama-3.2-11b-vision",
    "gemma3-4b",
    "gemma3-12b",
    "gemma3-27b",
]
THINKING = ["gemini-2.5-flash", "gemini-2.5-flash-nothink", "qwen3-vl-4b-thinking"]
NETWORKS = ["mobilevit", "efficientnet-b0", "emonet"]
CLASSIFIERS = ["posterv2", "beit"]
SCHEMA = {
    "condition": pl.String,
    "image_id": pl.String,
    "repeat": pl.Int64,
    "emotion": pl.String,
    "valence": pl.Float64,
    "arousal": pl.Float64,
    "valid": pl.Boolean,
    "thinking_tokens": pl.Int64,
    "thinking_tokens_emotion": pl.Int64,
    "thinking_tokens_valence": pl.Int64,
    "thinking_tokens_arousal": pl.Int64,
}


def test_ratings_follow_the_design(twin: Twin):
    ratings = twin.ratings
    assert ratings.height == 72_000
    assert set(ratings.group_by("image_id").len()["len"]) == {50}
    assert set(ratings.group_by("participant_id").len()["len"]) == {72}
    assert ratings.select("participant_id", "image_id").is_unique().all()
    assert ratings["participant_id"].n_unique() == 1000
    assert set(ratings["emotion"]) == {*EMOTIONS, "surprised"}


@pytest.mark.parametrize("dimension", ["valence", "arousal", "naturalness"])
def test_people_rate_in_whole_numbers_on_the_scale(twin: Twin, dimension: str):
    assert set(twin.ratings[dimension]) <= set(range(1, 10))
    assert twin.ratings[dimension].dtype == pl.Float64


def test_most_people_see_the_intended_emotion(twin: Twin, images: pl.DataFrame):
    seen = twin.ratings.join(images, on="image_id")
    modal = seen.group_by("intended_emotion").agg(pl.col("emotion").mode().first())
    assert (modal["intended_emotion"] == modal["emotion"]).all()


def test_predictions_are_one_row_an_image(twin: Twin, images: pl.DataFrame):
    assert len(twin.predictions) == 13
    for condition, frame in twin.predictions.items():
        assert dict(frame.schema) == SCHEMA
        assert frame["image_id"].to_list() == images["image_id"].to_list()
        assert set(frame["condition"]) == {condition}
        assert set(frame["repeat"]) == {0}
        assert set(frame["emotion"].drop_nulls()) <= set(EMOTIONS)


@pytest.mark.parametrize("condition", VLM)
def test_a_vlm_answers_in_whole_numbers(twin: Twin, condition: str):
    for dimension in ("valence", "arousal"):
        assert set(twin.predictions[condition][dimension]) <= set(range(1, 10))


@pytest.mark.parametrize("condition", NETWORKS)
def test_a_network_answers_in_fractions_on_the_scale(twin: Twin, condition: str):
    for dimension in ("valence", "arousal"):
        values = twin.predictions[condition][dimension]
        assert values.is_between(1, 9).all()
        assert values.n_unique() > 300


@pytest.mark.parametrize("condition", CLASSIFIERS)
def test_a_classifier_is_not_asked_for_dimensions_and_valid(twin: Twin, condition: str):
    frame = twin.predictions[condition]
    assert frame.select("valence", "arousal").null_count().row(0) == (1440, 1440)
    assert frame["valid"].all()


def test_only_gemma3_4b_has_one_answer_outside_the_list(twin: Twin, images: pl.DataFrame):
    invalid = {name: frame.filter(~pl.col("valid")) for name, frame in twin.predictions.items()}
    assert {name for name, rows in invalid.items() if rows.height} == {"gemma3-4b"}
    row = invalid["gemma3-4b"].join(images, on="image_id").row(0, named=True)
    assert (invalid["gemma3-4b"].height, row["emotion"], row["intended_emotion"]) == (1, None, "sad")
    assert row["valence"] is not None


def test_only_conditions_that_think_have_tokens(twin: Twin):
    thinking = [name for name, frame in twin.predictions.items() if frame["thinking_tokens"].null_count() == 0]
    assert sorted(thinking) == sorted(THINKING)
    for name in thinking:
        assert twin.predictions[name]["thinking_tokens"].min() > 0
    silent = set(twin.predictions) - set(thinking)
    assert all(twin.predictions[name]["thinking_tokens"].null_count() == 1440 for name in silent)


def test_conditions_tend_to_err_on_the_same_faces(twin: Twin, images: pl.DataFrame):
    wrong = pl.DataFrame(
        {n: (twin.predictions[n]["emotion"] != images["intended_emotion"]).cast(pl.Int8) for n in ("beit", "emonet")}
    )
    both = (wrong["beit"] * wrong["emonet"]).mean()
    assert both > wrong["beit"].mean() * wrong["emonet"].mean()


def test_same_seed_same_data_whichever_other_conditions_there_are(twin: Twin, images: pl.DataFrame, targets):
    kinds = (
        "gemini-2.5-flash",
        "gpt-4o-mini",
        "emonet",
        "posterv2",
    )  # thinking, not thinking, in fractions, labels alone
    again = simulate(images, _only(targets, *kinds), 20260222)
    assert again.ratings.equals(twin.ratings)
    assert tuple(again.predictions) == kinds
    assert all(frame.equals(twin.predictions[name]) for name, frame in again.predictions.items())


def test_another_seed_other_data(twin: Twin, images: pl.DataFrame, targets):
    other = simulate(images, _only(targets, "emonet"), 7)
    assert not other.ratings.equals(twin.ratings)
    assert not other.predictions["emonet"].equals(twin.predictions["emonet"])


def _only(targets: TwinTargets, *names: str) -> TwinTargets:
    answers = {name: targets.choices.answers[name] for name in names}
    return targets.model_copy(update={"choices": targets.choices.model_copy(update={"answers": answers})})
