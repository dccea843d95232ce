from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lib.contracts.predictions import read_predictions
from lib.responses.behind import behind, find_lines
from lib.responses.predictions import ANSWERS_SCHEMA, predictions_of
from lib.responses.store import open_store
from lib.responses.summary import responses_summary

EMOTION, VALENCE, AROUSAL = '{"emotion": "joy"}', '{"valence": 2}', '{"arousal": 0.5}'
ALL = {"emotion": EMOTION, "valence": VALENCE, "arousal": AROUSAL}
Make = Callable[..., Any]


def test_answers_become_predictions_that_their_contract_accepts(asked: Make, tmp_path: Path) -> None:
    machine = asked(repeats=2)
    machine.answer("a", ALL, tokens_thinking=4)
    machine.answer("a", ALL, repeat=1)
    machine.answer("b", ALL | {"valence": "I would rather not say."}, tokens_thinking=7)
    predicted = predictions_of(machine.plan, machine.items, machine.store())
    assert predicted.predictions.rows() == [
        ("machine", "a", 0, "joy", 2.0, 0.5, True, 12, 4, 4, 4),
        ("machine", "a", 1, "joy", 2.0, 0.5, True, None, None, None, None),
        ("machine", "b", 0, "joy", None, None, False, 14, 7, 7, None),
    ]
    path = tmp_path / "machine.csv"
    predicted.predictions.drop("valid").write_csv(path)
    read = read_predictions(path, machine.plan.condition, machine.plan.study, ["a", "b", "c"])
    assert_frame_equal(read, predicted.predictions)


def test_every_step_says_what_became_of_it(asked: Make) -> None:
    machine = asked()
    machine.answer("a", {"emotion": '{"emotion": "purple"}'}, tokens_in=10, cost=0.5, currency="USD", mode="batch")
    machine.answer("b", {"emotion": EMOTION, "valence": None})
    answers = predictions_of(machine.plan, machine.items, machine.store()).answers
    assert answers.schema == pl.Schema(ANSWERS_SCHEMA)
    assert answers.select("image_id", "step", "state", "stage", "reason").rows() == [
        ("a", "emotion", "answered", "none", "unknown_category"),
        ("a", "valence", "skipped", None, "emotion was not parsed"),
        ("a", "arousal", "skipped", None, "emotion was not parsed"),
        ("b", "emotion", "answered", "json", None),
        ("b", "valence", "failed", None, "timeout"),
        ("b", "arousal", "open", None, None),
        ("c", "emotion", "open", None, None),
        ("c", "valence", "open", None, None),
        ("c", "arousal", "open", None, None),
    ]
    first = answers.row(0, named=True)
    assert (first["tokens_in"], first["cost"], first["currency"], first["mode"]) == (10, 0.5, "USD", "batch")
    assert answers["key"].is_not_null().to_list() == [True, False, False, True, True, False, False, False, False]


def test_an_image_of_which_nothing_was_answered_has_no_row(asked: Make) -> None:
    machine = asked()
    machine.answer("a", {"emotion": None})
    predicted = predictions_of(machine.plan, machine.items, machine.store())
    assert predicted.predictions.height == 0
    assert predicted.predictions.columns[:4] == ["condition", "image_id", "repeat", "emotion"]


def test_one_question_for_everything(asked: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("asking_support").PROMPTS, "single", "emotion, valence, arousal?")
    machine = asked("json_single")
    machine.answer("a", {"all": '{"emotion": "anger", "valence": -3, "arousal": 9}'}, tokens_thinking=30)
    predicted = predictions_of(machine.plan, machine.items[1:2], machine.store())
    assert predicted.predictions.rows() == [("machine", "a", 0, "anger", -3.0, 1.0, True, 30, None, None, None)]
    assert predicted.answers.select("step", "flags").rows() == [("all", ["clamped"])]


def test_a_machine_that_is_told_the_emotion(asked: Make) -> None:
    machine = asked("text_only")
    machine.answer("a", {"valence": VALENCE, "arousal": AROUSAL})
    predicted = predictions_of(machine.plan, machine.items, machine.store())
    rows = [("machine", name, 0, None, 2.0, 0.5, True, None, None, None, None) for name in "abc"]
    assert predicted.predictions.rows() == rows, "all three images have the label joy and share its answers"


def test_without_details_tokens_are_not_known_but_answers_are(asked: Make) -> None:
    machine = asked()
    machine.answer("a", ALL, tokens_thinking=4, cost=1.0)
    plain = predictions_of(machine.plan, machine.items, machine.store(detailed=False))
    full = predictions_of(machine.plan, machine.items, machine.store())
    assert plain.answers["cost"].null_count() == plain.answers.height and full.answers["cost"].sum() == 3
    assert_frame_equal(
        plain.predictions.select("image_id", "emotion", "valence", "arousal", "valid"),
        full.predictions.select("image_id", "emotion", "valence", "arousal", "valid"),
    )


def test_the_summary_counts_stages_reasons_tokens_and_cost(asked: Make) -> None:
    machine = asked()
    machine.answer("a", ALL | {"valence": "```json\n" + VALENCE + "\n```"}, tokens_in=10, cost=0.25, currency="USD")
    machine.answer("b", {"emotion": "It is joy.", "valence": '{"valence": 99}', "arousal": ""}, latency=2.0)
    machine.answer("c", {"emotion": '{"emotion": "purple"}'}, cost=0.5, currency="USD")
    answers = predictions_of(machine.plan, machine.items, machine.store()).answers
    summary = responses_summary(answers)
    columns = ("n", "answered", "skipped", "json", "fence", "regex", "none", "parsed", "unparsed")
    assert summary.steps.select("step", *columns).rows() == [
        ("emotion", 3, 3, 0, 1, 0, 1, 1, 2, 1),
        ("valence", 3, 2, 1, 1, 1, 0, 0, 2, 0),
        ("arousal", 3, 2, 1, 1, 0, 0, 1, 1, 1),
    ]
    emotion, valence, arousal = summary.steps.rows(named=True)
    assert (emotion["tokens_in"], emotion["tokens_out"], emotion["cost"], emotion["n_cost"]) == (10, None, 0.75, 2)
    assert (emotion["rate_json"], valence["rate_fence"], arousal["rate_parsed"]) == (1 / 3, 0.5, 0.5)
    assert (emotion["currency"], emotion["latency"]) == ("USD", 2.0)
    assert ("machine", "valence", "flag", "clamped", 1) in summary.reasons.rows()
    assert ("machine", "emotion", "reason", "unknown_category", 1) in summary.reasons.rows()
    assert ("machine", "valence", "skipped", "emotion was not parsed", 1) in summary.reasons.rows()
    assert responses_summary(answers.clear()).steps.height == 0


def test_rates_are_not_known_where_nothing_was_answered(asked: Make) -> None:
    machine = asked()
    machine.answer("a", {"emotion": None})
    steps = responses_summary(predictions_of(machine.plan, machine.items, machine.store()).answers).steps
    assert steps["rate_json"].to_list() == [None, None, None] and steps["failed"].to_list() == [1, 0, 0]


def test_the_lines_behind_a_prediction_are_found_with_those_that_were_replaced(asked: Make) -> None:
    machine = asked()
    machine.answer("a", {"emotion": None})
    machine.answer("a", ALL, asked_at="2026-11-22T06:00:00+00:00")
    machine.answer("b", {"emotion": EMOTION, "valence": None})
    steps = behind(machine.plan, machine.item("a"), 0, machine.store())
    assert [(step.step, [(line.file, line.line) for line in step.lines]) for step in steps] == [
        ("emotion", [("machine/all.jsonl", 1), ("machine/all.jsonl", 2)]),
        ("valence", [("machine/all.jsonl", 3)]),
        ("arousal", [("machine/all.jsonl", 4)]),
    ]
    assert steps[0].lines[0].response.failure is not None and steps[0].lines[-1].response.text == EMOTION
    assert steps[1].outcome.parsed.values == {"valence": 2.0}
    partly = behind(machine.plan, machine.item("b"), 0, machine.store())
    assert [(step.step, step.outcome is None, len(step.lines)) for step in partly] == [
        ("emotion", False, 1),
        ("valence", True, 1),
    ]
    never = behind(machine.plan, machine.item("c"), 0, machine.store())
    assert [(step.step, step.lines) for step in never] == [("emotion", [])]


def test_lines_are_found_beside_lines_that_cannot_be_read(asked: Make) -> None:
    machine = asked()
    machine.answer("a", ALL)
    path = machine.folder / "machine/all.jsonl"
    path.write_bytes(b"{broken\n\n" + path.read_bytes() + b'{"key":"')
    steps = behind(machine.plan, machine.item("a"), 0, machine.store())
    assert [line.line for step in steps for line in step.lines] == [3, 4, 5]
    assert find_lines(path.parent, "machine", []) == {}


def test_answers_of_several_shards_are_one_prediction(asked: Make) -> None:
    from lib.responses.shard import Shard

    machine = asked()
    machine.answer("a", {"emotion": EMOTION})
    question = behind(machine.plan, machine.item("a"), 0, machine.store())[-1]
    with open_store(machine.folder, "machine", Shard(2, 2)) as store:
        from lib.protocol.replay import replay

        key = replay(machine.plan, machine.item("a"), 0, store.lookup).pending.key
        store.append(machine.line(key, "valence", "a", 0, VALENCE))
    machine.answer("a", ALL)
    assert question.step == "valence"
    assert predictions_of(machine.plan, machine.items, machine.store()).predictions["valid"].to_list() == [True]
