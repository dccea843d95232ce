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
        Images and repeats that had all their answers before, which stay.
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


def import_words(done: Imported) -> list[str]:
    """What became of the predictions, a line each."""
    said = [
        (done.predictions, f"{done.predictions:,} predictions taken"),
        (done.answers["raw"], f"{done.answers['raw']:,} answers in the machine's own words"),
        (done.answers["value"], f"{done.answers['value']:,} answers known only by their values"),
        (done.kept, f"{done.kept:,} were answered before; those answers stay"),
        (len(done.other), f"{len(done.other):,} had other answers before, which stay: {_some(done.other)}"),
        (len(done.unknown), f"{len(done.unknown):,} are of images that the study does not have: {_some(done.unknown)}"),
        (len(done.twice), f"{len(done.twice):,} are there twice; the first counts: {_some(done.twice)}"),
        (done.repeats, f"{done.repeats:,} are of repeats that the condition does not ask (repeats in its file)"),
        (done.unused, f"{done.unused:,} raw texts not used: one text, but the condition asks step by step"),
        (
            len(done.reread),
            f"{len(done.reread):,} values differ from their raw text, which counts: {_some(done.reread)}",
        ),
        (
            sum(done.unusable.values()),
            f"{sum(done.unusable.values()):,} values changed when read: "
            f"{_some([f'{name} ({count}x)' for name, count in done.unusable.most_common()])}",
        ),
    ]
    return [text for count, text in said if count]


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
