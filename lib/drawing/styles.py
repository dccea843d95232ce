"""Colours and hair that people of a group have, from which each person's are drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lib.drawing.mesh_data import Floats

SKINS = {
    "Black": ((0.50, 0.335, 0.255), (0.36, 0.235, 0.180), (0.60, 0.42, 0.32)),
    "Caucasian": ((0.85, 0.68, 0.595), (0.89, 0.735, 0.66), (0.78, 0.60, 0.50)),
    "Korean": ((0.85, 0.69, 0.565), (0.80, 0.635, 0.50), (0.89, 0.745, 0.635)),
}
HAIRS = {
    "Black": ((0.055, 0.045, 0.04), (0.085, 0.062, 0.05)),
    "Caucasian": ((0.30, 0.205, 0.13), (0.52, 0.39, 0.24), (0.16, 0.11, 0.08), (0.40, 0.22, 0.12), (0.66, 0.53, 0.36)),
    "Korean": ((0.06, 0.05, 0.048), (0.115, 0.08, 0.065)),
}
IRISES = {
    "Black": ((0.20, 0.115, 0.065), (0.15, 0.085, 0.05)),
    "Caucasian": ((0.34, 0.46, 0.56), (0.33, 0.21, 0.11), (0.36, 0.41, 0.27), (0.42, 0.50, 0.55)),
    "Korean": ((0.19, 0.115, 0.07), (0.14, 0.085, 0.055)),
}


@dataclass(frozen=True)
class Palette:
    """Colours of a person, sRGB from 0 to 1, and how strong some marks of the skin are, 0 to 1."""

    skin: Floats
    lips: Floats
    hair: Floats
    iris: Floats
    beard: float
    freckles: float
    make_up: float
    age_lines: float


@dataclass(frozen=True)
class HairStyle:
    """How hair grows and falls; lengths in decimetres.

    Attributes
    ----------
    name : str
    length_top, length_side : float
        Of the strands above and beside the head.
    lift : float
        How far strands stand off the scalp, 0 (lying) to 1 (upright).
    comb : str
        `forward`, `back`, `side` (from a parting) or `down` (from a parting to both sides).
    part : float
        Where the parting is, in decimetres to the person's left.
    curl, wave : float
        Radius of tight curls, and swing of loose waves, in decimetres.
    fall : float
        Pull of gravity, 0 to 1.
    hairline : float
        Height of the hairline above its usual place.
    strands : int
    fringe : float
        Length of the strands over the forehead; 0 without fringe.
    tied : bool
        Pulled back into a knot.
    """

    name: str
    length_top: float
    length_side: float
    lift: float
    comb: str
    part: float = 0.0
    curl: float = 0.0
    wave: float = 0.0
    fall: float = 0.3
    hairline: float = 0.0
    strands: int = 4000
    fringe: float = 0.0
    tied: bool = False


STYLES: dict[tuple[str, str], tuple[HairStyle, ...]] = {
    ("Black", "Man"): (
        HairStyle("cropped", 0.05, 0.03, 0.9, "forward", curl=0.012, strands=7000, fall=0),
        HairStyle("short curls", 0.16, 0.06, 1.0, "forward", curl=0.03, strands=6000, fall=0),
        HairStyle("high top", 0.32, 0.05, 1.0, "forward", curl=0.03, strands=6500, fall=0),
    ),
    ("Black", "Woman"): (
        HairStyle("afro", 0.55, 0.50, 1.0, "back", curl=0.045, strands=6500, fall=0),
        HairStyle("tied", 0.9, 0.7, 0.05, "back", curl=0.012, strands=5000, fall=0, tied=True),
        HairStyle("curls", 1.2, 1.2, 0.45, "down", curl=0.05, strands=4500, fall=0.8),
        HairStyle("straight", 2.0, 1.9, 0.14, "down", wave=0.02, strands=4500, fall=1.0),
    ),
    ("Caucasian", "Man"): (
        HairStyle("short", 0.26, 0.10, 0.45, "forward", strands=6500),
        HairStyle("side parting", 0.62, 0.16, 0.30, "side", part=0.32, strands=6000),
        HairStyle("brushed back", 0.60, 0.14, 0.40, "back", strands=6000),
        HairStyle("cropped", 0.08, 0.06, 0.6, "forward", strands=7500),
    ),
    ("Caucasian", "Woman"): (
        HairStyle("straight", 2.2, 2.1, 0.14, "down", wave=0.015, strands=4500, fall=1.0),
        HairStyle("waves", 2.2, 2.1, 0.20, "down", wave=0.07, strands=4500, fall=1.0),
        HairStyle("bob", 1.35, 1.25, 0.20, "down", wave=0.01, strands=4500, fall=1.0),
        HairStyle("tied", 1.0, 0.8, 0.06, "back", strands=5500, fall=0, tied=True),
    ),
    ("Korean", "Man"): (
        HairStyle("fringe", 0.60, 0.14, 0.25, "forward", strands=6500, fringe=0.55, fall=0.5),
        HairStyle("side parting", 0.62, 0.14, 0.34, "side", part=0.30, strands=6500),
        HairStyle("short", 0.30, 0.10, 0.55, "forward", strands=7000),
    ),
    ("Korean", "Woman"): (
        HairStyle("straight", 2.2, 2.1, 0.10, "down", wave=0.008, strands=4800, fall=1.0),
        HairStyle("fringe", 2.2, 2.1, 0.10, "down", wave=0.008, strands=4800, fall=1.0, fringe=0.52),
        HairStyle("bob", 1.35, 1.25, 0.16, "down", wave=0.008, strands=4800, fall=1.0),
        HairStyle("tied", 1.0, 0.8, 0.05, "back", strands=5500, fall=0, tied=True),
    ),
}


def choose_hair(race: str, gender: str, random: np.random.Generator) -> HairStyle:
    """Draw a style of the group and vary its lengths, parting and hairline."""
    styles = STYLES[race, gender]
    style = styles[int(random.integers(len(styles)))]
    side = random.choice([-1.0, 1.0])
    part = side * style.part if style.part else random.choice([0.0, 0.0, 0.22, -0.22])
    long, side_long = random.uniform(0.85, 1.15, 2)
    hairline = random.normal(0, 0.03) + (0.02 if gender == "Man" else 0.0)
    return replace(
        style,
        part=float(part + random.normal(0, 0.03)),
        length_top=style.length_top * float(long),
        length_side=style.length_side * float(side_long),
        hairline=float(np.clip(hairline, -0.06, 0.07)),
    )


def choose_palette(race: str, gender: str, random: np.random.Generator) -> Palette:
    """Draw the colours of skin, lips, hair and eyes, and the strength of beard, freckles, make-up and lines."""
    skin = random.dirichlet([1.6, 1.1, 1.1]) @ np.array(SKINS[race])
    hair = np.array(HAIRS[race])[random.integers(len(HAIRS[race]))] * random.uniform(0.85, 1.15)
    iris = np.array(IRISES[race])[random.integers(len(IRISES[race]))] * random.uniform(0.9, 1.1)
    woman = gender == "Woman"
    tint = np.array([1.0, 0.78, 0.77]) if race == "Black" else np.array([0.90, 0.735, 0.725])
    make_up = float(random.uniform(0.2, 1.0)) if woman else 0.0
    lips = skin * tint * (1 - make_up * np.array([0.04, 0.20, 0.15]))
    return Palette(
        skin=skin,
        lips=lips,
        hair=hair,
        iris=iris,
        beard=0.0 if woman else float(random.choice([0.25, 0.45, 0.7]) * random.uniform(0.6, 1.1)),
        freckles=float(random.random() ** 3) if race == "Caucasian" else 0.0,
        make_up=make_up,
        age_lines=float(random.uniform(0.0, 0.6)),
    )
