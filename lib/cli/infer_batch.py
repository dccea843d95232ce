"""`rater infer --batch`: half the price, within a day; each call goes one step and says what is next."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import typer

from lib.asking.batch_words import batch_lines, batch_table, nothing_new
from lib.asking.forecast_words import totals
from lib.build.batch import BatchOptions, ask_by_batches
from lib.cli.infer_end import INTERRUPTED, same_command, what_next
from lib.formats import counted

if TYPE_CHECKING:
    from lib.asking.batch_report import BatchReport
    from lib.asking.forecast import Forecast
    from lib.build.asking import Inquiry
    from lib.build.inference import AskOptions

PIPE_WIDTH = 120
NOTHING = Decimal(0)


def infer_batch(
    inquiries: Sequence[Inquiry],
    forecasts: Sequence[Forecast],
    options: BatchOptions,
    confirm: Callable[[str, Sequence[Forecast]], None],
    chosen: AskOptions,
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
    rounds = Rounds(options)
    reports, interrupted = asyncio.run(ask_by_batches(inquiries, options, rounds.show))
    if interrupted:
        typer.echo(f"Interrupted. All is written down; to go on: {same_command()}")
        return INTERRUPTED
    for inquiry, report in zip(inquiries, reports, strict=False):
        if rounds.fetched[report.condition] and not report.goes_on:
            _keep_record(inquiry, chosen)
        if report.complete:
            typer.echo(what_next(inquiry.project, inquiry.condition.id))
    return 0 if all(_is_well(report) for report in reports) else 1


def shares(budget: float | None, forecasts: Sequence[Forecast]) -> dict[str, float] | None:
    """Share a budget among conditions, so that all together keep it.

    Each has what its open batches may cost, and of the rest a part by what its other questions may cost at most.
    """
    if budget is None:
        return None
    held = {each.condition: each.held[1] if each.held else NOTHING for each in forecasts}
    most = {each.condition: each.cost[1] if each.cost else NOTHING for each in forecasts}
    total, rest = sum(most.values(), NOTHING), max(NOTHING, Decimal(str(budget)) - sum(held.values(), NOTHING))
    return {
        name: float(held[name] + (rest * cost / total if total else rest / len(most))) for name, cost in most.items()
    }


def _is_well(report: BatchReport) -> bool:
    return not report.problems and (report.complete or bool(report.waiting))


def _keep_record(inquiry: Inquiry, chosen: AskOptions) -> None:
    """Run the notebook that asks, with nothing to ask, as the record of what batches brought."""
    from lib.build.inference import run_inference
    from lib.responses.shard import ALL

    summary = run_inference(inquiry.project, inquiry.condition.id, ALL, chosen)
    typer.echo(f"  Record: {summary.record}")


class Rounds:
    """Prints what the rounds of a run bring, nothing twice.

    Attributes
    ----------
    fetched : Counter of str
        Answers and failures that came in this run, by condition.
    """

    def __init__(self, options: BatchOptions) -> None:
        self.fetched: Counter[str] = Counter()
        self._options = options
        self._said: set[str] = set()
        self._first = True

    def show(self, reports: Sequence[BatchReport]) -> None:
        """Print one round: a table where anything happened, else a line."""
        from rich.console import Console

        for report in reports:
            self.fetched[report.condition] += report.fetched + sum(report.failed.values())
        waits = self._options.wait
        at = time.strftime("%Y-%m-%d %H:%M")
        if waits and not self._first and not any(map(self._is_news, reports)):
            for report in reports:
                typer.echo(f"{at} {nothing_new(report)}")
            return
        if waits:
            typer.echo(at)
        Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH).print(batch_table(reports))
        for report in reports:
            for line in batch_lines(report, one_of_many=len(reports) > 1, waits=waits):
                if not (waits and line in self._said):
                    typer.echo(line)
                    self._said.add(line)
        if waits and self._first and any(report.goes_on for report in reports):
            typer.echo(
                f"The provider takes up to a day; looking every {self._options.every:g} minutes. Ctrl-C ends that, and "
                "the same command goes on."
            )
        self._first = False

    def _is_news(self, report: BatchReport) -> bool:
        happened = report.fetched or report.failed or report.submitted or report.beside or not report.goes_on
        return bool(happened) or any(line not in self._said for line in [*report.notes, *report.problems])
