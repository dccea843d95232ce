"""What ablations find: machines whose answers have a known source must be found to have it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from lib.chapters.ablations import label_alone, propagated_errors, variant_differences, variant_figures
from lib.contracts.known_conditions import KnownConditions
from lib.contracts.study import read_study
from lib.metrics.resampling import Resampling
from lib.protocol.items import another_emotion
from lib.study_data import StudyData

ROOT = Path(__file__).parents[2]
STUDY = read_study(ROOT / "params/demo.yaml").model_copy(update={"machines": (), "factors": {}})
EMOTIONS = STUDY.emotion.categories
LEVEL = dict(zip(EMOTIONS, (7.0, 3.0, 2.0, 3.0, 2.0, 5.0), strict=True))
WHO, EACH = "pocket-rater", 40


def study_data(answers: dict[str, pl.DataFrame], ratings: pl.DataFrame, images: pl.DataFrame) -> StudyData:
    """A study whose frames are in memory: the base's answers under its id, variants' under theirs."""
    known = KnownConditions(ROOT, "params/library", (WHO,))
    source = SimpleNamespace(
        study=STUDY, conditions=known.own, uses_twin=False, simulated_note=None, available=[WHO], answered=[],
        ablated=[name for name in answers if name != WHO], known=known,
    )  # fmt: skip
    data = StudyData.__new__(StudyData)
    data.__dict__ |= {
        "source": source, "study": STUDY, "inputs": {}, "images": images, "ratings": ratings, "conditions": known.own,
        "repeated_predictions": {WHO: answers[WHO]}, "predictions": {WHO: answers[WHO]},
        "variants": {name: frame for name, frame in answers.items() if name != WHO},
    }  # fmt: skip
    return data


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StudyData, "resampling", property(lambda _: Resampling(1, 400, "image", 0.95)))
    monkeypatch.setattr(StudyData, "project", property(lambda data: data.source))


@pytest.fixture(scope="module")
def images() -> pl.DataFrame:
    rows = [(f"{emotion}-{number:02d}", emotion) for emotion in EMOTIONS for number in range(EACH)]
    return pl.DataFrame(rows, schema=["image_id", "intended_emotion"], orient="row")


@pytest.fixture(scope="module")
def faces(images: pl.DataFrame) -> np.ndarray:
    """How far each face is from the usual one of its emotion, in points."""
    return np.random.default_rng(3).normal(0, 1, images.height)


@pytest.fixture(scope="module")
def ratings(images: pl.DataFrame, faces: np.ndarray) -> pl.DataFrame:
    random, parts = np.random.default_rng(4), []
    for person in range(12):
        level = np.array([LEVEL[emotion] for emotion in images["intended_emotion"]])
        value = np.clip(np.rint(level + faces + random.normal(0, 0.7, len(faces))), 1, 9)
        parts.append(rated(images, value).with_columns(participant_id=pl.lit(f"p{person}")).drop("repeat"))
    return pl.concat(parts)


def rated(
    images: pl.DataFrame, value: np.ndarray, *, emotion: pl.Series | None = None, repeat: int = 0
) -> pl.DataFrame:
    named = images["intended_emotion"] if emotion is None else emotion
    return images.select("image_id").with_columns(
        repeat=pl.lit(repeat, pl.Int64), emotion=named, valence=pl.Series(value), arousal=pl.Series(value)
    )


def lookup(labels: pl.Series) -> np.ndarray:
    return np.array([LEVEL[emotion] for emotion in labels])


def test_a_machine_that_looks_up_its_label_needs_no_image(images, ratings) -> None:
    same = rated(images, lookup(images["intended_emotion"]))
    found = label_alone(study_data({WHO: same, f"{WHO}.label-alone.label": same}, ratings, images))
    assert found["dimension"].to_list() == ["valence", "arousal"]
    for row in found.iter_rows(named=True):
        assert row["share"] == pytest.approx(1) and row["difference"] == pytest.approx(0)
        assert row["increment"] == pytest.approx(0, abs=1e-12) and row["within"] == pytest.approx(0, abs=1e-12)


def test_a_machine_that_sees_faces_does(images, ratings, faces) -> None:
    alone = rated(images, lookup(images["intended_emotion"]))
    seeing = rated(
        images, lookup(images["intended_emotion"]) + faces + np.random.default_rng(5).normal(0, 0.3, len(faces))
    )
    row = label_alone(study_data({WHO: seeing, f"{WHO}.label-alone.label": alone}, ratings, images)).row(0, named=True)
    assert row["share"] < 0.97 and row["share_high"] < 1
    assert row["difference_low"] > 0 and row["difference_p"] < 1e-6
    assert row["within_low"] > 0.05 and row["r_full"] > row["r_label"]


@pytest.mark.parametrize("followed", [0.0, 0.5, 1.0])
def test_it_is_found_how_far_ratings_follow_what_was_told(images, ratings, faces, followed: float) -> None:
    wrong = pl.Series([another_emotion(STUDY, *row) for row in images.iter_rows()])
    right = images["intended_emotion"]
    told = {
        "told-intended": lookup(right) + faces,
        "told-another": (1 - followed) * lookup(right) + followed * lookup(wrong) + faces,
    }
    answers = {WHO: rated(images, lookup(right) + faces)}
    answers |= {f"{WHO}.single-shot.{name}": rated(images, value) for name, value in told.items()}
    whole = (
        propagated_errors(study_data(answers, ratings, images))
        .filter(part="all", dimension="valence")
        .row(0, named=True)
    )
    assert whole["n"] == images.height
    assert whole["followed"] == pytest.approx(followed, abs=0.15)
    assert whole["followed_low"] <= followed + 1e-9 and whole["followed_high"] >= followed - 1e-9


def test_noise_is_not_taken_for_sight(images, ratings, faces) -> None:
    """A temperature that only adds noise widens the spread, and brings nothing nearer to people."""
    constant, random = lookup(images["intended_emotion"]), np.random.default_rng(6)
    greedy = pl.concat([rated(images, constant, repeat=repeat) for repeat in range(5)])
    noisy = pl.concat(
        [rated(images, constant + random.normal(0, 1.2, len(faces)), repeat=repeat) for repeat in range(5)]
    )
    answers = {WHO: rated(images, constant), f"{WHO}.temperature.t0": greedy, f"{WHO}.temperature.t10": noisy}
    data = study_data(answers, ratings, images)
    figures = variant_figures(data).filter(dimension="valence").rows_by_key("variant", named=True, unique=True)
    assert figures["t0"]["within_sd"] == pytest.approx(0) and figures["t10"]["within_sd"] == pytest.approx(
        1.2, rel=0.08
    )
    assert (figures["t0"]["eta_squared"], figures["t0"]["repeats"]) == (pytest.approx(1), 5)
    normal = np.log2(1.2 * np.sqrt(2 * np.pi * np.e))  # bits of a normal distribution, rounded to whole points
    assert figures["t0"]["entropy"] == 0 and figures["t10"]["entropy"] == pytest.approx(normal, abs=0.25)
    assert figures["t10"]["r"] == pytest.approx(figures["t0"]["r"], abs=0.05)
    (row,) = variant_differences(data).filter(dimension="valence", variant="t10").iter_rows(named=True)
    assert row["against"] == "0" and row["sd_low"] < 1.2 < row["sd_high"] * 1.05
    assert 0.5 < row["undone"] <= 1.2 and row["r_high"] < 0


def test_images_that_one_way_was_not_asked_about_are_left_out(images, ratings, faces) -> None:
    full = rated(images, lookup(images["intended_emotion"]) + faces)
    answers = {WHO: full, f"{WHO}.single-shot.at-once": full.filter(pl.col("image_id").str.ends_with("1"))}
    figures = variant_figures(study_data(answers, ratings, images))
    assert figures["label"].unique(maintain_order=True).to_list() == ["as it is", "all at once"]
    assert figures["n"].unique().to_list() == [24] and figures["accuracy"].unique().to_list() == [1.0]


def test_without_answers_there_are_no_rows(images, ratings) -> None:
    data = study_data({WHO: rated(images, lookup(images["intended_emotion"]))}, ratings, images)
    for frame in (variant_figures(data), variant_differences(data), label_alone(data), propagated_errors(data)):
        assert frame.is_empty()
