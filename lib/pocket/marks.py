"""What each stage of training depends on, as one hash: a checkpoint is taken up only where all of it is the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lib.pocket.faces import Faces
from lib.pocket.recipe import Recipe

SEEING = ("augment", "faces", "first_sight", "model", "recipe", "seeing", "training", "words")
SPEAKING = ("packing", "questions", "raters", "speaking")
"""Modules of `lib.pocket` that shape what is learned; the second stage builds on the first."""


def mark_seeing(recipe: Recipe, words: Any, training: Faces) -> str:  # noqa: ANN401, of transformers
    """Hexadecimal SHA-256 over the faces, the tokenizer, the code and what of the recipe the tower is made by."""
    parts = recipe.model_dump_json(include={"seed", "threads", "faces", "first_sight", "model", "seeing"})
    known = json.dumps(words.get_vocab(), sort_keys=True)
    return _hash([parts, known, *_code(SEEING)], training.pixels.tobytes() + training.actions.tobytes())


def mark_speaking(recipe: Recipe, seeing: str, texts: Iterable[str]) -> str:
    """Hexadecimal SHA-256 over the first stage's mark, questions and answers, the code and the rest of the recipe."""
    parts = recipe.model_dump_json(include={"raters", "speaking"})
    return _hash([seeing, parts, *texts, *_code(SPEAKING)])


def _code(modules: Iterable[str]) -> list[str]:
    return [(Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8") for name in modules]


def _hash(texts: Iterable[str], more: bytes = b"") -> str:
    digest = hashlib.sha256(more)
    for text in texts:
        digest.update(hashlib.sha256(text.encode()).digest())
    return digest.hexdigest()
