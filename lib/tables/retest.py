"""The table of test-retest pilots."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from great_tables import GT

from lib.formats import ABSENT, capitalised, format_value
from lib.tables.style import estimate_and_interval, plain_table, short_names


def retest_table(figures: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """How steadily machines answered, by condition, pilot and step.

    Parameters
    ----------
    figures
        `lib.chapters.retest.retest_figures`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    short, rows = short_names(names), []
    for row in figures.iter_rows(named=True):
        again = "kappa" if row["step"] == "emotion" else "icc2_k"
        rows.append(
            {
                "group": f"{short.get(row['condition'], row['condition'])}, {row['asked']}",
                "step": capitalised(row["step"]),
                "n": f"{row['n_images']:,}",
                "missing": f"{row['n_unanswered']:,}",
                "identical": _share(row, "identical"),
                "again": estimate_and_interval(row, again),
                "within": format_value("within_sd", row["within_sd"]),
                "backwards": _share(row, "backwards"),
            }
        )
    labels = {
        "step": "Asked for", "n": "Images", "missing": "Answers missing", "identical": "Identical in all repeats",
        "again": "*κ* or ICC(2,k)", "within": "SD within an image", "backwards": "Same backwards, one by one",
    }  # fmt: skip
    schema = dict.fromkeys(["group", *labels], pl.String)
    return plain_table(pl.DataFrame(rows, schema=schema), "tbl-retest", labels, notes, groups="group")


def retest_notes(figures: pl.DataFrame, names: pl.DataFrame, confidence: float) -> list[str]:
    """What the intervals are, what greedy decoding is expected to reach, and who stays below.

    Parameters
    ----------
    figures, names
        As for `retest_table`.
    confidence
        Level of the intervals.
    """
    notes = [
        f"In brackets: {confidence:.0%} intervals; of shares exact ones over images (Clopper and Pearson). Backwards: "
        "the first answer beside that to the same question in reverse order, one by one; where answers are drawn "
        "without a seed, that is one more drawing. Images that got no answer in any repeat are left out of all but the "
        "number of missing answers."
    ]
    expected = figures.drop_nulls("target")
    if expected.height:
        short = short_names(names)
        low = expected.filter(pl.col("identical") < pl.col("target")).select("condition", "pilot", "step").iter_rows()
        below = [f"{short.get(condition, condition)} ({pilot}): {step}" for condition, pilot, step in low]
        target, named = f"{expected['target'][0]:.0%}", ", ".join(below) or "none"
        notes.append(f"Expected at temperature zero: {target} identical. Below it: {named}.")
    return notes


def _share(row: dict[str, float | None], name: str) -> str:
    share, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    if share is None or low is None or high is None:
        return ABSENT
    return f"{share:.1%} [{low:.1%}, {high:.1%}]"
