"""The plan of a transformation: one question a base face and emotion, whose answer is an image instead of a rating.

It is a `Plan` so that all of `lib.asking` (limits, retries, budget, resume, Ctrl-C, forecast) serves images as it
serves ratings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from lib.contracts.prompts import LABEL
from lib.protocol.parsing import Parsed
from lib.protocol.plan import Plan
from lib.protocol.question import Item, Stored, begin_key, question_key
from lib.protocol.templates import Printer, Template
from lib.protocol.turns import KEPT, Step, Turns
from lib.stimuli.bases import Base
from lib.stimuli.kept_images import KeptImage, read_kept
from lib.stimuli.transformation import Transformation

IMAGE = "image"


@dataclass(frozen=True, slots=True)
class _Prompt(Template):
    """The words for an emotion, which fills the only gap."""

    transformation: Transformation

    def render(self, printed: Sequence[str]) -> str:
        return self.transformation.prompt_for(printed[0])


class _Words(Printer):
    """Emotions as they are written."""

    def __init__(self, transformation: Transformation) -> None:
        self._transformation = transformation
        self.printed = lru_cache(maxsize=KEPT)(self._printed)

    def _printed(self, step: str, value: str | float) -> str:
        return str(value)

    def widest(self, step: str) -> str:
        return max(self._transformation.emotions, key=lambda name: len(self._transformation.prompt_for(name)))


class TransformPlan(Plan):
    """What is asked of each base face; `take` 2 and more are further images of the same question.

    Items are pairs of a base face (path and hash) and an emotion (label); their `image_id` is the new image's.
    `images` is the folder where images are kept.
    """

    def __init__(self, transformation: Transformation, images: Path, take: int = 1) -> None:
        # Not Plan's own: there is no study that this is asked in, and no set of questions about ratings.
        self.transformation, self.images, self.take = transformation, images, take
        self.condition = transformation.as_condition()
        self.with_image, self.longest_side, self.told = True, None, LABEL
        self.settings = transformation.settings()
        self.printer = _Words(transformation)
        prompt = _Prompt(("", ""), (LABEL,), transformation)
        self.steps = (Step(step_of(take), (IMAGE,), prompt, (LABEL,), None),)
        self.turns = Turns(self.steps, self.printer, self.read, told=LABEL)
        self.begin_key = lru_cache(maxsize=KEPT)(partial(begin_key, self.settings))

    def key(self, item: Item, take: int) -> str:
        """The key of an item's question in any take."""
        assert item.label is not None
        return question_key(self.settings, item.sha256, self.transformation.prompt_for(item.label), step_of(take), 0)

    def read(self, step: Step, stored: Stored) -> Parsed:
        """Read an answer: its image's SHA-256, or why there is none that can be used."""
        image, reason = usable(self.images, stored)
        return Parsed({IMAGE: image.sha256 if image else None}, "json" if image else "none", (), reason)


def step_of(take: int) -> str:
    """The name of a take in the store: `take-1`."""
    return f"take-{take}"


def usable(folder: Path, stored: Stored) -> tuple[KeptImage | None, str | None]:
    """The first image of an answer that can be decoded and whose file is there; or None and why."""
    kept = read_kept(stored.text)
    if not kept.images:
        return None, "refusal" if stored.refusal else "no_image"
    whole = [image for image in kept.images if image.fault is None]
    if not whole:
        return None, "broken_image"
    there = next((image for image in whole if (folder / image.file).is_file()), None)
    return (there, None) if there else (None, "image_lost")


def transform_items(bases: Iterable[Base], transformation: Transformation) -> list[Item]:
    """All images to make, named by the laboratory's codes: `BM01_Ang`."""
    return [
        Item(f"{base.stem}_{transformation.code(emotion)}", base.path, base.sha256, emotion)
        for base in bases
        for emotion in transformation.emotions
    ]
