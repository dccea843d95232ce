from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.build.guess_dimensions import DIMENSIONS, USED, GuessedDimensions, SaidScale, guess_dimensions
from lib.contracts.table_files import ROW
from lib.errors import DataError, ParameterError

RATINGS = Path("ratings.csv")


def table(**columns: list[str | None]) -> pl.DataFrame:
    height = len(next(iter(columns.values())))
    ids = {ROW: list(range(2, height + 2)), "image_id": ["a"] * height, "emotion": ["joy"] * height}
    return pl.DataFrame(ids | columns, schema_overrides=dict.fromkeys(columns, pl.String))


def guessed(
    rated: pl.DataFrame, *answers: pl.DataFrame, said: SaidScale | None = None, of_images: tuple[str, ...] = ()
) -> GuessedDimensions:
    return guess_dimensions(RATINGS, rated, answers, of_images, said or SaidScale())


SEVEN = [str(value) for value in range(1, 8)]


def test_what_machines_answered_too_is_a_dimension_whatever_its_name() -> None:
    rated = table(pleasantness=SEVEN, valence=SEVEN, awe=SEVEN)
    found = guessed(rated, table(pleasantness=SEVEN), table(valence=SEVEN))
    assert list(found.scales) == ["valence", "pleasantness"]
    assert found.remarks == (
        "valence and pleasantness: taken to go from 1 to 7 in steps of 1, as the values say, since no --scale was "
        "given.",
    )
    assert [columns.sentence for columns in found.left_out] == [
        "left out of the ratings: awe: no machine answered it, nor is it a known dimension (valence, arousal, "
        "dominance, intensity, naturalness, attractiveness, trustworthiness). To use one, say --dimension NAME; or "
        "name it and its scale in a study file given with --study."
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("age", "by the name, no rating of what is shown"),
        ("trial", "by the name, no rating of what is shown"),
        ("response_time_ms", "by the name, no rating of what is shown"),
        ("thinking_tokens", "by the name, no rating of what is shown"),
        ("contrast", "also among the columns of the images, which it seems to describe"),
        ("valid", "a name that means something else in a study's files"),
        ("Pleasantness", "a dimension is named in small letters, digits and _"),
    ],
)
def test_numbers_that_rate_nothing_do_not_become_dimensions_unasked(name: str, reason: str) -> None:
    rated = table(**{"valence": SEVEN, name: SEVEN})
    found = guessed(rated, table(**{"valence": SEVEN, name: SEVEN}), of_images=("image_id", "contrast"))
    assert list(found.scales) == ["valence"]
    (said,) = found.left_out
    assert (said.names, said.reason) == ((name,), reason) and said.cure.startswith("To use one, ")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["3"] * 7, "its values are all 3"),
        ([None] * 7, "not one cell holds a number"),
        (["fine", "inf", *[None] * 5], "not one cell holds a number"),
        (["1", "2", *["fine"] * 5], "most cells are not numbers"),
        (
            ["0.333333", "1", "1e7", *SEVEN[:4]],
            "its values lie on no scale of at most 10,000 steps up to 1,000,000,000",
        ),
        (["1", "2e300", *SEVEN[:5]], "its values lie on no scale of at most 10,000 steps up to 1,000,000,000"),
    ],
)
def test_columns_without_a_scale_are_named(cells: list[str | None], reason: str) -> None:
    rated = table(valence=SEVEN, warmth=cells)
    (said,) = guessed(rated, table(warmth=SEVEN)).left_out
    assert (said.names, said.reason) == (("warmth",), reason)


@pytest.mark.parametrize(
    ("people", "machine", "ends"),
    [
        (["2", "8", "5"], ["1", "9"], (-1, 11, 3)),
        (["2", "8", "5", "4"], ["1.5", "8.2"], (1, 9, 1)),
        (["-1", "0.75", "1"], ["0.3"], (-1, 1, 0.25)),
        (["0", "0.1", "0.3"], ["0"], (0, 0.3, 0.1)),
        (["0", "100", "37"], ["50"], (0, 100, 1)),
    ],
)
def test_scales_are_read_off_people_and_machines(
    people: list[str], machine: list[str], ends: tuple[float, float, float]
) -> None:
    scale = guessed(table(warmth=people), table(warmth=machine)).scales["warmth"]
    assert (scale.low, scale.high, scale.step) == ends


def test_a_mistyped_value_that_stretches_the_scale_is_pointed_at() -> None:
    remarks = guessed(table(valence=[*SEVEN, "25"])).remarks
    assert remarks[1].startswith("valence: people gave only 8 of the 25 values of this scale. If its ends")


def test_machines_values_off_peoples_scale_are_pointed_at_or_left_to_the_reader_of_rows() -> None:
    found = guessed(table(valence=SEVEN), table(valence=["3", "9"]))
    assert (found.scales["valence"].high, found.remarks[1]) == (
        9,
        "valence: people's values go from 1 to 7; machines' values stretch the scale. If those stand for missing "
        "answers, empty their cells.",
    )
    for far in ("20000", "1e300", "-20000"):
        scale = guessed(table(valence=SEVEN), table(valence=["3", far])).scales["valence"]
        assert (scale.low, scale.high) == (1, 7)


def test_what_the_user_said_holds() -> None:
    rated = table(valence=SEVEN, warmth=SEVEN)
    found = guessed(rated, table(warmth=SEVEN), said=SaidScale((1, 9)))
    assert {(scale.low, scale.high, scale.step) for scale in found.scales.values()} == {(1, 9, 1)}
    assert found.remarks == ("every dimension (valence and warmth) is taken to go from 1 to 9 in steps of 1.",)
    assert guessed(rated, said=SaidScale(step=0.5)).scales["valence"].step == 0.5
    with pytest.raises(ParameterError, match="--step: got 0, but steps are above 0"):
        guessed(rated, said=SaidScale(step=0))


def test_a_dimension_that_is_said_is_one_whatever_its_name() -> None:
    rated = table(warmth=SEVEN, age=SEVEN)
    assert list(guessed(rated, said=SaidScale(dimensions=("warmth",))).scales) == ["warmth"]
    assert list(guessed(rated, said=SaidScale(dimensions=("age",)), of_images=("age",)).scales) == ["age"]
    with pytest.raises(ParameterError, match=r"--dimension: got 'warmht', .* ratings\.csv \(did you mean 'warmth'\?\)"):
        guessed(rated, said=SaidScale(dimensions=("warmht",)))
    with pytest.raises(ParameterError, match="--dimension: got 'emotion'"):
        guessed(rated, said=SaidScale(dimensions=("emotion",)))


def test_ratings_without_a_dimension_are_refused_with_each_reason() -> None:
    with pytest.raises(DataError, match=r"none of which is a known dimension(?s:.*)warmth: no machine answered it"):
        guessed(table(warmth=SEVEN))


CELLS = st.one_of(st.none(), st.integers(-3, 12).map(str), st.floats().map(str), st.text(max_size=3))
NAMES = st.one_of(st.text(min_size=1, max_size=8), st.sampled_from([*DIMENSIONS, "repeat", "age", "warmth", "rt"]))
COLUMNS = st.dictionaries(NAMES.filter(lambda name: name not in (ROW, *USED)), st.lists(CELLS, min_size=3, max_size=3))


@given(COLUMNS, COLUMNS, st.lists(NAMES, max_size=3))
def test_every_column_of_the_ratings_is_used_or_named(
    ratings: dict[str, list[str | None]], answers: dict[str, list[str | None]], of_images: list[str]
) -> None:
    rated = table(valence=["1", "2", "9"], **{name: cells for name, cells in ratings.items() if name != "valence"})
    asked = {name: cells for name, cells in answers.items() if name in rated.columns}
    found = guessed(rated, *([table(**asked)] if asked else []), of_images=tuple(of_images))
    announced = [name for columns in found.left_out for name in columns.names]
    assert sorted([ROW, "image_id", "emotion", *found.scales, *announced]) == sorted(rated.columns)
