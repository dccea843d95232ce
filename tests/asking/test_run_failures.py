from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from asking_support import Machine, answer, ask, lines, make_items, make_plan, run, stored

from lib.asking.run import ask_all
from lib.asking.settings import RunSettings
from lib.backends.base import BackendError
from lib.errors import StoreError
from lib.responses.store import open_store


@pytest.fixture
def items(tmp_path):
    return make_items(20, tmp_path / "images")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "store"


@pytest.mark.parametrize("kind", ["rate_limit", "timeout", "server", "connection", "malformed"])
def test_a_failure_that_passes_is_asked_again(folder, items, kind):
    plan, machine = make_plan(), Machine(lambda q, n: BackendError(kind, "no") if n < 3 else answer(q))
    report = ask(folder, plan, items, machine)
    assert (report.answered, report.retries, report.failures, report.complete) == (60, 120, 0, True)
    assert {line["attempts"] for line in lines(folder, plan)} == {3}


def test_a_question_that_never_passes_is_left_and_asked_by_the_next_run(folder, items):
    def script(question, _):
        return BackendError("server", "down") if question.item.image_id == "i3" else answer(question)

    plan, machine = make_plan(), Machine(script)
    report = ask(folder, plan, items, machine, settings=RunSettings(retries=4))
    assert (report.answered, dict(report.failed), report.last_failure) == (57, {"server": 1}, {"server": "down"})
    assert not report.complete
    assert report.stopped is None
    assert max(machine.asked.values()) == 5
    (failed,) = (line for line in lines(folder, plan) if "failure" in line)
    assert (failed["failure"], failed["attempts"]) == ({"kind": "server", "message": "down"}, 5)
    again = ask(folder, plan, items, other := Machine())
    assert (again.answered, again.complete, len(other.log)) == (3, True, 3)


def test_what_is_refused_for_good_is_asked_again_on_demand_only(folder, items):
    def script(question, _):
        return BackendError("rejected", "too large") if question.item.image_id == "i3" else answer(question)

    plan = make_plan()
    first = ask(folder, plan, items, Machine(script))
    assert (dict(first.failed), first.retries, first.stopped) == ({"rejected": 1}, 0, None)
    second = ask(folder, plan, items, machine := Machine())
    assert (second.rejected, second.answered, machine.log) == (1, 0, [])
    third = ask(folder, plan, items, Machine(), settings=RunSettings(retry_failed=True))
    assert (third.answered, third.complete) == (3, True)


def test_answers_without_value_are_asked_again_on_demand_and_both_lines_stay(folder, items):
    plan = make_plan()
    mute = Machine(lambda q, _: answer(q, text="") if q.item.image_id in {"i1", "i2"} else answer(q))
    first = ask(folder, plan, items, mute)
    assert (first.answered, first.skipped, first.unparsed, first.complete) == (56, 4, 2, True)
    assert ask(folder, plan, items, Machine()).answered == 0
    settings = RunSettings(retry_failed=True)
    still = ask(folder, plan, items, mute, settings=settings)
    assert (still.answered, still.unparsed, still.complete) == (2, 2, True)
    third = ask(folder, plan, items, Machine(), settings=settings)
    assert (third.answered, third.unparsed, third.complete) == (6, 0, True)
    assert len(lines(folder, plan)) == 56 + 2 + 6
    assert stored(folder, plan).report.repeated == 4


def test_ten_refusals_in_a_row_end_the_run_and_mark_nothing(folder, tmp_path):
    items, plan = make_items(200, tmp_path / "many"), make_plan()
    report = ask(folder, plan, items, machine := Machine(lambda *_: BackendError("rejected", "no such model")))
    assert (report.stopped, report.answered) == ("failures", 0)
    assert "10 questions failed one after the other" in report.message
    assert "no such model. Check model" in report.message
    assert len(machine.log) < 10 + 32
    assert lines(folder, plan) == []
    assert ask(folder, plan, items, Machine()).complete


def test_refusals_alone_say_so_even_if_there_are_few(folder, items):
    plan = make_plan()
    report = ask(folder, plan, items[:3], Machine(lambda *_: BackendError("rejected", "no such model")))
    assert report.stopped == "failures"
    assert "3 questions failed" in report.message
    assert lines(folder, plan) == []


def test_refusals_between_answers_end_nothing(folder, tmp_path):
    items = make_items(100, tmp_path / "many")

    def script(question, _):
        bad = int(question.item.image_id[1:]) % 3 == 0
        return BackendError("rejected", "no") if bad else answer(question)

    report = ask(folder, make_plan(), items, Machine(script), settings=RunSettings(concurrency=2))
    assert (report.failures, report.stopped, report.answered) == (34, None, 198)


def test_a_server_that_is_down_ends_the_run(folder, tmp_path):
    items, plan = make_items(300, tmp_path / "many"), make_plan()
    report = ask(folder, plan, items, machine := Machine(lambda *_: BackendError("connection", "refused"), seconds=0))
    assert (report.stopped, report.answered) == ("failures", 0)
    assert "See that the server runs" in report.message
    assert len(machine.asked) < 40
    assert {line["failure"]["kind"] for line in lines(folder, plan)} == {"connection"}


def test_a_wrong_key_ends_the_run_at_once_and_marks_nothing(folder, tmp_path):
    items, plan = make_items(100, tmp_path / "many"), make_plan()

    def script(question, _):
        return BackendError("unauthorized", "the key is not valid") if question.item.image_id == "i5" else 30.0

    report = ask(folder, plan, items, machine := Machine(script))
    assert report.stopped == "unauthorized"
    assert report.message.startswith("the key is not valid. Mend the key")
    assert len(machine.log) <= 8
    assert not any("failure" in line for line in lines(folder, plan))


def test_a_pause_is_kept_by_all(folder, items):
    def script(question, number):
        if question.item.image_id == "i4" and question.step == "valence" and number == 1:
            return BackendError("rate_limit", "slow down", retry_after=100)
        return answer(question)

    report = ask(folder, make_plan(), items, machine := Machine(script))
    assert report.complete
    assert report.paused == 100
    times = sorted(time for time, _, _ in machine.log)
    assert max(later - earlier for earlier, later in pairwise(times)) >= 99


def test_a_pause_longer_than_the_patience_ends_the_run(folder, items):
    plan = make_plan()
    machine = Machine(
        lambda q, _: BackendError("rate_limit", "daily quota", 7200) if len(machine.log) > 20 else answer(q)
    )
    report = ask(folder, plan, items, machine)
    assert report.stopped == "retry_after"
    assert "asks to wait 2 h 00 min" in report.message
    assert "daily quota" in report.message
    assert "run the same command again after 20" in report.message
    assert not any("failure" in line for line in lines(folder, plan))
    assert ask(folder, plan, items, Machine()).complete


def test_a_stalled_request_does_not_stall_the_others_and_is_asked_again(folder, items):
    def script(question, number):
        return 1e6 if (question.item.image_id, number) == ("i0", 1) else 1.0

    plan, machine = make_plan(), Machine(script)
    report = ask(folder, plan, items, machine, settings=RunSettings(concurrency=4, deadline=120))
    assert report.complete
    others = [time for time, image, _ in machine.log if image != "i0"]
    assert max(others) - min(others) < 60
    assert report.retries == 3


def test_an_answer_that_came_in_time_counts_even_if_the_computer_was_too_busy_to_read_it(folder, items):
    class Busy(Machine):
        async def ask(self, question, picture):
            loop, arrived = asyncio.get_running_loop(), asyncio.Event()
            loop.call_later(1, arrived.set)
            if len(self.log) == 5:
                loop._passing.now += 500  # nothing runs for 500 s, then all that was due, in order
            self.log.append((loop.time(), question.item.image_id, question.step))
            await arrived.wait()
            return answer(question)

    report = ask(folder, make_plan(), items, machine := Busy(), settings=RunSettings(concurrency=8, deadline=120))
    assert (report.complete, report.retries, len(machine.log)) == (True, 0, 60)


def test_concurrency_falls_when_asked_for_patience_and_climbs_back(folder, tmp_path):
    items = make_items(300, tmp_path / "many")
    machine = Machine(lambda q, n: BackendError("rate_limit", "") if 100 < len(machine.log) < 120 else answer(q))
    report = ask(folder, make_plan(), items, machine, settings=RunSettings(concurrency=12))
    assert report.complete
    assert 1 <= report.concurrency[0] < 8
    assert report.concurrency[1] == 12
    assert machine.most == 12


def test_an_image_that_is_gone_leaves_the_others(folder, items):
    items[7].path.unlink()
    plan = make_plan()
    report = ask(folder, plan, items, Machine())
    assert (report.answered, dict(report.failed)) == (57, {"picture": 1})
    assert "i7.png" in report.last_failure["picture"]
    make_items(20, items[7].path.parent)
    assert ask(folder, plan, items, Machine()).complete


def test_an_answer_is_stored_even_if_reading_it_breaks(folder, items, monkeypatch):
    from lib.asking import walker

    plan, real = make_plan(), walker.replay

    def broken(plan, item, repeat, lookup):
        replayed = real(plan, item, repeat, lookup)
        if item.image_id == "i3" and len(replayed.outcomes) == 2:
            raise ZeroDivisionError("a bug")
        return replayed

    monkeypatch.setattr(walker, "replay", broken)
    with pytest.raises(ZeroDivisionError):
        ask(folder, plan, items, Machine(), settings=RunSettings(concurrency=4))
    monkeypatch.undo()
    kept = [line for line in lines(folder, plan) if line["image_id"] == "i3"]
    assert [line["step"] for line in kept] == ["emotion", "valence"]
    rest = ask(folder, plan, items, machine := Machine())
    assert rest.complete
    assert len(machine.log) == 60 - rest.answered_before


def test_a_full_disk_ends_the_run_with_the_stores_message(folder, items):
    plan = make_plan()

    async def main():
        with open_store(folder, plan.condition.id) as store:
            count, real = 0, store.append

            def append(response):
                nonlocal count
                count += 1
                if count > 10:
                    raise StoreError("all.jsonl: cannot be written (No space left on device).")
                real(response)

            store.append = append
            return await ask_all(plan, items, 1, machine, store)

    machine = Machine()
    with pytest.raises(StoreError, match="No space left"):
        run(main())
    assert len(lines(folder, plan)) == 10
    assert len(machine.log) <= 10 + 2 * 8


def test_refusals_of_a_run_that_was_interrupted_mark_nothing_either(folder, items):
    plan = make_plan()

    async def main():
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(1.5, stop.set)
        machine = Machine(lambda *_: BackendError("rejected", "no such model"))
        with open_store(folder, plan.condition.id) as store:
            return await ask_all(plan, items, 1, machine, store, settings=RunSettings(concurrency=2), stop=stop)

    report = run(main())
    assert (report.stopped, dict(report.failed)) == ("interrupted", {"rejected": 2})
    assert lines(folder, plan) == []
