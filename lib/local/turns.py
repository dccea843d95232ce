"""One answer as it grows: thinking, its budget and forced end, the answer and its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lib.contracts.condition import Decoding, Thinking
from lib.local.engine import Finish

OPEN, CLOSE = "<think>", "</think>"
ROOM_TO_ANSWER = 256
"""Tokens of an answer, where the condition does not say (`max_tokens`)."""
ROOM_TO_THINK = 8192
"""Tokens of thinking without a budget: it ends there, and the answer has failed (`length`)."""


@dataclass(frozen=True, slots=True)
class Words:
    """Tokens that mean something to every answer of a model.

    Attributes
    ----------
    ends : frozenset of int
        Any of them ends the answer.
    opening, closing : int or None
        The tags of thinking; None in a model without.
    closed : tuple of int
        What is put in the model's mouth when its budget is used up: the closing tag and an empty line.
    """

    ends: frozenset[int]
    opening: int | None = None
    closing: int | None = None
    closed: tuple[int, ...] = ()


class Turn:
    """One answer as it grows.

    Parameters
    ----------
    words
        Of the model.
    thinking, decoding
        Of the question.
    opened
        Whether the question's template has opened thinking already.
    room
        Tokens that fit behind the question.
    """

    def __init__(self, words: Words, thinking: Thinking, decoding: Decoding, *, opened: bool, room: int) -> None:
        self._words = words
        self._budget = thinking.budget if thinking.mode == "budget" else None
        self._answer_room = decoding.max_tokens or ROOM_TO_ANSWER
        self._room = room
        self.thinking = opened
        self.forced = False
        self.finish: Finish | None = None
        self.ids: list[int] = []
        self._pending: list[int] = []
        self._thought_from = 0
        self._thought_to: int | None = None

    @property
    def next_forced(self) -> int | None:
        """The token that comes next whatever the model says; None where it has the word."""
        return self._pending[0] if self._pending else None

    @property
    def answer_from(self) -> int:
        """Where in `ids` the answer begins, behind what was forced; their end while there is none yet."""
        if self.thinking or self._pending:
            return len(self.ids)
        if self._thought_to is None:
            return 0
        return self._thought_to + (len(self._words.closed) if self.forced else 1)

    @property
    def thoughts(self) -> Sequence[int] | None:
        """Tokens between the tags; None if there was no thinking."""
        if self._thought_to is None and not self.thinking:
            return None
        return self.ids[self._thought_from : self._thought_to]

    @property
    def tokens_thinking(self) -> int:
        """Tokens of thinking that the model itself gave."""
        return len(self.thoughts or ())

    @property
    def tokens_out(self) -> int:
        """Tokens of the answer that the model itself gave."""
        return len(self.ids) - self.answer_from

    def take(self, token: int) -> int | None:
        """Take the next token and give what was kept of it: another one where thinking is ended, None at the end."""
        if self._pending:
            token = self._pending.pop(0)
        elif token in self._words.ends:
            if not (self.thinking and self._budget is not None):
                self.finish = "stop"
                return None
            token = self._close()
        elif self.thinking and token != self._words.closing and self._is_used_up():
            token = self._close()
        self.ids.append(token)
        self._follow(token)
        self._end_if_full()
        return token

    def _close(self) -> int:
        """End thinking in the model's place."""
        self.forced = True
        self._pending = list(self._words.closed)
        return self._pending.pop(0)

    def _is_used_up(self) -> bool:
        return self._budget is not None and self.tokens_thinking >= self._budget

    def _follow(self, token: int) -> None:
        if token == self._words.closing and self.thinking:
            self.thinking, self._thought_to = False, len(self.ids) - 1
        elif token == self._words.opening and len(self.ids) == 1 and not self.thinking:
            self.thinking, self._thought_from = True, 1

    def _end_if_full(self) -> None:
        if self._pending:
            return
        full = len(self.ids) >= self._room
        if self.thinking:
            full = full or (self._budget is None and self.tokens_thinking >= ROOM_TO_THINK)
        else:
            full = full or self.tokens_out >= self._answer_room
        if full:
            self.finish = "length"
