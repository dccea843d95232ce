"""What became of predictions that were imported, in numbers and in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

SHOWN = 5


@dataclass
class Imported:
    """What became of another program's predictions.

    Attributes
    ----------
    predictions : int
        Images and repeats of which something was taken.
    answers : Counter of str
        Answers that were taken, by where their text comes from: `raw` (the machine's own words) or `value`.
    kept : int
        Images and repeats of which all that could be taken was there before, and stays.
    other : list of str
        Those that had other answers before, which stay; nothing of the file was taken for them.
    unknown : list of str
        Images that the study does not have.
    twice : list of str
        Images that the file has twice in one repeat; the first counts.
    repeats : int
        Predictions of repeats that the condition does not ask.
    unusable : Counter of str
        Values that mean nothing in the study, as `step: value`.
    reread : list of str
        Values that the machine's own words do not say, as they are read here; the words count.
    unused : int
        Raw texts that answer no single question of the condition.
    behind : list of str
        Values of steps that the condition would not have come to, as `image step`: an earlier one has no usable value.
    nothing : int
        Predictions without an answer to the first question.
    """

    predictions: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    other: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    repeats: int = 0
    unusable: Counter[str] = field(default_factory=Counter)
    reread: list[str] = field(default_factory=list)
    unused: int = 0
    behind: list[str] = field(default_factory=list)
    nothing: int = 0


def import_words(done: Imported) -> list[str]:
    """What became of the predictions, a line each."""
    unusable = [f"{name} ({count}x)" for name, count in done.unusable.most_common()]
    said: list[tuple[str, int, list[str]]] = [
        ("predictions taken", done.predictions, []),
        ("answers in the machine's own words", done.answers["raw"], []),
        ("answers known only by their values", done.answers["value"], []),
        ("predictions that were there already, which stay", done.kept, []),
        ("predictions without an answer to the first question", done.nothing, []),
        ("images with other answers before, which stay", len(done.other), done.other),
        ("images that the study does not have", len(done.unknown), done.unknown),
        ("images that are in the file twice; the first counts", len(done.twice), done.twice),
        ("predictions of repeats that the condition does not ask (repeats in its file)", done.repeats, []),
        ("raw texts not used, since the condition asks step by step", done.unused, []),
        ("values not taken, since an earlier step has no usable value", len(done.behind), done.behind),
        ("values that differ from their raw text, which counts", len(done.reread), done.reread),
        ("values that changed when they were read", sum(done.unusable.values()), unusable),
    ]
    return [f"{name}: {count:,}{_some(names)}" for name, count, names in said if count]


def _some(names: list[str]) -> str:
    return f" ({', '.join(names[:SHOWN])}{', ...' if len(names) > SHOWN else ''})" if names else ""
