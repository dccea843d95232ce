"""`rater ablate`, `rater test-retest`: ask a condition in changed ways, to find out what its answers come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from lib.cli import infer_options as options
from lib.cli.options import StudyOption
from lib.errors import ParameterError
from lib.formats import counted

if TYPE_CHECKING:
    from lib.asking.forecast import Forecast
    from lib.build.ablating import AblationRun
    from lib.build.inference import AskOptions
    from lib.project import Project

Base = Annotated[
    list[str] | None,
    typer.Option("-m", "--condition", help="Id of a condition to vary; by default the one that the ablation names."),
]


def ablate(
    ablation: Annotated[str | None, typer.Argument(help="Id of an ablation; without one, all are listed.")] = None,
    *,
    conditions: Base = None,
    study: StudyOption = None,
    limit: options.Limit = None,
    dry_run: options.DryRun = False,
    budget: options.Budget = None,
    yes: options.Yes = False,
    retry_failed: options.RetryFailed = False,
    concurrency: options.Concurrency = None,
    cores: options.Cores = None,
) -> None:
    """Ask a condition and its variants (params/ablations) about the same images: forecast first, then what is open.

    An ablation that names a second set of images asks the condition as it is about those.
    Answers are kept as those of any condition; what is answered already, is not asked again.
    """
    from lib.build.ablating import plan_ablation, study_asked
    from lib.build.inference import AskOptions
    from lib.project import open_project

    project = open_project(study, sound_only=True)
    if ablation is None:
        _list(project)
        return
    found = project.known.ablation(ablation)
    if limit is not None:
        found = found.model_copy(update={"images": limit})
    bases: list[str | None] = [*dict.fromkeys(conditions)] if conditions else [None]
    asked = study_asked(project, found, bases)
    runs = [plan_ablation(asked, found, name) for name in bases]
    told = AskOptions(found.images, None, budget, retry_failed, concurrency, traces=found.traces)
    run_ablations(asked, runs, told, cores=cores, dry_run=dry_run, yes=yes)
    if found.second and not dry_run:
        typer.echo(f"Answers about both sets, once they are whole, are compared by `{project.command('build')}`.")


def test_retest(
    *,
    conditions: Annotated[list[str], typer.Option("-m", "--condition", help="Id of a condition to ask again.")],
    images: Annotated[int, typer.Option("-n", min=2, help="How many images.")] = 50,
    repeats: Annotated[int, typer.Option("-r", help="How often each question is asked.")] = 3,
    temperature: Annotated[
        float | None, typer.Option("-t", help="At this temperature; by default as the condition says.")
    ] = None,
    study: StudyOption = None,
    dry_run: options.DryRun = False,
    budget: options.Budget = None,
    yes: options.Yes = False,
    concurrency: options.Concurrency = None,
    cores: options.Cores = None,
) -> None:
    """Ask the same again: share of identical answers, kappa, ICC, and whether order or company change an answer."""
    from lib.build.ablating import plan_ablation
    from lib.build.inference import AskOptions
    from lib.build.retest import retest_lines, retest_report
    from lib.contracts.ablation import retest
    from lib.files import write_json
    from lib.project import open_project

    project = open_project(study, sound_only=True)
    pilot = retest(repeats, temperature, images)
    runs = [plan_ablation(project, pilot, name) for name in dict.fromkeys(conditions)]
    told = AskOptions(images, None, budget, concurrency=concurrency)
    run_ablations(project, runs, told, cores=cores, dry_run=dry_run, yes=yes)
    if dry_run:
        return
    for run in runs:
        report = retest_report(project, run, images)
        file = project.cache / "ablations" / pilot.id / f"{run.base.id}.json"
        write_json(file, report)
        for line in retest_lines(report):
            typer.echo(line)
        typer.echo(f"  All figures: {project.relative(file)}")


def run_ablations(
    project: Project, runs: Sequence[AblationRun], told: AskOptions, *, cores: int | None, dry_run: bool, yes: bool
) -> None:
    """Ask wave after wave of ablations that are about the same images; what a wave cost is not left for the next.

    Raises
    ------
    typer.Exit
        Something could not be asked, which was said.
    RaterError
        Nobody agreed to the cost, key, server or model is not there, or the budget is spent.
    """
    from dataclasses import replace

    from lib.build.ablating import spent_on
    from lib.build.asking import prepare
    from lib.cli.infer import ask_open, show_forecast

    everyone = [name for run in runs for name in run.conditions]
    before = spent_on(project, everyone) if told.budget is not None else 0.0
    forecasts: list[Forecast] = []
    for number in range(max(len(run.waves) for run in runs)):
        names = list(dict.fromkeys(name for run in runs for wave in run.waves[number : number + 1] for name in wave))
        if dry_run and number and any(each.count.to_ask for each in forecasts):
            typer.echo(f"Then {', '.join(names)}: asked with what {runs[0].base.id} answers, and forecast then.")
            return
        left = told.budget
        if left is not None and number:
            left -= spent_on(project, everyone) - before
            if left <= 0:
                raise ParameterError(f"--budget: {told.budget:g} is spent. To go on, run the same command again.")
        inquiries = [prepare(project, name, limit=told.limit) for name in names]
        forecasts = show_forecast(inquiries, retry_failed=told.retry_failed)
        code = ask_open(
            project, inquiries, forecasts, replace(told, budget=left), cores=cores, dry_run=dry_run, yes=yes
        )
        if code:
            raise typer.Exit(code)


def _list(project: Project) -> None:
    known = project.known.ablations
    if not known:
        typer.echo("There is no ablation. Describe one in params/ablations/<id>.yaml.")
        return
    width = max(map(len, known))
    for name, ablation in known.items():
        about = f"{counted(ablation.images, 'image')}" if ablation.images else "all images"
        base = ablation.base or "the condition named by -m"
        traced = f", with traces ({ablation.traces})" if ablation.traces else ""
        ways = f"{counted(len(ablation.variants), 'variant')} of {base}" if ablation.variants else base
        asked = f"{ways}, {about}{traced}" if ablation.variants or ablation.base else "whatever has answered"
        if ablation.second:
            asked = f"{base}, images of {ablation.second}"
        said = f"{ablation.letter + ': ' if ablation.letter else ''}{ablation.title}"
        typer.echo(f"{name:{width}}  {said} ({asked})")
    for fault in project.known.faults.values():
        typer.echo(f"cannot be read: {fault}")
    typer.echo(f"To run one: {project.command('ablate <id>')}; what each asks: params/ablations/<id>.yaml")
