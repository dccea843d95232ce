"""Tables of how machines' answers were read and what they cost; of chapters and of the record of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl
from great_tables import GT

from lib.formats import ABSENT, capitalised
from lib.protocol.question import ALL_STEPS
from lib.tables.style import plain_table

STAGES = {"json": "JSON", "fence": "Fenced", "regex": "By pattern", "none": "Not at all"}
KINDS = {"flag": "Noted", "reason": "No value", "failed": "Failed", "skipped": "Not asked"}
WHOLE = "All at once"


def stages_table(
    steps: pl.DataFrame, names: Mapping[str, str], identifier: str, notes: Iterable[str | None] = ()
) -> GT:
    """At which stage the answers of each condition and step were read, in percent of its answers.

    Parameters
    ----------
    steps
        `lib.responses.summary.ResponsesSummary.steps`.
    names
        Condition -> how it is called.
    identifier
        The cell's label.
    notes
        Paragraphs below the table.
    """
    rows = []
    for row in steps.iter_rows(named=True):
        rates = {stage: _percent(row[f"rate_{stage}"]) for stage in STAGES}
        rows.append(
            {
                "condition": names.get(row["condition"], row["condition"]),
                "step": step_name(row["step"]),
                "answered": f"{row['answered']:,}",
                **rates,
                "parsed": _percent(row["rate_parsed"]),
                "failed": f"{row['failed']:,}",
                "left": f"{row['skipped']:,}" + (f" + {row['open']:,} open" if row["open"] else ""),
            }
        )
    labels = {"step": "Step", "answered": "Answers"} | STAGES
    labels |= {"parsed": "All values", "failed": "Failed", "left": "Not asked"}
    frame = pl.DataFrame(rows, schema=dict.fromkeys(["condition", *labels], pl.String))
    return plain_table(frame, identifier, labels, notes, groups="condition")


def notes_table(
    reasons: pl.DataFrame, names: Mapping[str, str], identifier: str, notes: Iterable[str | None] = ()
) -> GT:
    """What was done to read answers, and why some have no value, failed or were not asked: counts by step.

    Parameters
    ----------
    reasons
        `lib.responses.summary.ResponsesSummary.reasons`.
    names, identifier, notes
        As in `stages_table`.
    """
    rows = [
        {
            "condition": names.get(row["condition"], row["condition"]),
            "step": step_name(row["step"]),
            "kind": KINDS.get(row["kind"], row["kind"]),
            "name": str(row["name"]).replace("_", " "),
            "n": f"{row['n']:,}",
        }
        for row in reasons.iter_rows(named=True)
    ]
    labels = {"step": "Step", "kind": "What", "name": "Which", "n": "Answers"}
    frame = pl.DataFrame(rows, schema=dict.fromkeys(["condition", *labels], pl.String))
    return plain_table(frame, identifier, labels, notes, groups="condition", text_columns=["kind", "name"])


def costs_table(
    steps: pl.DataFrame,
    costs: pl.DataFrame,
    names: Mapping[str, str],
    identifier: str,
    notes: Iterable[str | None] = (),
) -> GT:
    """Answers, tokens, money and time of each condition; the time is the mean of the steps' medians.

    Parameters
    ----------
    steps
        `lib.responses.summary.ResponsesSummary.steps`.
    costs
        condition, currency, spent: of all lines that were ever paid.
    names, identifier, notes
        As in `stages_table`.
    """
    rows = []
    for name in steps["condition"].unique(maintain_order=True):
        own = steps.filter(pl.col("condition") == name)
        spent = costs.filter((pl.col("condition") == name) & (pl.col("currency") != "")).iter_rows(named=True)
        rows.append(
            {
                "condition": names.get(name, name),
                "answered": f"{own['answered'].sum():,}",
                **{column: _count(own[column]) for column in ("tokens_in", "tokens_out", "tokens_thinking")},
                "spent": ", ".join(f"{row['spent']:,.4f} {row['currency']}" for row in spent) or ABSENT,
                "latency": _seconds(own["latency"].drop_nulls().to_list()),
            }
        )
    labels = {
        "condition": "Condition", "answered": "Answers", "tokens_in": "Tokens in", "tokens_out": "out",
        "tokens_thinking": "thinking", "spent": "Spent", "latency": "Time an answer",
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=dict.fromkeys(labels, pl.String))
    return plain_table(frame, identifier, labels, notes)


def step_name(step: str) -> str:
    """A step as tables call it."""
    return WHOLE if step == ALL_STEPS else capitalised(step)


def _seconds(medians: list[float]) -> str:
    return f"{sum(medians) / len(medians):.2f} s" if medians else ABSENT


def _count(counts: pl.Series) -> str:
    return ABSENT if counts.null_count() == counts.len() else f"{counts.sum():,}"


def _percent(rate: float | None) -> str:
    """A share in percent; what is nearly all, or nearly none, is not rounded to all or none."""
    if rate is None:
        return ABSENT
    text = f"{100 * rate:.1f}%"
    if text == "100.0%" and rate < 1:
        return "> 99.9%"
    return "< 0.1%" if text == "0.0%" and rate > 0 else text
