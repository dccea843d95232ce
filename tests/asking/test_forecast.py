"""A forecast's questions are exactly those that a run then asks; its money is what its assumptions make of them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from asking_support import Machine, answer, ask, make_items, make_plan, stored
from hypothesis import given
from hypothesis import strategies as st

from lib.asking.counting import Count, count_questions
from lib.asking.forecast import Forecast, forecast
from lib.asking.forecast_words import (
    assumption_lines,
    cost_text,
    forecast_cells,
    left_out_line,
    span_text,
    totals,
)
from lib.asking.money import Tariff, tariff_of
from lib.asking.settings import RunSettings
from lib.asking.usage import stored_usage
from lib.backends.base import BackendError
from lib.contracts.prices import read_prices
from lib.protocol.question import Question
from lib.protocol.replay import replay
from lib.responses.store import shard_files

PRICES = read_prices(Path(__file__).parents[2])
MINI = {"model": "gpt-4o-mini", "decoding": {"image_detail": "low"}}


def counted(folder: Path, plan, items, repeats: int = 1, *, retry_failed: bool = False) -> Count:
    store = stored(folder, plan)

    def rejected(question: Question) -> bool:
        failure = store.failure(question.key)
        return failure is not None and failure.kind == "rejected"

    return count_questions(plan, items, range(repeats), store.lookup, rejected, retry_failed=retry_failed)


def predicted(folder: Path, plan, count: Count) -> Forecast:
    files = shard_files(folder / plan.condition.id).values()
    return forecast(plan, count, tariff_of(plan.condition, PRICES), stored_usage(files, plan.condition.model))


def test_nothing_stored_means_all_is_asked(tmp_path: Path) -> None:
    plan, items = make_plan(**MINI), make_items(4, tmp_path / "images")
    count = counted(tmp_path, plan, items, repeats=2)
    assert (count.images, count.questions, count.answered, count.open, count.following) == (4, 24, 0, 8, 16)
    assert count.steps == {"emotion": 8, "valence": 8, "arousal": 8}


def test_the_run_asks_as_many_questions_as_were_forecast(tmp_path: Path) -> None:
    plan, items = make_plan(), make_items(9, tmp_path / "images")
    first = Machine()
    ask(tmp_path, plan, items[:4], first)
    count = counted(tmp_path, plan, items)
    second = Machine()
    ask(tmp_path, plan, items, second)
    assert count.answered == len(first.log)
    assert count.to_ask == len(second.log)
    assert counted(tmp_path, plan, items).to_ask == 0


def test_what_cannot_follow_and_what_was_rejected_is_not_counted_as_asked(tmp_path: Path) -> None:
    plan, items = make_plan(), make_items(3, tmp_path / "images")

    def script(question: Question, _: int):
        if question.item.image_id == "i0" and question.step == "emotion":
            return answer(question, text="I would rather not say.")  # no value: valence and arousal are skipped
        if question.item.image_id == "i1" and question.step == "valence":
            return BackendError("rejected", "not this one")
        return answer(question)

    ask(tmp_path, plan, items, Machine(script))
    count = counted(tmp_path, plan, items)
    assert (count.answered, count.skipped, count.rejected, count.behind, count.to_ask) == (5, 2, 1, 1, 0)
    again = counted(tmp_path, plan, items, retry_failed=True)
    machine = Machine()
    ask(tmp_path, plan, items, machine, settings=RunSettings(retry_failed=True))
    assert again.to_ask == len(machine.log) == 5  # all three steps of i0, valence and arousal of i1


def test_money_is_what_the_assumptions_make_of_the_questions(tmp_path: Path) -> None:
    plan, items = make_plan(**MINI), make_items(10, tmp_path / "images")
    found = predicted(tmp_path, plan, counted(tmp_path, plan, items))
    characters = sum(len(text) for text in plan.longest_prompts().values())
    low = 10 * (3 * 2833 + characters / 5) * 0.15e-6 + 10 * 3 * 5 * 0.60e-6
    assert found.cost is not None
    assert float(found.cost[0]) == pytest.approx(low, rel=1e-4)
    assert found.cost[1] > found.cost[0]
    assert not found.free
    assert any("an image 2,833 tokens" in text for text in found.assumptions)


def test_stored_answers_go_before_assumptions(tmp_path: Path) -> None:
    plan, items = make_plan(**MINI), make_items(30, tmp_path / "images")
    ask(tmp_path, plan, items[:10], Machine())  # each answer took 100 and 5 tokens
    found = predicted(tmp_path, plan, counted(tmp_path, plan, items))
    assert found.tokens_in == (20 * 3 * 100, 20 * 3 * 100)
    assert found.cost == (Decimal("0.00108"), Decimal("0.00108"))  # 6,000 * 0.15e-6 + 300 * 0.60e-6
    assert found.assumptions == ("tokens as in 30 stored answers: on average 100 a question, 5 an answer",)


def test_what_thinking_is_expected_to_take_is_said(tmp_path: Path) -> None:
    items = make_items(10, tmp_path / "images")
    said = {}
    for mode in ("off", "dynamic"):
        plan = make_plan(backend="gemini", model="gemini-2.5-flash", thinking={"mode": mode})
        said[mode] = "; ".join(predicted(tmp_path, plan, counted(tmp_path, plan, items)).assumptions)
    assert "thinking assumed to take 100 to 1,500 tokens a question, counted as output" in said["dynamic"]
    assert "0 to 200 tokens a question that Gemini spends although it is off, counted as output" in said["off"]
    ask(tmp_path, plan, items[:5], Machine(lambda question, _: answer(question, tokens_thinking=340)))
    (known,) = predicted(tmp_path, plan, counted(tmp_path, plan, items)).assumptions
    assert known == ("tokens as in 15 stored answers: on average 100 a question, 345 an answer, thinking 340 of that")


def test_what_is_in_batches_leaves_the_rest_and_its_cost_known(tmp_path: Path) -> None:
    plan, items = make_plan(**MINI), make_items(4, tmp_path / "images")
    first = {replay(plan, item, 0, lambda _: None).pending.key for item in items}
    everything = predicted(tmp_path, plan, counted(tmp_path, plan, items))
    tariff = tariff_of(plan.condition, PRICES)
    for batch in (True, False):
        count = count_questions(plan, items, range(1), lambda _: None, held=first, batch=batch)
        found = forecast(plan, count, tariff, {}, batch=batch)
        assert (count.in_batches, count.to_ask, count.behind) == ((4, 8, 0) if batch else (4, 0, 8))
        assert found.cost is not None and found.held is not None and everything.cost is not None
        assert found.held[1] > 0
        if batch:
            assert found.cost[1] + found.held[1] == pytest.approx(everything.cost[1] / 2, rel=Decimal("1e-4"))
        line = left_out_line(found)
        assert line is not None and "4 in batches" in line and "what is in batches may cost" in line


def test_thinking_is_expected_where_it_is_allowed(tmp_path: Path) -> None:
    items = make_items(2, tmp_path / "images")
    spans = {}
    for mode in ({"mode": "off"}, {"mode": "budget", "budget": 512}, {"mode": "dynamic"}):
        plan = make_plan(backend="gemini", model="gemini-2.5-flash", thinking=mode)
        spans[mode["mode"]] = predicted(tmp_path, plan, counted(tmp_path, plan, items)).tokens_out
    questions = 2 * 3
    assert spans["off"] == (questions * 5, questions * (20 + 200))  # a budget of 0 still spends some
    assert spans["budget"] == (questions * 5, questions * (20 + 512))
    assert spans["dynamic"] == (questions * 105, questions * 1_520)
    limited = make_plan(thinking={"mode": "dynamic"}, decoding={"max_tokens": 50})
    assert predicted(tmp_path, limited, counted(tmp_path, limited, items)).tokens_out == (300, 300)


def test_an_unknown_price_is_said_and_not_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    plan, items = make_plan(model="gpt-99"), make_items(2, tmp_path / "images")
    found = predicted(tmp_path, plan, counted(tmp_path, plan, items))
    assert found.cost is None
    assert not found.free
    assert cost_text(found) == "unknown"
    assert "params/prices.yaml has no price of gpt-99" in assumption_lines([found])[0]
    assert "--limit 5" in assumption_lines([found])[0]
    assert totals([found]) == "unknown for machine"


def test_a_machine_of_ones_own_costs_nothing(tmp_path: Path) -> None:
    plan, items = make_plan(model="own", server="http://localhost:1234/v1"), make_items(2, tmp_path / "images")
    found = predicted(tmp_path, plan, counted(tmp_path, plan, items))
    assert found.free
    assert cost_text(found) == "nothing (local)"
    assert forecast_cells(found)[:5] == ["machine", "2", "6", "0", "6"]
    assert totals([found]) == "nothing"


def test_batches_cost_half(tmp_path: Path) -> None:
    plan, items = make_plan(**MINI), make_items(2, tmp_path / "images")
    count = counted(tmp_path, plan, items)
    tariff: Tariff = tariff_of(plan.condition, PRICES)
    live, batch = (forecast(plan, count, tariff, {}, batch=batch).cost for batch in (False, True))
    assert live is not None
    assert batch == (live[0] / 2, live[1] / 2)


@given(st.lists(st.integers(min_value=0, max_value=400), min_size=5, max_size=40))
def test_the_mean_of_what_is_stored_is_between_the_bounds(counts: list[int]) -> None:
    from lib.asking.usage import Mean

    mean = Mean()
    for value in counts:
        mean.add(value)
    low, high = mean.around()
    assert 0 <= low <= sum(counts) / len(counts) + 1e-9
    assert high >= sum(counts) / len(counts) - 1e-9


def test_lines_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    good = b'{"model":"m","step":"emotion","tokens_in":10,"tokens_out":2,"tokens_thinking":3}\n'
    path.write_bytes(b"garbage\n" + good * 6 + b'{"model":"m","step":"emotion","tokens_in":null}\n' + good[:20])
    usage = stored_usage([path], "m")["emotion"]
    assert (usage.tokens_in.around(), usage.tokens_out.around()) == ((10, 10), (5, 5))
    assert usage.enough
    assert stored_usage([path], "another") == {}


@pytest.mark.parametrize(
    ("span", "text"),
    [
        ((0, 0), "0"), ((203_976, 207_000), "204 k to 207 k"), ((999_900, 1_000_000), "1 M"), (None, "unknown"),
        ((12.4, 12.4), "12"),
    ],
)  # fmt: skip
def test_tokens_in_three_digits(span: tuple[float, float] | None, text: str) -> None:
    assert span_text(span) == text
