from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import replace

import pytest
from asking_support import ANSWERS, Machine, answer, ask, lines, make_items, make_plan, run

from lib.asking.run import ask_all
from lib.asking.settings import RunSettings
from lib.responses.store import open_store


@pytest.fixture
def items(tmp_path):
    return make_items(20, tmp_path / "images")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "store"


def test_every_question_is_asked_once_and_stored(folder, items):
    plan, machine = make_plan(), Machine()
    report = ask(folder, plan, items, machine)
    assert (report.questions, report.answered, report.complete, report.stopped) == (60, 60, True, None)
    assert set(machine.asked.values()) == {1}
    assert (report.tokens_in, report.tokens_out, report.unparsed) == (6000, 300, 0)
    again = ask(folder, plan, items, other := Machine(), settings=RunSettings())
    assert (again.answered, again.answered_before, again.complete, other.log) == (0, 60, True, [])


def test_a_line_holds_the_answer_and_how_it_was_read(folder, items):
    plan = make_plan()
    said = {"thoughts": "hm", "fingerprint": "fp", "tokens_thinking": 7, "tokens_cached": 3, "finish_reason": "stop"}
    ask(folder, plan, items[:1], Machine(lambda question, _: answer(question, **said), seconds=2.5))
    first, second, _third = lines(folder, plan)
    assert first.pop("asked_at").endswith("+00:00")
    assert first.pop("key") != second["key"]
    assert first == {
        "condition": "machine", "image_id": "i0", "image_sha256": items[0].sha256, "step": "emotion",
        "prompt": "Which of joy, anger, calm?", "text": ANSWERS["emotion"], "values": {"emotion": "joy"},
        "stage": "json", "tokens_in": 100, "tokens_out": 5, "latency": 2.5, "backend": "openai", "model": "m-1",
        "model_version": "m-1-may", **said,
    }  # fmt: skip
    assert second["prompt"] == "You said joy. Valence from -3 to 3?"


def test_steps_in_order_items_side_by_side_begun_as_given(folder, items):
    plan, machine = make_plan(), Machine(lambda *_: random.Random(3).uniform(0.5, 3))
    ask(folder, plan, items, machine, settings=RunSettings(concurrency=4))
    assert machine.most == 4
    for item in items:
        assert [step for _, image, step in machine.log if image == item.image_id] == list(plan.condition.steps)
    begun = [int(image[1:]) for _, image, step in machine.log if step == "emotion"]
    assert all(abs(place - number) <= 8 for place, number in enumerate(begun))


def test_one_at_a_time_asks_all_steps_of_an_image_before_the_next(folder, items):
    machine = Machine()
    ask(folder, make_plan(), items, machine, settings=RunSettings(concurrency=1))
    assert machine.most == 1
    assert [image for _, image, _ in machine.log[::3]] == [item.image_id for item in items]
    assert all(machine.log[at][1] == machine.log[at - at % 3][1] for at in range(60))


def test_repeats_are_questions_of_their_own_and_share_the_picture(folder, items, monkeypatch):
    from lib.asking import pictures

    loaded, load = [], pictures.load_picture
    monkeypatch.setattr(pictures, "load_picture", lambda item, side: loaded.append(item.image_id) or load(item, side))
    report = ask(folder, make_plan(), items[:4], machine := Machine(), repeats=3)
    assert (report.questions, report.answered) == (36, 36)
    assert sorted(loaded) == ["i0", "i1", "i2", "i3"]
    assert None not in machine.pictures


def test_the_same_image_under_two_names_is_asked_once(folder, items):
    twins = [item for one in items[:5] for item in (one, replace(one, image_id=f"{one.image_id}-again"))]
    report = ask(folder, make_plan(), twins, machine := Machine())
    assert (report.answered, report.answered_before, report.complete) == (15, 15, True)
    assert set(machine.asked.values()) == {1}


def test_questions_without_image_load_none(folder, items):
    labelled = [replace(item, path=None, sha256=None, label="anger") for item in items[:1]]
    report = ask(folder, make_plan("text_only"), labelled, machine := Machine())
    assert (report.answered, machine.pictures) == (2, [None] * 2)


def test_versions_are_counted_with_the_time_of_their_first_answer(folder, items):
    def script(question, _):
        return answer(question, model_version="a" if len(machine.log) <= 40 else "b", fingerprint="f")

    plan, machine = make_plan(), Machine(script, seconds=0)
    report = ask(folder, plan, items, machine, settings=RunSettings(concurrency=1))
    assert [(seen.model_version, seen.fingerprint, seen.answers) for seen in report.versions] == [
        ("a", "f", 40),
        ("b", "f", 20),
    ]
    assert report.versions[1].first_seen == lines(folder, plan)[40]["asked_at"]
    assert report.versions_stored == report.versions
    assert report.warnings == ["The model changed in mid-run: a (f), b (f). Its answers are not all of one machine."]
    more = ask(folder, plan, items, Machine(lambda q, _: answer(q, model_version="c")), repeats=2)
    assert [(seen.model_version, seen.answers) for seen in more.versions] == [("c", 60)]
    assert [(seen.model_version, seen.answers) for seen in more.versions_stored] == [("a", 40), ("b", 20), ("c", 60)]
    assert more.warnings == [
        "Stored answers of this condition came from another version of the model: a (f), b (f). "
        "They and this run's are not all of one machine; `rater responses check` counts them."
    ]
    assert ask(folder, plan, items, Machine(), repeats=2).warnings == []  # nothing was asked
    unnamed = ask(folder / "other", plan, items, Machine(lambda q, _: answer(q, model_version=None)))
    assert (unnamed.versions, unnamed.warnings) == ([], [])


def test_an_answer_is_stored_before_anything_else_happens(folder, items):
    """When the next question of an item is sent, the answer to the one before it is in the file."""
    plan = make_plan()

    def script(question, _):
        known = Counter((line["image_id"], line["step"]) for line in lines(folder, plan))
        before = plan.condition.steps[: plan.condition.steps.index(question.step)]
        assert all(known[question.item.image_id, step] == 1 for step in before)
        return answer(question)

    assert ask(folder, plan, items, Machine(script)).complete


def test_nothing_to_ask(folder):
    report = ask(folder, make_plan(), [], Machine())
    assert (report.questions, report.complete) == (0, True)


def test_many_items_are_not_begun_at_once(folder, tmp_path):
    """Memory is bounded: only as many items are open as can be asked, however many there are."""
    items, seen = make_items(50, tmp_path / "many") * 40, []

    async def main():
        plan = make_plan()
        with open_store(folder, plan.condition.id) as store:
            machine = Machine(lambda q, _: seen.append(len(asyncio.all_tasks())) or answer(q))
            return await ask_all(plan, items, 1, machine, store, settings=RunSettings(concurrency=8))

    report = run(main())
    assert report.answered == 150
    assert max(seen) <= 8 * 2 + 3
