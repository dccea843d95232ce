"""A model in this process as a run asks it: store, resume, replay, keys, and ends with a cure. Tiny random weights."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs the extra local (make local)")
from backends_support import ROOT, STUDY
from local_support import encoded, image
from local_zoo import build

from lib.asking.run import ask_all
from lib.asking.settings import RunSettings
from lib.backends.base import Answer, BackendError
from lib.backends.local_models import LocalBackend
from lib.backends.local_readiness import cure
from lib.backends.registry import check_settings, open_backend
from lib.contracts.condition import Condition, read_conditions
from lib.contracts.prompts import read_prompts
from lib.errors import BackendUnavailableError, ParameterError
from lib.local.families import FAMILIES
from lib.protocol.plan import Plan
from lib.protocol.question import Item, Picture, Question, settings_of
from lib.responses.store import open_store

IMAGES = 3
LIBRARY = {**read_conditions(ROOT / "params/library"), **read_conditions(ROOT / "params/conditions")}
OURS = {name: one for name, one in LIBRARY.items() if one.backend == "transformers"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("qwen3_vl", tmp_path_factory.mktemp("model") / "qwen3_vl")


def condition(model: object, **changes: Any) -> Condition:
    return Condition.model_validate({
        "id": "local-test", "name": "Test", "short_name": "Test", "kind": "vlm", "backend": "transformers",
        "model": str(model), "strategy": "context_carry", "prompts": "plain", "decoding": {"max_tokens": 3},
        "specification": {"developer": "tests"}, **changes,
    })  # fmt: skip


def items(home: Path) -> list[Item]:
    made = []
    for number in range(IMAGES):
        data = encoded(image(number)).data
        path = home / f"{number}.png"
        path.write_bytes(data)
        made.append(Item(f"image-{number}", path, hashlib.sha256(data).hexdigest()))
    return made


def plan_of(asked: Condition) -> Plan:
    """Three steps whatever is answered: weights of chance name no emotion."""
    asking = STUDY.asking.model_copy(update={"unparsed": "without_context"})
    study = STUDY.model_copy(update={"asking": asking})
    return Plan(study, asked, read_prompts(ROOT / "params/prompts", "plain"))


def run(asked: Condition, home: Path, stop_after: int | None = None) -> Any:
    """A whole run, or one that is stopped after so many answers; its report, backend and lines."""

    async def go() -> Any:
        backend = open_backend(asked, STUDY)
        assert isinstance(backend, LocalBackend)
        stop, answered = asyncio.Event(), []

        def count(*_: object) -> None:
            answered.append(1)
            if stop_after is not None and len(answered) >= stop_after:
                stop.set()

        backend.inspect = count
        try:
            await backend.preflight()
            with open_store(home / "responses", asked.id) as store:
                report = await ask_all(
                    plan_of(asked), items(home), 1, backend, store, settings=RunSettings(concurrency=8), stop=stop
                )
            engine = backend.engine
            return report, engine.counts if engine else None
        finally:
            await backend.close()

    return asyncio.run(go())


def lines(home: Path) -> dict[str, str]:
    import json

    read = [json.loads(line) for path in sorted((home / "responses").rglob("*.jsonl")) for line in path.open()]
    return {line["key"]: line["text"] for line in read}


def test_a_run_sees_each_image_once_and_goes_on_where_it_was_stopped(folder: Path, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir(), parts.mkdir()
    report, counts = run(condition(folder), whole)
    assert (report.answered, report.stopped) == (3 * IMAGES, None)
    assert counts.vision_passes == IMAGES and counts.reused > 0
    first, _ = run(condition(folder), parts, stop_after=2)
    assert first.stopped == "interrupted" and 2 <= first.answered < 3 * IMAGES
    second, _ = run(condition(folder), parts)
    assert second.answered_before == first.answered and second.answered == 3 * IMAGES - first.answered
    assert lines(parts) == lines(whole)
    third, counts = run(condition(folder), parts)
    assert third.answered == 0 and counts is None  # nothing to ask: no weights are loaded


def ask(asked: Condition, picture: Picture | None = None, key: str = "key") -> Answer:
    async def go() -> Answer:
        backend = open_backend(asked, STUDY)
        try:
            question = Question(Item("x"), "emotion", 0, "Which emotion?", key)
            return await backend.ask(question, picture or encoded(image(1)))
        finally:
            await backend.close()

    return asyncio.run(go())


def test_an_answer_has_all_that_a_server_would_say(folder: Path) -> None:
    answer = ask(
        condition(folder, decoding={"max_tokens": 3, "log_probabilities": 4}, thinking={"mode": "budget", "budget": 5})
    )
    assert answer.finish_reason == "thinking_budget.length"
    assert (answer.tokens_out, answer.tokens_thinking, answer.tokens_cached) == (3, 5, 0)
    assert answer.thoughts is not None and answer.tokens_in and answer.fingerprint == "cpu"
    assert answer.model_version is not None and " float32 (transformers " in answer.model_version
    assert answer.log_probabilities is not None and [len(step) for step in answer.log_probabilities] == [4, 4, 4]
    likeliest = [step[0] for step in answer.log_probabilities]
    assert "".join(word for word, _ in likeliest).strip() == answer.text.strip()
    assert all(value <= 0 for _, value in likeliest)


def test_a_picture_that_is_no_good_is_a_question_that_is_rejected(folder: Path) -> None:
    with pytest.raises(BackendError, match="is damaged, or no image") as caught:
        ask(condition(folder), Picture(b"\x89PNG\r\n\x1a\n", "image/png"))
    assert caught.value.kind == "rejected"


def test_an_engine_that_fails_rejects_the_question_and_lives_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lib.local.transformers_engine import TransformersEngine

    own, calls = TransformersEngine.generate, []

    def fails_once(self: Any, *given: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("CUDA error: an illegal memory access\nwas encountered")
        return own(self, *given)

    monkeypatch.setattr(TransformersEngine, "generate", fails_once)

    async def go() -> Answer:
        backend = open_backend(condition(folder), STUDY)
        question = Question(Item("x"), "emotion", 0, "Which emotion?", "key")
        try:
            with pytest.raises(BackendError, match="RuntimeError: CUDA error: an illegal memory access was"):
                await backend.ask(question, encoded(image(1)))
            return await backend.ask(question, encoded(image(1)))
        finally:
            await backend.close()

    assert asyncio.run(go()).tokens_out == 3


def test_a_model_that_cannot_be_loaded_ends_the_run_with_its_cure(folder: Path, tmp_path: Path) -> None:
    import shutil

    broken = Path(shutil.copytree(folder, tmp_path / "broken"))
    (broken / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(BackendUnavailableError, match=r"condition local-test: .*is no whole safetensors"):
        run(condition(broken), tmp_path)


def test_preflight_loads_no_weights_and_names_the_cure(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(folder.parent / "empty"))

    def preflight(asked: Condition) -> None:
        backend = open_backend(asked, STUDY)
        assert isinstance(backend, LocalBackend)
        asyncio.run(backend.preflight())
        assert backend.engine is None

    preflight(condition(folder))
    with pytest.raises(BackendUnavailableError, match="rater models pull owner/name"):
        preflight(condition("owner/name"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"decoding": {"image_detail": "low"}}, "image_detail"), ({"server": "http://localhost:1"}, "server")],
)
def test_settings_that_mean_nothing_here_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=f"local-test: .*{said}"):
        check_settings(condition("x", **changes))


def test_what_changes_answers_changes_keys_and_nothing_else_does() -> None:
    plain = settings_of(condition("x"))
    assert b"local" not in plain
    for same in ({"device": "cpu"}, {"batch": 4}):
        assert settings_of(condition("x", local=same)) == plain
    others = [{"precision": "4bit"}, {"precision": "8bit"}, {"revision": "main"}, {"sha256": "0" * 64}]
    assert len({plain, *(settings_of(condition("x", local=other)) for other in others)}) == 5


def test_batches_of_none_are_refused() -> None:
    with pytest.raises(ValueError, match="batch"):
        condition("x", local={"batch": 0})


@pytest.mark.parametrize("asked", OURS.values(), ids=lambda one: one.id)
def test_every_condition_that_runs_here_can_be_asked_as_written(asked: Condition) -> None:
    check_settings(asked)
    assert "/" in asked.model and asked.specification.parameters


def test_readiness_names_the_first_thing_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert cure("transformers", [condition(folder)]) is None
    assert "rater models pull" in str(cure("transformers", [condition(folder), condition("owner/name")]))
    assert set(FAMILIES) >= {"paligemma", "llava", "qwen2_vl", "qwen2_5_vl", "qwen3_vl", "internvl", "gemma3", "mllama"}
