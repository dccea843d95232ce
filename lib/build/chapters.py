"""Running one chapter's notebook through papermill, so that it is there whole or not at all."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import tempfile
import time
from importlib import metadata
from pathlib import Path

import nbformat

from lib.errors import BuildError
from lib.files import sha256_file, write_aside, write_json
from lib.project import ROOT_VARIABLE, Project
from lib.results import RESULTS_VARIABLE

PROJECT = "vlm-as-rater"
PROVENANCE = "cache/provenance"


def run_chapter(project: Project, chapter: str) -> None:
    """Run `notebooks/<chapter>.ipynb`; keep the executed copy, its results and its provenance in the cache.

    Raises
    ------
    BuildError
        A cell failed. The message names notebook, cell and error; the copy as far as it came is kept
        beside the old one as `<chapter>.failed.ipynb`.
    """
    source = project.root / f"notebooks/{chapter}.ipynb"
    target = project.cache / f"notebooks/{chapter}.ipynb"
    results = project.cache / f"results/{chapter}.json"
    started = time.time()
    with tempfile.TemporaryDirectory() as scratch:
        executed, scratch_results = Path(scratch) / "executed.ipynb", Path(scratch) / "results.json"
        _execute(project, source, executed, scratch_results, target.with_suffix(".failed.ipynb"))
        if not scratch_results.exists():
            raise BuildError(
                f"{project.relative(source)}: saved no results. Its last cell must call results.save(...)."
            )
        record = _provenance(project, source, scratch_results, started)
        write_aside(results, lambda path: path.write_bytes(scratch_results.read_bytes()))
        write_json(project.home / PROVENANCE / f"{chapter}.json", record)
        write_aside(target, lambda path: _write_copy(project, executed, path))
    target.with_suffix(".failed.ipynb").unlink(missing_ok=True)


def _write_copy(project: Project, executed: Path, path: Path) -> None:
    notebook = nbformat.read(executed, as_version=4)  # type: ignore[no-untyped-call]
    if project.simulated_note:
        said = f"> **Simulated data.** {project.simulated_note}"
        note = nbformat.v4.new_markdown_cell(said, id="simulated-data")  # type: ignore[no-untyped-call]
        notebook.cells.insert(1, note)
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]


def _execute(project: Project, source: Path, executed: Path, results: Path, failed: Path) -> None:
    path = os.pathsep.join(part for part in (str(project.root), os.environ.get("PYTHONPATH")) if part)
    study = project.relative(project.study_file)
    import papermill  # a second to load, which whoever only asks for versions shall not wait
    from papermill.exceptions import PapermillExecutionError

    environment = {ROOT_VARIABLE: str(project.root), RESULTS_VARIABLE: str(results), "PYTHONPATH": path}
    os.environ.update(environment | {"OPENBLAS_NUM_THREADS": "1"})
    try:
        papermill.execute_notebook(
            source, executed, parameters={"study": study}, cwd=project.root,
            kernel_name="python3", progress_bar=False, log_output=False,
        )  # fmt: skip
    except PapermillExecutionError as error:
        write_aside(failed, lambda path: path.write_bytes(executed.read_bytes()))
        raise BuildError(
            f"{project.relative(source)}: cell {error.cell_index} failed with {error.ename}: {error.evalue}\n"
            f"The notebook as far as it came: {project.relative(failed)}"
        ) from error


def _provenance(project: Project, source: Path, results: Path, started: float) -> dict[str, object]:
    inputs = json.loads(results.read_text(encoding="utf-8"))["inputs"]
    return {
        "notebook": project.relative(source),
        "notebook_sha256": sha256_file(source),
        "study": project.relative(project.study_file),
        "study_sha256": sha256_file(project.study_file),
        "lock_sha256": sha256_file(project.root / "requirements.lock"),
        "inputs": inputs,
        "packages": installed_packages(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "commit": current_commit(project.root),
        "simulated": project.simulated_note is not None,
        "started": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(started)),
        "started_seconds": round(started, 3),
        "seconds": round(time.time() - started, 1),
    }


def installed_packages() -> dict[str, str]:
    """Name and version of every installed package but the project's own, which its commit tells."""
    found = {item.metadata["Name"]: item.version for item in metadata.distributions()}
    found.pop(PROJECT, None)
    return dict(sorted(found.items(), key=lambda item: item[0].casefold()))


def current_commit(root: Path) -> str:
    """The commit that is checked out, with `+` if files were changed since; `unknown` outside of git."""
    try:
        head = _git(root, "rev-parse", "HEAD")
        return head + ("+" if _git(root, "status", "--porcelain") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout.strip()
