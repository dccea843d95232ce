"""Which runs of the notebook a `rater infer` takes, and how they are started."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from lib.build.asking import Inquiry, forecast_of, shared_out
from lib.build.asking_run import STOP_VARIABLE, stop_files
from lib.build.inference import PARENT_VARIABLE, AskOptions, done_file
from lib.build.runner import snakemake_command
from lib.project import Project
from lib.responses.shard import Shard
from lib.responses.shard import shards as all_shards

LEAST_SHARE = 1e-6
FLAGS = ("retry_failed", "ignore_batches")


@dataclass(frozen=True)
class Job:
    """One run of the notebook: a condition, the shard of it, what it may spend, and who asks the same provider."""

    condition: str
    shard: Shard
    budget: float | None = None
    processes: int = 1

    @property
    def name(self) -> str:
        """As in `gpt-4o-mini/1of4`."""
        return f"{self.condition}/{self.shard.name}"


def jobs_for(inquiries: Sequence[Inquiry], parts: int, options: AskOptions, cores: int | None) -> list[Job]:
    """Split conditions into runs, leave out those with nothing to ask, and share budget and providers among them.

    A budget is shared by what each run may cost at most, so that all together keep it.
    """
    found: list[tuple[Inquiry, Shard, Decimal]] = []
    for inquiry in inquiries:
        for shard in all_shards(parts):
            expected = forecast_of(
                shared_out(inquiry, shard), retry_failed=options.retry_failed, ignore_batches=options.ignore_batches
            )
            if expected.count.to_ask or options.traces:
                found.append((inquiry, shard, expected.cost[1] if expected.cost else Decimal(0)))
    at_once = min(len(found), cores or os.cpu_count() or 1)
    total = sum((cost for _, _, cost in found), Decimal(0))
    jobs = []
    for inquiry, shard, cost in found:
        alike = sum(other.condition.backend == inquiry.condition.backend for other, _, _ in found)
        budget = None
        if options.budget is not None:
            budget = float(Decimal(str(options.budget)) * cost / total) if total else options.budget
            budget = max(budget, LEAST_SHARE)
        jobs.append(Job(inquiry.condition.id, shard, budget, min(alike, at_once)))
    return jobs


def command_for(project: Project, jobs: Sequence[Job], options: AskOptions, cores: int | None) -> list[str]:
    """The command that runs all jobs: one by itself, several by Snakemake."""
    if len(jobs) > 1:
        return _by_snakemake(project, jobs, options, cores)
    job = jobs[0]
    given = dataclasses.asdict(options) | {"budget": job.budget, "processes": job.processes}
    del given["record_only"]
    flags = [f"--{name.replace('_', '-')}" for name in FLAGS if given.pop(name)]
    named = [word for name, value in given.items() if value is not None for word in (f"--{name}", str(value))]
    step = [sys.executable, "-m", "lib.cli.main", "step", "--study", project.relative(project.study_file)]
    return [*step, "infer", job.condition, job.shard.name, "--yes", *flags, *named]


def _by_snakemake(project: Project, jobs: Sequence[Job], options: AskOptions, cores: int | None) -> list[str]:
    names = ",".join(dict.fromkeys(job.condition for job in jobs))
    config: dict[str, object] = {"conditions": names, "yes": True, "processes": max(job.processes for job in jobs)}
    given = dataclasses.asdict(options)
    config |= {name: given[name] for name in ("limit", "images", "concurrency", "traces") if given[name] is not None}
    config |= {name: True for name in FLAGS if given[name]}
    if options.budget is not None:
        config["budgets"] = {job.name: job.budget for job in jobs}
    targets = [project.relative(done_file(project.inference, job.condition, job.shard)) for job in jobs]
    at_once = min(len(jobs), cores or os.cpu_count() or 1)
    command = snakemake_command(project, targets, at_once)
    return [*command, *(f"{name}={json.dumps(value)}" for name, value in config.items()), "--force", "--keep-going"]


def environment_for(project: Project, stop: Path) -> dict[str, str]:
    """The environment of the runs: they end when `stop` appears, or this process is gone."""
    path = os.pathsep.join(part for part in (str(project.root), os.environ.get("PYTHONPATH")) if part)
    files = os.pathsep.join(map(str, [*stop_files(), stop]))
    return os.environ | {"PYTHONPATH": path, STOP_VARIABLE: files, PARENT_VARIABLE: str(os.getpid())}
