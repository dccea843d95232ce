"""Forecast, run and record speak of the same questions in the same words, and their numbers add up."""

from __future__ import annotations

import uuid
from collections import Counter
from pathlib import Path

import pytest
from asking_support import Machine, answer, ask, make_items, make_plan, stored
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.asking.counting import Count, count_questions
from lib.asking.parts import Parts
from lib.asking.report import RunReport
from lib.asking.settings import RunSettings
from lib.backends.base import BackendError
from lib.protocol.question import Question
from lib.protocol.replay import replay

KINDS = ("good", "mute", "rejected", "server", "held")
PLACES = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 2)), min_size=1, max_size=6)


class Last:
    snapshot = None

    def show(self, snapshot) -> None:
        self.snapshot = snapshot


def counted(folder: Path, plan, items, held) -> Count:
    store = stored(folder, plan)

    def rejected(question: Question) -> bool:
        failure = store.failure(question.key)
        return failure is not None and failure.kind == "rejected"

    return count_questions(plan, items, range(1), store.lookup, rejected, held=held)


def same(count: Count, report: RunReport) -> None:
    """A forecast after a run says what the run said; what failed in passing is to be asked, with what is behind it."""
    first, second = count.parts, report.parts
    assert (first.questions, first.answered, first.skipped) == (second.questions, second.answered, second.skipped)
    assert first.rejected == second.rejected + report.failed["rejected"]
    assert first.in_batches == second.in_batches
    again = {name: n for name, n in report.failed.items() if name != "rejected"}
    assert first.to_ask >= second.to_ask + sum(again.values())
    if not again:
        assert (first.behind, first.to_ask) == (second.behind, second.to_ask)


@given(PLACES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_question_is_in_one_part_before_during_and_after(tmp_path, places):
    """`places` say what happens to each image, and at which step."""
    folder, plan = tmp_path / uuid.uuid4().hex, make_plan()
    items = make_items(len(places), folder / "i")
    steps = plan.condition.steps

    def script(question, _):
        kind, at = places[int(question.item.image_id[1:])]
        if question.step != steps[at] or kind in {"good", "held"}:
            return answer(question)
        return answer(question, text="?") if kind == "mute" else BackendError(kind, "no")

    held = {replay(plan, item, 0, lambda _: None).pending.key for item, (kind, _) in zip(items, places, strict=True)
            if kind == "held"}  # fmt: skip
    before = counted(folder / "s", plan, items, held)
    asked = RunSettings(in_batches=held, retries=0, in_a_row=100)
    report = ask(folder / "s", plan, items, Machine(script), settings=asked, progress=(last := Last()))
    after = counted(folder / "s", plan, items, held)
    for parts in (before.parts, report.parts, after.parts, last.snapshot.parts):
        assert parts.questions == parts.done + parts.left_out + parts.to_ask == 3 * len(places)
    assert before.parts.to_ask == before.open + before.following
    assert after.parts.to_ask == after.open + after.following
    assert last.snapshot.parts == report.parts
    if not report.stopped:
        assert report.parts.to_ask == 0
    if report.answered:  # else what was rejected may be a mistaken setting, and is not marked
        same(after, report)


def test_two_files_with_the_same_bytes_are_counted_once_where_they_fail(tmp_path):
    plan = make_plan()
    (item,) = make_items(1, tmp_path / "i")
    twins = [item, item.__class__("again", item.path, item.sha256)]
    machine = Machine(lambda q, _: BackendError("server", "no"), seconds=1)
    report = ask(tmp_path / "s", plan, twins, machine, settings=RunSettings(retries=0))
    assert (report.failures, report.behind, report.parts.to_ask) == (1, 5, 0)


@pytest.mark.parametrize(
    ("parts", "done", "left"),
    [
        (Parts(3, answered=3), "3 of 3 questions done", []),
        (Parts(1, answered=0), "0 of 1 question done", []),
        (
            Parts(72, answered=38, skipped=18, failed=6, behind=10),
            "56 of 72 questions done (38 answered, 18 skipped)",
            ["6 failed (4 rejected, 2 server)", "10 behind them"],
        ),
        (Parts(9, rejected=1, behind=2), "0 of 9 questions done", ["1 rejected before", "2 behind it"]),
    ],
)
def test_words(parts: Parts, done: str, left: list[str]):
    kinds = Counter(server=2, rejected=4) if parts.failed else None
    assert (parts.done_words(), parts.left_out_words(kinds)) == (done, left)


def test_fewer_log_probabilities_than_asked_for_are_said(tmp_path):
    items = make_items(2, tmp_path / "i")
    plan = make_plan(decoding={"log_probabilities": 5})
    chosen = [[("joy", -0.1)], [("!", -0.2)]]
    for probabilities, words in (
        (chosen, "6 answers came with the log-probability of the chosen token alone"),
        (None, "6 answers came without log-probabilities"),
        ([[("joy", -0.1), ("calm", -3.0)], [("!", -0.2)]], None),
    ):
        machine = Machine(lambda q, _, given=probabilities: answer(q, log_probabilities=given))
        report = ask(tmp_path / uuid.uuid4().hex, plan, items, machine)
        assert [text[: len(words)] for text in report.warnings] == [words] if words else report.warnings == []
    one = make_plan(decoding={"log_probabilities": 1})
    quiet = ask(tmp_path / "one", one, items, Machine(lambda q, _: answer(q, log_probabilities=chosen)))
    assert quiet.warnings == []
    mute = ask(tmp_path / "mute", plan, items, Machine(lambda q, _: answer(q, text="", log_probabilities=None)))
    assert mute.warnings == []
