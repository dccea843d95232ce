from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import polars as pl

from lib.responses.foreign import Foreign
from lib.responses.imported import Imported, import_words
from lib.responses.importing import import_answers, import_table
from lib.responses.predictions import predictions_of
from lib.responses.record import Response
from lib.responses.store import open_store

Make = Callable[..., Any]
VALUES = {"emotion": "joy", "valence": 2.0, "arousal": 0.5}


def record(
    image: str, values: dict[str, Any] | None = None, texts: dict[str, str] | None = None, **more: Any
) -> Foreign:
    return Foreign(image, more.get("repeat", 0), VALUES if values is None else values, texts or {}, more.get("whole"))


def take(machine: Any, *records: Foreign) -> Imported:
    with open_store(machine.folder, "machine") as store:
        return import_answers(store, machine.plan, machine.items, records)


def stored(machine: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (machine.folder / "machine/all.jsonl").read_bytes().splitlines()]


def predictions(machine: Any) -> list[tuple[Any, ...]]:
    frame = predictions_of(machine.plan, machine.items, machine.store()).predictions
    return frame.select("image_id", "emotion", "valence", "arousal").rows()


def test_values_become_the_answers_that_the_condition_would_have_got(asked: Make) -> None:
    machine = asked()
    done = take(machine, record("a"), record("b", texts={"emotion": "It is **joy**."}))
    assert predictions(machine) == [("a", "joy", 2.0, 0.5), ("b", "joy", 2.0, 0.5)]
    assert (done.predictions, done.answers) == (2, {"value": 5, "raw": 1})
    assert {line["mode"] for line in stored(machine)} == {"imported"}
    assert [line["text"] for line in stored(machine)[:3]] == [
        '{"emotion": "joy"}',
        '{"valence": 2.0}',
        '{"arousal": 0.5}',
    ]
    assert stored(machine)[3]["text"] == "It is **joy**." and stored(machine)[3]["stage"] == "regex"
    live = asked()
    live.folder = machine.folder.parent / "live"
    live.answer("a", {step: json.dumps({step: value}) for step, value in VALUES.items()})
    assert {line["key"] for line in stored(live)} <= {line["key"] for line in stored(machine)}


def test_importing_twice_changes_nothing(asked: Make) -> None:
    machine = asked()
    take(machine, record("a"))
    before = (machine.folder / "machine/all.jsonl").read_bytes()
    done = take(machine, record("a"))
    assert (done.kept, done.predictions) == (1, 0)
    assert (machine.folder / "machine/all.jsonl").read_bytes() == before


def test_answers_that_are_there_are_never_replaced_nor_mixed_with_others(asked: Make) -> None:
    machine = asked()
    machine.answer("a", {"emotion": '{"emotion": "anger"}'})
    machine.answer("b", {"emotion": "joy"})
    machine.answer("c", {"emotion": None})
    done = take(machine, record("a"), record("b"), record("c"))
    assert done.other == ["a"] and done.predictions == 2
    assert predictions(machine) == [("a", "anger", None, None), ("b", "joy", 2.0, 0.5), ("c", "joy", 2.0, 0.5)]


def test_an_image_is_taken_up_to_its_first_step_without_an_answer(asked: Make) -> None:
    machine = asked()
    done = take(
        machine, record("a", {"emotion": "joy", "valence": None, "arousal": 1.0}), record("b", {"emotion": None})
    )
    assert predictions(machine) == [("a", "joy", None, None)] and done.predictions == 1
    assert (done.behind, done.nothing, done.kept) == (["a arousal"], 1, 0)
    assert "values not taken, since an earlier step has no usable value: 1 (a arousal)" in import_words(done)
    again = take(machine, record("a", {"emotion": "joy", "valence": None, "arousal": 1.0}))
    assert (again.predictions, again.kept, again.behind) == (0, 1, ["a arousal"]), "every prediction is accounted for"


def test_one_question_takes_the_whole_text_or_all_values(asked: Make, monkeypatch: Any) -> None:
    monkeypatch.setitem(__import__("asking_support").PROMPTS, "single", "emotion, valence, arousal?")
    machine = asked("json_single")
    done = take(machine, record("a", whole="```\n" + json.dumps(VALUES) + "\n```"), record("b"))
    assert predictions(machine) == [("a", "joy", 2.0, 0.5), ("b", "joy", 2.0, 0.5)]
    assert done.answers == {"raw": 1, "value": 1} and json.loads(stored(machine)[1]["text"]) == VALUES


def test_what_does_not_fit_is_said(asked: Make) -> None:
    machine = asked()
    done = take(
        machine,
        record("a", {"emotion": "joy", "valence": 9.0, "arousal": 0.5}, whole="joy, 9, 0.5"),
        record("a"),
        record("x"),
        record("b", repeat=3),
        record("c", texts={"emotion": "It is anger."}),
    )
    assert (done.unknown, done.twice, done.repeats, done.unused) == (["x"], ["a"], 1, 1)
    assert done.unusable == {"valence: 9 became 3": 1}
    assert done.reread == ["c emotion: 'joy' in the file, 'anger' as its text is read here"]
    words = "\n".join(import_words(done))
    for part in (
        "predictions taken: 2",
        "does not have: 1 (x)",
        "valence: 9 became 3 (1x)",
        "does not ask (repeats in its file): 1",
    ):
        assert part in words
    assert predictions(machine)[1] == ("c", "anger", 2.0, 0.5)


def test_other_spellings_of_a_category_are_no_difference(asked: Make) -> None:
    machine = asked()
    done = take(machine, record("a", {"emotion": "Joyful"}, {"emotion": "joy"}), record("b", {"emotion": " JOY "}))
    assert not done.reread and not done.unusable


def test_without_images_predictions_become_a_table(asked: Make) -> None:
    plan = asked().plan
    done = Imported()
    records = [record("faces/b.png"), record("a", {"emotion": "no such thing", "valence": None}), record("a")]
    frame = import_table(plan.study, plan.condition, records, None, done)
    assert frame.rows() == [("a", 0, None, None, None), ("b", 0, "joy", 2.0, 0.5)]
    assert frame.schema["valence"] == pl.Float64 and done.twice == ["a"] and done.predictions == 2
    known = import_table(plan.study, plan.condition, records, {"b": "image-b"}, done)
    assert known["image_id"].to_list() == ["image-b"]


def test_every_imported_line_is_a_whole_response(asked: Make) -> None:
    import msgspec

    machine = asked()
    take(machine, record("a"))
    for line in (machine.folder / "machine/all.jsonl").read_bytes().splitlines():
        response = msgspec.json.decode(line, type=Response)
        assert response.image_sha256 and response.prompt and response.values
