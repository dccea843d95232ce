"""`rater demo`: the demonstration study, run for real: drawn faces, machines of this machine, simulated people."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from lib.cli.options import CoresOption
from lib.formats import counted

if TYPE_CHECKING:
    from lib.project import Project

STUDY = "params/demo.yaml"
IMAGES = 120
"""How many images ablations are about."""
PILOT_IMAGES = 50
REPEATS = 3
TEMPERATURES = (None, 0.7)
"""Of the pilots of test and retest: a condition's own, and one at which answers are drawn."""


def demo(cores: CoresOption = None) -> None:
    """Ask the machines of this machine about the drawn faces, as usual and in changed ways, and report on them.

    People are simulated. What is there already is kept. No network, no price; needs `make local` (the pocket rater).
    """
    from lib.build.asking import prepare
    from lib.build.demo_people import write_people
    from lib.build.inference import AskOptions
    from lib.cli.build import paper
    from lib.cli.infer import ask_open, show_forecast
    from lib.project import open_project

    started = time.monotonic()
    project = open_project(STUDY)
    count = write_people(project)
    typer.echo(f"{project.study.files.ratings}: {counted(count, 'rating')} of simulated people")
    inquiries = [prepare(project, name) for name in project.conditions]
    forecasts = show_forecast(inquiries, retry_failed=False)
    code = ask_open(project, inquiries, forecasts, AskOptions(), cores=cores, yes=True)
    if code:
        raise typer.Exit(code)
    _ask_in_changed_ways(project, cores)
    _ask_about_other_faces(project, cores)
    paper(study=STUDY, cores=cores)
    _join_the_site(project.root, cores)
    typer.echo(f"The demonstration took {(time.monotonic() - started) / 60:.1f} minutes.")


def _ask_in_changed_ways(project: Project, cores: int | None) -> None:
    """Run all ablations of the project's own machines, and keep what goes on inside as they answer."""
    from lib.build.ablating import plan_ablation
    from lib.build.inference import AskOptions
    from lib.cli.ablate import run_ablations
    from lib.contracts.ablation import retest

    ablations = [one for one in project.known.ablations.values() if one.base in project.conditions]
    bases = list(dict.fromkeys(one.base for one in ablations))
    runs = [plan_ablation(project, one, None) for one in ablations if one.variants]
    run_ablations(project, runs, AskOptions(IMAGES), cores=cores, dry_run=False, yes=True)
    pilots = [plan_ablation(project, retest(REPEATS, drawn, None), base) for base in bases for drawn in TEMPERATURES]
    run_ablations(project, pilots, AskOptions(PILOT_IMAGES), cores=cores, dry_run=False, yes=True)
    for base in bases:
        looked = [plan_ablation(project, one, None) for one in ablations if one.traces and one.base == base]
        traces = ",".join(one.ablation.traces for one in looked if one.ablation.traces)
        run_ablations(project, looked[:1], AskOptions(IMAGES, traces=traces), cores=cores, dry_run=False, yes=True)


def _ask_about_other_faces(project: Project, cores: int | None) -> None:
    """Ask all machines about a second set: other persons, drawn alike, for whom nothing should differ."""
    from lib.build.ablating import plan_ablation
    from lib.build.demo_faces import ABLATION, make_other_faces
    from lib.build.inference import AskOptions
    from lib.cli.ablate import run_ablations
    from lib.cli.stimuli_progress import counting

    with counting("faces") as report:
        second = make_other_faces(project, cores or os.cpu_count() or 1, report)
    other = project.known.ablation(ABLATION)
    runs = [plan_ablation(second, other, name) for name in project.conditions]
    run_ablations(second, runs, AskOptions(), cores=cores, dry_run=False, yes=True)


def _join_the_site(root: Path, cores: int | None) -> None:
    """Put the report into the paper's site, if that has been made; `rater paper` does it otherwise."""
    from lib.build.beside import page_beside, studies_beside
    from lib.build.runner import run_build
    from lib.project import DEFAULT_STUDY, open_project

    site = open_project(DEFAULT_STUDY, root)
    if not (site.output / "index.html").is_file():
        typer.echo("`rater paper` will put this report into the paper's site.")
        return
    run_build(site, "pages", cores)
    for other in studies_beside(site).values():
        typer.echo(f"In the paper's site: {site.relative(page_beside(site, other))}")
