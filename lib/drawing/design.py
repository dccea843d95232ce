"""The factorial design: which images there are, and how intensity, mouth and pose vary over them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib.drawing.camera import Pose
from lib.drawing.expressions import CODES, EMOTIONS, LEAST, MOST, Emotion, Expression, Mouth, vary_expression
from lib.drawing.identities import GENDERS, RACES, SEED, Person, Population
from lib.errors import ParameterError

IDENTITIES = 40


@dataclass(frozen=True)
class Plan:
    """One image of the design."""

    person: Person
    expression: Expression
    pose: Pose

    @property
    def image_id(self) -> str:
        """Such as `BM01_Ang`, after the laboratory's own file names."""
        return f"{self.person.name}_{CODES[self.expression.emotion]}"

    @property
    def file(self) -> str:
        """Such as `Black Man/BM01_Ang.webp`: the laboratory's folders."""
        return f"{self.person.race} {self.person.gender}/{self.image_id}.webp"


def plan_faces(identities: int = IDENTITIES, population: Population = "study", seed: int = SEED) -> list[Plan]:
    """Every race, gender, identity and emotion once, in that order.

    In every cell of race, gender and emotion the intensities are one from each of `identities` equal slices of the
    range from `LEAST` to `MOST`, in an order of the cell's own, and half of the mouths are open: neither can differ
    between groups. An identity's pose is the same in its six images, as where one photograph is edited.

    Parameters
    ----------
    identities
        In each cell of race and gender, 1 to 9999. The first of more identities are not those of fewer: their
        intensities are spread anew; the people themselves are the same.
    population, seed
        See `Person`.

    Raises
    ------
    ParameterError
        `identities` is out of range.
    """
    if not 1 <= identities <= 9999:
        raise ParameterError(f"identities: got {identities!r}, expected 1 to 9999 in each cell of race and gender.")
    plans = []
    for race in RACES:
        for gender in GENDERS:
            nobody = Person(race, gender, 0, population, seed)
            spread = {emotion: _spread(nobody, emotion, identities) for emotion in EMOTIONS}
            for number in range(1, identities + 1):
                person = Person(race, gender, number, population, seed)
                pose = hold_head(person)
                for emotion in EMOTIONS:
                    intensity, mouth = spread[emotion][number - 1]
                    random = person.stream(1 + EMOTIONS.index(emotion))
                    plans.append(Plan(person, vary_expression(emotion, intensity, mouth, random), pose))
    return plans


def hold_head(person: Person) -> Pose:
    """A person's pose: turned by SD 1.6, tilted by SD 1.2, leaning by SD 0.9 degrees, at most twice that."""
    random = person.stream(0)
    yaw, pitch, roll = (spread * float(np.clip(random.normal(), -2, 2)) for spread in (1.6, 1.2, 0.9))
    return Pose(yaw, pitch, roll)


def _spread(cell: Person, emotion: Emotion, identities: int) -> list[tuple[float, Mouth]]:
    random = cell.stream(1 + EMOTIONS.index(emotion))
    slices = (random.permutation(identities) + random.random(identities)) / identities
    opened = random.permutation(identities) % 2 == 1
    if emotion == "neutral":
        return [(0.0, "closed")] * identities
    return [
        (float(round(LEAST + (MOST - LEAST) * share, 4)), "open" if wide else "closed")
        for share, wide in zip(slices, opened, strict=True)
    ]
