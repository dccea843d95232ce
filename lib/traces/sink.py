"""Takes each answer's traces the moment the answer is stored, and writes them: nothing is held in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lib.backends.base import Answer
from lib.local.engine import Generation, Wanted
from lib.protocol.question import Question
from lib.traces.choosing import Choice
from lib.traces.disk import free_bytes, refuse_if_full
from lib.traces.files import write_part
from lib.traces.manifest import append, line_for, text_digest
from lib.traces.naming import trace_file
from lib.traces.parts import Part, parts_of

LOOK_EVERY = 50


class Sink:
    """Writes the traces of one shard of one condition.

    Parameters
    ----------
    folder
        Of all traces.
    condition, shard
        Whose they are.
    choice, wanted
        What is kept, and what was wanted of the engine for that.
    first_step
        The step with which the vision tower's attention is kept, which is the same for all.
    remaining
        How many questions will be traced; what they take is measured on those that were, and held against the disk.
    free
        Gives the free bytes of the disk.

    Attributes
    ----------
    written, bytes : int
        Questions traced, and what that took.
    """

    def __init__(
        self, folder: Path, condition: str, shard: str, choice: Choice, wanted: Wanted, *,
        first_step: str, remaining: int, free: Callable[[Path], int] = free_bytes,
    ) -> None:  # fmt: skip
        self._folder, self._condition, self._shard = folder, condition, shard
        self._choice, self._wanted = choice, wanted
        self._first_step, self._remaining, self._free = first_step, remaining, free
        self.written = 0
        self.bytes = 0

    def kinds_of(self, step: str) -> tuple[str, ...]:
        """The kinds that are kept with the answers to a step."""
        return kinds_of(self._choice, step, self._first_step)

    def keep(self, question: Question, answer: Answer, *, again: bool = False) -> None:
        """Write what was seen while an answer was given.

        Raises
        ------
        lib.errors.BuildError
            The disk is full, or will be before all is traced.
        lib.errors.DataError
            No file can be named after the image.
        """
        came = answer.trace
        if not isinstance(came, Generation):
            return
        parts = parts_of(came, self._choice, self._wanted)
        for kind in self.kinds_of(question.step):
            part = Part(parts[kind].arrays, {**parts[kind].about, **_whose(question, answer)})
            self._write(question, kind, part, again)
        self.written += 1
        if self.written % LOOK_EVERY == 1:
            left = max(0, self._remaining - self.written)
            needed = round(self.bytes / self.written * left)
            refuse_if_full(self._condition, needed, self._free(self._folder), f"as measured on {self.written}")

    def _write(self, question: Question, kind: str, part: Part, again: bool) -> None:
        image_id, repeat = question.item.image_id, question.repeat
        path = trace_file(self._folder, self._condition, kind, image_id, repeat)
        size = write_part(path, question.step, part)
        line = line_for(
            self._folder, kind, part, size, condition=self._condition, image_id=image_id, repeat=repeat, again=again
        )
        append(self._folder, self._condition, self._shard, line)
        self.bytes += size


def kinds_of(choice: Choice, step: str, first_step: str) -> tuple[str, ...]:
    """The kinds that are kept with the answers to a step: the vision tower's attention with the first one alone."""
    return tuple(kind for kind in choice.kinds if kind != "vision" or step == first_step)


def _whose(question: Question, answer: Answer) -> dict[str, Any]:
    return {
        "key": question.key,
        "image_id": question.item.image_id,
        "image_sha256": question.item.sha256 if question.with_image else None,
        "repeat": question.repeat,
        "step": question.step,
        "text_sha256": text_digest(answer.text, answer.finish_reason),
        "model_version": answer.model_version,
        "device": answer.fingerprint,
    }
