"""Conditions, questions and pictures for the tests of backends, and what leads them to the wire server."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from wire.running import Running

from lib.backends.base import Answer, Backend, BackendError
from lib.backends.registry import open_backend
from lib.contracts.condition import Condition
from lib.contracts.prompts import fill, read_prompts
from lib.contracts.study import read_study
from lib.protocol.question import Item, Picture, Question

ROOT = Path(__file__).resolve().parents[1]
STUDY = read_study(ROOT / "params/study.yaml")
PROMPTS = read_prompts(ROOT / "params/prompts", "json")
ANSWERS = {"emotion": "happy", "valence": "8"}
KEYS = {
    "OPENAI_API_KEY": "sk-planted-openai-0123456789",
    "GEMINI_API_KEY": "planted/gemini+key=0123456789",
    "OLLAMA_API_KEY": "planted-ollama-0123456789",
    "RATER_SERVER_KEY": "planted-server-0123456789",
}
MODELS = {"openai": "gpt-4o-mini", "gemini": "gemini-2.5-flash", "ollama": "llava:7b"}
PROVIDERS = tuple(MODELS)


def condition(backend: str, **changes: Any) -> Condition:
    """A condition that asks `backend` as simply as can be, with `changes` to its file."""
    return Condition.model_validate(
        {
            "id": f"{backend}-test", "name": "Test", "short_name": "Test", "kind": "vlm", "backend": backend,
            "model": MODELS[backend], "strategy": "context_carry", "prompts": "json",
            "specification": {"developer": "tests"}, **changes,
        }
    )  # fmt: skip


def environment(wire: Running) -> dict[str, str]:
    """What leads all three backends to the wire server, with keys."""
    return {
        **KEYS, "OPENAI_BASE_URL": wire.openai, "GOOGLE_GEMINI_BASE_URL": wire.gemini, "OLLAMA_HOST": wire.ollama,
    }  # fmt: skip


def picture(number: int = 0, size: int = 3000) -> Picture:
    """A picture of its own for every number; the wire server looks at its bytes alone."""
    seed = hashlib.sha256(str(number).encode()).digest()
    return Picture(b"\x89PNG\r\n\x1a\n" + seed * (size // len(seed)), "image/png")


def sha256(image: Picture) -> str:
    """The hash that the wire server sees."""
    return hashlib.sha256(image.data).hexdigest()


def question(step: str = "emotion", repeat: int = 0, number: int = 0) -> Question:
    """One question of the paper's JSON set about picture `number`."""
    template = PROMPTS.single if step == "all" else PROMPTS.steps[step]
    assert template is not None
    item = Item(f"image-{number}", sha256=sha256(picture(number)))
    return Question(item, step, repeat, fill(template, STUDY, ANSWERS), f"key-{step}-{number}-{repeat}")


def with_backend(asked: Condition, what: Callable[[Backend], Coroutine[Any, Any, Any]], preflight: bool = True) -> Any:
    """Open a backend, run `what` with it, close it."""

    async def run() -> Any:
        backend = open_backend(asked, STUDY)
        try:
            if preflight:
                await backend.preflight()
            return await what(backend)
        finally:
            await backend.close()

    return asyncio.run(run())


def ask(asked: Condition, step: str = "all", number: int = 0, preflight: bool = True) -> Answer:
    """One answer."""
    return with_backend(asked, lambda backend: backend.ask(question(step, number=number), picture(number)), preflight)


async def outcome(backend: Backend, step: str = "all", number: int = 0) -> Answer | BackendError:
    """One answer, or the failure to get one."""
    try:
        return await backend.ask(question(step, number=number), picture(number))
    except BackendError as error:
        return error
