from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from lib.build.guess_dimensions import SaidScale, guess_dimensions
from lib.build.missing_codes import refuse_missing_codes
from lib.contracts.table_files import ROW
from lib.errors import DataError

RATINGS = Path("ratings.csv")
NINE = [str(value) for value in range(1, 10)]
SLIDER = [str(value) for value in range(101)]


def table(cells: list[str]) -> pl.DataFrame:
    return pl.DataFrame({ROW: range(2, len(cells) + 2), "image_id": ["a"] * len(cells), "valence": cells})


@pytest.mark.parametrize(
    ("cells", "value", "ends"),
    [
        ([*NINE, "-99", "-99"], "-99, given 2 times", "1 to 9"),
        ([*NINE, "999"], "999, given once", "1 to 9"),
        ([*NINE, "-9"], "-9, given once", "1 to 9"),
        ([*NINE, "-99", "-88"], "-99, given once", "1 to 9"),
        ([*NINE, "55"], "55, given once", "1 to 9"),
        ([*SLIDER, "-99"], "-99, given once", "0 to 100"),
        ([*SLIDER, "999"], "999, given once", "0 to 100"),
        (["-1", "-0.5", "0", "1", "-99"], "-99, given once", "-1 to 1"),
    ],
)
def test_what_stands_for_a_missing_answer_stops(cells: list[str], value: str, ends: str) -> None:
    with pytest.raises(DataError, match=rf"ratings.csv: row \d+, column 'valence': got {value}, .* from {ends}\. If"):
        refuse_missing_codes(RATINGS, "valence", table(cells), [])
    with pytest.raises(DataError, match="empty these cells"):
        guess_dimensions(RATINGS, table(cells), [], [], SaidScale())


@pytest.mark.parametrize("cells", [NINE, SLIDER, ["0", "1", "3"], ["1", "2", "3", "9"], ["-100", "-9", "5", "100"]])
def test_ratings_do_not(cells: list[str]) -> None:
    refuse_missing_codes(RATINGS, "valence", table(cells), [])


def test_a_machines_code_stops_too_but_not_its_other_values() -> None:
    with pytest.raises(DataError, match=r"the machines' answers: row 3, column 'valence': got -99, given once"):
        refuse_missing_codes(RATINGS, "valence", table(NINE), [table(["5", "-99"])])
    refuse_missing_codes(RATINGS, "valence", table(NINE), [table(["5", "20000"])])


def test_a_scale_that_is_said_settles_it() -> None:
    found = guess_dimensions(RATINGS, table([*NINE, "-99"]), [], [], SaidScale((-99, 9)))
    assert found.scales["valence"].low == -99
