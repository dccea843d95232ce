"""What a run did, in counts that add up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Cause = Literal["interrupted", "budget", "unauthorized", "failures", "retry_after"]


@dataclass(slots=True)
class Version:
    """One version of the model as the server named it: in how many answers, and since when."""

    model_version: str | None
    fingerprint: str | None
    answers: int
    first_seen: str


@dataclass(slots=True)
class RunReport:
    """Counts of one run; all of questions unless said otherwise.

    Attributes
    ----------
    questions : int
        All questions of the run: items x repeats x steps.
    answered : int
        Answered in this run; each has its line in the store.
    answered_before : int
        Answered by earlier runs and met by this one.
    skipped : int
        Not to be asked, since an earlier answer of the same machine to the same image could not be parsed.
    failed : dict of str to int
        Failed in this run after all retries, by kind; each has its line in the store, unless `stopped` is `failures`.
    last_failure : dict of str to str
        The last message of each kind of failure.
    kept : int
        Refused for good by the server in an earlier run, and not asked again without `retry_failed`.
    in_batches : int
        With the provider in batches, and not asked for that.
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
    stopped, message : str or None
        Why the run ended before all was asked, as a word and as a sentence with the cure.
    """

    questions: int = 0
    answered: int = 0
    answered_before: int = 0
    skipped: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    last_failure: dict[str, str] = field(default_factory=dict)
    kept: int = 0
    in_batches: int = 0
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
    stopped: Cause | None = None
    message: str | None = None

    @property
    def done(self) -> int:
        """Questions that need no asking any more."""
        return self.answered + self.answered_before + self.skipped

    @property
    def failures(self) -> int:
        """Questions that failed in this run, of whatever kind."""
        return sum(self.failed.values())

    @property
    def complete(self) -> bool:
        """Whether every question has an answer or is not to be asked."""
        return self.done == self.questions
