"""Looking at a model in MLX while it reads: how often a part is passed and what it gives; no further inside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lib.local.engine import Wanted


class NothingSeen:
    """Stands where transformers' models are looked into; MLX computes attention in one piece that gives no weights."""

    layers: tuple[int, ...] = ()

    @contextmanager
    def watching(self, _wanted: Wanted) -> Iterator[None]:
        """Do nothing."""
        yield


class Watched:
    """Counts what goes through a part of a model, and gives what it gave before where it is told to.

    Parameters
    ----------
    part
        Of a model of mlx-vlm; it gets another class, and is otherwise as it was.

    Attributes
    ----------
    passes : int
        How often it was passed.
    latest
        What it gave last.
    known
        What it shall give instead of being passed; None passes it.
    """

    def __init__(self, part: Any) -> None:  # noqa: ANN401
        self.passes = 0
        self.known: Any = None
        self.latest: Any = None
        own, watch = type(part), self

        class Passed(own):  # type: ignore[misc, valid-type]
            def __call__(self, *given: Any, **named: Any) -> Any:  # noqa: ANN401
                if watch.known is not None:
                    return watch.known
                watch.passes += 1
                watch.latest = super().__call__(*given, **named)
                return watch.latest

        self._part, self._own = part, own
        part.__class__ = Passed

    def leave(self) -> None:
        """Give the part its class back."""
        self._part.__class__ = self._own
