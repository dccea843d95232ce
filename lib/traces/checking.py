"""Holding traces against manifest and stored answers: what is missing, damaged, or belongs to no answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lib.errors import DataError
from lib.traces.files import digest, read_part, steps_in
from lib.traces.manifest import Line, standing_lines
from lib.traces.parts import Part


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    `kind` is `missing`, `damaged`, `orphan` (no stored answer), `outdated` (the answer is another by now) or `unlisted`
    (the manifest does not know it).
    """

    kind: str
    file: str
    step: str
    message: str


def check_traces(folder: Path, condition: str, answers: Mapping[str, str]) -> tuple[int, list[Fault]]:
    """Hold all traces of a condition against their manifest and the stored answers.

    Parameters
    ----------
    folder, condition
        Whose traces.
    answers
        Key -> `lib.traces.manifest.text_digest` of the answer that stands.

    Returns
    -------
    int, list of Fault
        How many traces are sound, and what is wrong with the others.
    """
    home = folder / condition
    lines = standing_lines(folder, condition)
    faults = []
    for line in lines:
        fault = _fault(home, line, answers)
        faults += [fault] if fault else []
    sound = len(lines) - len(faults)
    known = {(line.file, line.step) for line in lines}
    return sound, [*faults, *_unlisted(home, known)]


def sound_keys(
    folder: Path, condition: str, answers: Mapping[str, str], *, thorough: bool = True
) -> set[tuple[str, str]]:
    """Key and kind of each trace that is there, whole, and its answer's; without `thorough` files are not read."""
    home = folder / condition
    found = set()
    for line in standing_lines(folder, condition):
        if thorough:
            sound = _fault(home, line, answers) is None
        else:
            sound = (home / line.file).is_file() and answers.get(line.key) == line.text_sha256
        if sound:
            found.add((line.key, line.kind))
    return found


def is_whole(home: Path, line: Line) -> Part | None:
    """The trace that a line of the manifest is about; None if it is not what was written."""
    try:
        part = read_part(home / line.file, line.step)
    except DataError:
        return None
    return part if digest(part) == line.sha256 and part.about.get("key") == line.key else None


def _fault(home: Path, line: Line, answers: Mapping[str, str]) -> Fault | None:
    file = Path(line.file)
    if file.is_absolute() or ".." in file.parts:
        return Fault("damaged", line.file, line.step, "the manifest names a file elsewhere")
    if line.key not in answers:
        return Fault("orphan", line.file, line.step, "no stored answer has its key")
    if answers[line.key] != line.text_sha256:
        return Fault("outdated", line.file, line.step, "the answer was given anew since")
    if not (home / line.file).is_file():
        return Fault("missing", line.file, line.step, "the file is not there")
    if is_whole(home, line) is None:
        return Fault("damaged", line.file, line.step, "it is not what was written")
    return None


def _unlisted(home: Path, known: set[tuple[str, str]]) -> Iterator[Fault]:
    files = {file for file, _ in known}
    for path in sorted(home.rglob("*.npz")):
        name = path.relative_to(home).as_posix()
        if name not in files:
            yield Fault("unlisted", name, "", "the manifest has no line about it")
            continue
        for step in steps_in(path):
            if (name, step) not in known:
                yield Fault("unlisted", name, step, "the manifest has no line about this step")
