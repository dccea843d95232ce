"""Numbers that stand for a missing answer, or a slip: -99 or 999 among ratings from 1 to 9 is no end of a scale."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from lib.contracts.table_files import ROW
from lib.errors import DataError

CODES = {float(sign * int(digit * length)) for sign in (1, -1) for digit in "789" for length in (2, 3, 4)} | {
    -7,
    -8,
    -9,
}
"""-9, -99, 999, 77, 88 and the like, as questionnaires' programs write a missing answer."""
FAR = 5
FEWEST = 3


def refuse_missing_codes(path: Path, name: str, rated: pl.DataFrame, answers: Sequence[pl.DataFrame]) -> None:
    """Refuse a dimension with a value that cannot be meant as a rating.

    That is one of `CODES` farther from the rest of people's values than these are apart (a negative one also where
    nothing else is negative), or any one value that is `FAR` times as far; the rest are at least `FEWEST` values.

    Raises
    ------
    DataError
        By value, count, first row and cure.
    """
    people = _numbers(rated, name)
    rest = sorted(value for value in people[name].unique() if value not in CODES)
    outlier = _outlier(rest)
    rest = [value for value in rest if value != outlier]
    if len(rest) < FEWEST:
        return
    machines = [_numbers(frame, name) for frame in answers if name in frame.columns]
    for frame, whose in ((people, str(path)), *((frame, "the machines' answers") for frame in machines)):
        odd = [value for value in frame[name].unique().sort() if value == outlier or _is_code(value, rest)]
        if odd:
            found = frame.filter(pl.col(name) == odd[0])
            times = "once" if found.height == 1 else f"{found.height:,} times"
            raise DataError(
                f"{whose}: row {found[ROW][0]}, column {name!r}: got {odd[0]:g}, given {times}, while people's other "
                f"values go from {rest[0]:g} to {rest[-1]:g}. If it stands for a missing answer, empty these cells; if "
                "it is mistyped, correct it; if it is a rating, say the scale with --scale. Nothing was changed."
            )


def _outlier(values: Sequence[float]) -> float | None:
    """The lowest or highest value if it is `FAR` times as far from the others as these are apart."""
    if len(values) <= FEWEST:
        return None
    for value, others in ((values[0], values[1:]), (values[-1], values[:-1])):
        if min(abs(value - others[0]), abs(value - others[-1])) > FAR * (others[-1] - others[0]):
            return value
    return None


def _is_code(value: float, rest: Sequence[float]) -> bool:
    gap = max(rest[0] - value, value - rest[-1])
    return value in CODES and gap > 0 and (gap > rest[-1] - rest[0] or value < 0 <= rest[0])


def _numbers(table: pl.DataFrame, name: str) -> pl.DataFrame:
    found = table.select(ROW, pl.col(name).cast(pl.Float64, strict=False))
    return found.filter(pl.col(name).is_finite())
