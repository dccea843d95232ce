"""A diverse sample of a study's images, chosen by a rule that anybody can repeat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import polars as pl

from lib.contracts.study import Study
from lib.errors import ParameterError
from lib.formats import counted
from lib.protocol.items import asking_order

EMOTION = "intended_emotion"
NOTHING = ""
"""Stands for the emotion, or the person, in a study that does not know it."""


@dataclass(frozen=True, slots=True)
class Face:
    """One image as the rule sees it: its emotion, who is shown, and its level of every other factor."""

    image_id: str
    emotion: str
    person: str
    levels: tuple[tuple[str, str], ...]


def choose_sample(images: pl.DataFrame, study: Study, n: int, seed: int) -> list[str]:
    """Choose images that differ as much as the design allows.

    Emotions come first: of any two, one is shown at most once more than the other, unless it has no more images. Within
    that nobody is shown more often than must be. What is free then is chosen image by image: the one whose levels of
    the study's other factors were least often shown before, then whose combinations were, then the first in an order
    that the seed gives (`lib.protocol.items.asking_order`).

    Parameters
    ----------
    images
        image_id, one column a factor, and intended_emotion where the study has it (`lib.contracts.images`).
    study
        Says which columns are factors. The first without levels says who is shown; there may be none.
    n
        How many images; all if there are no more.
    seed
        Another one gives another sample.

    Returns
    -------
    list of str
        Their ids, by emotion in the study's order and within one as chosen. The same for the same images, in whatever
        order they stand.

    Raises
    ------
    ParameterError
        `n` is less than 1.
    """
    if n < 1:
        raise ParameterError(f"-n: got {n}; give the number of images to show, 1 or more.")
    faces = _faces(images, study, seed)
    rule = _Rule(faces, min(n, len(faces)))
    taken = [rule.take() for _ in range(rule.n)]
    order = {name: place for place, name in enumerate(study.emotion.categories)}
    return [face.image_id for face in sorted(taken, key=lambda face: order.get(face.emotion, len(order)))]


def person_factor(study: Study) -> str | None:
    """The factor that says who is shown: the first without levels, such as identity; None where there is none."""
    return next((name for name, factor in study.factors.items() if not factor.levels), None)


def rule_words(study: Study, chosen: int, available: int, seed: int) -> str:
    """The rule as a sentence, as it worked out in one study."""
    person = person_factor(study)
    others = [factor.label.lower() for name, factor in study.factors.items() if name != person]
    parts = [
        *(["spread evenly over the intended emotions"] if study.emotion.intended else []),
        *(["nobody twice where that could be avoided"] if person else []),
        *([f"then balanced over {' and '.join(others)}"] if others else []),
        f"and what was free then as seed {seed} says",
    ]
    return f"{counted(chosen, 'image')} of {available:,}, {', '.join(parts)}. The answers played no part in the choice."


def _faces(images: pl.DataFrame, study: Study, seed: int) -> list[Face]:
    """All faces in the order of the seed."""
    person = person_factor(study)
    others = [name for name in study.factors if name != person]
    rows = {row["image_id"]: row for row in images.iter_rows(named=True)}
    return [
        Face(
            image_id,
            str(rows[image_id].get(EMOTION) or NOTHING),
            image_id if person is None else str(rows[image_id][person]),
            tuple((name, str(rows[image_id][name])) for name in others),
        )
        for image_id in asking_order(rows, seed)
    ]


class _Rule:
    """Takes faces one by one; keeps emotions and people such that the sample can still be completed as it shall be."""

    def __init__(self, faces: Sequence[Face], n: int) -> None:
        self.n = n
        self._left = list(faces)
        self._stock = Counter((face.emotion, face.person) for face in faces)
        self._least, self._extra = quotas(Counter(face.emotion for face in faces), n)
        self._often = 1
        self._emotions: Counter[str] = Counter()
        self._people: Counter[str] = Counter()
        self._shown: Counter[object] = Counter()
        while not self._can_end():
            self._often += 1

    def take(self) -> Face:
        """The next face; the first by the rule with which the rest can be completed."""
        for face in sorted(self._left, key=self._cost):
            self._count(face, 1)
            if self._can_end():
                self._left.remove(face)
                self._shown.update(chain(face.levels, _pairs(face)))
                return face
            self._count(face, -1)
        raise AssertionError("the sample could be completed before, so one of the faces goes on with it")

    def _cost(self, face: Face) -> tuple[int, ...]:
        return (
            self._emotions[face.emotion],
            self._people[face.person],
            sum(self._shown[level] for level in face.levels),
            sum(self._shown[pair] for pair in _pairs(face)),
        )

    def _count(self, face: Face, by: int) -> None:
        self._emotions[face.emotion] += by
        self._people[face.person] += by
        self._stock[face.emotion, face.person] -= by

    def _can_end(self) -> bool:
        """Whether the places that are left can be filled: the largest flow from emotions to people is as large."""
        above = {name: max(0, self._emotions[name] - least) for name, least in self._least.items()}
        extra = {name for name in self._extra if not above[name]}
        missing = {name: max(0, least - self._emotions[name]) for name, least in self._least.items()}
        free = self.n - sum(self._least.values()) - sum(above.values())
        if free < 0 or any(above[name] > (name in self._extra) for name in above):
            return False
        found = _flow(missing, extra, free, stock=self._stock, shown=self._people, often=self._often)
        return found == free + sum(missing.values())


def quotas(images: Mapping[str, int], n: int) -> tuple[dict[str, int], set[str]]:
    """How often each emotion is shown at least, and which of them may be shown once more.

    Parameters
    ----------
    images
        How many there are of each emotion.
    n
        How many are shown, at most all.
    """
    level = 0
    while sum(min(count, level + 1) for count in images.values()) <= n and level < max(images.values(), default=0):
        level += 1
    return {name: min(count, level) for name, count in images.items()}, {
        name for name, count in images.items() if count > level
    }


def _pairs(face: Face) -> Iterator[object]:
    """The combinations of two of a face's properties, the emotion among them."""
    own = [("", face.emotion), *face.levels]
    return ((first, second) for place, first in enumerate(own) for second in own[place + 1 :])


def _flow(
    missing: Mapping[str, int], extra: set[str], free: int, *,
    stock: Mapping[tuple[str, str], int], shown: Mapping[str, int], often: int,
) -> int:  # fmt: skip
    """How many of the missing places can be filled with nobody shown more than so often (Dinic's maximum flow)."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    emotions = {name: 3 + place for place, name in enumerate(missing)}
    people = {name: 3 + len(emotions) + place for place, name in enumerate(dict.fromkeys(who for _, who in stock))}
    source, sink, pool = 0, 1, 2
    edges = [(source, pool, free)]
    edges += [(source, emotions[name], count) for name, count in missing.items()]
    edges += [(pool, emotions[name], 1) for name in sorted(extra)]
    edges += [(emotions[emotion], people[who], count) for (emotion, who), count in stock.items() if count > 0]
    edges += [(place, sink, often - shown[who]) for who, place in people.items() if often > shown[who]]
    begins, ends, room = (np.array(column, dtype=np.int32) for column in zip(*edges, strict=True))
    size = 3 + len(emotions) + len(people)
    return int(maximum_flow(csr_array((room, (begins, ends)), shape=(size, size)), source, sink).flow_value)
