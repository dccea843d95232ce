"""An event loop whose time passes only when everything waits, and machines that answer as they are told."""

from __future__ import annotations

import asyncio
import hashlib
import io
import selectors
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from PIL import Image
from tests_support import SMALL_STUDY

from lib.asking.run import ask_all
from lib.backends.base import Answer, BackendError
from lib.contracts.condition import Condition
from lib.contracts.prompts import PromptSet
from lib.contracts.study import Study
from lib.protocol.plan import Plan
from lib.protocol.question import Item, Picture, Question
from lib.responses.store import Store, open_store, read_store

PROMPTS = {
    "id": "small",
    "source": "test",
    "steps": {
        "emotion": "Which of {categories}?",
        "valence": "You said {emotion}. Valence from {valence_low} to {valence_high}?",
        "arousal": "You said {emotion} and {valence}. Arousal from {arousal_low} to {arousal_high}?",
    },
    "text_only": {
        "valence": "Label {label}: valence?",
        "arousal": "Label {label}: arousal?",
    },
}
ANSWERS = {"emotion": '{"emotion": "joy"}', "valence": '{"valence": 2}', "arousal": '{"arousal": 0.5}'}


class _Selector(selectors.DefaultSelector):
    """Never waits: when nothing is ready, the loop's time jumps to its next timer."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None):
        ready = super().select(0 if timeout is not None else 0.05)
        if not ready and timeout is not None:
            self.now += timeout
        return ready


class PatientLoop(asyncio.SelectorEventLoop):
    """An event loop in which an hour takes no time, and other threads' work is done at once."""

    def __init__(self) -> None:
        self._passing = _Selector()
        super().__init__(self._passing)

    def time(self) -> float:
        return self._passing.now

    def run_in_executor(self, executor, func, *args):
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - as a thread's future does
            future.set_exception(error)
        return future


def run(main: Awaitable):
    """Run in a loop in which waiting takes no time."""
    with asyncio.Runner(loop_factory=PatientLoop) as runner:
        return runner.run(main)


def make_plan(strategy: str = "context_carry", study: dict | None = None, **condition) -> Plan:
    settings = {
        "id": "machine", "name": "Machine", "short_name": "M", "kind": "vlm", "backend": "openai", "model": "m-1",
        "strategy": strategy, "prompts": "small", "specification": {"developer": "us"},
    } | condition  # fmt: skip
    if strategy == "text_only":
        settings["steps"] = ("valence", "arousal")
    return Plan(
        Study.model_validate(SMALL_STUDY | (study or {})),
        Condition.model_validate(settings),
        PromptSet.model_validate(PROMPTS),
    )


def make_items(count: int, folder: Path) -> list[Item]:
    """Images of a few bytes each, all different."""
    folder.mkdir(parents=True, exist_ok=True)
    items = []
    for number in range(count):
        path = folder / f"i{number}.png"
        data = _png(number)
        path.write_bytes(data)
        items.append(Item(f"i{number}", path, hashlib.sha256(data).hexdigest()))
    return items


def _png(number: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (1, 1), (number & 255, number >> 8 & 255, number >> 16)).save(stream, "PNG")
    return stream.getvalue()


class Machine:
    """A backend that answers after `seconds`, or as `script` says for the n-th time that a question is asked."""

    def __init__(
        self,
        script: Callable[[Question, int], Answer | BackendError | float] | None = None,
        seconds: float = 1.0,
    ) -> None:
        self.script, self.seconds = script, seconds
        self.log: list[tuple[float, str, str]] = []
        self.asked: dict[str, int] = {}
        self.now = self.most = 0
        self.pictures: list[Picture | None] = []

    async def preflight(self) -> None: ...

    async def close(self) -> None: ...

    async def ask(self, question: Question, picture: Picture | None) -> Answer:
        loop = asyncio.get_running_loop()
        time = self.asked[question.key] = self.asked.get(question.key, 0) + 1
        self.log.append((loop.time(), question.item.image_id, question.step))
        self.pictures.append(picture)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            said = self.script(question, time) if self.script else answer(question)
            if isinstance(said, float):
                await asyncio.sleep(said)
                said = answer(question)
            else:
                await asyncio.sleep(self.seconds)
            if isinstance(said, BackendError):
                raise said
            return said
        finally:
            self.now -= 1


def answer(question: Question, **fields) -> Answer:
    known = {"text": ANSWERS[question.step], "tokens_in": 100, "tokens_out": 5, "model_version": "m-1-may"}
    return Answer(**(known | fields))


def ask(folder: Path, plan: Plan, items, backend, *, repeats: int = 1, **settings):
    """One run over the store under `folder`, in no time."""

    async def main():
        with open_store(folder, plan.condition.id) as store:
            return await ask_all(plan, items, repeats, backend, store, **settings)

    return run(main())


def stored(folder: Path, plan: Plan) -> Store:
    return read_store(folder, plan.condition.id)


def lines(folder: Path, plan: Plan) -> list[dict]:
    """All lines of the store, in the order in which they were written."""
    path = folder / plan.condition.id / "all.jsonl"
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
