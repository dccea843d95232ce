"""`rater infer --batch`: half the price, within a day; each call goes one step and says what is next."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import typer

from lib.asking.batch_words import batch_lines, batch_table
from lib.asking.forecast_words import totals
from lib.build.batch import BatchOptions, ask_by_batches
from lib.cli.infer_watch import INTERRUPTED, what_next
from lib.formats import counted

if TYPE_CHECKING:
    from lib.asking.batch_report import BatchReport
    from lib.asking.forecast import Forecast
    from lib.build.asking import Inquiry

PIPE_WIDTH = 120


def infer_batch(
    inquiries: Sequence[Inquiry],
    forecasts: Sequence[Forecast],
    options: BatchOptions,
    confirm: Callable[[str, Sequence[Forecast]], None],
) -> int:
    """Go one step, or steps until all is answered; give the exit code.

    0 if all went well, be it complete or with the provider; 130 after Ctrl-C; else 1.
    """
    unlisted = [each for each in forecasts if each.tariff.price and each.tariff.price.batch_factor is None]
    for each in unlisted:
        typer.echo(f"{each.condition}: no price of batches is listed; the usual one is counted.")
    asked = sum(each.count.to_ask for each in forecasts)
    if asked:
        confirm(f"{counted(asked, 'question')} by batches for {totals(forecasts)}", forecasts)
    reports, interrupted = asyncio.run(ask_by_batches(inquiries, options, lambda round_: show(round_, options)))
    for inquiry, report in zip(inquiries, reports, strict=False):
        if report.complete:
            typer.echo(what_next(inquiry.project, inquiry.condition.id))
    if interrupted:
        typer.echo("Interrupted. All is written down; the same command goes on from there.")
        return INTERRUPTED
    return 0 if all(_is_well(report) for report in reports) else 1


def shares(budget: float | None, forecasts: Sequence[Forecast]) -> dict[str, float] | None:
    """Share a budget among conditions by what each may cost at most, so that all together keep it."""
    if budget is None:
        return None
    most = {each.condition: each.cost[1] if each.cost else Decimal(0) for each in forecasts}
    total = sum(most.values(), Decimal(0))
    return {name: float(Decimal(str(budget)) * cost / total) if total else budget for name, cost in most.items()}


def _is_well(report: BatchReport) -> bool:
    return not report.problems and (report.complete or bool(report.waiting))


def show(reports: Sequence[BatchReport], options: BatchOptions) -> None:
    """Print one round."""
    from rich.console import Console

    if options.wait:
        typer.echo(time.strftime("%Y-%m-%d %H:%M"))
    Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH).print(batch_table(reports))
    for report in reports:
        for line in batch_lines(report, one_of_many=len(reports) > 1):
            typer.echo(line)
