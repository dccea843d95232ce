"""What a run by batches may still spend: its budget, less what open batches may cost and what fetched ones did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from lib.asking.batch_handing import Price
from lib.asking.counting import Count
from lib.asking.forecast import forecast
from lib.asking.money import Tariff
from lib.asking.usage import stored_usage
from lib.protocol.plan import Plan
from lib.protocol.question import Item
from lib.responses.batches import Book
from lib.responses.store import Store, shard_files

NOTHING = Decimal(0)


class Purse:
    """The money of one run.

    Batches that are, or may be, with the provider count at most by the forecast, those that earlier runs handed in
    included; once fetched, they count as what they cost. What earlier runs fetched does not count.

    Parameters
    ----------
    budget
        In the tariff's currency; None: no limit.
    """

    def __init__(self, budget: float | None) -> None:
        self._budget = None if budget is None else Decimal(str(budget))
        self._reserved: dict[str, Decimal] = {}
        self._spent = NOTHING

    @property
    def limited(self) -> bool:
        """Whether there is a budget."""
        return self._budget is not None

    @property
    def left(self) -> Decimal | None:
        """What may still be handed in; None without a budget."""
        return None if self._budget is None else self._budget - self._spent - sum(self._reserved.values(), NOTHING)

    def reserve(self, book: Book, prices: Mapping[str, Price]) -> None:
        """Set money aside for what is with the provider; steps that are asked no more count as the dearest."""
        dearest = max((price.cost or NOTHING for price in prices.values()), default=NOTHING)
        for reference, batch in book.batches.items():
            if batch.open and reference not in self._reserved:
                costs = (prices[each.step].cost if each.step in prices else dearest for each in batch.intent.requests)
                self._reserved[reference] = sum((cost or NOTHING for cost in costs), NOTHING)

    def release(self, reference: str, cost: Decimal = NOTHING) -> None:
        """Take a batch off: it was never made, or was fetched for `cost`."""
        self._reserved.pop(reference, None)
        self._spent += cost


def prices_of(plan: Plan, items: Sequence[Item], tariff: Tariff | None, store: Store) -> dict[str, Price]:
    """What one question of each step takes at most, as the forecast has it."""
    usage = stored_usage(shard_files(store.folder).values(), plan.condition.model)
    tariff = tariff or Tariff(plan.condition.model, None, local=False)
    found = {}
    for step in plan.steps:
        count = Count(open=1, items=list(items))
        count.steps[step.name] = 1
        expected = forecast(plan, count, tariff, usage, batch=True)
        cost = expected.cost[1] if expected.cost else None
        found[step.name] = Price(cost, expected.tokens_in[1] if expected.tokens_in else 0.0)
    return found
