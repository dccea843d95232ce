"""What one machine is asked once, and the key that says when two questions are the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from lib.contracts.condition import Condition

ALL_STEPS = "all"
"""The step of a question that asks for everything at once."""
THINKING_BUDGET = "thinking_budget"
"""What an answer's reason to finish begins with, before a dot, where its budget ended the thinking."""


@dataclass(frozen=True, slots=True)
class Item:
    """One image of the study as it is asked about.

    Attributes
    ----------
    image_id : str
        The study's name of the image; never part of a key.
    path : Path or None
        The image's file; None where it is not there, which only questions without image allow.
    sha256 : str or None
        Hexadecimal SHA-256 of the file's bytes.
    label : str or None
        The emotion that the machine is told.
    """

    image_id: str
    path: Path | None = None
    sha256: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as it is sent: encoded bytes and their media type, such as `image/png`."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question: one step about one image (or about a label without image), in one repeat."""

    item: Item
    step: str
    repeat: int
    prompt: str
    key: str
    with_image: bool = True


class Stored(NamedTuple):
    """What is kept of an answer that reading it needs."""

    text: str
    finish_reason: str | None = None
    refusal: str | None = None


def settings_of(condition: Condition, longest_side: int | None = None) -> bytes:
    """Everything but image, prompt, step and repeat that an answer may depend on, as canonical JSON.

    Settings that are not set are left out, so that a setting that the project learns later changes no older key.
    """
    known = {
        "backend": condition.backend,
        "model": condition.model,
        "decoding": condition.decoding.model_dump(exclude_none=True),
        "thinking": condition.thinking.model_dump(exclude_none=True),
        "longest_side": longest_side,
        "local": condition.local.identity(),
        "classifier": condition.classifier.identity() if condition.classifier else None,
    }
    return msgspec.json.encode({name: value for name, value in known.items() if value is not None}, order="sorted")


def question_key(settings: bytes, image_sha256: str | None, prompt: str, step: str, repeat: int) -> str:
    """Hexadecimal SHA-256 over settings, image bytes (by their own SHA-256), prompt, step and repeat.

    Content alone: a renamed file is the same question, and a changed image, word, model or setting is a new one.
    """
    return finish_key(begin_key(settings, image_sha256), key_part(prompt, step), key_end(repeat))


def begin_key(settings: bytes, image_sha256: str | None) -> hashlib._Hash:
    """The hash of what is the same in all keys about one image."""
    image = b"null" if image_sha256 is None else b'"%b"' % image_sha256.encode()
    return hashlib.sha256(b"%b\n[%b," % (settings, image))


def key_part(prompt: str, step: str) -> bytes:
    """What is the same in the keys of one question about many images."""
    return msgspec.json.encode([prompt, step])[1:-1]


def key_end(repeat: int) -> bytes:
    """What is the same in all keys of one repeat."""
    return b",%d]" % repeat


def finish_key(begun: hashlib._Hash, part: bytes, end: bytes) -> str:
    """`question_key` from its parts; `begun` stays as it is."""
    key = begun.copy()
    key.update(part + end)
    return key.hexdigest()
