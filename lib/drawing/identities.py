"""Who is drawn: the build of a face, its colours, brows and hair, all from a seed and a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from lib.drawing.mesh_data import Floats, head_mesh, move
from lib.drawing.styles import HairStyle, Palette, choose_hair, choose_palette

Race = Literal["Black", "Caucasian", "Korean"]
Gender = Literal["Man", "Woman"]
Population = Literal["study", "training"]
RACES: tuple[Race, ...] = ("Black", "Caucasian", "Korean")
GENDERS: tuple[Gender, ...] = ("Man", "Woman")
POPULATIONS: tuple[Population, ...] = ("study", "training")
SEED = 20260222

MESH_RACES = {"Black": "african", "Caucasian": "caucasian", "Korean": "asian"}
MESH_GENDERS = {"Man": "male", "Woman": "female"}
TYPICAL = 1.12
"""How strongly race and gender shape a face: above 1, beyond the average of the mesh's own templates."""
PAIRED = (
    "eyes/{}-eye-scale-decr eyes/{}-eye-scale-incr",
    "eyes/{}-eye-height2-decr eyes/{}-eye-height2-incr",
    "eyes/{}-eye-corner1-down eyes/{}-eye-corner1-up",
    "eyes/{}-eye-corner2-down eyes/{}-eye-corner2-up",
    "eyes/{}-eye-trans-in eyes/{}-eye-trans-out",
    "eyes/{}-eye-eyefold-down eyes/{}-eye-eyefold-up",
    "eyes/{}-eye-bag-decr eyes/{}-eye-bag-incr",
    "cheek/{}-cheek-bones-decr cheek/{}-cheek-bones-incr",
    "cheek/{}-cheek-volume-decr cheek/{}-cheek-volume-incr",
    "cheek/{}-cheek-inner-decr cheek/{}-cheek-inner-incr",
    "ears/{}-ear-scale-decr ears/{}-ear-scale-incr",
    "ears/{}-ear-wing-decr ears/{}-ear-wing-incr",
)
SINGLE = (
    "head/head-scale-vert-decr head/head-scale-vert-incr",
    "head/head-scale-horiz-decr head/head-scale-horiz-incr",
    "head/head-fat-decr head/head-fat-incr",
    "head/head-angle-in head/head-angle-out",
    "forehead/forehead-scale-vert-decr forehead/forehead-scale-vert-incr",
    "forehead/forehead-temple-decr forehead/forehead-temple-incr",
    "eyebrows/eyebrows-trans-down eyebrows/eyebrows-trans-up",
    "eyebrows/eyebrows-angle-down eyebrows/eyebrows-angle-up",
    "nose/nose-scale-vert-decr nose/nose-scale-vert-incr",
    "nose/nose-scale-horiz-decr nose/nose-scale-horiz-incr",
    "nose/nose-scale-depth-decr nose/nose-scale-depth-incr",
    "nose/nose-width1-decr nose/nose-width1-incr",
    "nose/nose-width2-decr nose/nose-width2-incr",
    "nose/nose-width3-decr nose/nose-width3-incr",
    "nose/nose-hump-decr nose/nose-hump-incr",
    "nose/nose-point-down nose/nose-point-up",
    "nose/nose-point-width-decr nose/nose-point-width-incr",
    "nose/nose-volume-decr nose/nose-volume-incr",
    "nose/nose-flaring-decr nose/nose-flaring-incr",
    "mouth/mouth-scale-horiz-decr mouth/mouth-scale-horiz-incr",
    "mouth/mouth-scale-vert-decr mouth/mouth-scale-vert-incr",
    "mouth/mouth-lowerlip-volume-decr mouth/mouth-lowerlip-volume-incr",
    "mouth/mouth-upperlip-volume-decr mouth/mouth-upperlip-volume-incr",
    "mouth/mouth-cupidsbow-decr mouth/mouth-cupidsbow-incr",
    "mouth/mouth-trans-down mouth/mouth-trans-up",
    "chin/chin-width-decr chin/chin-width-incr",
    "chin/chin-height-decr chin/chin-height-incr",
    "chin/chin-prominent-decr chin/chin-prominent-incr",
    "chin/chin-bones-decr chin/chin-bones-incr",
    "chin/chin-jaw-drop-decr chin/chin-jaw-drop-incr",
)
ASYMMETRIES = ("brown-1", "cheek-1", "eye-1", "jaw-1", "mouth-1", "nose-1")
OUTLINES = ("oval", "round", "rectangular", "square", "triangular", "invertedtriangular", "diamond")
"""Shapes of the head; which of them a group gets is in `OUTLINES_OF`."""
OUTLINES_OF = {"Man": OUTLINES, "Woman": ("oval", "oval", "round", "invertedtriangular", "diamond")}
EVERYBODY = {
    f"eyes/{side}-eye-{name}": weight
    for side in "lr"
    for name, weight in (("scale-incr", 0.30), ("height1-incr", 0.25), ("height2-incr", 0.40), ("height3-incr", 0.25))
}
"""What the base mesh lacks in everybody: eyes as large and as open as in photographs."""
RACE_TYPE: dict[str, dict[str, float]] = {
    "Black": {"nose/nose-width3-incr": 0.25, "mouth/mouth-lowerlip-volume-incr": 0.2},
    "Caucasian": {"nose/nose-width3-decr": 0.15, "nose/nose-greek-incr": 0.1},
    "Korean": {
        "eyes/l-eye-epicanthus-in": 0.5, "eyes/r-eye-epicanthus-in": 0.5,
        "eyes/l-eye-eyefold-down": 0.30, "eyes/r-eye-eyefold-down": 0.30,
        "eyes/l-eye-height2-decr": 0.15, "eyes/r-eye-height2-decr": 0.15,
        "cheek/l-cheek-bones-incr": 0.25, "cheek/r-cheek-bones-incr": 0.25,
        "nose/nose-greek-decr": 0.25,
    },
}  # fmt: skip
GENDER_TYPE: dict[str, dict[str, float]] = {
    "Man": {"chin/chin-bones-incr": 0.2, "head/head-fat-decr": 0.1, "chin/chin-prominent-incr": 0.1},
    "Woman": {
        "chin/chin-bones-decr": 0.35, "chin/chin-width-decr": 0.35, "chin/chin-height-decr": 0.15,
        "eyes/l-eye-scale-incr": 0.08, "eyes/r-eye-scale-incr": 0.08, "nose/nose-scale-horiz-decr": 0.10,
        "nose/nose-hump-decr": 0.2, "mouth/mouth-upperlip-volume-incr": 0.15, "neck/neck-scale-horiz-decr": 0.3,
        "nose/nose-scale-depth-decr": 0.1, "eyebrows/eyebrows-trans-up": 0.2,
    },
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Which person: a cell of the design, a number in it, and the population it belongs to.

    `population` keeps apart the people of the study (`study`) and those that a rater may be trained on (`training`):
    the same number in the other population is somebody else.
    """

    race: Race
    gender: Gender
    number: int
    population: Population = "study"
    seed: int = SEED

    @property
    def name(self) -> str:
        """Such as `BM01`, with a `T` in front for those of the training population."""
        return f"{'T' if self.population == 'training' else ''}{self.race[0]}{self.gender[0]}{self.number:02d}"

    def stream(self, *more: int) -> np.random.Generator:
        """Random numbers that depend on this person and on `more`, nothing else."""
        cell = (POPULATIONS.index(self.population), RACES.index(self.race), GENDERS.index(self.gender))
        return np.random.default_rng([self.seed, *cell, self.number, *more])


@dataclass(frozen=True)
class Brow:
    """How the eyebrows are drawn, in decimetres: height above the eye's centre, thickness, arch; density 0 to 1."""

    height: float
    thickness: float
    arch: float
    density: float


@dataclass(frozen=True)
class Identity:
    """A person's neutral face: everything that the six expressions share.

    `vertices` are in decimetres, a row for each of `HeadMesh.rest`, the eyes where they are at rest.
    `texture` seeds the pattern of skin and hair.
    """

    person: Person
    vertices: Floats
    palette: Palette
    brow: Brow
    hair: HairStyle
    texture: int


def make_identity(person: Person) -> Identity:
    """Draw a person's build, colours and hair from their own stream of random numbers; about 5 ms."""
    random = person.stream()
    vertices = head_mesh().rest.copy()
    move(vertices, _build(person, random))
    vertices -= _eyes_of(vertices) - _eyes_of(head_mesh().rest)
    palette = choose_palette(person.race, person.gender, random)
    man = person.gender == "Man"
    brow = Brow(
        height=random.uniform(0.235, 0.255) if man else random.uniform(0.25, 0.275),
        thickness=random.uniform(0.036, 0.052) if man else random.uniform(0.024, 0.034),
        arch=random.uniform(0.0, 0.5) if man else random.uniform(0.3, 1.0),
        density=random.uniform(0.7, 0.95) if man else random.uniform(0.6, 0.85),
    )
    hair = choose_hair(person.race, person.gender, random)
    return Identity(person, vertices, palette, brow, hair, int(random.integers(1 << 31)))


def _eyes_of(vertices: Floats) -> Floats:
    """Middle between the eyes; it rises and falls with the height of the body, which no picture shows."""
    mesh = head_mesh()
    return np.asarray(vertices[np.concatenate([mesh.left_eye, mesh.right_eye])].mean(axis=0))


def _build(person: Person, random: np.random.Generator) -> dict[str, float]:
    """Weights of the mesh's targets: the type of the group, then what is this person's own."""
    weights: dict[str, float] = {}

    def add(name: str, weight: float) -> None:
        weights[name] = weights.get(name, 0.0) + float(weight)

    race, gender = MESH_RACES[person.race], MESH_GENDERS[person.gender]
    # What lies beyond 1 is taken from the others, so that the size of the head does not change.
    for other_race in MESH_RACES.values():
        of_race = TYPICAL if other_race == race else (1 - TYPICAL) / 2
        for other_gender in MESH_GENDERS.values():
            of_gender = TYPICAL if other_gender == gender else 1 - TYPICAL
            add(f"macrodetails/{other_race}-{other_gender}-young", of_race * of_gender)
    weight = random.uniform(-0.5, 0.35)
    plump = "max" if weight > 0 else "min"
    add(f"macrodetails/universal-{gender}-young-averagemuscle-averageweight", 1 - abs(weight))
    add(f"macrodetails/universal-{gender}-young-averagemuscle-{plump}weight", abs(weight))
    for type_weights in (EVERYBODY, RACE_TYPE[person.race], GENDER_TYPE[person.gender]):
        for name, value in type_weights.items():
            add(name, value)
    for pair in SINGLE:
        add(*_one_of(pair, random.normal(0, 0.23), 0.5))
    for pair in PAIRED:
        value = random.normal(0, 0.22)
        for side in "lr":
            add(*_one_of(pair.format(side, side), value, 0.5))
    outlines = OUTLINES_OF[person.gender]
    add(f"head/head-{outlines[random.integers(len(outlines))]}", random.uniform(0.1, 0.4))
    for name in ASYMMETRIES:
        add(f"asym/asym-{name}-{'lr'[random.integers(2)]}", random.uniform(0, 0.3))
    return weights


def _one_of(pair: str, value: float, most: float) -> tuple[str, float]:
    """The target that lessens or the one that adds, and how much of it."""
    less, more = pair.split()
    bounded = float(np.clip(value, -most, most))
    return (more if bounded > 0 else less), abs(bounded)
