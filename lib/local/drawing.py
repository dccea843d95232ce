"""From the model's scores to the next token: the likeliest, or one that is drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lib.contracts.condition import Decoding

if TYPE_CHECKING:
    import torch

SEED_BITS = 63


@dataclass(frozen=True, slots=True)
class Draw:
    """How the next token is taken; temperature 0 takes the likeliest, and `penalty` 1 changes nothing."""

    temperature: float = 0.0
    top_p: float = 1.0
    penalty: float = 1.0

    @property
    def plain(self) -> bool:
        """Whether it is the likeliest token of the raw scores."""
        return self.temperature == 0 and self.penalty == 1


def draw_of(decoding: Decoding, own: Decoding) -> Draw:
    """Settings of a condition; what it leaves to the backend comes from the weights' own (`generation_config.json`)."""
    temperature = own.temperature if decoding.temperature is None else decoding.temperature
    top_p = own.top_p if decoding.temperature is None and decoding.top_p is None else decoding.top_p
    return Draw(temperature or 0.0, top_p or 1.0, decoding.repetition_penalty or 1.0)


def seed_of(seed: int | None, key: str) -> int:
    """The seed of one question's draws: the first 63 bits of SHA-256 over the condition's seed and the question's key.

    A question has its own draws, so that neither the order of questions nor what is asked beside it changes them.
    """
    digest = hashlib.sha256(f"{seed}\n{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - SEED_BITS)


class Drawer:
    """Takes one question's tokens, one after the other.

    Parameters
    ----------
    draw
        How.
    seed
        Of the draws.
    seen
        Tokens of the question, which the repetition penalty counts as said.
    """

    def __init__(self, draw: Draw, seed: int, seen: Sequence[int]) -> None:
        import torch

        self.draw = draw
        self._random = torch.Generator().manual_seed(seed)
        self._seen = set(seen)

    def take(self, scores: torch.Tensor) -> int:
        """Take a token by its scores: raw logits, (vocabulary,), on any device.

        The order is that of transformers' `generate`: penalty (CTRL: a positive score is divided by it, a negative one
        multiplied), temperature, nucleus.
        """
        if self.draw.plain:
            return int(scores.argmax())
        scores = self._penalised(scores.float().cpu())
        if self.draw.temperature == 0:
            return int(scores.argmax())
        return self._drawn(scores)

    def said(self, token: int) -> None:
        """Count a token as said."""
        self._seen.add(token)

    def _penalised(self, scores: torch.Tensor) -> torch.Tensor:
        import torch

        if self.draw.penalty == 1:
            return scores
        known = [token for token in sorted(self._seen) if token < scores.shape[0]]
        seen = torch.tensor(known, dtype=torch.long)
        old = scores[seen]
        return scores.index_put((seen,), torch.where(old < 0, old * self.draw.penalty, old / self.draw.penalty))

    def _drawn(self, scores: torch.Tensor) -> int:
        import torch

        chances = (scores.double() / self.draw.temperature).softmax(-1)
        ordered, tokens = chances.sort(descending=True, stable=True)
        before = ordered.cumsum(-1) - ordered
        ordered = ordered.masked_fill(before >= self.draw.top_p, 0.0)
        up_to = ordered.cumsum(-1)
        point = torch.rand((), generator=self._random, dtype=torch.float64) * up_to[-1]
        return int(tokens[int(torch.searchsorted(up_to, point, right=True))])
