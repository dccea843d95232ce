"""How much traces take: forecast from the model's shape, measured on the first question, and held against the disk."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from lib.errors import BuildError
from lib.traces.choosing import TOP, Choice

RESERVE = 1 << 30
"""Bytes that are left free for answers, notebooks and whatever else writes."""
MEMORY = 512 << 20
"""Bytes that traces of questions asked side by side may take before they are written."""
PIECE = 24
"""Bytes of the text of one likely token."""
LINE = 1_500
"""Bytes of a line of the manifest, and of what a file says about its arrays."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides how large traces are.

    Attributes
    ----------
    layers, heads, width : int
        Of the language model.
    seeing : int
        Its layers that see the image.
    places : int
        Of the image's grid; 0 without image.
    vision : int
        Places times heads times layers of the vision tower.
    answer, longest : int
        Tokens of an answer as expected, and at most.
    thinking : int
        Tokens of thinking at most.
    """

    layers: int
    heads: int
    width: int
    seeing: int
    places: int
    vision: int
    answer: int
    longest: int
    thinking: int = 0


def bytes_of_question(choice: Choice, shape: Shape) -> int:
    """Bytes that one question's traces take on disk as expected, before anything was measured."""
    total = 0
    seeing = len(choice.layers.get("attention", ())) or shape.seeing
    if "attention" in choice.kinds:
        maps = seeing * shape.places * (shape.heads + shape.answer) * 2
        total += maps + seeing * shape.heads * shape.answer * 4 + LINE
    if "logits" in choice.kinds:
        total += (shape.answer + shape.thinking) * TOP * (8 + PIECE) + LINE
    if "hidden" in choice.kinds:
        total += 2 * len(choice.hidden_layers(shape.layers)) * shape.width * 2 + LINE
    if "vision" in choice.kinds:
        total += shape.vision * 2 + LINE
    return total


def memory_of_question(choice: Choice, shape: Shape) -> int:
    """Most bytes that one question's traces take in memory until they are written."""
    total = (shape.longest + shape.thinking) * TOP * 12 if "logits" in choice.kinds else 0
    if "attention" in choice.kinds:
        total += 2 * 4 * shape.longest * shape.seeing * shape.heads * shape.places
    if "hidden" in choice.kinds:
        total += 2 * 4 * shape.longest * len(choice.hidden_layers(shape.layers)) * shape.width
    return total + (2 * 4 * shape.vision if "vision" in choice.kinds else 0)


def side_by_side(choice: Choice, shape: Shape) -> int:
    """How many questions may be asked at once so that their traces fit into memory."""
    return max(1, MEMORY // max(1, memory_of_question(choice, shape)))


def free_bytes(folder: Path) -> int:
    """Free bytes of the disk that a folder is, or will be, on."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def refuse_if_full(condition: str, needed: int, free: int, how: str) -> None:
    """Refuse to begin, or to go on, where the disk will not hold what is to come.

    Raises
    ------
    BuildError
        With both figures and the cure.
    """
    if needed + RESERVE > free:
        raise BuildError(
            f"{condition}: --traces: what is still to be traced takes {size_text(needed)} ({how}), and "
            f"{size_text(free)} are free, of which {size_text(RESERVE)} stay so. Free some disk space, trace fewer "
            "kinds or layers (--traces attention:8+16,logits), or fewer images (--limit). Answers are kept."
        )


def size_text(size: float) -> str:
    """Bytes in words, to three digits: `1.25 GB`."""
    for unit, least in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= 0.9995 * least:
            return f"{float(f'{size / least:.3g}'):g} {unit}"
    return f"{size:.0f} bytes"
