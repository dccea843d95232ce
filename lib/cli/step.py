"""The single steps that the Snakefile calls; not meant to be typed."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from lib.errors import RaterError
from lib.files import write_json
from lib.project import Project, open_project

app = typer.Typer(help="One step of the build; the Snakefile calls these.")
_opened: dict[str, Project] = {}


@app.callback()
def choose_study(study: str = typer.Option(..., "--study")) -> None:
    """Open the study for the step that follows."""
    _opened["project"] = open_project(study)


@app.command("twin")
def twin() -> None:
    """Simulate ratings and predictions."""
    from lib.build.simulation import make_twin

    with _timed("simulated data"):
        make_twin(_opened["project"])


@app.command("data")
def data() -> None:
    """Check images and ratings."""
    from lib.build.data import check_data

    with _timed("images and ratings"):
        for warning in check_data(_opened["project"]):
            typer.echo(f"  warning: {warning}")


@app.command("human-null")
def human_null() -> None:
    """Hold out one rating an image."""
    from lib.build.data import make_human_null

    with _timed("one rater held out"):
        make_human_null(_opened["project"])


@app.command("predictions")
def predictions(condition: str) -> None:
    """Check one condition's predictions."""
    from lib.build.data import check_predictions

    with _timed(f"predictions {condition}"):
        for warning in check_predictions(_opened["project"], condition):
            typer.echo(f"  warning: {condition}: {warning}")


@app.command("answers")
def answers(condition: str) -> None:
    """Read one condition's predictions from its stored answers."""
    from lib.build.answered import predict_from_answers

    with _timed(f"predictions {condition}"):
        for warning in predict_from_answers(_opened["project"], condition):
            typer.echo(f"  warning: {condition}: {warning}")


@app.command("ablated")
def ablated(condition: str) -> None:
    """Read one variant's predictions from its stored answers."""
    from lib.build.answered import predict_variant

    with _timed(f"predictions {condition}"):
        for warning in predict_variant(_opened["project"], condition):
            typer.echo(f"  warning: {condition}: {warning}")


@app.command("traced")
def traced(condition: str, kind: str) -> None:
    """Read what chapters need of one kind of a condition's traces."""
    from lib.build.traced import gather_traces

    with _timed(f"traces {condition} {kind}"):
        for warning in gather_traces(_opened["project"], condition, kind):
            typer.echo(f"  warning: {condition}: {warning}")


@app.command("regions")
def regions() -> None:
    """Check where eyes, mouth and so on are in the images."""
    from lib.build.regions import gather_regions

    with _timed("regions"):
        gather_regions(_opened["project"])


@app.command("second")
def second(ablation: str) -> None:
    """Check the images and answers of an ablation's second set."""
    from lib.build.second_set import check_second_set

    with _timed(f"second set {ablation}"):
        for warning in check_second_set(_opened["project"], ablation):
            typer.echo(f"  warning: {ablation}: {warning}")


@app.command("infer")
def infer(
    condition: str,
    shard: str,
    *,
    limit: int | None = None,
    images: str | None = None,
    budget: float | None = None,
    concurrency: int | None = None,
    processes: int | None = None,
    traces: str | None = None,
    retry_failed: bool = typer.Option(False, "--retry-failed"),
    ignore_batches: bool = typer.Option(False, "--ignore-batches"),
    yes: bool = typer.Option(False, "--yes"),
) -> None:
    """Ask one shard of a condition; without --yes only what costs nothing."""
    from lib.build.inference import AskOptions, done_file, refuse_unasked_cost, run_inference
    from lib.responses.shard import parse_shard

    project, part = _opened["project"], parse_shard(shard)
    options = AskOptions(
        limit, images, budget, retry_failed, concurrency, processes or part.of, ignore_batches, traces=traces
    )
    with _timed(f"asked {condition} {shard}"):
        if not yes:
            refuse_unasked_cost(project, condition, part, options)
        report = run_inference(project, condition, part, options).report
        if report.stopped or report.failures:
            typer.echo(f"  {condition} {shard}: {report.message or 'some questions failed; run it again'}")
            sys.exit(1)
        write_json(done_file(project.inference, condition, part), {"questions": report.questions})


@app.command("chapter")
def chapter(name: str) -> None:
    """Run one chapter's notebook."""
    from lib.build.chapters import run_chapter

    with _timed(f"notebook {name}"):
        run_chapter(_opened["project"], name)


@app.command("collect")
def collect(chapters: list[str]) -> None:
    """Put the chapters' numbers together."""
    from lib.build.collect import collect as run

    with _timed("numbers"):
        run(_opened["project"], chapters)


@app.command("document")
def document(name: str) -> None:
    """Render one document with the press."""
    from lib.build.documents import render_document

    with _timed(f"page {name}"):
        render_document(_opened["project"], name)


@app.command("notebook-page")
def notebook_page(chapter: str) -> None:
    """Render one executed notebook with the press."""
    from lib.build.documents import render_notebook

    with _timed(f"page of notebook {chapter}"):
        render_notebook(_opened["project"], chapter)


@app.command("quarto")
def quarto() -> None:
    """Render all documents with Quarto."""
    from lib.build.documents import render_with_quarto

    with _timed("pages, by Quarto"):
        render_with_quarto(_opened["project"])


@app.command("beside")
def beside(name: str | None = typer.Argument(None)) -> None:
    """Put another study's pages into the site; without a name, say which are there."""
    from lib.build.beside import copy_beside, write_beside

    with _timed(f"pages of {name}" if name else "studies beside this one"):
        if name:
            copy_beside(_opened["project"], name)
        else:
            write_beside(_opened["project"])


@contextmanager
def _timed(what: str) -> Iterator[None]:
    started = time.monotonic()
    try:
        yield
    except RaterError as error:
        # The log takes Snakemake's standard error; the user reads standard output.
        typer.echo(f"  {what}: failed\n{error}")
        sys.exit(1)
    typer.echo(f"  {what} ({time.monotonic() - started:.1f} s)")
