from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from tests_support import small_images, small_predictions, small_ratings

from lib.build.guess import guess_study
from lib.build.guess_dimensions import SaidScale
from lib.errors import DataError, ParameterError

SCALE = SaidScale((-3, 3), 0.25)


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path, Path]:
    small_images().write_csv(tmp_path / "images.csv")
    small_ratings().write_csv(tmp_path / "ratings.csv")
    small_predictions(1).drop("arousal").write_csv(tmp_path / "one.csv")
    return tmp_path / "images.csv", tmp_path / "ratings.csv", tmp_path / "one.csv"


def test_columns_tell_factors_categories_and_dimensions(paths: tuple[Path, Path, Path]) -> None:
    images, ratings, one = paths
    guess = guess_study(images, ratings, [one], SCALE)
    study = guess.study
    assert study.factors["race"].levels == ("Asian", "White")
    assert study.factors["actor"].levels == ()  # eight actors of three images each: no groups to compare
    assert (study.emotion.categories, study.emotion.people_also) == (("anger", "calm", "joy"), ("other",))
    assert study.emotion.intended
    assert study.machine_dimensions == ("valence",) and study.dimensions["arousal"].raters == "people"
    assert (study.dimensions["valence"].low, study.dimensions["valence"].high) == (-3, 3)
    assert guess.remarks[0] == "every dimension (valence and arousal) is taken to go from -3 to 3 in steps of 0.25."
    assert guess.remarks[1] == (
        "categories anger, calm and joy; people also other; dimensions valence and arousal; factors race and actor, "
        "compared by race."
    )


def test_ratings_alone_are_a_study_and_their_values_say_the_scales(paths: tuple[Path, Path, Path]) -> None:
    guess = guess_study(None, paths[1], [], SaidScale())
    assert guess.remarks[:2] == (
        "valence: taken to go from -3 to 3 in steps of 1, as the values say, since no --scale was given.",
        "arousal: taken to go from 0 to 1 in steps of 0.25, as the values say, since no --scale was given.",
    )
    assert guess.study.emotion.categories == ("anger", "calm", "joy", "other")
    assert not guess.study.emotion.intended and guess.study.factors == {}
    assert guess.study.machine_dimensions == ("valence", "arousal")


def test_the_papers_emotions_keep_the_papers_order(paths: tuple[Path, Path, Path]) -> None:
    labels = ["neutral", "happy", "amused", "sad"] * 6
    small_images().with_columns(pl.Series("emotion", labels)).write_csv(paths[0])
    study = guess_study(paths[0], paths[1], [], SCALE).study
    assert study.emotion.categories == ("happy", "sad", "neutral", "amused")


def test_columns_that_cannot_be_factors_are_named(paths: tuple[Path, Path, Path]) -> None:
    images = small_images().with_columns(
        pl.lit("x").alias("Camera Type"), pl.lit("x").alias("place"), pl.Series("age", [None, *range(23)]),
        pl.lit("1").alias("valid"), pl.lit("5").alias("valence"),
    )  # fmt: skip
    images.write_csv(paths[0])
    guess = guess_study(paths[0], paths[1], [], SCALE)
    assert list(guess.study.factors) == ["race", "actor"]
    said = [line.removeprefix("left out of the images: ").split(":")[0] for line in guess.remarks[2:7]]
    assert said == ["camera_type", "place", "age", "valid", "valence"]


def test_why_a_factor_is_not_compared_is_said(paths: tuple[Path, Path, Path]) -> None:
    images = small_images()
    images.with_columns(frame=pl.Series("frame", [f"f{row % 11}" for row in range(24)])).write_csv(paths[0])
    remarks = guess_study(paths[0], paths[1], [], SCALE).remarks
    cure = "To compare its levels all the same, name them under factors in study.yaml and give that with --study."
    assert [line for line in remarks if "not compared" in line] == [
        f"factor actor is not compared: its 8 levels have 3 images each on average, fewer than 10. {cure}",
        f"factor frame is not compared: it has 11 levels, more than 10. {cure}",
    ]


def test_answers_that_people_were_not_asked_for_are_named(paths: tuple[Path, Path, Path]) -> None:
    answers = pl.read_csv(paths[2]).with_columns(confidence=pl.lit(3), thinking_tokens=pl.lit(9), valid=pl.lit(1))
    answers.write_csv(paths[2])
    (line,) = [line for line in guess_study(*paths[:2], [paths[2]], SCALE).remarks if "machines' answers" in line]
    assert line == "left out of the machines' answers: confidence: no dimension of the ratings has the name."


def test_what_cannot_be_guessed_is_asked_for(paths: tuple[Path, Path, Path]) -> None:
    ratings = small_ratings()
    ratings.rename({"valence": "Wert", "arousal": "pleasure"}).write_csv(paths[1])
    with pytest.raises(DataError, match=r"wert, pleasure, none of which is a known dimension \(valence, arousal"):
        guess_study(paths[0], paths[1], [], SCALE)
    ratings.with_columns(emotion=pl.lit("joy")).write_csv(paths[1])
    with pytest.raises(DataError, match="got joy, but a study has two categories"):
        guess_study(None, paths[1], [], SCALE)
    ratings.write_csv(paths[1])
    with pytest.raises(ParameterError, match=r"--scale: from low 1 to high 0 must be a whole number of steps 1"):
        guess_study(paths[0], paths[1], [], SaidScale((1, 0)))


def test_capitals_and_spaces_in_headings_do_not_hinder(paths: tuple[Path, Path, Path]) -> None:
    own = small_ratings().rename({"arousal": "Skin tone", "valence": "Valence", "image_id": "Image ID"})
    own.write_csv(paths[1])
    small_predictions(1).rename({"arousal": "skin_tone", "valence": "VALENCE"}).write_csv(paths[2])
    assert list(guess_study(*paths[:2], [paths[2]], SCALE).study.machine_dimensions) == ["valence", "skin_tone"]
    own.with_columns(skin_tone=1).write_csv(paths[1])
    with pytest.raises(DataError, match="columns 'Skin tone' and 'skin_tone' differ only by capitals or spaces"):
        guess_study(*paths[:2], [paths[2]], SCALE)


def test_a_column_without_heading_is_named(paths: tuple[Path, Path, Path]) -> None:
    lines = paths[1].read_text().splitlines()
    paths[1].write_text("\n".join([f",{lines[0]}", *(f"{row},{line}" for row, line in enumerate(lines[1:]))]))
    remarks = guess_study(*paths[:2], [paths[2]], SCALE).remarks
    said = f"left out of {paths[1]}: column 1: row 1 has no heading for it. To use it, give it one."
    assert said in remarks
