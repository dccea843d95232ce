"""A step of asking by batches in words and as a table on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lib.asking.batch_report import BatchReport
from lib.asking.batch_standing import MOST_TRIES
from lib.formats import counted

if TYPE_CHECKING:
    from rich.table import Table

SHOWN = 8
COLUMNS = ("Questions", "Done", "In batches", "To come", "Fetched now", "Failed now", "Handed in now", "Cost so far")


def batch_table(reports: Sequence[BatchReport]) -> Table:
    """One row a condition."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("Condition", overflow="fold")
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for report in reports:
        table.add_row(*batch_cells(report))
    return table


def batch_cells(report: BatchReport) -> list[str]:
    """The cells of one row."""
    return [
        report.condition, f"{report.questions:,}", f"{report.parts.done:,}", f"{report.waiting:,}",
        f"{report.parts.to_ask:,}", f"{report.fetched:,}", f"{sum(report.failed.values()):,}",
        f"{report.submitted:,}", spent_text(report),
    ]  # fmt: skip


def spent_text(report: BatchReport) -> str:
    """What the condition has cost up to now, by currency."""
    amounts = [f"{amount:.4f} {currency}" for currency, amount in sorted(report.spent.items())]
    return " and ".join(amounts) or ("unknown" if report.cost is None else "nothing")


def batch_lines(report: BatchReport, *, one_of_many: bool = False, waits: bool = False) -> list[str]:
    """What the table does not say: how each open batch goes, what went wrong, and what to do next.

    Where the run `waits` it does by itself what would be next.
    """
    shown = list(report.open_batches.items())
    lines = [f"  {name}: {state}" for name, state in shown[:SHOWN]]
    if len(shown) > SHOWN:
        lines.append(f"  and {_batches(len(shown) - SHOWN, 'more ')}")
    if report.failed:
        named = ", ".join(f"{n} {kind}" for kind, n in sorted(report.failed.items()))
        lines.append(f"Failed now: {named}.")
    if report.beside:
        answers = counted(report.beside, "answer")
        lines.append(f"{answers} came to questions that had been answered meanwhile, and were not stored.")
    if report.unpriced and report.cost is not None:
        lines.append(f"{counted(report.unpriced, 'answer')} of unknown cost.")
    parts = report.parts
    if parts.skipped:
        lines.append(f"{parts.done_words()}.")
    lines += [*report.notes, *report.problems]
    if not (waits and report.goes_on):
        lines.append(what_next(report))
    return [f"{report.condition}: {line}" if one_of_many and not line.startswith("  ") else line for line in lines]


def nothing_new(report: BatchReport) -> str:
    """One line for a look that found nothing."""
    open_ones = [f"{name}: {state}" for name, state in list(report.open_batches.items())[:SHOWN]]
    more = len(report.open_batches) - len(open_ones)
    states = "; ".join([*open_ones, *([f"and {_batches(more, 'more ')}"] if more else [])])
    return f"{report.condition}: nothing new, {report.parts.done_words()}" + (f"; {states}" if states else "")


def _batches(count: int, more: str = "") -> str:
    return f"{count:,} {more}{'batch' if count == 1 else 'batches'}"


def what_next(report: BatchReport) -> str:
    """One sentence: what to run, and when."""
    if report.complete:
        return "Complete: every question has its answer."
    if report.uncertain:
        return (
            "It is not known yet whether the provider took "
            f"{_batches(report.uncertain)}: run the same command again in two minutes."
        )
    if report.waiting:
        return (
            f"{counted(report.waiting, 'question')} in {_batches(len(report.open_batches))}: the provider takes up to "
            "a day. Run the same command again then, or add --wait."
        )
    if report.pending:
        return f"{counted(report.pending, 'question')} to hand in: run the same command again."
    given_up = f" What had no answer in {MOST_TRIES} batches is given up here, but asked without --batch."
    return (
        f"Left: {', '.join(report.parts.left_out_words())}; --retry-failed asks again."
        f"{given_up if report.given_up else ''}"
    )
