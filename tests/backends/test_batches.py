"""Contract tests of batches, against the wire server's; nothing here was run at OpenAI or Google."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from backends_support import STUDY, condition, picture, question, sha256
from wire.answers import answer_text
from wire.running import Running

from lib.backends.base import Answer, BackendError, BatchBackend
from lib.backends.registry import open_backend, open_batches
from lib.contracts.condition import Condition
from lib.errors import BackendUnavailableError

PROVIDERS = ("openai", "gemini")
every_provider = pytest.mark.parametrize("asked", [condition(name) for name in PROVIDERS], ids=PROVIDERS)


def with_batches(asked: Condition, what: Callable[[BatchBackend], Coroutine[Any, Any, Any]]) -> Any:
    async def run() -> Any:
        backend = open_batches(asked, STUDY)
        try:
            await backend.preflight()
            return await what(backend)
        finally:
            await backend.close()

    return asyncio.run(run())


async def hand_in(backend: BatchBackend, count: int, reference: str = "rater-1") -> str:
    lines = b"".join(backend.line(question("all", number=number), picture(number)) for number in range(count))
    return await backend.create(await backend.upload(io.BytesIO(lines)), reference)


def whole(asked: Condition, count: int) -> tuple[Any, dict[str, Answer | BackendError]]:
    """Hand in a batch, ask after it until it is done, fetch it."""

    async def run(backend: BatchBackend) -> Any:
        batch = await hand_in(backend, count)
        before = await backend.state(batch)
        assert not before.done
        after = await backend.state(batch)
        assert after.done
        return after, await backend.fetch(batch)

    return with_batches(asked, run)


@every_provider
def test_a_batch_answers_every_question_about_its_own_image(wire: Running, asked: Condition) -> None:
    wire.set(batches={"shuffle": True})
    state, outcomes = whole(asked, 20)
    assert (state.total, state.finished) == (20, 20)
    assert len(outcomes) == 20
    for number in range(20):
        answer = outcomes[question("all", number=number).key]
        assert isinstance(answer, Answer)
        assert answer.text == answer_text(question("all").prompt, sha256(picture(number)))
    seen = {event["key"]: event for event in wire.events("batched")[-20:]}
    for key, answer in outcomes.items():
        assert isinstance(answer, Answer)
        counted = (answer.tokens_in, answer.tokens_out, answer.tokens_thinking)
        assert counted == tuple(seen[key][name] for name in ("tokens_in", "tokens_out", "tokens_thinking"))


@every_provider
@pytest.mark.parametrize("pictured", [True, False])
def test_the_same_question_has_the_same_body_by_itself_and_in_a_batch(
    wire: Running, asked: Condition, pictured: bool
) -> None:
    shown = picture(7) if pictured else None

    async def alone() -> Any:
        backend = open_backend(asked, STUDY)
        try:
            await backend.preflight()
            body = backend.body(question(number=7), shown)  # type: ignore[attr-defined]
            return json.loads(body if isinstance(body, bytes) else msgspec.json.encode(body))
        finally:
            await backend.close()

    async def line(backend: BatchBackend) -> Any:
        return json.loads(backend.line(question(number=7), shown))

    in_batch = with_batches(asked, line)
    assert in_batch["body" if asked.backend == "openai" else "request"] == asyncio.run(alone())
    assert question(number=7).key in in_batch.values()


@every_provider
def test_an_answer_is_read_as_the_same_answer_by_itself(wire: Running, asked: Condition) -> None:
    async def alone() -> Answer:
        backend = open_backend(asked, STUDY)
        try:
            return await backend.ask(question("all", number=0), picture(0))
        finally:
            await backend.close()

    wire.set(batches={})
    _, outcomes = whole(asked, 1)
    assert outcomes[question("all", number=0).key] == asyncio.run(alone())


@every_provider
def test_lines_may_come_twice_broken_or_not_at_all(wire: Running, asked: Condition) -> None:
    wire.set(batches={"twice": 0.3, "missing": 0.2, "broken": 0.2, "shuffle": True})
    _, outcomes = whole(asked, 60)
    assert 15 < len(outcomes) < 48
    for number in range(60):
        answer = outcomes.get(question("all", number=number).key)
        if answer is not None:
            assert isinstance(answer, Answer)
            assert answer.text == answer_text(question("all").prompt, sha256(picture(number)))


@every_provider
def test_single_failures_have_their_kinds(wire: Running, asked: Condition) -> None:
    wire.set(batches={"errors": {"500": 0.2, "429": 0.2, "400": 0.2}})
    _, outcomes = whole(asked, 60)
    assert len(outcomes) == 60
    seen = {event["key"]: event["status"] for event in wire.events("batched")[-60:]}
    assert set(seen.values()) == {200, 400, 429, 500}
    kinds = {400: "rejected", 429: "rate_limit", 500: "server"}
    for key, outcome in outcomes.items():
        assert (outcome.kind if isinstance(outcome, BackendError) else None) == kinds.get(seen[key])


@every_provider
@pytest.mark.parametrize("end", ["expired", "cancelled"])
def test_what_came_of_a_batch_that_ended_early_is_given(wire: Running, asked: Condition, end: str) -> None:
    wire.set(batches={"end": end, "part": 0.4})
    state, outcomes = whole(asked, 20)
    assert (state.status, state.done) == (end, True)
    assert len(outcomes) == 8
    assert all(isinstance(outcome, Answer) for outcome in outcomes.values())


@every_provider
def test_a_batch_that_failed_says_why_and_has_nothing(wire: Running, asked: Condition) -> None:
    message = "Enqueued token limit reached for gpt-4o-mini. Limit: 2,000,000 enqueued tokens. Please try again later."
    wire.set(batches={"end": "failed", "message": message})
    state, outcomes = whole(asked, 3)
    assert (state.status, state.message, outcomes) == ("failed", message, {})
    assert state.queue_limit == (2_000_000 if asked.backend == "openai" else None)


@every_provider
def test_a_batch_that_is_complete_without_any_file_is_no_reason_to_pay_again(wire: Running, asked: Condition) -> None:
    wire.set(batches={"missing": 1.0})
    with pytest.raises(BackendError, match="names no file of answers") as caught:
        whole(asked, 2)
    assert caught.value.kind == "malformed"


@every_provider
def test_a_batch_is_found_by_its_reference(wire: Running, asked: Condition) -> None:
    began = datetime.now(UTC)

    async def run(backend: BatchBackend) -> Any:
        made = {f"rater-{asked.id}-{number}": "" for number in range(7)}
        for reference in made:
            made[reference] = await hand_in(backend, 1, reference)
        wire.set(batches={"page": 2})
        wanted = [f"rater-{asked.id}-1", "rater-never-made", f"rater-{asked.id}-6"]
        found = await backend.find(wanted, began)
        assert found == {name: made[name] for name in (wanted[0], wanted[2])}
        if asked.backend == "openai":
            later = await backend.find(wanted[:1], began + timedelta(days=2))
            assert later == {}, "it looked at what is older than it should be"

    wire.set(batches={})
    with_batches(asked, run)


@every_provider
@pytest.mark.parametrize(("fault", "kind"), [("429", "rate_limit"), ("500", "server"), ("400", "rejected"),
                                             ("lost", "connection")])  # fmt: skip
def test_making_a_batch_fails_in_words_and_is_not_tried_again_by_itself(
    wire: Running, asked: Condition, fault: str, kind: str
) -> None:
    async def run(backend: BatchBackend) -> BackendError:
        with pytest.raises(BackendError) as caught:
            await hand_in(backend, 1, f"rater-{fault}")
        return caught.value

    wire.set(batches={"create": [fault]})
    before = len(wire.events("batch"))
    assert with_batches(asked, run).kind == kind
    assert len(wire.events("batch")) - before == (fault == "lost")
    assert wire.status()["settings"]["batches"]["create"] == []


@every_provider
def test_a_batch_that_is_not_there_is_rejected_and_a_wrong_key_unauthorized(wire: Running, asked: Condition) -> None:
    async def run(backend: BatchBackend) -> list[str]:
        kinds = []
        for key in (None, "another"):
            wire.set(key=key)
            with pytest.raises(BackendError) as caught:
                await backend.state("batches/none")
            kinds.append(caught.value.kind)
        return kinds

    assert with_batches(asked, run) == ["rejected", "unauthorized"]


def test_images_are_forgotten_after_a_week(wire: Running) -> None:
    wire.set(batches={})
    whole(condition("openai"), 1)
    assert wire.events("uploaded")[-1]["kept"] == str(7 * 24 * 3600)


def test_servers_without_batches_are_refused_in_one_line(wire: Running) -> None:
    with pytest.raises(BackendUnavailableError, match="'ollama' has no batches; only openai and gemini do"):
        open_batches(condition("ollama"), STUDY)
    with pytest.raises(BackendUnavailableError, match=r"http://127.*/v1 has no batches.* Ask without --batch"):
        open_batches(condition("openai", model="local-vlm", server=wire.local), STUDY)
    wire.set(server_header="llama.cpp", owned_by="llamacpp")
    with pytest.raises(BackendUnavailableError, match=r"llama\.cpp has no batches"):
        with_batches(condition("openai"), lambda backend: backend.state("x"))
