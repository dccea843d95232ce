"""What a run did, in counts that add up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from lib.asking.parts import Parts

Cause = Literal["interrupted", "budget", "unauthorized", "failures", "retry_after"]


@dataclass(slots=True)
class Version:
    """One version of the model as the server named it: in how many answers, and since when."""

    model_version: str | None
    fingerprint: str | None
    answers: int
    first_seen: str

    def words(self) -> str:
        """The version, with its fingerprint in brackets."""
        return " ".join(filter(None, [self.model_version, self.fingerprint and f"({self.fingerprint})"]))


@dataclass(slots=True)
class RunReport:
    """Counts of one run; all of questions unless said otherwise.

    Attributes
    ----------
    questions, skipped, rejected, in_batches, behind : int
        As in `lib.asking.parts.Parts`.
    answered : int
        Answered in this run; each has its line in the store.
    answered_before : int
        Answered by earlier runs and met by this one.
    failed : dict of str to int
        Failed in this run after all retries, by kind; each has its line in the store, unless `stopped` is `failures`.
    last_failure : dict of str to str
        The last message of each kind of failure.
    retries : int
        Attempts beyond the first.
    unparsed : int
        Answers of this run without any usable value.
    tokens_in, tokens_out, tokens_thinking : int
        Of the answers of this run, as far as the server said.
    cost : Decimal or None
        Known cost of the answers of this run; None where no price is known.
    unpriced : int
        Answers whose cost is not known.
    seconds, paused : float
        How long the run took, and how long of that the server had asked for a pause.
    versions : list of Version
        In order of appearance in this run; more than one is a change in mid-run.
    versions_stored : list of Version
        The same of all answers that the condition has, earlier runs' and other shards' included.
    concurrency : tuple of int
        The fewest requests at once that were allowed, and those at the end.
    warnings : list of str
        What is odd about the answers, a sentence with its cure each.
    by_batches : bool
        Whether nothing was asked by this run, which only describes what batches brought.
    stopped, message : str or None
        Why the run ended before all was asked, as a word and as a sentence with the cure.
    """

    questions: int = 0
    answered: int = 0
    answered_before: int = 0
    skipped: int = 0
    rejected: int = 0
    in_batches: int = 0
    behind: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    last_failure: dict[str, str] = field(default_factory=dict)
    retries: int = 0
    unparsed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_thinking: int = 0
    cost: Decimal | None = None
    currency: str | None = None
    unpriced: int = 0
    seconds: float = 0.0
    paused: float = 0.0
    versions: list[Version] = field(default_factory=list)
    versions_stored: list[Version] = field(default_factory=list)
    concurrency: tuple[int, int] = (0, 0)
    warnings: list[str] = field(default_factory=list)
    by_batches: bool = False
    stopped: Cause | None = None
    message: str | None = None

    @property
    def parts(self) -> Parts:
        """The questions by what becomes of them; those that the run did not come to are to be asked."""
        return Parts(
            self.questions, answered=self.answered + self.answered_before, skipped=self.skipped, failed=self.failures,
            rejected=self.rejected, in_batches=self.in_batches, behind=self.behind,
        )  # fmt: skip

    @property
    def done(self) -> int:
        """Questions that need no asking any more."""
        return self.parts.done

    @property
    def failures(self) -> int:
        """Questions that failed in this run, of whatever kind."""
        return sum(self.failed.values())

    @property
    def complete(self) -> bool:
        """Whether every question has an answer or is not to be asked."""
        return self.parts.complete
