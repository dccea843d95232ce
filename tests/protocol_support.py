"""Studies and conditions in memory, for tests of asking."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from lib.contracts.condition import Condition
from lib.contracts.study import Study
from lib.protocol.plan import Plan
from lib.protocol.question import Item, Question, Stored
from lib.protocol.replay import Replayed, replay

PAPER_EMOTIONS = ["happy", "sad", "angry", "fear", "disgust", "neutral"]
VALENCE = {"low": 1, "high": 9, "low_label": "very unpleasant", "high_label": "very pleasant"}
AROUSAL = {"low": 1, "high": 9, "low_label": "very calm", "high_label": "very excited"}


def make_study(**changes: Any) -> Study:
    """The paper's categories and scales."""
    content: dict[str, Any] = {
        "id": "asked",
        "title": "Asked",
        "files": {"ratings": "data/ratings.csv"},
        "emotion": {"categories": PAPER_EMOTIONS},
        "dimensions": {"valence": VALENCE, "arousal": AROUSAL},
    }
    return Study.model_validate(content | changes)


def make_condition(**changes: Any) -> Condition:
    """A machine that is asked in three steps in JSON."""
    content: dict[str, Any] = {
        "id": "machine", "name": "Machine", "short_name": "Machine", "kind": "vlm", "backend": "openai", "model": "m-1",
        "strategy": "context_carry", "prompts": "json", "specification": {"developer": "Somebody"},
    }  # fmt: skip
    return Condition.model_validate(content | changes)


def make_item(name: str = "BM01_Ang", content: bytes | None = None, label: str | None = None) -> Item:
    """An image that is its name, or a label without image."""
    if label is not None:
        return Item(name, label=label)
    return Item(name, sha256=hashlib.sha256(content or name.encode()).hexdigest())


def ask_through(
    plan: Plan, item: Item, answer: Callable[[Question], Stored | str], repeat: int = 0
) -> tuple[Replayed, list[Question]]:
    """Ask until nothing is open; give the outcomes and the questions in order."""
    stored: dict[str, Stored] = {}
    asked: list[Question] = []
    while True:
        replayed = replay(plan, item, repeat, stored.get)
        if replayed.pending is None:
            return replayed, asked
        said = answer(replayed.pending)
        stored[replayed.pending.key] = Stored(said) if isinstance(said, str) else said
        asked.append(replayed.pending)
