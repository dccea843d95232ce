"""Which versions of a model gave the stored answers of a condition."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from lib.asking.report import RunReport, Version
from lib.responses.lines import LineReader
from lib.responses.record import Failure
from lib.responses.report import StoreReport
from lib.responses.store import shard_files


class _Line(msgspec.Struct, gc=False):
    asked_at: str
    model_version: str | None = None
    fingerprint: str | None = None
    failure: Failure | None = None


LINES = msgspec.json.Decoder(_Line)


def stored_versions(folder: Path) -> list[Version]:
    """Count answers by the version that the server named, in order of their first answer.

    Every answer counts, also one that a later one replaced; lines that cannot be read and answers without a version do
    not. Versions of a batch count from the time it was handed in.
    """
    found: dict[tuple[str | None, str | None], Version] = {}
    for path in shard_files(folder).values():
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            for block in LineReader(handle, path.name, os.fstat(handle).st_size, LINES, StoreReport()):
                _add(found, block.lines)
        finally:
            os.close(handle)
    return sorted(found.values(), key=lambda version: version.first_seen)


def changed_since(report: RunReport) -> list[str]:
    """Say that other versions gave stored answers than those of a run, which may go on with what another run began.

    Nothing is said of a run that got no answer, or none with a version. Counts are left out, so that shards that end
    one after the other say the same.
    """
    now = {(each.model_version, each.fingerprint) for each in report.versions}
    others = [each.words() for each in report.versions_stored if (each.model_version, each.fingerprint) not in now]
    if not now or not others:
        return []
    return [
        f"Stored answers of this condition came from another version of the model: {', '.join(others)}. "
        "They and this run's are not all of one machine; `rater responses check` counts them."
    ]


def _add(found: dict[tuple[str | None, str | None], Version], lines: Iterable[_Line]) -> None:
    for line in lines:
        name = (line.model_version, line.fingerprint)
        if line.failure is None and name != (None, None):
            version = found.get(name) or found.setdefault(name, Version(*name, 0, line.asked_at))
            version.answers += 1
            version.first_seen = min(version.first_seen, line.asked_at)
