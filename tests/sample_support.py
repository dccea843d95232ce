"""Stored answers and traces of a machine that never ran: what `rater sample` finds when all was asked before."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from lib.build.asking import Inquiry
from lib.build.tracing import traces_folder
from lib.drawing.design import Plan
from lib.drawing.drawn_set import parameters
from lib.protocol.question import Question
from lib.protocol.replay import replay
from lib.responses.record import line_for
from lib.responses.store import open_store
from lib.traces import manifest
from lib.traces.choosing import ways_to_write
from lib.traces.files import write_part
from lib.traces.naming import trace_file
from lib.traces.parts import Part

ROOT = Path(__file__).parents[1]
Says = Callable[[Question], str]
Looks = Callable[[Question], Any]
Chances = Callable[[Question], dict[str, float]]
LAYERS, HEADS = 3, 2
OTHERS = ("a", "the", " ", "\n", "<s>", "It", "face", "!")
SIZE = (224, 224)


def lend_project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project without anybody's weights or answers, and with the drawn faces; every command works in it."""
    shutil.copytree(ROOT / "params", folder / "params")
    (folder / "_quarto.yml").write_text("", encoding="utf-8")
    (folder / "data").mkdir()
    (folder / "data/stimuli").symlink_to(ROOT / "data/stimuli")
    monkeypatch.setenv("RATER_ROOT", str(folder))
    monkeypatch.delenv("RATER_STUDY", raising=False)
    return folder


def paint(plans: Sequence[Plan], folder: Path, workers: int, report) -> int:
    """In place of drawing faces: a manifest as drawing writes it, and a picture of one colour each."""
    for number, plan in enumerate(plans):
        file = folder / plan.file
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (number, workers, 0)).save(file)
    pl.DataFrame([parameters(plan) for plan in plans]).write_csv(folder / "manifest.csv")
    report(len(plans), len(plans))
    return len(plans)


def answer(inquiry: Inquiry, says: Says, **said: Any) -> int:
    """Store an answer to every question of an inquiry; give their number."""
    told = {"model_version": "pretend@1", "fingerprint": "cpu of a test", "finish_reason": "stop", **said}
    count = 0
    with open_store(inquiry.project.responses, inquiry.condition.id) as store:
        for item in inquiry.items:
            while (question := replay(inquiry.plan, item, 0, store.lookup).pending) is not None:
                asked_at = f"2026-11-22T12:00:{count % 60:02d}.000+00:00"
                store.append(line_for(inquiry.plan, question, text=says(question), asked_at=asked_at, **told))
                count += 1
    return count


def trace(inquiry: Inquiry, looks: Looks, chances: Chances, *, size: tuple[int, int] = SIZE) -> None:
    """Write traces of every stored answer: attention as `looks` gives it, and the first token's probabilities.

    `looks` gives (rows, columns), the share of all attention that each place gets; `chances` the probability of words.
    """
    with open_store(inquiry.project.responses, inquiry.condition.id) as store:
        for item in inquiry.items:
            for outcome in replay(inquiry.plan, item, 0, store.lookup).outcomes:
                if outcome.key is None:
                    continue
                hidden = outcome.key
                question = replay(inquiry.plan, item, 0, lambda key, hidden=hidden: None if key == hidden else store.lookup(key)).pending  # type: ignore[misc]  # fmt: skip  # noqa: E501
                stored = store.lookup(hidden)
                assert question is not None and stored is not None
                places = np.asarray(looks(question), dtype=np.float64)
                digest = manifest.text_digest(stored.text, stored.finish_reason)
                about = {"key": hidden, "step": outcome.step, "text_sha256": digest, "model_version": "pretend@1",
                         "device": "cpu of a test", "pieces": [stored.text]}  # fmt: skip
                _write(inquiry, question, "attention", _attention(places, size, about))
                _write(inquiry, question, "logits", _logits(inquiry, stored.text, chances(question), about))


def _write(inquiry: Inquiry, question: Question, kind: str, part: Part) -> None:
    folder, name, image_id = traces_folder(inquiry), inquiry.condition.id, question.item.image_id
    size = write_part(trace_file(folder, name, kind, image_id), question.step, part)
    line = manifest.line_for(folder, kind, part, size, condition=name, image_id=image_id, repeat=0)
    manifest.append(folder, name, "all", line)


def _attention(places: Any, size: tuple[int, int], about: dict[str, Any]) -> Part:
    rows, columns = places.shape
    grid = {"rows": rows, "columns": columns, "box": [0, 0, *size], "size": list(size)}
    arrays = {
        "maps": np.broadcast_to(places, (LAYERS, HEADS, rows, columns)).astype(np.float16),
        "tokens": np.broadcast_to(places, (1, LAYERS, rows, columns)).astype(np.float16),
        "mass": np.full((1, LAYERS, HEADS), places.sum(), np.float32),
    }
    return Part(arrays, {**about, "layers": list(range(1, LAYERS + 1)), "grid": grid})


def _logits(inquiry: Inquiry, text: str, chances: dict[str, float], about: dict[str, Any]) -> Part:
    study = inquiry.project.study
    values = [str(number) for number in range(1, 10)]
    starts = [way for word in study.emotion.categories for way in ways_to_write(word)]
    words = [*values, *starts, *OTHERS]
    likely = {word: chances.get(word, 1e-6) for word in words}
    order = sorted(range(len(words)), key=lambda place: -likely[words[place]])
    row = [math.log(likely[word]) for word in words]
    arrays = {
        "ids": np.array([order], np.int32),
        "log_probabilities": np.array([[row[place] for place in order]], np.float32),
        "words": np.array([row[: len(values) + len(starts)]], np.float32),
    }
    texts = {str(place): word for place, word in enumerate(words)}
    more = {"generated": [0], "pieces": [text], "answer_from": 0, "texts": texts, "values": values, "starts": starts,
            "word_ids": list(range(len(values) + len(starts)))}  # fmt: skip
    return Part(arrays, {**about, **more})


def corner(rows: int = 8, columns: int = 8, share: float = 0.4) -> Any:
    """All attention in the places of the top left corner."""
    places = np.zeros((rows, columns))
    places[:2, :2] = share / 4
    return places


def around(mean: float, spread: float, values: Sequence[int] = range(1, 10)) -> dict[str, float]:
    """Probabilities of the ratings around a mean, 0.98 in all."""
    weights = {str(value): math.exp(-((value - mean) ** 2) / (2 * spread**2)) for value in values}
    return {word: 0.98 * weight / sum(weights.values()) for word, weight in weights.items()}
