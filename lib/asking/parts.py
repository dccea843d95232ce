"""All questions of a run sorted by what becomes of them: the words and sums of forecast, progress, end and record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lib.formats import counted


@dataclass(frozen=True, slots=True)
class Parts:
    """Questions by what becomes of them; each is in one part, so that `done`, `left_out` and `to_ask` make up all.

    Attributes
    ----------
    questions : int
        All: images x repeats x steps.
    answered : int
        Those with an answer, be it of use or not.
    skipped : int
        Not to be asked, since an earlier answer about the image could not be read.
    failed : int
        Failed in this run after all retries.
    rejected : int
        Rejected by the server before (HTTP 400 and the like), and not asked again without `--retry-failed`.
    given_up : int
        Without an answer in too many batches.
    in_batches : int
        With the provider in batches.
    behind : int
        Those about the same images that can only be asked after one of the four above.
    """

    questions: int
    answered: int = 0
    skipped: int = 0
    failed: int = 0
    rejected: int = 0
    given_up: int = 0
    in_batches: int = 0
    behind: int = 0

    @property
    def done(self) -> int:
        """Questions that need no asking any more."""
        return self.answered + self.skipped

    @property
    def left_out(self) -> int:
        """Questions that are neither done nor to be asked now."""
        return self.failed + self.rejected + self.given_up + self.in_batches + self.behind

    @property
    def to_ask(self) -> int:
        """All others."""
        return self.questions - self.done - self.left_out

    @property
    def complete(self) -> bool:
        """Whether every question has an answer or is not to be asked."""
        return self.done == self.questions

    def done_words(self) -> str:
        """As in `56 of 72 questions done (38 answered, 18 skipped)`; the parts only where there are two."""
        text = f"{self.done:,} of {counted(self.questions, 'question')} done"
        return f"{text} ({self.answered:,} answered, {self.skipped:,} skipped)" if self.skipped else text

    def left_out_words(self, kinds: Mapping[str, int] | None = None) -> list[str]:
        """As in `6 failed (6 server)`, `10 behind them`; `kinds` are the kinds of failures."""
        named = ", ".join(f"{number:,} {kind}" for kind, number in sorted((kinds or {}).items()))
        parts = {
            f"failed ({named})" if named else "failed": self.failed, "rejected before": self.rejected,
            "given up": self.given_up, "in batches": self.in_batches,
        }  # fmt: skip
        words = [f"{number:,} {what}" for what, number in parts.items() if number]
        if self.behind:
            words.append(f"{self.behind:,} behind {'it' if self.left_out - self.behind == 1 else 'them'}")
        return words
