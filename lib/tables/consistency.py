"""Tables of the audit of printed numbers: tests by kind, and every contradiction with its arithmetic."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from great_tables import GT

from lib.formats import format_value
from lib.tables.style import plain_table


def consistency_summary_table(summary: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """By kind of test: how many times it could be made, and how many times it failed.

    Parameters
    ----------
    summary
        `lib.audit.audit.Audit.summary`.
    notes
        Paragraphs below the table.
    """
    text = summary.with_columns(
        pl.Series(name, [format_value("n", count) for count in summary[name]], dtype=pl.String)
        for name in ("checked", "failed")
    )
    labels = {"check": "Test", "checked": "Made", "failed": "Failed"}
    return plain_table(text, "tbl-consistency-summary", labels, notes)


def inconsistencies_table(failures: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Every contradiction, below the test that found it.

    Parameters
    ----------
    failures
        `lib.chapters.consistency.failures`. Its texts come from a file; great_tables shows them as text, never as HTML.
    notes
        Paragraphs below the table.
    """
    labels = {"printed": "Printed", "where": "Version", "arithmetic": "Why they cannot all be true"}
    table = plain_table(
        failures.with_columns(pl.col("check").cast(pl.String)),
        "tbl-inconsistencies",
        labels,
        notes,
        groups="check",
        text_columns=["where", "arithmetic"],
    )
    return table.cols_width({"printed": "32%", "where": "10%", "arithmetic": "58%"})


def changes_table(changes: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Every number that a later version prints differently.

    Parameters
    ----------
    changes
        `lib.chapters.consistency.changes`.
    notes
        Paragraphs below the table.
    """
    labels = {"number": "Number", "earlier": "Earlier", "later": "Later", "versions": "Versions"}
    return plain_table(changes, "tbl-changes", labels, notes, text_columns=["versions"])
