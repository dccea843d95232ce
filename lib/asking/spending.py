"""What a run has spent, and whether it may go on spending."""

from __future__ import annotations

from decimal import Decimal

from lib.asking.money import Tariff
from lib.backends.base import Answer
from lib.contracts.prices import PRICES_FILE
from lib.errors import ParameterError
from lib.formats import budget_words

BLIND = 10


class Spending:
    """Adds up the cost of answers and holds it against a budget.

    An answer of unknown cost counts against the budget (never in what is reported as spent) as much as the dearest
    known one. Ten of them with none known end the run, for then the budget cannot be kept.

    Raises
    ------
    ParameterError
        There is a budget, but no price.
    """

    def __init__(self, tariff: Tariff | None, budget: float | None) -> None:
        if budget is not None and budget <= 0:
            raise ParameterError(f"budget: got {budget!r}; give an amount above 0, or none.")
        if budget is not None and (tariff is None or not tariff.known):
            model = f" of {tariff.model}" if tariff else ""
            raise ParameterError(
                f"budget: got {budget:g}, but the price{model} is not known. "
                f"Add the model to {PRICES_FILE}, or ask without a budget."
            )
        self.tariff = tariff
        self.budget = budget
        self.spent: Decimal | None = Decimal(0) if tariff is not None and tariff.known else None
        self.priced = self.unpriced = 0
        self._dearest = Decimal(0)

    @property
    def currency(self) -> str | None:
        """The currency of what is spent."""
        return self.tariff.currency if self.tariff else None

    def add(self, answer: Answer) -> float | None:
        """Count one answer; give its cost, None if it is not known."""
        cost = self.tariff.answer_cost(answer) if self.tariff else None
        if cost is None:
            self.unpriced += 1
            return None
        self.priced += 1
        self.spent = (self.spent or Decimal(0)) + cost
        self._dearest = max(self._dearest, cost)
        return float(cost)

    def why_not(self) -> str | None:
        """Say why nothing may be sent any more; None if it may."""
        if self.budget is None:
            return None
        if self.unpriced >= BLIND and not self.priced:
            return (
                f"the server did not say how many tokens {self.unpriced} answers took, so that the budget of "
                f"{self.budget:g} cannot be kept. Ask without a budget, or fewer images (--limit)."
            )
        spent = (self.spent or Decimal(0)) + self.unpriced * self._dearest
        if spent < Decimal(str(self.budget)):
            return None
        money = f" {self.currency}" if self.currency else ""
        return (
            f"the budget of this run, {budget_words(self.budget)}{money}, is spent ({spent:.4f}{money}). "
            "Run the same command again with another --budget to go on."
        )
