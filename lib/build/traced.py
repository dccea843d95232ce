"""The step from traces to what chapters read of them: every sound trace read once, nothing asked."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import polars as pl

from lib.build.data import write_frame
from lib.errors import ParameterError
from lib.project import Project
from lib.responses.store import read_store
from lib.study_data import TRACES, traced_conditions, traced_name
from lib.traces.checking import digests, sound_parts
from lib.traces.manifest import standing_lines
from lib.traces.summaries import SUMMARIES, empty, summarise

MOST_FRAMES = 2000


def traced_files(project: Project) -> dict[str, list[str]]:
    """The frames that the study's traces make, by kind, as names in its cache."""
    return {kind: [traced_name(name, kind) for name in traced_conditions(project, kind)] for kind in SUMMARIES}


def standing_traces(project: Project, condition: str, kind: str) -> str:
    """A digest of what the manifest says of one kind of a condition's traces, and of which files are there.

    Other kinds do not change it. A file that is gone or has another size does; what is inside is read by the step.
    """
    folder = project.cache / TRACES
    lines = [line for line in standing_lines(folder, condition) if line.kind == kind]
    said = sorted((line.file, line.step, line.key, line.text_sha256, line.sha256) for line in lines)
    sizes = {line.file: _size(folder / condition / line.file) for line in lines}
    return hashlib.sha256(json.dumps([said, sorted(sizes.items())]).encode()).hexdigest()


def gather_traces(project: Project, condition: str, kind: str) -> list[str]:
    """Put what chapters read of one kind of a condition's traces into `cache/traced/`.

    Returns
    -------
    list of str
        A warning for the user, where traces are left out since they are missing, damaged, or of no answer that stands.

    Raises
    ------
    ParameterError
        Of such a kind nothing is read.
    """
    if kind not in SUMMARIES:
        raise ParameterError(f"kind: got {kind!r}; chapters read {', '.join(SUMMARIES)}. Name one of them.")
    folder = project.cache / TRACES
    described, study = project.condition(condition), project.study
    answers = digests(read_store(project.responses, condition))
    found, lost = empty(kind), 0
    frames: list[pl.DataFrame] = []
    for line, part in sound_parts(folder, condition, kind, answers):
        if part is None:
            lost += 1
            continue
        whose = line.image_id, line.repeat, line.step
        frames += summarise(kind, part, whose, study.emotion.categories, described.dimensions)
        if len(frames) > MOST_FRAMES:
            found, frames = pl.concat([found, *frames]), []
    found = pl.concat([found, *frames])
    manifests = sorted((folder / condition).glob(f"{condition}_manifest_*.jsonl"))
    write_frame(project, traced_name(condition, kind), found, *manifests, *project.stored_answers(condition))
    if not lost:
        return []
    again = project.command(f"infer -m {condition} --traces {kind}")
    return [
        f"{lost:,} traces ({kind}) are missing, damaged or of answers that were given anew, and are left out. "
        f"{project.command('traces check')} names them; to trace them again: {again}"
    ]


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None
