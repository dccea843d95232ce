"""Contract tests: what every backend owes, against the wire server of the tests; no real Gemini or Ollama is here."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
import warnings

import pytest
from backends_support import PROVIDERS, STUDY, ask, condition, outcome, picture, question, sha256, with_backend
from wire.answers import answer_text, expected
from wire.faults import FAULTS
from wire.running import Running

from lib.backends.base import Answer, Backend, BackendError
from lib.backends.registry import open_backend
from lib.contracts.condition import Condition, Decoding
from lib.errors import BackendUnavailableError

KINDS = {
    "rate_limit": "rate_limit", "rate_limit_date": "rate_limit", "rate_limit_bare": "rate_limit",
    "server_500": "server", "server_503": "server", "reset": "connection", "half_body": "connection",
    "invalid_json": "malformed", "wrong_shape": "malformed", "unauthorized": "unauthorized", "bad_request": "rejected",
}  # fmt: skip
ANSWERED = tuple(fault for fault in FAULTS if fault not in KINDS)
every_backend = pytest.mark.parametrize("asked", [condition(name) for name in PROVIDERS], ids=PROVIDERS)


@every_backend
@pytest.mark.parametrize("step", ["emotion", "valence", "arousal", "all"])
def test_the_server_sees_the_prompt_and_the_image_to_the_byte(wire: Running, asked: Condition, step: str) -> None:
    answer = ask(asked, step, number=3)
    assert answer.text == answer_text(question(step).prompt, sha256(picture(3)))
    assert set(expected(question(step).prompt, sha256(picture(3)))) == (
        {"emotion", "valence", "arousal"} if step == "all" else {step}
    )
    request = wire.events("request")[-1]
    assert (request["prompt"], request["image"]) == (question(step).prompt, sha256(picture(3)))


@every_backend
def test_a_question_without_image_sends_none(wire: Running, asked: Condition) -> None:
    answer = with_backend(asked, lambda backend: backend.ask(question(), None))
    assert answer.text == answer_text(question().prompt, None)
    assert wire.events("request")[-1]["image"] is None


@every_backend
def test_a_drawn_repeat_is_sent_with_its_own_seed(wire: Running, asked: Condition) -> None:
    drawn = asked.model_copy(update={"decoding": Decoding(temperature=0.3, seed=42)})
    for repeat in range(3):
        with_backend(drawn, lambda backend, repeat=repeat: backend.ask(question(repeat=repeat), None))
    assert [request["seed"] for request in wire.events("request")[-3:]] == [42, 43, 44]


@every_backend
def test_tokens_are_counted_as_the_server_reports_them(wire: Running, asked: Condition) -> None:
    answer = ask(asked)
    seen = wire.events("answered")[-1]
    counted = {name: getattr(answer, name) for name in ("tokens_in", "tokens_out", "tokens_thinking")}
    assert counted == {name: seen[name] for name in counted}
    assert counted["tokens_in"] > 0 and counted["tokens_out"] > 0


@every_backend
@pytest.mark.parametrize("number", range(6))
def test_tokens_that_contradict_themselves_are_not_known(wire: Running, asked: Condition, number: int) -> None:
    wire.set(script=["wrong_tokens"])
    answer = ask(asked, number=number)
    seen = wire.events("answered")[-1]
    counted = {name: getattr(answer, name) for name in ("tokens_in", "tokens_out", "tokens_thinking")}
    assert counted == {name: seen[name] for name in counted}
    assert None in counted.values()
    assert answer.text == answer_text(question("all").prompt, sha256(picture(number)))


@every_backend
@pytest.mark.parametrize("fault", KINDS)
def test_every_failure_has_its_kind_and_leaves_nothing_behind(wire: Running, asked: Condition, fault: str) -> None:
    async def twice(backend: Backend) -> tuple[Answer | BackendError, Answer | BackendError]:
        wire.set(script=[fault], retry_after=2.0)
        return await outcome(backend, number=1), await outcome(backend, number=2)

    failed, answered = with_backend(asked, twice)
    assert isinstance(failed, BackendError)
    assert failed.kind == KINDS[fault]
    assert "\n" not in failed.message and len(failed.message) <= 300
    assert failed.__cause__ is None
    if fault == "rate_limit":
        assert failed.retry_after == 2.0
    elif fault == "rate_limit_date":
        assert failed.retry_after is not None and 0 <= failed.retry_after <= 3
    else:
        assert failed.retry_after is None
    assert isinstance(answered, Answer)
    assert answered.text == answer_text(question("all").prompt, sha256(picture(2)))
    assert sum(event["event"] == "request" for event in wire.events()[-4:]) == 2, "the SDK asked again by itself"


@every_backend
@pytest.mark.parametrize("fault", ANSWERED)
def test_odd_answers_are_answers_to_their_own_question(wire: Running, asked: Condition, fault: str) -> None:
    async def twice(backend: Backend) -> tuple[Answer | BackendError, Answer | BackendError]:
        wire.set(script=[fault])
        return await outcome(backend, number=1), await outcome(backend, number=2)

    odd, after = with_backend(asked, twice)
    right = answer_text(question("all").prompt, sha256(picture(1)))
    assert isinstance(odd, Answer)
    assert isinstance(after, Answer)
    assert after.text == answer_text(question("all").prompt, sha256(picture(2)))
    refuses = fault == "refusal" and asked.backend != "ollama"
    assert (odd.refusal is not None) == refuses
    assert odd.more == (1 if fault == "duplicate" and asked.backend != "ollama" else 0)
    if fault == "cut":
        assert odd.finish_reason == ("MAX_TOKENS" if asked.backend == "gemini" else "length")
    if fault in {"stall", "twice", "model_version", "wrong_tokens", "slow"}:
        assert odd.text == right
    if fault == "empty" or refuses:
        assert odd.text == ""
    changed = odd.model_version != after.model_version
    assert changed == (fault == "model_version")


@every_backend
def test_a_deadline_of_the_caller_ends_a_stall_and_the_next_question_is_answered(
    wire: Running, asked: Condition
) -> None:
    async def cut_short(backend: Backend) -> tuple[float, Answer | BackendError]:
        wire.set(script=["stall"], stall_seconds=20.0)
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await outcome(backend, number=1)
        return time.monotonic() - start, await outcome(backend, number=2)

    took, after = with_backend(asked, cut_short)
    assert took < 10
    assert isinstance(after, Answer) and after.text == answer_text(question("all").prompt, sha256(picture(2)))


@every_backend
def test_many_at_once_are_not_held_back_by_the_client(wire: Running, asked: Condition) -> None:
    async def all_at_once(backend: Backend) -> list[Answer | BackendError]:
        wire.set(latency=3.0)
        return await asyncio.gather(*(outcome(backend, number=number) for number in range(150)))

    answers = with_backend(asked, all_at_once)
    assert [getattr(one, "text", one) for one in answers] == [
        answer_text(question("all").prompt, sha256(picture(number))) for number in range(150)
    ]
    assert wire.status()["most_in_flight"] == 150


@every_backend
@pytest.mark.parametrize("how", ["answered", "failed", "cancelled", "never asked"])
def test_nothing_stays_open(wire: Running, asked: Condition, how: str, caplog: pytest.LogCaptureFixture) -> None:
    async def use(backend: Backend) -> None:
        if how == "failed":
            wire.set(script=["reset"])
        if how == "cancelled":
            wire.set(script=["stall"], stall_seconds=20.0)
            task = asyncio.ensure_future(outcome(backend))
            await asyncio.sleep(0.2)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        elif how != "never asked":
            await outcome(backend)

    with warnings.catch_warnings(record=True) as raised, caplog.at_level(logging.WARNING):
        warnings.simplefilter("always")
        with_backend(asked, use, preflight=how != "never asked")
        gc.collect()
    # Only what these tests opened: a socket of another test may be collected here, too.
    left = [str(one.message) for one in raised if "nclosed" in str(one.message) and str(wire.port) in str(one.message)]
    assert left == []
    assert [record.getMessage() for record in caplog.records if "nclosed" in record.getMessage()] == []


@every_backend
def test_preflight_costs_nothing(wire: Running, asked: Condition) -> None:
    before = wire.status()["requests"]

    async def nothing(_backend: Backend) -> None:
        return None

    with_backend(asked, nothing)
    assert wire.status()["requests"] == before


@every_backend
def test_an_unknown_model_is_refused_before_anything_is_asked(wire: Running, asked: Condition) -> None:
    wire.set(models=["another"])
    with pytest.raises(BackendUnavailableError, match=asked.model) as caught:
        ask(asked)
    assert "\n" not in str(caught.value)
    if asked.backend == "ollama":
        assert f"ollama pull {asked.model}" in str(caught.value)


@pytest.mark.parametrize("name", ["openai", "gemini"])
def test_a_wrong_key_is_refused_and_not_shown(wire: Running, name: str) -> None:
    wire.set(key="the right one")
    with pytest.raises(BackendUnavailableError, match="_API_KEY") as caught:
        ask(condition(name))
    assert "planted" not in str(caught.value)


@every_backend
def test_no_server_is_one_line_within_seconds(wire: Running, asked: Condition, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, path in (("OPENAI_BASE_URL", "/v1"), ("GOOGLE_GEMINI_BASE_URL", ""), ("OLLAMA_HOST", "")):
        monkeypatch.setenv(name, f"http://127.0.0.1:1{path}")
    start = time.monotonic()
    with pytest.raises(BackendUnavailableError) as caught:
        ask(asked)
    assert time.monotonic() - start < 9
    assert asked.id in str(caught.value) and "\n" not in str(caught.value)
    failed = with_backend(asked, outcome, preflight=False)
    assert failed.kind == "connection"


@every_backend
def test_close_may_come_twice_or_first(wire: Running, asked: Condition) -> None:
    async def run() -> None:
        backend = open_backend(asked, STUDY)
        await backend.close()
        await backend.close()

    asyncio.run(run())
