"""What one step of a run by batches did, and how far the condition is after it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(slots=True)
class BatchReport:
    """Counts of one step; of questions unless said otherwise.

    Attributes
    ----------
    condition : str
        Whose.
    questions, stored, skipped : int
        All; those with an answer; those that are not to be asked.
    submitted, batches : int
        Handed in by this step, and in how many batches.
    waiting : int
        With the provider now.
    open_batches : dict of str to str
        Batches that are with the provider, by its id, and how far each is.
    uncertain : int
        Batches of which it is not known yet whether the provider has them.
    fetched, beside : int
        Answers stored by this step, and those that were not, since the question had been answered meanwhile.
    failed : Counter of str
        Failures of this step, by kind.
    pending, following : int
        To be handed in by a next step, and to follow answers that are still to come.
    kept, given_up : int
        Refused for good, and left after too many batches.
    cost : Decimal or None
        What the answers that this step fetched cost; None where no price is known.
    unpriced : int
        Of these, how many are of unknown cost.
    spent : dict of str to float
        What the condition has cost up to now, by currency.
    notes, problems : list of str
        What is worth knowing, and what went wrong, a sentence with its cure each.
    passing : bool
        Whether a next step, later, can do what this one could not.
    """

    condition: str
    questions: int = 0
    stored: int = 0
    skipped: int = 0
    submitted: int = 0
    batches: int = 0
    waiting: int = 0
    open_batches: dict[str, str] = field(default_factory=dict)
    uncertain: int = 0
    fetched: int = 0
    beside: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    pending: int = 0
    following: int = 0
    kept: int = 0
    given_up: int = 0
    cost: Decimal | None = None
    unpriced: int = 0
    spent: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    passing: bool = True

    @property
    def complete(self) -> bool:
        """Whether every question has an answer or is not to be asked."""
        return self.stored + self.skipped == self.questions

    @property
    def goes_on(self) -> bool:
        """Whether a step later has anything to do, without anybody doing something before."""
        return bool(self.waiting or self.uncertain or (self.pending and self.passing))
