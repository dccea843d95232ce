"""`rater sample`: a few images with what a machine said about them, as one page to look at and to show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lib.cli import infer_options as options
from lib.cli.options import StudyOption

if TYPE_CHECKING:
    from lib.build.inference import AskOptions
    from lib.build.sample import Sample
    from lib.project import Project

DEFAULT_CONDITION = "pocket-rater"
MOST_IMAGES = 60
INTERRUPTED = 130


def sample(
    condition: Annotated[str, typer.Option("-m", "--condition", help="Id of the condition to show.")] = (
        DEFAULT_CONDITION
    ),
    *,
    number: Annotated[int, typer.Option("-n", min=1, max=MOST_IMAGES, help="How many images.")] = 5,
    seed: Annotated[int, typer.Option(help="Another seed shows other images.")] = 42,
    study: StudyOption = None,
    images: options.Images = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the page; default: in the cache.")] = None,
    dry_run: options.DryRun = False,
    budget: options.Budget = None,
    yes: options.Yes = False,
    retry_failed: options.RetryFailed = False,
    concurrency: options.Concurrency = None,
) -> None:
    """Show a diverse sample of images with a machine's answers, probabilities and attention heatmaps, as one page.

    Answers that are stored are used; what is missing is asked as `rater infer` does, and kept. Where the paper's images
    are not there, the project's drawn faces are shown.
    """
    from lib.build.inference import AskOptions
    from lib.build.sample import prepare_sample, sample_project, write_sample
    from lib.project import open_project

    project = sample_project(study, condition)
    if project.study_file != open_project(study).study_file:
        typer.echo(f"Images of {project.relative(project.study_file)}, since the paper's are not there.")
    chosen = prepare_sample(project, condition, number, seed, choice=images, out=out)
    typer.echo(f"{len(chosen.ids)} of {chosen.images.height:,} images: {', '.join(chosen.ids)}")
    told = AskOptions(
        images=project.relative(chosen.chosen), budget=budget, retry_failed=retry_failed, concurrency=concurrency,
        traces=chosen.traces,
    )  # fmt: skip
    code = _ask(project, chosen, told, dry_run=dry_run, yes=yes)
    if code is None:
        return
    if code == INTERRUPTED:
        raise typer.Exit(code)
    page, answered = write_sample(chosen)
    if not answered:
        typer.echo("No page: nothing was answered.")
        raise typer.Exit(code or 1)
    typer.echo(f"Page: {project.relative(page)}")
    raise typer.Exit(code)


def _ask(project: Project, chosen: Sample, told: AskOptions, *, dry_run: bool, yes: bool) -> int | None:
    """Ask what is open, as `rater infer` does; give its exit code, None for a dry run."""
    from lib.build.sample import refuse_without_model
    from lib.build.sample_answers import nothing_open
    from lib.cli.infer import ask_open, show_forecast

    inquiry = chosen.inquiry
    if not told.retry_failed and nothing_open(inquiry, traced=chosen.traces is not None):
        typer.echo("Nothing to ask: every question has its answer.")
        return None if dry_run else 0
    refuse_without_model(inquiry.condition)
    forecasts = show_forecast([inquiry], retry_failed=told.retry_failed)
    return ask_open(project, [inquiry], forecasts, told, dry_run=dry_run, yes=yes)
