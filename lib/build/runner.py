"""Running Snakemake: one build at a time, quiet when all is well, plain words when not."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lib.build.documents import document_pages
from lib.errors import BuildError
from lib.project import Project

CRASHED = re.compile(r"^Traceback .*?^(\S[^\n]*)$(?=\n\S|\n\n|\Z)", re.MULTILINE | re.DOTALL)
STEP_FAILED = "Error in rule"
LARGEST_CHECKED_FILE = 2 * 1024**3


def run_build(project: Project, target: str, cores: int | None = None) -> None:
    """Bring `target`, a rule of the Snakefile, up to date.

    Parameters
    ----------
    project
        The project and study.
    target
        `numbers` for all analyses, `pages` for the documents too.
    cores
        How many steps may run side by side; None takes every core.

    Raises
    ------
    BuildError
        The cache cannot be written to, another build is running, or a step failed (it has said why).
    MissingFileError
        A document of the study is not there.
    ParameterError
        The file of a condition or of an ablation cannot be read.
    """
    for document in project.study.documents:
        document_pages(project, document)
    _ = project.known.own, project.known.ablations  # refused here in a line, and not by Snakemake with its trace
    log = project.cache / "logs/build.log"
    command = snakemake_command(project, [target], cores or os.cpu_count() or 1)
    path = os.pathsep.join(part for part in (str(project.root), os.environ.get("PYTHONPATH")) if part)
    try:
        with _one_at_a_time(project), log.open("w", encoding="utf-8") as stream:
            finished = subprocess.run(
                command, cwd=project.root, env=os.environ | {"PYTHONPATH": path}, stderr=stream, check=False
            )
    except KeyboardInterrupt as error:
        raise BuildError(
            "Interrupted. What was finished stays finished: run the same command again to go on."
        ) from error
    if finished.returncode:
        raise BuildError(_explain(log, project))


def snakemake_command(project: Project, targets: Iterable[str], cores: int) -> list[str]:
    """How Snakemake is called; more settings (`name=value`) may follow, since --config comes last."""
    return [
        sys.executable, "-m", "snakemake", *targets, "--snakefile", str(project.root / "Snakefile"),
        "--directory", str(project.root), "--cores", str(cores),
        "--nolock", "--rerun-incomplete",
        "--max-checksum-file-size", str(LARGEST_CHECKED_FILE),
        "--config", f"study={project.relative(project.study_file)}",
    ]  # fmt: skip


def _explain(log: Path, project: Project) -> str:
    text = log.read_text(encoding="utf-8", errors="replace")
    crashed = CRASHED.findall(text)
    if crashed:
        said = f"\nA step crashed, which is a fault of the project; please report it: {crashed[0]}"
    else:
        said = "" if STEP_FAILED in text else "\n" + "\n".join(text.splitlines()[-15:])
    return f"The build stopped; what was finished stays finished. Full log: {project.relative(log)}{said}"


@contextmanager
def _one_at_a_time(project: Project) -> Iterator[None]:
    try:
        (project.cache / "logs").mkdir(parents=True, exist_ok=True)
        stream = (project.cache / "build.lock").open("w")
    except OSError as error:
        raise BuildError(
            f"{project.relative(project.cache)}: cannot be written ({error.strerror}). "
            "Make the folder writable or free some disk space, then run the same command again."
        ) from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BuildError(
                "Another build of this study is running. Wait for it to end, then run this again."
            ) from error
        yield
