"""What tables say of tests that take units of faces, such as identities, as independent instead of images."""

from __future__ import annotations

import polars as pl

from lib.formats import format_value

P_UNITS = "p_units_adjusted"


def units_column(unit: str | None) -> dict[str, str]:
    """The column of the corrected p between units and its heading; none without a unit."""
    return {P_UNITS: f"*p*, by {unit}"} if unit else {}


def bias_units_note(tests: pl.DataFrame, names: pl.DataFrame, unit: str | None) -> str | None:
    """Say what the column by unit of a table of analyses of variance of the bias is, and how many units enter."""
    return unit and (
        f"By {unit}: corrected p of the same effects where images of one {unit} may resemble each other: the main "
        f"effect on the mean of each {unit} over the emotions, the interaction against {unit} × emotion (exact under "
        "sphericity); "
        f"{_counts(tests, names)}."
    )


def share_units_note(tests: pl.DataFrame, names: pl.DataFrame, unit: str | None) -> str | None:
    """The same of a table of tests of equal accuracy."""
    return unit and (
        f"By {unit}: corrected p of an analysis of variance of the share of right labels of each {unit}, whose images "
        f"may resemble each other; {_counts(tests, names)}."
    )


def _counts(tests: pl.DataFrame, names: pl.DataFrame) -> str:
    """`n = 240`, and which raters' n is another, units without a value in some emotion being left out."""
    found = tests.drop_nulls("n_units").unique("condition", keep="first", maintain_order=True)
    counts = found.join(names, on="condition", maintain_order="left").group_by("n_units").agg("short_name")
    ordered = counts.sort(pl.col("short_name").list.len() * -1, pl.col("n_units") * -1).iter_rows()
    said = [
        f"n = {format_value('n', count)}" if place == 0 else f"{format_value('n', count)} for {', '.join(raters)}"
        for place, (count, raters) in enumerate(ordered)
    ]
    return f"{', but '.join(said)}, having a value in every emotion" if len(said) > 1 else "".join(said) or "n = 0"
