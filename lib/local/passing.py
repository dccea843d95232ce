"""What answering needs of whoever reads questions, in transformers or in MLX."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from lib.local.engine import Counts, Wanted
from lib.local.kept import Kept
from lib.local.prompting import Prepared
from lib.local.watching import Seen

if TYPE_CHECKING:
    import torch


class LooksInside(Protocol):
    """Sees attention and hidden states, where they can be had."""

    @property
    def layers(self) -> tuple[int, ...]:
        """Layers whose attention sees the image, from 1."""

    def watching(self, wanted: Wanted) -> AbstractContextManager[None]:
        """Look inside while this lasts."""


class BeingRead(Protocol):
    """Questions that are being answered side by side; see `lib.local.reading.Reading`."""

    scores: torch.Tensor
    reused: list[int]
    seen: Seen

    @property
    def kept(self) -> Sequence[Kept]:
        """What is kept of their images; empty without, or where nothing of it can be shown."""

    def go_on(self, rows: Sequence[int], tokens: Sequence[int]) -> None:
        """Append a token to some of the questions, and let the others go."""


class Reads(Protocol):
    """Reads questions that are alike, up to the scores of the first token of each answer."""

    model: Any
    counts: Counts

    @property
    def watcher(self) -> LooksInside:
        """Looks inside, where that is wanted."""

    def read(self, batch: Sequence[Prepared]) -> BeingRead:
        """Read them."""
