"""Running `notebooks/inference.ipynb` for one condition and shard; its executed copy is the run's record."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from lib.asking.forecast_words import cost_text
from lib.asking.report import RunReport
from lib.backends.secrets import scrub
from lib.build.asking import forecast_of, prepare, record_coverage
from lib.build.asking_run import STOP_VARIABLE, now_file, progress_file, stop_files
from lib.errors import BuildError, RaterError
from lib.files import write_aside, write_text
from lib.project import ROOT_VARIABLE, Project
from lib.responses.shard import Shard

NOTEBOOK = "notebooks/inference.ipynb"
PARENT_VARIABLE = "RATER_INFER_PARENT"
PARAMETERS_TITLE = "# What this run was told\n"
QUIET = ["--IPKernelApp.log_level=ERROR"]
LOOK_EVERY = 0.2
OWN_ERRORS = frozenset({"RaterError", *(kind.__name__ for kind in RaterError.__subclasses__())})


@dataclass(frozen=True)
class AskOptions:
    """What a run is told, beside condition and shard: the notebook's parameters."""

    limit: int | None = None
    images: str | None = None
    budget: float | None = None
    retry_failed: bool = False
    concurrency: int | None = None
    processes: int = 1
    ignore_batches: bool = False
    record_only: bool = False
    traces: str | None = None


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended, for whoever started it."""

    condition: str
    shard: str
    record: str
    report: RunReport


def run_inference(project: Project, condition: str, shard: Shard, options: AskOptions) -> Summary:
    """Ask one shard of a condition by its notebook and keep the executed copy.

    SIGINT and SIGTERM, a stop file, or the end of the process that RATER_INFER_PARENT names let the notebook finish
    what is in flight and its summary; the same once more ends it at once.

    Raises
    ------
    BuildError
        A cell failed; what was answered is stored, and the copy as far as it came is kept.
    """
    if any(path.exists() for path in stop_files()):
        raise BuildError(f"{condition} {shard.name}: not begun, since the run was stopped before.")
    folder = project.inference / condition
    folder.mkdir(parents=True, exist_ok=True)
    summary = summary_file(project.inference, condition, shard)
    for stale in (summary, progress_file(project.inference, condition, shard)):
        stale.unlink(missing_ok=True)
    record_coverage(project, condition)  # before, too: what a killed run leaves must not pass for all
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    record = folder / f"{shard.name}-{stamp}.ipynb"
    with tempfile.TemporaryDirectory() as scratch:
        executed, stop = Path(scratch) / "executed.ipynb", Path(scratch) / "stop"
        parameters = {
            "study": project.relative(project.study_file), "condition": condition, "shard": shard.name,
            **dataclasses.asdict(options),
        }  # fmt: skip
        failure = _execute(project, parameters, executed, stop)
        target = record if failure is None else record.with_suffix(".failed.ipynb")
        if executed.is_file():
            write_text(target, as_record(scrub(executed.read_text(encoding="utf-8"))))
            latest = latest_record(project.inference, condition, shard)
            write_aside(latest, lambda path: path.write_bytes(target.read_bytes()))
    record_coverage(project, condition)
    if failure is not None:
        raise BuildError(f"{scrub(failure)}\nWhat was answered is stored. The notebook: {project.relative(target)}")
    report = read_report(project.inference, condition, shard)
    if report is None:
        raise BuildError(f"{NOTEBOOK}: saved no report. Its last cell must call save_report(...).")
    return Summary(condition=condition, shard=shard.name, record=project.relative(target), report=report)


def as_record(text: str) -> str:
    """An executed notebook whose values are shown once.

    papermill leaves the cell of default values and adds one that sets them all; the latter takes the former's place.
    """
    notebook = json.loads(text)
    cells = {tag: cell for cell in notebook["cells"] for tag in cell["metadata"].get("tags", ())}
    defaults, given = cells.get("parameters"), cells.get("injected-parameters")
    if defaults is not None and given is not None:
        notebook["cells"].remove(defaults)
        given["metadata"]["tags"] = ["parameters"]
        lines = "".join(given["source"]).splitlines(keepends=True)
        given["source"] = [PARAMETERS_TITLE, *(line for line in lines if not line.startswith("# Parameters"))]
    return f"{json.dumps(notebook, indent=1, ensure_ascii=False)}\n"


def summary_file(inference: Path, condition: str, shard: Shard) -> Path:
    """Where a run's notebook writes how it ended."""
    return inference / condition / f"{shard.name}.json"


def latest_record(inference: Path, condition: str, shard: Shard) -> Path:
    """The executed notebook of the latest run."""
    return inference / condition / f"{shard.name}-latest.ipynb"


def done_file(inference: Path, condition: str, shard: Shard) -> Path:
    """What the Snakefile waits for: written once nothing is left to ask."""
    return inference / condition / f"{shard.name}.done"


def refuse_unasked_cost(project: Project, condition: str, shard: Shard, options: AskOptions) -> None:
    """Refuse a run that would cost money, or nobody knows what, where nobody said yes.

    Raises
    ------
    BuildError
        With the cure.
    """
    inquiry = prepare(project, condition, shard=shard, limit=options.limit, choice=options.images)
    expected = forecast_of(inquiry, retry_failed=options.retry_failed, ignore_batches=options.ignore_batches)
    if not expected.free:
        raise BuildError(
            f"{condition} {shard.name}: asking costs {cost_text(expected)}, and nobody said yes. "
            f"Look at `{project.command(f'infer -m {condition} --dry-run')}`, then add --yes "
            "(Snakemake: --config yes=true)."
        )


def save_report(inference: Path, condition: str, shard: Shard, report: RunReport) -> None:
    """Write down how a run ended; the notebook's last cell calls it."""
    data = msgspec.json.encode(report)
    write_aside(summary_file(inference, condition, shard), lambda path: path.write_bytes(data))


def read_report(inference: Path, condition: str, shard: Shard) -> RunReport | None:
    """Read how a run ended; None if it left nothing."""
    path = summary_file(inference, condition, shard)
    if not path.is_file():
        return None
    return msgspec.json.decode(path.read_bytes(), type=RunReport, dec_hook=lambda kind, value: kind(value))


def _execute(project: Project, parameters: dict[str, Any], executed: Path, stop: Path) -> str | None:
    """Run the notebook in a thread, so that signals come here and not to papermill; give why it failed, if it did."""
    import papermill  # a second to load, and neither the notebook itself nor whoever looks on needs it
    from papermill.exceptions import PapermillExecutionError

    path = os.pathsep.join(part for part in (str(project.root), os.environ.get("PYTHONPATH")) if part)
    files = os.pathsep.join(map(str, [*stop_files(), stop]))
    os.environ.update({ROOT_VARIABLE: str(project.root), "PYTHONPATH": path, STOP_VARIABLE: files})
    failure: list[str] = []

    def run() -> None:
        try:
            papermill.execute_notebook(
                project.root / NOTEBOOK, executed, parameters=parameters, cwd=project.root,
                kernel_name="python3", progress_bar=False, log_output=False, extra_arguments=QUIET,
            )  # fmt: skip
        except PapermillExecutionError as error:
            own = error.ename in OWN_ERRORS
            failure.append(
                error.evalue if own else f"cell {error.cell_index} failed with {error.ename}: {error.evalue}"
            )
        except Exception as error:  # noqa: BLE001, a kernel that died ends in any of papermill's and nbclient's errors
            failure.append(f"the notebook ended with {type(error).__name__}: {error}")

    worker = threading.Thread(target=run, name="papermill", daemon=True)
    with _first_signal_stops(stop):
        worker.start()
        while worker.is_alive():
            worker.join(LOOK_EVERY)
            if _parent_is_gone():
                stop.touch()
    return failure[0] if failure else None


@contextmanager
def _first_signal_stops(stop: Path) -> Iterator[None]:
    """Let the first SIGINT or SIGTERM ask the notebook to stop, and any after that end this process and its kernel.

    A stop file beside it is the same wish on another way; a file that says `now` is the second one.
    """

    def handle(number: int, _: object) -> None:
        if stop.exists() or any(now_file(path).exists() for path in stop_files()):
            raise KeyboardInterrupt(number)
        stop.touch()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _parent_is_gone() -> bool:
    """Whether the command that started this run was killed; nobody would see what is still being asked and paid."""
    parent = os.environ.get(PARENT_VARIABLE, "")
    if not parent.isdigit():
        return False
    try:
        os.kill(int(parent), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
