"""What one step of a run by batches did, and how far the condition is after it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from lib.asking.parts import Parts


@dataclass(slots=True)
class BatchReport:
    """Counts of one step; of questions unless said otherwise.

    Attributes
    ----------
    condition : str
        Whose.
    questions, answered, skipped, rejected, given_up, behind : int
        As in `lib.asking.parts.Parts`.
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
    answered: int = 0
    skipped: int = 0
    rejected: int = 0
    given_up: int = 0
    behind: int = 0
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
    cost: Decimal | None = None
    unpriced: int = 0
    spent: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    passing: bool = True

    @property
    def complete(self) -> bool:
        """Whether every question has an answer or is not to be asked."""
        return self.parts.complete

    @property
    def parts(self) -> Parts:
        """The questions by what becomes of them; `to_ask` are those pending and following."""
        return Parts(
            self.questions, answered=self.answered, skipped=self.skipped, rejected=self.rejected,
            given_up=self.given_up, in_batches=self.waiting, behind=self.behind,
        )  # fmt: skip

    @property
    def goes_on(self) -> bool:
        """Whether a step later has anything to do, without anybody doing something before."""
        return bool(self.waiting or self.uncertain or (self.pending and self.passing))
