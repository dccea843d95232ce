from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from asking_support import Machine, answer, ask, make_items, make_plan, stored

from lib.asking.money import Tariff
from lib.asking.settings import RunSettings
from lib.asking.spending import Spending
from lib.backends.base import Answer
from lib.contracts.prices import Price
from lib.errors import ParameterError

PRICE = Price(
    backend="openai", model="m-1", currency="USD", input=Decimal(1), output=Decimal(2), date=date(2026, 11, 22),
    source="a test",
)  # fmt: skip
TARIFF = Tariff("m-1", PRICE, local=False)
COST = Decimal("0.00011")  # of 100 tokens in and 5 out


def test_costs_are_in_lines_and_report(tmp_path):
    plan, items = make_plan(), make_items(20, tmp_path / "i")
    report = ask(tmp_path / "s", plan, items, Machine(), settings=RunSettings(tariff=TARIFF))
    assert (report.cost, report.currency, report.unpriced) == (60 * COST, "USD", 0)
    assert stored(tmp_path / "s", plan).spent() == {"USD": pytest.approx(float(60 * COST))}


@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_budget_is_overshot_by_what_is_on_its_way_at_most(tmp_path, concurrency):
    plan, items = make_plan(), make_items(20, tmp_path / "i")
    settings = RunSettings(tariff=TARIFF, budget=float(20 * COST), concurrency=concurrency)
    report = ask(tmp_path / "s", plan, items, machine := Machine(lambda *_: 1.0), settings=settings)
    assert report.stopped == "budget"
    assert "the budget of this run, 0.0022 USD, is spent" in report.message
    assert 20 <= report.answered == len(machine.log) <= 20 + concurrency - 1
    more = ask(tmp_path / "s", plan, items, Machine(), settings=settings)
    assert more.answered >= 20  # what earlier runs spent does not count


def test_a_budget_that_is_just_enough_is_no_early_end(tmp_path):
    plan, items = make_plan(), make_items(5, tmp_path / "i")
    settings = RunSettings(tariff=TARIFF, budget=float(15 * COST))
    report = ask(tmp_path / "s", plan, items, Machine(), settings=settings)
    assert (report.complete, report.stopped) == (True, None)


@pytest.mark.parametrize("tariff", [None, Tariff("m-1", None, local=False)])
def test_a_budget_without_a_price_is_refused(tmp_path, tariff):
    with pytest.raises(ParameterError, match=r"budget: got 5, but the price.*is not known. Add the model to"):
        ask(tmp_path, make_plan(), [], machine := Machine(), settings=RunSettings(tariff=tariff, budget=5))
    with pytest.raises(ParameterError, match="budget: got -1"):
        Spending(TARIFF, -1)
    assert "machine" not in locals() or not machine.log


def test_without_a_price_no_cost_is_made_up(tmp_path):
    plan, items = make_plan(), make_items(2, tmp_path / "i")
    report = ask(tmp_path / "s", plan, items, Machine(), settings=RunSettings(tariff=Tariff("m-1", None, local=False)))
    assert (report.cost, report.unpriced) == (None, 6)
    local = ask(tmp_path / "t", plan, items, Machine(), settings=RunSettings(tariff=Tariff("m-1", None, local=True)))
    assert (local.cost, local.unpriced) == (0, 0)


def test_answers_of_unknown_cost_count_against_the_budget_as_the_dearest_known():
    spending = Spending(TARIFF, float(10 * COST))
    assert spending.add(Answer("", tokens_in=100, tokens_out=5)) == float(COST)
    for _ in range(8):
        assert spending.add(Answer("")) is None
        assert spending.why_not() is None
    spending.add(Answer(""))
    assert "is spent" in spending.why_not()
    assert spending.spent == COST


def test_a_budget_that_cannot_be_kept_ends_the_run(tmp_path):
    plan, items = make_plan(), make_items(20, tmp_path / "i")
    machine = Machine(lambda q, _: answer(q, tokens_in=None))
    report = ask(tmp_path / "s", plan, items, machine, settings=RunSettings(tariff=TARIFF, budget=1))
    assert report.stopped == "budget"
    assert "did not say how many tokens 10 answers took" in report.message
    assert len(machine.log) < 20
