"""Holding traces against manifest and stored answers: what is missing, damaged, or belongs to no answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lib.errors import DataError
from lib.responses.store import Store
from lib.traces.files import digest, read_part, steps_in
from lib.traces.manifest import Line, standing_lines, text_digest
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


def sound_parts(
    folder: Path, condition: str, kind: str, answers: Mapping[str, str]
) -> Iterator[tuple[Line, Part | None]]:
    """The traces of one kind in order of image, repeat and step, each read once.

    Yields
    ------
    Line, Part or None
        What the manifest says, and the trace; None for one that is missing, damaged, or of no answer that stands.
    """
    lines = [line for line in standing_lines(folder, condition) if line.kind == kind]
    for line in sorted(lines, key=lambda line: (line.image_id, line.repeat, line.step)):
        stands = not _leads_elsewhere(line) and answers.get(line.key) == line.text_sha256
        yield line, is_whole(folder / condition, line) if stands else None


def digests(store: Store) -> dict[str, str]:
    """Key -> digest of the answer that stands; without those that only failed."""
    stored = ((key, store.lookup(key)) for key in store.keys())  # noqa: SIM118, a store is no dict
    return {key: text_digest(one.text, one.finish_reason) for key, one in stored if one is not None}


def is_whole(home: Path, line: Line) -> Part | None:
    """The trace that a line of the manifest is about; None if it is not what was written."""
    try:
        part = read_part(home / line.file, line.step)
    except DataError:
        return None
    return part if digest(part) == line.sha256 and part.about.get("key") == line.key else None


def _fault(home: Path, line: Line, answers: Mapping[str, str]) -> Fault | None:
    if _leads_elsewhere(line):
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


def _leads_elsewhere(line: Line) -> bool:
    file = Path(line.file)
    return file.is_absolute() or ".." in file.parts


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
