from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asking_support import make_plan
from responses_support import key_of

from lib.protocol.plan import Plan
from lib.protocol.question import Item
from lib.protocol.replay import replay
from lib.responses.record import Failure, Response
from lib.responses.store import Store, open_store

Answers = dict[str, str | None]


class Asked:
    """A condition and its store, answered as a test says."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.plan = folder, plan
        self.items = [Item(name, sha256=key_of(name), label="joy") for name in ("c", "a", "b")]

    def item(self, name: str) -> Item:
        return next(item for item in self.items if item.image_id == name)

    def answer(self, name: str, answers: Answers, repeat: int = 0, **changed: Any) -> None:
        """Answer the open questions of one item, step by step; None is a failure."""
        with open_store(self.folder, self.plan.condition.id) as store:
            while (question := replay(self.plan, self.item(name), repeat, store.lookup).pending) is not None:
                if question.step not in answers:
                    return
                text = answers[question.step]
                store.append(self.line(question.key, question.step, name, repeat, text, **changed))
                if text is None:
                    return

    def line(self, key: str, step: str, name: str, repeat: int, text: str | None, **changed: Any) -> Response:
        fields: dict[str, Any] = {
            "key": key, "condition": self.plan.condition.id, "image_id": name, "step": step, "repeat": repeat,
            "prompt": "?", "text": text or "", "failure": None if text is not None else Failure("timeout", "60 s"),
            "backend": "openai", "model": "m-1", "asked_at": "2026-11-22T05:00:00+00:00",
        }  # fmt: skip
        return Response(**fields | changed)

    def store(self, *, detailed: bool = True) -> Store:
        from lib.responses.store import read_store

        return read_store(self.folder, self.plan.condition.id, detailed=detailed)


@pytest.fixture
def asked(tmp_path: Path) -> Callable[..., Asked]:
    def make(strategy: str = "context_carry", study: dict[str, Any] | None = None, **condition: Any) -> Asked:
        return Asked(tmp_path / "responses", make_plan(strategy, study, **condition))

    return make
