from __future__ import annotations

import asyncio
import os
import signal

import pytest
from asking_support import Machine, answer, ask, make_items, make_plan, run

from lib.asking.run import ask_all
from lib.asking.settings import RunSettings
from lib.asking.stopping import Stop, stopped_by_signals
from lib.backends.base import BackendError
from lib.responses.store import open_store, read_store


def stopped_run(tmp_path, machine, after, again=None, stop=None, **settings):
    """A run that is asked to stop after some seconds; give its report and how long it took from then."""
    plan, items = make_plan(), make_items(60, tmp_path / "images")

    async def main():
        event, loop = stop or Stop(), asyncio.get_running_loop()
        if not after:
            event.set()
        for moment in (after, again):
            if moment:
                loop.call_later(moment, event.set)
        start = loop.time()
        with open_store(tmp_path / "store", "machine") as store:
            report = await ask_all(plan, items, 1, machine, store, settings=RunSettings(**settings), stop=event)
        return report, loop.time() - start - after

    report, seconds = run(main())
    left = read_store(tmp_path / "store", "machine").report
    assert (left.answers, left.failures, left.warnings()) == (report.answered, 0, [])
    rest = ask(tmp_path / "store", plan, items, Machine())
    assert rest.complete
    assert rest.answered == 180 - report.answered
    return report, seconds


def test_nothing_new_is_sent_and_what_is_on_its_way_is_kept(tmp_path):
    machine = Machine(seconds=4)
    report, seconds = stopped_run(tmp_path, machine, after=9)
    assert (report.stopped, report.answered, len(machine.log)) == ("interrupted", 24, 24)
    assert "run the same command again" in report.message
    assert seconds == pytest.approx(3)


def test_what_takes_longer_than_the_grace_is_given_up(tmp_path):
    machine = Machine(lambda q, _: 100.0 if q.item.image_id == "i1" else 4.0)
    report, seconds = stopped_run(tmp_path, machine, after=9, grace=10)
    assert (report.answered, len(machine.log)) == (21, 22)
    assert seconds == pytest.approx(10)


def test_asked_twice_all_is_given_up_at_once(tmp_path):
    machine = Machine(seconds=4)
    report, seconds = stopped_run(tmp_path, machine, after=9, again=9.5)
    assert (report.answered, len(machine.log)) == (16, 24)
    assert seconds == pytest.approx(0.5)


def test_one_wish_on_two_ways_is_one():
    stop = Stop()
    stop.set("file")
    stop.set("signal")
    assert stop.is_set() and not stop.at_once.is_set()
    stop.set("signal")
    assert stop.at_once.is_set()


def test_an_ordinary_event_will_do(tmp_path):
    report, _ = stopped_run(tmp_path, Machine(seconds=4), after=9, stop=asyncio.Event())
    assert report.answered == 24


def test_who_waits_for_a_pause_or_a_retry_stops_at_once(tmp_path):
    machine = Machine(lambda *_: BackendError("rate_limit", "", retry_after=500), seconds=1)
    report, seconds = stopped_run(tmp_path, machine, after=100)
    assert (report.answered, report.stopped) == (0, "interrupted")
    assert seconds == pytest.approx(0)


def test_what_fails_while_stopping_is_not_marked(tmp_path):
    machine = Machine(lambda q, _: BackendError("rejected", "no") if q.item.image_id == "i1" else answer(q), seconds=4)
    report, seconds = stopped_run(tmp_path, machine, after=1)
    assert (report.answered, report.failures, len(machine.log)) == (7, 0, 8)
    assert seconds == pytest.approx(3)


def test_a_stop_before_the_start_asks_nothing(tmp_path):
    report, _ = stopped_run(tmp_path, machine := Machine(), after=0)
    assert (report.answered, machine.log) == (0, [])


def test_a_stop_while_stored_answers_are_walked_is_heard(tmp_path):
    plan, items = make_plan(), make_items(300, tmp_path / "images")
    ask(tmp_path / "store", plan, items, Machine())

    async def main():
        stop = Stop()
        with open_store(tmp_path / "store", "machine") as store:
            asyncio.get_running_loop().call_later(0.02, stop.set)
            return await ask_all(plan, items * 200, 1, Machine(), store, stop=stop)

    report = asyncio.run(main())  # in real time: the walk itself must let go of the loop
    assert report.stopped == "interrupted"
    assert report.answered_before < 180_000


def test_a_run_that_is_cancelled_leaves_no_task_and_a_whole_store(tmp_path):
    plan, items = make_plan(), make_items(60, tmp_path / "images")

    async def main():
        with open_store(tmp_path / "store", "machine") as store:
            asking = asyncio.create_task(ask_all(plan, items, 1, Machine(seconds=4), store))
            await asyncio.sleep(9)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
        return asyncio.all_tasks()

    assert len(run(main())) == 1
    assert read_store(tmp_path / "store", "machine").report.answers == 16


def test_signals_ask_to_stop_and_what_was_set_before_is_set_again():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    async def main():
        stop = Stop()
        with stopped_by_signals(stop):
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait_for(stop.wait(), 5)
            assert not stop.at_once.is_set()
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.wait_for(stop.at_once.wait(), 5)

    loop = asyncio.new_event_loop()  # asyncio.run would have a handler of its own for SIGINT
    loop.run_until_complete(main())
    loop.close()
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
