from __future__ import annotations

import asyncio
import io
import json
from itertools import pairwise

import pytest
from asking_support import Machine, answer, ask, make_items, make_plan, run
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.console import Console

from lib.asking.progress import ProgressFile, Rate, Snapshot, read_progress, together
from lib.asking.progress_view import render
from lib.asking.progress_words import duration, plain_line
from lib.asking.settings import RunSettings
from lib.backends.base import BackendError


class Watcher:
    def __init__(self):
        self.seen = []

    def show(self, snapshot):
        self.seen.append((asyncio.get_event_loop().time(), snapshot))


def test_told_at_most_twice_a_second_and_at_the_end(tmp_path):
    items = make_items(40, tmp_path / "i")

    def script(question, number):
        return BackendError("rejected", "") if question.item.image_id == "i3" else answer(question)

    report = ask(tmp_path / "s", make_plan(), items, Machine(script), progress=(watcher := Watcher()))
    times = [time for time, _ in watcher.seen[:-1]]
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.5
    first, middle, last = watcher.seen[0][1], watcher.seen[len(times) // 2][1], watcher.seen[-1][1]
    assert (first.done, first.total, first.may_follow, first.rate, first.seconds_left) == (0, 120, 80, None, None)
    assert (last.state, last.done, last.failures, last.may_follow) == ("ended", 117, 1, 0)
    assert (middle.state, middle.concurrency) == ("running", middle.in_flight)
    assert middle.rate == pytest.approx(8, rel=0.2)
    assert middle.seconds_left == pytest.approx((120 - middle.done) / middle.rate, rel=0.1)
    assert report.seconds == pytest.approx(watcher.seen[-1][0] - watcher.seen[0][0], abs=0.6)
    done = [snapshot.done for _, snapshot in watcher.seen]
    assert done == sorted(done)


def test_time_left_leaves_out_what_is_stored_but_not_yet_met(tmp_path):
    plan, items = make_plan(), make_items(60, tmp_path / "i")
    ask(tmp_path / "s", plan, items[30:], Machine())
    watcher = Watcher()
    ask(tmp_path / "s", plan, items, Machine(), progress=watcher, settings=RunSettings(answered_before=90))
    snapshot = watcher.seen[8][1]
    assert 20 < snapshot.answered < 40
    assert snapshot.seconds_left == pytest.approx((90 - snapshot.answered) / snapshot.rate)


def test_the_file_is_whole_at_any_time_and_read_back(tmp_path):
    path = tmp_path / "deep" / "progress.json"
    assert read_progress(path) is None
    snapshot = Snapshot(condition="m", done=3, total=9, rate=2.5, message="so")
    ProgressFile(path, "1of2").show(snapshot)
    assert read_progress(path) == Snapshot(condition="m", shard="1of2", done=3, total=9, rate=2.5, message="so")
    assert json.loads(path.read_text())["condition"] == "m"
    assert [entry.name for entry in path.parent.iterdir()] == ["progress.json"]
    path.write_text("{")
    assert read_progress(path) is None


def test_a_file_that_cannot_be_written_costs_the_display_only(tmp_path):
    (tmp_path / "file").touch()
    items = make_items(2, tmp_path / "i")
    progress = ProgressFile(tmp_path / "file" / "progress.json")
    assert ask(tmp_path / "s", make_plan(), items, Machine(), progress=progress).complete


@given(st.lists(st.tuples(st.floats(0.01, 100), st.integers(0, 1000)), min_size=1))
def test_the_rate_lies_between_the_slowest_and_the_fastest(steps):
    rate, now, count, rates = Rate(0.0), 0.0, 0, []
    for seconds, more in steps:
        now, count = now + seconds, count + more
        rates.append(more / seconds)
        got = rate.update(count, now)
    assert (got is None) == (count == 0)
    assert got is None or min(rates) * 0.999 - 1e-6 <= got <= max(rates) * 1.001 + 1e-6


def test_the_rate_follows_a_change():
    rate = Rate(0.0)
    for second in range(1, 101):
        rate.update(second * 10, second)
    for second in range(101, 201):
        got = rate.update(1000 + second - 100, second)
    assert got == pytest.approx(1.3, abs=0.1)


RUNNING = Snapshot(
    condition="gpt", shard="2of4", done=1234, total=4320, may_follow=900, failures=2, retries=17, unparsed=5,
    rate=12.34, seconds_left=3900, cost=0.5, budget=3, currency="USD", concurrency=24, in_flight=20, pause=42,
)  # fmt: skip


def test_one_line_for_a_log():
    assert plain_line(RUNNING) == (
        "gpt 2of4 · 28%, 1,234 of 4,320 questions done · 12.3 a second · 1 h 05 min left · 0.5000 of 3 USD · "
        "2 failed · 5 answers without a usable value · 17 retries · 24 at once · the server asked to wait 42 s"
    )
    ended = Snapshot(condition="gpt", state="ended", done=4319, total=4320, retries=1, message="interrupted.")
    assert plain_line(ended) == "gpt · 99%, 4,319 of 4,320 questions done · ended · 1 retry"
    assert "100%, 7 of 7 questions done · complete" in plain_line(
        Snapshot(condition="gpt", state="ended", done=7, total=7)
    )


def test_shards_are_one_line_of_sums():
    other = replace(
        RUNNING, shard="3of4", done=6, total=80, rate=None, seconds_left=None, state="ended", message="budget"
    )
    (line,) = together([RUNNING, other])
    assert plain_line(line).startswith(
        "gpt (2 shards) · 28%, 1,240 of 4,400 questions done · 12.3 a second · 1 h 05 min"
    )
    assert (line.state, line.cost, line.budget, line.failures, line.message) == ("running", 1.0, 6, 4, None)
    assert together([replace(RUNNING, state="ended"), other])[0].state == "ended"
    alone, two = replace(RUNNING, condition="other"), together([RUNNING, replace(RUNNING, condition="other")])
    assert two == [RUNNING, alone]


def test_the_terminal_shows_the_same_words():
    console = Console(file=io.StringIO(), width=200, force_terminal=False)
    console.print(render(RUNNING))
    shown = console.file.getvalue()
    assert plain_line(RUNNING).split(" · ", 2)[2] in shown
    assert "gpt 2of4" in shown


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min"), (61, "1 min"), (3599, "1 h 00 min"), (3900, "1 h 05 min")],
)
def test_duration(seconds, words):
    assert duration(seconds) == words


def test_while_stopping_it_says_so(tmp_path):
    items, watcher, stop = make_items(40, tmp_path / "i"), Watcher(), asyncio.Event()

    async def main():
        from lib.asking.run import ask_all
        from lib.responses.store import open_store

        asyncio.get_running_loop().call_later(9, stop.set)
        with open_store(tmp_path / "s", "machine") as store:
            await ask_all(make_plan(), items, 1, Machine(seconds=4), store, progress=watcher, stop=stop)

    run(main())
    states = [snapshot.state for _, snapshot in watcher.seen]
    assert sorted(set(states), key=states.index) == ["running", "stopping", "ended"]
    assert watcher.seen[-1][1].message.startswith("interrupted")
