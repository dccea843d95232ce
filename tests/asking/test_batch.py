"""Asking by batches, against a provider in memory."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from decimal import Decimal

import pytest
from asking_support import ANSWERS, Machine, answer, ask, make_items, make_plan, stored
from batch_support import Client, KilledError, Provider, step, steps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.asking.batch_standing import MOST_TRIES
from lib.asking.batch_words import batch_lines
from lib.asking.money import Tariff
from lib.asking.settings import RunSettings
from lib.backends.base import BackendError, BatchState
from lib.contracts.prices import Price
from lib.protocol.replay import replay
from lib.responses.batches import FILE, read_book
from lib.responses.store import condition_folder

PRICE = Price.model_validate(
    {"backend": "openai", "model": "m-1", "currency": "USD", "input": "2", "output": "10", "batch_factor": "0.5",
     "date": "2026-11-22", "source": "a test", "image_tokens": {"rule": "tiles", "base": 50, "tile": 0}}
)  # fmt: skip
TARIFF = Tariff("m-1", PRICE, local=False)
EACH = Decimal("0.000125")  # (100 x 2 + 5 x 10) / 1,000,000 / 2


@pytest.fixture
def plan():
    return make_plan()


@pytest.fixture
def items(tmp_path):
    return make_items(4, tmp_path / "images")


def lines_of(folder, plan):
    path = condition_folder(folder, plan.condition.id) / "all.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def book_of(folder, plan):
    return read_book(condition_folder(folder, plan.condition.id))


def test_each_step_hands_in_what_the_answers_of_the_one_before_allow(tmp_path, plan, items):
    provider = Provider()
    reports = steps(tmp_path, plan, items, Client(provider))
    assert [(each.fetched, each.submitted, each.waiting, each.following) for each in reports] == [
        (0, 4, 4, 8), (4, 4, 4, 4), (4, 4, 4, 0), (4, 0, 0, 0),
    ]  # fmt: skip
    assert reports[-1].complete and not reports[-1].goes_on
    assert {provider.known[keys[0]].step for _, keys in provider.batches.values()} == {"emotion", "valence", "arousal"}
    for line in lines_of(tmp_path, plan):
        assert (line["mode"], "latency" in line, line["text"]) == ("batch", False, ANSWERS[line["step"]])
        assert line["values"] and line["image_sha256"] in {item.sha256 for item in items}


def test_the_same_answers_give_the_same_lines_live_and_by_batches(tmp_path, plan, items):
    settings = RunSettings(tariff=TARIFF)
    steps(tmp_path / "batch", plan, items, Client(Provider()), settings=settings)
    ask(tmp_path / "live", plan, items, Machine(), settings=settings)
    by_batch, live = ({line["key"]: line for line in lines_of(tmp_path / way, plan)} for way in ("batch", "live"))
    assert by_batch.keys() == live.keys()
    differing = {"asked_at", "latency", "mode", "cost"}
    for key, line in live.items():
        same = [
            {name: value for name, value in each.items() if name not in differing} for each in (line, by_batch[key])
        ]
        assert same[0] == same[1]
        assert by_batch[key]["cost"] == line["cost"] / 2 == float(EACH)


def test_questions_about_different_steps_share_a_batch(tmp_path, plan, items):
    provider = Provider()
    step(tmp_path, plan, items[:2], Client(provider))
    step(tmp_path, plan, items, Client(provider))
    keys = list(provider.batches.values())[-1][1]
    assert Counter(provider.known[key].step for key in keys) == {"valence": 2, "emotion": 2}


def test_a_batch_that_goes_on_is_left_alone(tmp_path, plan, items):
    provider = Provider()
    step(tmp_path, plan, items, Client(provider))
    provider.states = [BatchState("in_progress", done=False, total=4, finished=1, failed=0)]
    report = step(tmp_path, plan, items, Client(provider))
    assert (report.submitted, report.fetched, report.waiting) == (0, 0, 4)
    assert report.open_batches == {"batch-0": "in_progress, 1 of 4"}
    assert "4 questions in 1 batch: the provider takes up to a day" in batch_lines(report)[-1]
    assert provider.calls["fetch"] == 0


def test_batches_keep_to_the_most_requests_and_the_most_bytes(tmp_path, plan):
    items = make_items(7, tmp_path / "images")
    provider = Provider()
    assert step(tmp_path / "a", plan, items, Client(provider, max_requests=3)).batches == 3
    assert [len(keys) for _, keys in provider.batches.values()] == [3, 3, 1]
    provider, size = Provider(), len(json.dumps({"key": "0" * 64})) + 1
    step(tmp_path / "b", plan, items, Client(provider, max_bytes=2 * size + 1))
    assert [len(keys) for _, keys in provider.batches.values()] == [2, 2, 2, 1]
    assert set(provider.questions().values()) == {1}
    report = step(tmp_path / "c", plan, items, Client(Provider(), max_bytes=size - 1))
    assert (report.submitted, report.rejected, report.behind, report.failed) == (0, 7, 14, {"rejected": 7})
    assert "longest_side" in lines_of(tmp_path / "c", plan)[0]["failure"]["message"]


def test_equal_images_are_asked_about_once(tmp_path, plan, items):
    provider = Provider()
    twins = [*items, items[0].__class__("again", items[0].path, items[0].sha256)]
    assert steps(tmp_path, plan, twins, Client(provider))[-1].complete
    assert set(provider.questions().values()) == {1}


@pytest.mark.parametrize("status", ["expired", "completed"])
def test_what_is_missing_is_asked_again(tmp_path, plan, items, status):
    provider = Provider(lambda question, time: None if question.item.image_id in {"i1", "i2"} and time == 1 else
                        answer(question))  # fmt: skip
    step(tmp_path, plan, items, Client(provider))
    provider.states = [BatchState(status, done=True)]
    report = step(tmp_path, plan, items, Client(provider))
    assert (report.fetched, report.submitted, report.problems) == (2, 4, [])
    assert steps(tmp_path, plan, items, Client(provider))[-1].complete
    assert Counter(provider.questions().values()) == {1: 6, 2: 6}
    assert max(line.get("attempts", 1) for line in lines_of(tmp_path, plan)) == 2


def test_a_cancelled_batch_is_not_handed_in_again_unasked(tmp_path, plan, items):
    provider = Provider(lambda question, time: answer(question) if question.item.image_id == "i0" else None)
    step(tmp_path, plan, items, Client(provider))
    provider.states = [BatchState("cancelled", done=True)]
    report = step(tmp_path, plan, items, Client(provider))
    assert (report.fetched, report.submitted, report.goes_on) == (1, 0, False)
    assert "was cancelled. Run the same command again" in report.problems[0]
    assert step(tmp_path, plan, items, Client(provider)).submitted == 4


def test_a_failed_batch_says_why_and_its_questions_are_pending(tmp_path, plan, items):
    provider = Provider(lambda *_: None)
    step(tmp_path, plan, items, Client(provider))
    provider.states = [BatchState("failed", done=True, message="Invalid model.")]
    report = step(tmp_path, plan, items, Client(provider))
    assert (report.submitted, report.pending, report.goes_on) == (0, 4, False)
    assert report.problems == ["The batch batch-0 ended (failed) without any answer: Invalid model."]


def test_questions_that_never_come_back_are_given_up_after_some_batches(tmp_path, plan, items):
    provider = Provider(lambda question, _: None if question.item.image_id == "i3" else answer(question))
    reports = steps(tmp_path, plan, items, Client(provider))
    assert (reports[-1].given_up, reports[-1].behind, reports[-1].answered) == (1, 2, 9)
    assert max(provider.questions().values()) == MOST_TRIES
    assert "had no answer in 4 batches" in batch_lines(reports[-1])[-1]
    assert step(tmp_path, plan, items, Client(provider), settings=RunSettings(retry_failed=True)).submitted == 1


def test_single_failures_are_stored_and_asked_again_but_not_those_that_were_refused(tmp_path, plan, items):
    said = {"i1": BackendError("server", "500"), "i2": BackendError("rejected", "bad image")}
    provider = Provider(lambda question, time: said[question.item.image_id] if time == 1 and question.step == "emotion"
                        and question.item.image_id in said else answer(question))  # fmt: skip
    step(tmp_path, plan, items, Client(provider))
    report = step(tmp_path, plan, items, Client(provider))
    assert report.failed == {"server": 1, "rejected": 1}
    store = stored(tmp_path, plan)
    kinds = {line["failure"]["kind"] for line in lines_of(tmp_path, plan) if "failure" in line}
    assert kinds == {"server", "rejected"} and store.report.failures == 2
    last = steps(tmp_path, plan, items, Client(provider))[-1]
    assert (last.rejected, last.behind, last.answered) == (1, 2, 9)
    assert "Left: 1 rejected before, 2 behind it; --retry-failed asks again." in batch_lines(last)[-1]
    again = RunSettings(retry_failed=True)
    assert step(tmp_path, plan, items, Client(provider), settings=again).submitted == 1
    assert steps(tmp_path, plan, items, Client(provider))[-1].complete


def test_a_machine_that_refuses_everything_marks_no_question(tmp_path, plan, items):
    provider = Provider(lambda *_: BackendError("rejected", "temperature: not with this model."))
    step(tmp_path, plan, items, Client(provider))
    report = step(tmp_path, plan, items, Client(provider))
    assert lines_of(tmp_path, plan) == []
    assert (report.submitted, report.rejected, report.goes_on) == (0, 0, False)
    assert report.problems[0].startswith("All 4 questions of a batch were refused: temperature: not with this model.")


def test_answers_without_a_value_are_renewed_once_if_wished(tmp_path, plan, items):
    provider = Provider(lambda question, time: answer(question, text="Hm.") if question.step == "emotion" and time < 3
                        and question.item.image_id == "i0" else answer(question))  # fmt: skip
    assert steps(tmp_path, plan, items, Client(provider))[-1].complete
    settings = RunSettings(retry_failed=True)
    report = step(tmp_path, plan, items, Client(provider), settings=settings, rounds=3)
    assert (report.submitted, report.complete) == (0, True), "still empty: once a run is enough"
    report = step(tmp_path, plan, items, Client(provider), settings=settings, rounds=4)
    assert report.complete
    texts = [line["text"] for line in lines_of(tmp_path, plan) if line["image_id"] == "i0"]
    assert texts == ["Hm.", "Hm.", *ANSWERS.values()]


def test_a_live_run_leaves_alone_what_is_in_batches(tmp_path, plan, items):
    provider, machine = Provider(), Machine()
    step(tmp_path, plan, items[:2], Client(provider))
    held = book_of(tmp_path, plan).held()
    report = ask(tmp_path, plan, items, machine, settings=RunSettings(in_batches=held.keys()))
    assert (report.in_batches, report.answered, report.complete) == (2, 6, False)
    assert {name for _, name, _ in machine.log} == {"i2", "i3"}
    assert steps(tmp_path, plan, items, Client(provider))[-1].complete
    assert set(provider.questions().values()) == {1}


def test_an_answer_that_was_given_live_meanwhile_stands(tmp_path, plan, items):
    provider = Provider()
    step(tmp_path, plan, items, Client(provider))
    other = Machine(lambda question, _: answer(question, text='{"emotion": "anger"}')
                    if question.step == "emotion" else answer(question))  # fmt: skip
    ask(tmp_path, plan, items, other)
    report = step(tmp_path, plan, items, Client(provider), settings=RunSettings(tariff=TARIFF))
    assert (report.fetched, report.beside, report.complete, report.cost) == (0, 4, True, 4 * EACH)
    assert len(lines_of(tmp_path, plan)) == 12
    (batch,) = book_of(tmp_path, plan).batches.values()
    assert (batch.ended.beside, batch.ended.beside_cost) == (4, float(4 * EACH))


def test_answers_to_questions_that_nobody_asks_any_more_are_kept(tmp_path, plan, items):
    provider = Provider()
    step(tmp_path, plan, items, Client(provider))
    changed = make_plan(decoding={"temperature": 1.0})
    report = step(tmp_path, changed, [], Client(provider))
    assert (report.fetched, report.complete) == (4, True)
    old = lines_of(tmp_path, plan)
    assert {line["prompt"] for line in old} == {replay(plan, items[0], 0, lambda _: None).pending.prompt}
    assert steps(tmp_path, plan, items, Client(provider))[-1].complete
    assert set(provider.questions().values()) == {1}


def test_an_image_that_changed_is_a_failure_and_no_reason_to_stop(tmp_path, plan, items):
    items[1].path.write_bytes(items[1].path.read_bytes() + b"x")
    provider = Provider()
    reports = steps(tmp_path, plan, items, Client(provider), most=5)
    assert reports[-1].answered == 9 and reports[-1].failed == {"picture": 1}
    assert sum("failure" in line for line in lines_of(tmp_path, plan)) == 1, "said once"


@pytest.mark.parametrize("kind", ["rate_limit", "server", "unauthorized", "rejected"])
def test_a_batch_that_is_not_taken_leaves_its_questions_pending(tmp_path, plan, items, kind):
    provider = Provider()
    provider.failures = {"create": [BackendError(kind, "No.")] * 9}
    report = step(tmp_path, plan, items, Client(provider), settled_after=60)
    assert (report.submitted, report.batches) == (0, 0)
    assert report.problems[0].startswith("No further batch was handed in: No.")
    assert provider.calls["create"] == (5 if kind == "rate_limit" else 1)
    certain = kind != "server"
    assert (report.uncertain, report.pending) == ((0, 4) if certain else (1, 0))
    assert report.goes_on == (kind in {"rate_limit", "server"})
    provider.failures = {}
    report = step(tmp_path, plan, items, Client(provider), settled_after=60)
    assert report.submitted == (4 if certain else 0)
    if not certain:
        assert "It is not known yet whether the provider took 1 batch" in batch_lines(report)[-1]
        assert step(tmp_path, plan, items, Client(provider), settled_after=0).submitted == 4


def test_a_batch_whose_making_was_not_answered_is_found_again(tmp_path, plan, items):
    provider = Provider()
    provider.failures = {"created": [BackendError("connection", "reset")]}
    provider.hidden = {"batch-0"}
    assert step(tmp_path, plan, items, Client(provider), settled_after=60).uncertain == 1
    assert step(tmp_path, plan, items, Client(provider), settled_after=60).uncertain == 1
    provider.hidden = set()
    report = step(tmp_path, plan, items, Client(provider), settled_after=60)
    assert (report.fetched, report.submitted, report.uncertain) == (4, 4, 0)
    assert steps(tmp_path, plan, items, Client(provider))[-1].complete
    assert set(provider.questions().values()) == {1}


def test_a_batch_that_the_provider_does_not_know_is_not_paid_again_unasked(tmp_path, plan, items):
    provider = Provider()
    step(tmp_path, plan, items, Client(provider))
    provider.failures = {"state": [BackendError("rejected", "404: No such batch.")] * 2}
    report = step(tmp_path, plan, items, Client(provider))
    assert (report.submitted, report.waiting) == (0, 4)
    assert "Use the key that it was handed in with; or ask its questions anew by --ignore-batches" in report.problems[0]
    assert step(tmp_path, plan, items, Client(provider), ignore_batches=True).submitted == 4
    assert steps(tmp_path, plan, items, Client(provider))[-1].complete


def test_a_line_of_the_book_that_cannot_be_read_stops_handing_in(tmp_path, plan, items):
    provider = Provider()
    step(tmp_path, plan, items[:2], Client(provider))
    step(tmp_path, plan, items[:2], Client(provider))
    path = condition_folder(tmp_path, plan.condition.id) / FILE
    lines = path.read_text().splitlines()
    path.write_text("\n".join(["{broken", *lines]) + "\n")
    report = step(tmp_path, plan, items, Client(provider))
    assert (report.fetched, report.submitted, report.pending) == (2, 0, 4)
    assert "batches.jsonl: line 1: broken JSON" in report.problems[0]
    assert "--ignore-batches" in report.problems[0]
    assert step(tmp_path, plan, items, Client(provider), ignore_batches=True).submitted == 4


def test_a_budget_holds_back_what_might_overshoot_it(tmp_path, plan, items):
    provider = Provider()
    # At most 50 tokens of image and some of text in, 20 out: 0.5 * (2 * (50 + text / 3) + 10 * 20) / 1,000,000 each.
    prompt = len(plan.longest_prompts()["emotion"])
    most = (2 * (50 + prompt / 3) + 10 * 20) / 2e6
    settings = RunSettings(tariff=TARIFF, budget=2.5 * most)
    report = step(tmp_path, plan, items, Client(provider), settings=settings)
    assert (report.submitted, report.pending, report.goes_on) == (2, 2, True)
    assert "waits for another --budget" in report.problems[0]
    report = step(tmp_path, plan, items, Client(provider), settings=settings, rounds=30)
    assert not report.goes_on
    spent = sum(line["cost"] for line in lines_of(tmp_path, plan))
    assert spent <= 2 * 2.5 * most


def test_what_is_in_open_batches_of_earlier_calls_counts_against_the_budget(tmp_path, plan, items):
    provider, images = Provider(), make_items(6, tmp_path / "more")
    prompt = len(plan.longest_prompts()["emotion"])
    most = (2 * (50 + prompt / 3) + 10 * 20) / 2e6  # as above
    step(tmp_path, plan, items, Client(provider), settings=RunSettings(tariff=TARIFF))
    provider.states = [BatchState("in_progress", done=False)] * 2
    report = step(tmp_path, plan, images, Client(provider), settings=RunSettings(tariff=TARIFF, budget=4.5 * most))
    assert (report.waiting, report.submitted) == (4, 0)
    report = step(tmp_path, plan, images, Client(provider), settings=RunSettings(tariff=TARIFF, budget=5.5 * most))
    assert (report.waiting, report.submitted) == (5, 1)
    # Once fetched they count as what they cost, which is less: at most, nothing more would have room.
    report = step(tmp_path, plan, images, Client(provider), settings=RunSettings(tariff=TARIFF, budget=5.5 * most))
    assert (report.fetched, report.submitted) == (5, 1)


@given(st.lists(st.sampled_from(["good", "mute", "rejected", "server", "missing"]), min_size=1, max_size=5),
       st.integers(1, 7))  # fmt: skip
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_every_step_each_question_is_in_one_part(tmp_path, plan, kinds, rounds):
    folder = tmp_path / uuid.uuid4().hex
    images = make_items(len(kinds), folder / "i")

    def script(question, _):
        kind = kinds[int(question.item.image_id[1:])]
        errors = {"rejected", "server"}
        return None if kind == "missing" else BackendError(kind, "no") if kind in errors else answer(
            question, text="?" if kind == "mute" else ANSWERS[question.step])  # fmt: skip

    provider = Provider(script)
    for _ in range(rounds):
        report = step(folder / "s", plan, images, Client(provider))
        parts = report.parts
        assert parts.questions == parts.done + parts.left_out + report.pending + report.following == 3 * len(kinds)
        assert parts.to_ask == report.pending + report.following
        assert parts.complete == report.complete


def test_a_full_queue_is_filled_no_further_than_it_goes(tmp_path, plan):
    items = make_items(10, tmp_path / "images")
    provider = Provider()
    step(tmp_path, plan, items, Client(provider, max_requests=5), settings=RunSettings(tariff=TARIFF))
    tokens = 50 + len(plan.longest_prompts()["emotion"]) / 3
    limit = int(4.2 * tokens / 0.9)
    provider.script = lambda *_: None
    full = BatchState("failed", done=True, message=f"Limit: {limit} enqueued tokens", queue_limit=limit)
    provider.states = [full, full]
    settings = RunSettings(tariff=TARIFF)
    assert step(tmp_path, plan, items, Client(provider), settings=settings).goes_on
    provider.script = lambda question, _: answer(question)
    report = step(tmp_path, plan, items, Client(provider), settings=settings)
    assert (report.submitted, report.pending) == (4, 6)
    assert (report.notes, report.problems) == (["The rest waits until the provider's queue has room."], [])
    assert report.goes_on
    assert steps(tmp_path, plan, items, Client(provider), settings=settings, most=20)[-1].complete


class Ticker:
    """Kills at the n-th tick."""

    def __init__(self, last: int) -> None:
        self.left = last

    def __call__(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise KilledError


@pytest.mark.parametrize("renewing", [False, True])
def test_killed_at_any_moment_nothing_is_lost_nothing_handed_in_or_stored_twice(tmp_path, plan, renewing):
    """One process is killed at each moment in turn; the next ones go on, killed at the same moment of theirs, too."""
    items = make_items(3, tmp_path / "images")

    def script(question, _):
        if question.item.image_id == "i1" and question.step == "valence" and provider.worked[question.key] == 1:
            return BackendError("server", "500")
        return answer(question)

    last, moments = False, 0
    while not last:
        folder, provider = tmp_path / str(moments), Provider(script)
        settings = RunSettings(tariff=TARIFF)
        if renewing:
            first = Provider(lambda question, _: answer(question, text="Hm."))
            steps(folder, plan, items, Client(first), settings=settings)
            before = len(lines_of(folder, plan))
            settings = RunSettings(tariff=TARIFF, retry_failed=True)
        kills = 0
        for process in range(12):
            own = settings if process == 0 else RunSettings(tariff=TARIFF)
            try:
                step(folder, plan, items, Client(provider, Ticker(moments)), settings=own, rounds=2)
            except KilledError:
                kills += 1
        last = kills == 0
        report = steps(folder, plan, items, Client(provider), settings=settings if renewing else RunSettings())[-1]
        assert report.complete, moments
        lines = lines_of(folder, plan)[before if renewing else 0 :]
        answered = Counter(line["key"] for line in lines if "failure" not in line)
        assert len(answered) == 9
        assert set(answered.values()) == {1}, moments
        known = provider.known
        again = {key for key in answered if (known[key].step, known[key].item.image_id) == ("valence", "i1")}
        assert provider.questions() == {key: 1 + (key in again) for key in answered}, moments
        assert sum("failure" in line for line in lines) == 1, moments
        moments += 1
    assert moments > 40


def test_a_book_that_is_cut_anywhere_in_its_last_line_loses_nothing(tmp_path, plan):
    items = make_items(2, tmp_path / "images")
    provider = Provider()
    step(tmp_path / "whole", plan, items, Client(provider))
    path = condition_folder(tmp_path / "whole", plan.condition.id) / FILE
    content = path.read_bytes()
    begin = content.rstrip(b"\n").rfind(b"\n") + 1
    for cut in range(begin, len(content) + 1, 7):
        folder = tmp_path / str(cut)
        copy = condition_folder(folder, plan.condition.id) / FILE
        copy.parent.mkdir(parents=True)
        copy.write_bytes(content[:cut])
        report = step(folder, plan, items, Client(provider))
        assert report.fetched == 2, cut
        book = book_of(folder, plan)
        assert not book.uncertain and book.report.fault_count == 0


def test_an_intention_that_is_cut_was_never_carried_out(tmp_path, plan):
    items = make_items(2, tmp_path / "images")
    step(tmp_path / "whole", plan, items, Client(Provider()))
    content = (condition_folder(tmp_path / "whole", plan.condition.id) / FILE).read_bytes().splitlines()[0]
    for cut in range(0, len(content) + 1, 50):
        folder = tmp_path / str(cut)
        copy = condition_folder(folder, plan.condition.id) / FILE
        copy.parent.mkdir(parents=True)
        copy.write_bytes(content[:cut])
        assert step(folder, plan, items, Client(Provider())).submitted == 2, cut


def test_a_book_names_its_questions_so_that_they_can_be_told_from_the_file_alone(tmp_path, plan, items):
    step(tmp_path, plan, items, Client(Provider()))
    (batch,) = book_of(tmp_path, plan).batches.values()
    assert batch.intent.model == "m-1" and batch.id == "batch-0"
    assert [request.image_id for request in batch.intent.requests] == [f"i{n}" for n in range(4)]
    assert [hashlib.sha256(item.path.read_bytes()).hexdigest() for item in items] == [
        request.image_sha256 for request in batch.intent.requests
    ]
    assert len(batch.intent.prompts) == 1
