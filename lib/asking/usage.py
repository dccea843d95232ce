"""How many tokens stored answers took, step by step: the best guess at what the next ones will take."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from lib.responses.record import Failure

READ_FROM_END = 4 * 1024**2
FEWEST = 5
ESTIMATED_SPREAD = 2.0


class _Counts(msgspec.Struct, gc=False):
    model: str
    step: str
    tokens_in: int | None = None
    tokens_out: int | None = None
    tokens_thinking: int | None = None
    failure: Failure | None = None


@dataclass(slots=True)
class Mean:
    """A mean in the making."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        """Take one value in."""
        self.n += 1
        self.total += value
        self.squares += value * value

    def around(self) -> tuple[float, float]:
        """The mean, less and plus two standard errors; not below zero."""
        mean = self.total / self.n
        variance = max(0.0, self.squares / self.n - mean * mean)
        margin = ESTIMATED_SPREAD * math.sqrt(variance / self.n)
        return max(0.0, mean - margin), mean + margin


@dataclass(slots=True)
class Usage:
    """Tokens of stored answers to one step: of questions with their images, and of answers with their thinking.

    `thinking` is that part alone, of the answers for which the server counted it.
    """

    tokens_in: Mean
    tokens_out: Mean
    thinking: Mean

    @property
    def enough(self) -> bool:
        """Whether the means are worth more than an assumption."""
        return self.tokens_in.n >= FEWEST


def stored_usage(files: Iterable[Path], model: str) -> dict[str, Usage]:
    """Count the tokens of the latest answers of `model`: those in the last 4 MiB of each file, by step.

    Lines that cannot be read, failures, and answers whose tokens the server did not count are passed over.
    """
    found: dict[str, Usage] = {}
    for path in files:
        for line in _last_lines(path):
            try:
                counts = msgspec.json.decode(line, type=_Counts)
            except msgspec.DecodeError:
                continue
            if counts.model != model or counts.failure is not None:
                continue
            if counts.tokens_in is None or counts.tokens_out is None:
                continue
            usage = found.setdefault(counts.step, Usage(Mean(), Mean(), Mean()))
            usage.tokens_in.add(counts.tokens_in)
            usage.tokens_out.add(counts.tokens_out + (counts.tokens_thinking or 0))
            if counts.tokens_thinking is not None:
                usage.thinking.add(counts.tokens_thinking)
    return found


def _last_lines(path: Path) -> list[bytes]:
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        stream.seek(max(0, size - READ_FROM_END))
        lines = stream.read().split(b"\n")
    return lines if size <= READ_FROM_END else lines[1:]
