"""A provider of batches in memory, and steps of asking by it that can be ended at any moment."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO

from asking_support import answer, run

from lib.asking.batch import BatchRun
from lib.asking.batch_report import BatchReport
from lib.backends.base import Answer, BackendError, BatchState, Picture
from lib.protocol.plan import Plan
from lib.protocol.question import Item, Question
from lib.responses.batches import open_book
from lib.responses.store import open_store

Script = Callable[[Question, int], Answer | BackendError | None]


class KilledError(BaseException):
    """The process ends here."""


class Provider:
    """Keeps files and batches; `script` says what comes of a question the n-th time that it is in a batch (None: no
    line at all), `states` how the next batches that are asked after are, `failures` what calls raise, each once."""

    def __init__(self, script: Script | None = None) -> None:
        self.script = script or (lambda question, _: answer(question))
        self.known: dict[str, Question] = {}
        self.files: dict[str, list[str]] = {}
        self.batches: dict[str, tuple[str, list[str]]] = {}
        self.states: list[BatchState] = []
        self.failures: dict[str, list[BackendError]] = {}
        self.worked: Counter[str] = Counter()
        self.outcomes: dict[str, dict[str, Answer | BackendError]] = {}
        self.hidden: set[str] = set()
        self.calls: Counter[str] = Counter()

    def questions(self) -> Counter[str]:
        """How often each question is in a batch."""
        return Counter(key for _, keys in self.batches.values() for key in keys)


class Client:
    """The backend of one process; `tick` is called before and after everything that it does at the provider."""

    def __init__(self, provider: Provider, tick: Callable[[], None] = lambda: None, **limits: int) -> None:
        self.provider, self.tick = provider, tick
        self.max_requests, self.max_bytes = limits.get("max_requests", 50_000), limits.get("max_bytes", 10**9)

    async def preflight(self) -> None: ...

    async def close(self) -> None: ...

    def _begin(self, name: str) -> None:
        self.tick()
        self.provider.calls[name] += 1
        if self.provider.failures.get(name):
            raise self.provider.failures[name].pop(0)

    def line(self, question: Question, picture: Picture | None) -> bytes:
        assert (picture is not None) == question.with_image
        self.provider.known[question.key] = question
        return json.dumps({"key": question.key}).encode() + b"\n"

    async def upload(self, lines: IO[bytes]) -> str:
        self._begin("upload")
        name = f"file-{len(self.provider.files)}"
        self.provider.files[name] = [json.loads(line)["key"] for line in lines]
        self.tick()
        return name

    async def create(self, file: str, reference: str) -> str:
        self._begin("create")
        name = f"batch-{len(self.provider.batches)}"
        self.provider.batches[name] = (reference, self.provider.files[file])
        self.tick()
        if self.provider.failures.get("created"):
            raise self.provider.failures["created"].pop(0)
        return name

    async def find(self, references, since: datetime) -> dict[str, str]:
        self._begin("find")
        return {
            reference: name
            for name, (reference, _) in self.provider.batches.items()
            if reference in references and name not in self.provider.hidden
        }

    async def state(self, batch_id: str) -> BatchState:
        self._begin("state")
        states = self.provider.states
        return states.pop(0) if states else BatchState("completed", done=True)

    async def fetch(self, batch_id: str) -> dict[str, Answer | BackendError]:
        self._begin("fetch")
        if batch_id not in self.provider.outcomes:
            found = {}
            for key in self.provider.batches[batch_id][1]:
                self.provider.worked[key] += 1
                outcome = self.provider.script(self.provider.known[key], self.provider.worked[key])
                if outcome is not None:
                    found[key] = outcome
            self.provider.outcomes[batch_id] = found
        return self.provider.outcomes[batch_id]


def step(
    folder: Path, plan: Plan, items: list[Item], client: Client, *, repeats: int = 1, settled_after: float = 0.0,
    ignore_batches: bool = False, rounds: int = 1, **settings,
) -> BatchReport:  # fmt: skip
    """One step, or several of one run, over the store under `folder`; writing ticks, too."""

    async def main() -> BatchReport:
        asked = BatchRun(plan, items, repeats, client, settled_after=settled_after, **settings)
        for _ in range(rounds):
            with open_store(folder, plan.condition.id) as store, open_book(store.folder) as book:
                _tick_around(store, "append", client.tick)
                _tick_around(book, "write", client.tick)
                report = await asked.step(store, book, ignore_batches=ignore_batches)
        return report

    return run(main())


def _tick_around(thing: object, name: str, tick: Callable[[], None]) -> None:
    before = getattr(thing, name)

    def ticking(*arguments):
        tick()
        before(*arguments)
        tick()

    setattr(thing, name, ticking)


def steps(folder: Path, plan: Plan, items: list[Item], client: Client, most: int = 12, **settings) -> list[BatchReport]:
    """Steps, each of a run of its own, until all is complete."""
    reports = []
    for _ in range(most):
        reports.append(step(folder, plan, items, client, **settings))
        if reports[-1].complete:
            break
    return reports
