"""What a transformation's store says of each image that was asked for."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from lib.responses.lines import LineReader
from lib.responses.record import Failure
from lib.responses.report import StoreReport
from lib.responses.store import shard_files
from lib.stimuli.kept_images import read_kept


class LogLine(msgspec.Struct, frozen=True, gc=False):
    """One line of the store, as far as it is of use here."""

    key: str
    image_id: str
    step: str
    asked_at: str
    text: str = ""
    finish_reason: str | None = None
    refusal: str | None = None
    model_version: str | None = None
    cost: float | None = None
    currency: str | None = None
    failure: Failure | None = None


LINES = msgspec.json.Decoder(LogLine)


class TransformLog:
    """The lines of one transformation.

    Attributes
    ----------
    latest : dict of str to LogLine
        The last line of each question, by key; where an answer was followed by a failure, the answer.
    files : dict of str to str
        All images that any line knows: file name -> SHA-256.
    takes : int
        The highest take that was asked for.
    """

    def __init__(self) -> None:
        self.latest: dict[str, LogLine] = {}
        self.files: dict[str, str] = {}
        self.takes = 1

    def add(self, line: LogLine) -> None:
        """Take one more line."""
        before = self.latest.get(line.key)
        if before is None or before.failure is not None or line.failure is None:
            self.latest[line.key] = line
        self.files |= {image.file: image.sha256 for image in read_kept(line.text).images}
        number = line.step.removeprefix("take-")
        if number.isascii() and number.isdigit():
            self.takes = max(self.takes, int(number))


def read_log(folder: Path) -> TransformLog:
    """Read all lines in a store's folder; those that cannot be read are passed over, as the store itself reports."""
    log = TransformLog()
    for path in shard_files(folder).values():
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            for block in LineReader(handle, path.name, os.fstat(handle).st_size, LINES, StoreReport()):
                for line in block.lines:
                    log.add(line)
        finally:
            os.close(handle)
    return log
