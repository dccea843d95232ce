"""`rater stimuli transform`: emotions of neutral faces, made by an image model after saying what it will take."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lib.errors import BuildError, ParameterError
from lib.formats import counted

if TYPE_CHECKING:
    import polars as pl

    from lib.asking.forecast import Forecast
    from lib.asking.progress import Progress, Snapshot
    from lib.asking.report import RunReport
    from lib.build.stimuli_transform import Transforming

DEFAULT = "five-emotions"
INTERRUPTED = 130
SAY_EVERY = 30.0
SHOWN_FLAGGED = 10


def transform(
    bases: Annotated[Path, typer.Argument(help="Folder or manifest of neutral faces that you may use.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the set that is made.")],
    recipe: Annotated[str, typer.Option("--with", help="Id of a file in params/stimuli.")] = DEFAULT,
    *,
    emotion: Annotated[
        list[str] | None, typer.Option("--emotion", help="Only this emotion; may be given several times.")
    ] = None,
    images: Annotated[
        str | None, typer.Option(help="Only images that fit a pattern (BM*_Ang), or a file of ids, one a line.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many images, as good as drawn.")] = None,
    take: Annotated[
        int, typer.Option(min=1, max=99, help="2 and more: make another one of each chosen image, which then stands.")
    ] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it will take, and stop there.")] = False,
    budget: Annotated[float | None, typer.Option(help="Spend no more in this run, in the price's currency.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before asking.")] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Ask again what was refused, or came without a usable image.")
    ] = False,
    concurrency: Annotated[int | None, typer.Option(min=1, help="Requests at once.")] = None,
) -> None:
    """Make emotions of neutral faces with Gemini's image model, identity kept, and check what comes back.

    Base faces are sent to Google: use only such as you have the rights to. Every image is kept the moment it comes, and
    none is asked or paid for twice. Ctrl-C finishes what is on its way; the same command goes on from there.
    """
    from lib.build.stimuli_transform import forecast_transform, place_images, prepare_transform
    from lib.project import find_root

    transforming = prepare_transform(
        find_root(), bases, out, recipe, choice=images, emotions=emotion or (), limit=limit, take=take
    )
    forecast = forecast_transform(transforming, retry_failed=retry_failed)
    _say_forecast(transforming, forecast)
    _refuse_blind_budget(forecast, budget)
    if dry_run:
        typer.echo("Nothing was asked (--dry-run).")
        return
    code = 0
    if forecast.count.to_ask:
        _confirm(forecast, yes=yes)
        code = _make(transforming, budget, retry_failed=retry_failed, concurrency=concurrency)
    elif not transforming.stored.keys():
        typer.echo("Nothing to ask.")
        raise typer.Exit(1 if forecast.count.rejected else 0)
    else:
        typer.echo("Nothing to ask: what was chosen was asked for before.")
    typer.echo("Checking what came back ...")
    manifest, checks = place_images(transforming)
    _say_checks(transforming, manifest, checks)
    raise typer.Exit(code)


def _say_forecast(transforming: Transforming, forecast: Forecast) -> None:
    from lib.asking.forecast_words import cost_text, span_text
    from lib.stimuli.bases import same_faces

    count = forecast.count
    typer.echo(
        f"{counted(len(transforming.bases), 'base face')}, {counted(len(transforming.items), 'image')} chosen, "
        f"{counted(count.to_ask, 'image')} to make with {transforming.plan.condition.model}."
    )
    typer.echo(
        f"Tokens in {span_text(forecast.tokens_in)}, out {span_text(forecast.tokens_out)}; cost {cost_text(forecast)}."
    )
    if count.to_ask:
        typer.echo("; ".join([*forecast.assumptions, *([forecast.tariff.note] if forecast.tariff.known else [])]))
    if count.rejected:
        typer.echo(f"{counted(count.rejected, 'image')} that the server rejected before; --retry-failed asks again.")
    alike = [f"{', '.join(group)} are the same image" for group in same_faces(transforming.bases)]
    for warning in [*alike, *transforming.stored.report.warnings()]:
        typer.echo(f"warning: {warning}", err=True)


def _refuse_blind_budget(forecast: Forecast, budget: float | None) -> None:
    if budget is not None and budget <= 0:
        raise ParameterError(f"--budget: got {budget:g}; give an amount above 0, or none.")
    if budget is not None and forecast.count.to_ask and not forecast.tariff.known:
        raise ParameterError(
            f"--budget: got {budget:g}, but the cost is {forecast.tariff.note}. Add it there, or ask without a budget."
        )


def _confirm(forecast: Forecast, *, yes: bool) -> None:
    from lib.asking.forecast_words import cost_text

    what = f"{counted(forecast.count.to_ask, 'image')} for {cost_text(forecast)}"
    if yes:
        return
    if not sys.stdin.isatty():
        raise BuildError(f"{what}: nobody is there to agree to that. Add --yes to make them, or --dry-run to look.")
    if not typer.confirm(f"Make {what}, and send the base faces to Google?"):
        raise typer.Exit(1)


def _make(transforming: Transforming, budget: float | None, *, retry_failed: bool, concurrency: int | None) -> int:
    from lib.build.stimuli_transform import make_images

    with _live() if sys.stdout.isatty() else _in_lines() as progress:
        report = asyncio.run(
            make_images(
                transforming, budget=budget, retry_failed=retry_failed, concurrency=concurrency, progress=progress
            )
        )
    typer.echo(ending_line(report))
    if report.stopped == "interrupted":
        return INTERRUPTED
    return 0 if report.complete and report.stopped is None else 1


def ending_line(report: RunReport) -> str:
    """What a run did, in one line, and how to go on if it is not complete."""
    parts = [f"{report.done:,} of {counted(report.questions, 'image')} asked for", f"{report.answered:,} of them now"]
    if report.cost is not None and report.currency:
        parts.append(f"{report.cost:.4f} {report.currency}")
    if report.unpriced and report.currency:
        parts.append(f"{report.unpriced:,} of unknown cost")
    if report.unparsed:
        parts.append(f"{report.unparsed:,} without a usable image (--retry-failed asks again)")
    if report.failures:
        named = ", ".join(f"{number} {kind}" for kind, number in sorted(report.failed.items()))
        parts.append(f"{report.failures:,} failed ({named})")
    if len(report.versions) > 1:
        parts.append(f"the model changed in mid-run ({', '.join(str(each.model_version) for each in report.versions)})")
    text = "; ".join(parts) + "."
    if report.message:
        return f"{text} {report.message[:1].upper()}{report.message[1:]}"
    return f"{text} Run the same command again to ask for what failed." if report.failures else text


def _say_checks(transforming: Transforming, manifest: Path, checks: pl.DataFrame) -> None:
    from lib.build.stimuli_transform import CHECKS
    from lib.stimuli.faces import HOW_TO_COUNT
    from lib.stimuli.transform_checks import FLAGS, count_flags

    typer.echo(f"Manifest: {manifest}")
    flagged = checks.filter(checks["flags"] != "")
    where = transforming.store_folder / CHECKS
    typer.echo(f"{flagged.height:,} of {counted(checks.height, 'image')} flagged; each is in {where}")
    for name, number in count_flags(checks).items():
        typer.echo(f"  {number:,} {name}: {FLAGS[name]}")
    for row in flagged.head(SHOWN_FLAGGED).iter_rows(named=True):
        typer.echo(f"  {row['image_id']}: {row['flags']}")
    if checks["sha256"].drop_nulls().len() and checks["faces"].drop_nulls().is_empty():
        typer.echo(HOW_TO_COUNT)
    if flagged.height:
        typer.echo("Another one of a flagged image: the same command with --images ID --take 2.")


@contextmanager
def _live() -> Iterator[Progress]:
    from rich.console import Console, Group
    from rich.live import Live
    from rich.text import Text

    from lib.asking.progress_view import render

    hint = Text("Ctrl-C stops after what is on its way; the same command goes on from there.", style="dim")

    class Shown:
        def show(self, snapshot: Snapshot) -> None:
            live.update(Group(render(snapshot), hint))

    with Live(console=Console(), refresh_per_second=4, transient=True) as live:
        yield Shown()


@contextmanager
def _in_lines() -> Iterator[Progress]:
    from lib.asking.progress_words import plain_line

    class Said:
        at, state = 0.0, ""

        def show(self, snapshot: Snapshot) -> None:
            if self.state != snapshot.state or time.monotonic() - self.at > SAY_EVERY:
                self.at, self.state = time.monotonic(), snapshot.state
                typer.echo(plain_line(snapshot))

    yield Said()
