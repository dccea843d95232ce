"""`rater infer`: ask machines, after saying what it will take."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NoReturn

import typer

from lib.cli import infer_options as options
from lib.cli.options import StudyOption
from lib.errors import BuildError, ParameterError
from lib.formats import counted

if TYPE_CHECKING:
    from lib.asking.forecast import Forecast
    from lib.build.asking import Inquiry
    from lib.build.inference import AskOptions
    from lib.project import Project

PIPE_WIDTH = 160


def infer(
    conditions: options.Conditions = None,
    *,
    study: StudyOption = None,
    shards: options.Shards = 1,
    limit: options.Limit = None,
    images: options.Images = None,
    dry_run: options.DryRun = False,
    budget: options.Budget = None,
    yes: options.Yes = False,
    retry_failed: options.RetryFailed = False,
    concurrency: options.Concurrency = None,
    cores: options.Cores = None,
    batch: options.Batch = False,
    wait: options.Wait = False,
    every: options.Every = 10.0,
    ignore_batches: options.IgnoreBatches = False,
    traces: options.Traces = None,
) -> None:
    """Ask machines about the study's images: forecast first, then the questions that have no answer yet.

    Every answer is kept the moment it comes (cache/responses), and no question is asked twice. Ctrl-C finishes what is
    on its way; the same command goes on from there.
    """
    from lib.build.asking import askable, prepare
    from lib.build.inference import AskOptions
    from lib.project import open_project

    project = open_project(study, sound_only=True)
    if not conditions:
        known = ", ".join(askable(project)) or "none in this study"
        faults = "".join(f"\nCannot be read: {fault}" for fault in project.known.faults.values())
        raise ParameterError(f"-m: is missing; say which condition to ask. Those that can be asked: {known}.{faults}")
    inquiries = [prepare(project, name, limit=limit, choice=images) for name in dict.fromkeys(conditions)]
    _refuse_no_budget(budget)
    if batch:
        _refuse_for_batches(inquiries, shards=shards, concurrency=concurrency, cores=cores, traces=traces)
    elif wait:
        raise ParameterError("--wait: goes with --batch only; without it a run ends when all is asked.")
    forecasts = show_forecast(
        inquiries, retry_failed=retry_failed, batch=batch, ignore_batches=ignore_batches and not batch
    )
    if batch:
        _infer_by_batches(
            inquiries, forecasts, AskOptions(limit, images, budget, retry_failed, record_only=True),
            dry_run=dry_run, yes=yes, wait=wait, every=every, ignore_batches=ignore_batches,
        )  # fmt: skip
    told = AskOptions(limit, images, budget, retry_failed, concurrency, ignore_batches=ignore_batches, traces=traces)
    code = ask_open(project, inquiries, forecasts, told, shards=shards, cores=cores, dry_run=dry_run, yes=yes)
    raise typer.Exit(code or 0)


def ask_open(
    project: Project, inquiries: Sequence[Inquiry], forecasts: Sequence[Forecast], told: AskOptions, *,
    shards: int = 1, cores: int | None = None, dry_run: bool = False, yes: bool = False,
) -> int | None:  # fmt: skip
    """Ask (and trace) what is open, once that was agreed to; give the exit code, None for a dry run.

    Raises
    ------
    RaterError
        Nobody agreed to the price, key or model are not there, or another process asks the same.
    """
    from lib.asking.forecast_words import totals
    from lib.build.inference_jobs import jobs_for
    from lib.cli.infer_watch import run_jobs
    from lib.cli.traces import show_traces
    from lib.responses.locks import refuse_if_held
    from lib.responses.store import condition_folder

    open_ones = [one for one, each in zip(inquiries, forecasts, strict=True) if each.count.to_ask]
    if told.traces is not None:
        open_ones = show_traces(inquiries, forecasts, told.traces)
    if not open_ones:
        typer.echo(_nothing_open(project, forecasts))
        return 1 if any(each.count.rejected for each in forecasts) else 0
    _refuse_blind_budget(forecasts, told.budget)
    if dry_run:
        typer.echo("Nothing was asked (--dry-run).")
        return None
    asyncio.run(check_backends(open_ones))
    asked = sum(each.count.to_ask for each in forecasts)
    _confirm(f"{counted(asked, 'question')} for {totals(forecasts)}", forecasts, yes=yes or not asked)
    jobs = jobs_for(open_ones, shards, told, cores)
    for job in jobs:
        refuse_if_held(condition_folder(project.responses, job.condition), job.shard)
    code = run_jobs(project, jobs, told, cores)
    if told.traces is not None:
        typer.echo(f"Traces are in {project.relative(project.cache / 'traces')}: `{project.command('traces list')}`")
    return code


def show_forecast(
    inquiries: Sequence[Inquiry], *, retry_failed: bool, batch: bool = False, ignore_batches: bool = False
) -> list[Forecast]:
    """Print what asking will take: a table, and what its figures rest on."""
    from rich.console import Console

    from lib.asking.forecast_words import assumption_lines, forecast_table
    from lib.build.asking import forecast_of
    from lib.build.cautions import cautions

    forecasts = [
        forecast_of(inquiry, retry_failed=retry_failed, batch=batch, ignore_batches=ignore_batches)
        for inquiry in inquiries
    ]
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)
    console.print(forecast_table(forecasts))
    for line in assumption_lines(forecasts):
        typer.echo(line)
    for inquiry in inquiries:
        for warning in inquiry.stored.report.warnings():
            typer.echo(f"warning: {warning}")
    for caution in cautions(inquiries):
        typer.echo(f"warning: {caution}")
    return forecasts


async def check_backends(inquiries: Sequence[Inquiry]) -> None:
    """See that key, server and model of each condition are there, before anything is asked.

    Raises
    ------
    BackendUnavailableError
        One line with the cure.
    """
    from lib.backends.registry import open_backend

    for inquiry in inquiries:
        backend = open_backend(inquiry.condition, inquiry.project.study)
        try:
            await backend.preflight()
        finally:
            await backend.close()


def _refuse_for_batches(inquiries: Sequence[Inquiry], **given: int | str | None) -> None:
    """Refuse backends without batches, and what says how requests are sent, where the provider decides that."""
    from lib.backends.registry import batches_of

    for inquiry in inquiries:
        batches_of(inquiry.condition)
    for name, value in given.items():
        if value not in {None, 1}:
            raise ParameterError(f"--{name}: got {value}, which has no meaning with --batch. Leave it out.")


def _infer_by_batches(
    inquiries: Sequence[Inquiry], forecasts: Sequence[Forecast], told: AskOptions, *,
    dry_run: bool, yes: bool, wait: bool, every: float, ignore_batches: bool,
) -> NoReturn:  # fmt: skip
    from lib.build.batch import BatchOptions
    from lib.cli.infer_batch import infer_batch, shares

    _refuse_blind_budget(forecasts, told.budget)
    if dry_run:
        typer.echo("Nothing was asked (--dry-run).")
        raise typer.Exit
    options = BatchOptions(
        budget=shares(told.budget, forecasts), retry_failed=told.retry_failed, ignore_batches=ignore_batches,
        wait=wait, every=every,
    )  # fmt: skip
    confirm = partial(_confirm, yes=yes)
    raise typer.Exit(infer_batch(inquiries, forecasts, options, confirm, told))


def _nothing_open(project: Project, forecasts: Sequence[Forecast]) -> str:
    waiting = [each for each in forecasts if each.count.in_batches]
    if waiting:
        return (
            "Nothing to ask: what is left is in batches or behind them. "
            f"`{project.command(f'infer -m {waiting[0].condition} --batch')}` fetches them; "
            "--ignore-batches asks them all the same, and pays twice."
        )
    if any(each.count.rejected for each in forecasts):
        return (
            "Nothing to ask: what is left was rejected by the server, or is behind such; --retry-failed asks it again."
        )
    if any(each.count.skipped for each in forecasts):
        return "Nothing to ask: every question has its answer, or is skipped since an earlier one could not be read."
    return "Nothing to ask: every question has its answer."


def _refuse_no_budget(budget: float | None) -> None:
    if budget is not None and budget <= 0:
        raise ParameterError(f"--budget: got {budget:g}; give an amount above 0, or none.")


def _refuse_blind_budget(forecasts: Sequence[Forecast], budget: float | None) -> None:
    _refuse_no_budget(budget)
    if budget is None:
        return
    blind = [each for each in forecasts if not each.tariff.known and each.count.to_ask]
    if blind:
        raise ParameterError(
            f"--budget: got {budget:g}, but the cost of {blind[0].condition} is {blind[0].tariff.note}. "
            "Add its price there, or ask without a budget."
        )
    currencies = sorted({each.tariff.currency for each in forecasts if each.tariff.currency})
    if len(currencies) > 1:
        raise ParameterError(
            f"--budget: got {budget:g} for conditions billed in {' and '.join(currencies)}. Ask them one at a time."
        )


def _confirm(what: str, forecasts: Sequence[Forecast], *, yes: bool) -> None:
    if yes:
        return
    if sys.stdin.isatty():
        if not typer.confirm(f"Ask {what}?"):
            raise typer.Exit(1)
    elif not all(each.free for each in forecasts):
        raise BuildError(f"{what}: nobody is there to agree to that. Add --yes to ask, or --dry-run to only look.")
