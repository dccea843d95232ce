"""Rewriting a condition's files while nobody asks: compacting and pruning, each aside and then renamed."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lib.errors import StoreError
from lib.files import sha256_file, write_aside
from lib.formats import counted
from lib.responses.ends import mend_end
from lib.responses.index import pack
from lib.responses.locks import held
from lib.responses.removed import Removed, note_removed
from lib.responses.report import SHOWN, StoreReport
from lib.responses.standing import StoredLine, read_lines, standing_lines, stored_folder
from lib.responses.store import shard_files

KEPT_COPY = "before-compact"


@dataclass
class Rewritten:
    """What rewriting did, or would do: lines by what became of them.

    Attributes
    ----------
    kept, removed, set_aside, blank : int
        Lines that stay, that were replaced (compact) or belong to no question of the study (prune), that cannot be
        used, and empty ones.
    files : list of str
        The files that were rewritten.
    copies : list of str
        Where what was taken out is now.
    report : StoreReport
        Lines that cannot be used, and ends that were cut off.
    """

    kept: int = 0
    removed: int = 0
    set_aside: int = 0
    blank: int = 0
    files: list[str] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    report: StoreReport = field(default_factory=StoreReport)


def compact(folder: Path, condition: str, *, discard: bool = False, set_aside: bool = False) -> Rewritten:
    """Leave one line for each question, the one that stands.

    Parameters
    ----------
    folder, condition
        The folder of all responses, and the condition's id.
    discard
        Keep no copy of the files as they were; otherwise it is `<shard>.jsonl.before-compact`.
    set_aside
        Move lines that cannot be used to `<shard>.jsonl.set-aside-<time>`; otherwise they stop everything.

    Raises
    ------
    StoreError
        A run holds the condition, there are lines that cannot be used, or the disk is full. Nothing was changed.
    """
    own, done = stored_folder(folder, condition), Rewritten()
    with held(own, None):
        standing = standing_lines(own, condition, done.report)
        if done.report.fault_count and not set_aside:
            raise StoreError(_refusal(done.report))
        _mend_ends(own, condition, done)
        for path in shard_files(own).values():
            _Rewriter(condition, done).compact(path, standing[path], discard=discard)
    return done


def prune(
    folder: Path, condition: str, questions: Callable[[], Collection[str]], *, dry_run: bool = False
) -> Rewritten:
    """Take out the lines whose question the study does not ask any more; they go to `<shard>.pruned.jsonl`.

    Parameters
    ----------
    folder, condition
        The folder of all responses, and the condition's id.
    questions
        Gives the keys of all questions that the study asks now; called once no run can add answers any more.
    dry_run
        Count only.

    Raises
    ------
    StoreError
        A run holds the condition, or the disk is full. Lines that cannot be used stay where they are.
    """
    own, done = stored_folder(folder, condition), Rewritten()
    if dry_run:
        present = _packed(questions())
        for path in shard_files(own).values():
            for line in read_lines(path, condition, done.report):
                done.kept += line.key in present
                done.removed += line.key not in present
        return done
    with held(own, None):
        present = _packed(questions())
        _mend_ends(own, condition, done)
        for path in shard_files(own).values():
            _Rewriter(condition, done).prune(path, present)
    return done


def _mend_ends(own: Path, condition: str, done: Rewritten) -> None:
    """Set aside what was cut off, once nothing else can stop the work."""
    tails = [mend_end(path, f"{condition}/{path.name}", _now()) for path in shard_files(own).values()]
    done.report.tails = [tail for tail in tails if tail]


def _packed(questions: Collection[str]) -> set[bytes]:
    return {packed for key in questions if (packed := pack(key)) is not None}


class _Rewriter:
    """Writes the files of one condition anew, noting in `done` what became of their lines."""

    def __init__(self, condition: str, done: Rewritten) -> None:
        self.condition, self.done = condition, done

    def compact(self, path: Path, last: dict[bytes, int], *, discard: bool) -> None:
        """Leave the lines whose numbers are in `last`, by key, in one file."""
        sorted_out = self._sort_out(path, lambda line: last.get(line.key) == line.number)
        if not sorted_out.gone and not sorted_out.bad and not sorted_out.blank:
            return
        if sorted_out.bad:
            self._move(path, sorted_out.bad, path.with_name(f"{path.name}.set-aside-{_now()}"))
            self.done.set_aside += len(sorted_out.bad)
        if not discard:
            self.done.copies.append(_copy(path).name)
        self._replace(path, sorted_out)

    def prune(self, path: Path, present: set[bytes]) -> None:
        """Move the lines of other questions than the present ones out of one file."""
        sorted_out = self._sort_out(path, lambda line: line.key in present)
        if not sorted_out.gone:
            return
        self._move(path, sorted_out.gone, path.with_name(f"{path.stem}.pruned.jsonl"))
        sorted_out.kept |= sorted_out.bad
        self._replace(path, sorted_out)

    def _sort_out(self, path: Path, keep: Callable[[StoredLine], bool]) -> _SortedOut:
        found, report = _SortedOut(), StoreReport()
        removed = Removed(path.name, sha256_file(path), _now())
        for line in read_lines(path, self.condition, report):
            if keep(line):
                found.kept.add(line.number)
            else:
                found.gone.add(line.number)
                removed.add(line.response.cost, line.response.currency)
        with path.open("rb") as stream:
            known = found.kept | found.gone
            found.bad = {number for number, line in enumerate(stream, 1) if number not in known and line.strip()}
        found.blank, found.removed = report.blank, removed
        self.done.kept += len(found.kept)
        self.done.removed += len(found.gone)
        self.done.blank += report.blank
        return found

    def _move(self, path: Path, numbers: set[int], target: Path) -> None:
        _append_lines(path, numbers, target)
        self.done.copies.append(target.name)

    def _replace(self, path: Path, found: _SortedOut) -> None:
        if found.removed.lines:
            note_removed(path.parent, found.removed)
        write_aside(path, lambda temporary: _write_lines(path, found.kept, temporary))
        self.done.files.append(path.name)


@dataclass
class _SortedOut:
    """Numbers of the lines of one file: those that stay, those that go, those that cannot be used."""

    kept: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)
    bad: set[int] = field(default_factory=set)
    blank: int = 0
    removed: Removed = field(default_factory=lambda: Removed("", "", ""))


def _write_lines(source: Path, numbers: set[int], target: Path) -> None:
    with target.open("wb") as stream:
        stream.writelines(_lines(source, numbers))
        stream.flush()
        os.fsync(stream.fileno())


def _append_lines(source: Path, numbers: set[int], target: Path) -> None:
    before = target.stat().st_size if target.exists() else 0
    try:
        with target.open("ab") as stream:
            stream.writelines(_lines(source, numbers))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        with contextlib.suppress(OSError):
            os.truncate(target, before)
        raise StoreError(
            f"{target}: cannot be written ({error.strerror or error}). Free some disk space, then run the same command "
            "again; nothing was changed."
        ) from error


def _lines(source: Path, numbers: set[int]) -> Iterator[bytes]:
    with source.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if number in numbers:
                yield line if line.endswith(b"\n") else line + b"\n"


def _copy(path: Path) -> Path:
    target = path.with_name(f"{path.name}.{KEPT_COPY}")
    if target.exists():
        target = path.with_name(f"{path.name}.{KEPT_COPY}-{_now()}")
    try:
        os.link(path, target)
    except OSError:
        write_aside(target, lambda temporary: shutil.copyfile(path, temporary))
    return target


def _now() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")


def _refusal(report: StoreReport) -> str:
    shown = "\n".join(f"  {fault}" for fault in report.faults[:SHOWN])
    more = f"\n  and {counted(report.fault_count - SHOWN, 'more line')}" if report.fault_count > SHOWN else ""
    return (
        f"{counted(report.fault_count, 'line')} cannot be used:\n{shown}{more}\n"
        "Mend them, or run the same command with --set-aside to move them to a file beside. Nothing was changed."
    )
