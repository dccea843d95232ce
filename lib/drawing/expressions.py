"""The six expressions: which facial actions make them, how strongly, and how they move the mesh.

Actions follow the prototypes of the Facial Action Coding System (Ekman & Friesen, 1978; AU = action unit) in the names
of the mesh's 52 face units: happiness AU 6 + 12 (+ 25), sadness 1 + 4 + 15 (+ 17), anger 4 + 5 + 7 + 23/24 or with
bared teeth, fear 1 + 2 + 4 + 5 + 20 (+ 25/26), disgust 9 + 10 + 15 (+ 17).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from lib.drawing.mesh_data import Floats, head_mesh, move

Emotion = Literal["happy", "sad", "angry", "fear", "disgust", "neutral"]
Mouth = Literal["closed", "open"]
EMOTIONS: tuple[Emotion, ...] = ("happy", "sad", "angry", "fear", "disgust", "neutral")
CODES = {"happy": "Hap", "sad": "Sad", "angry": "Ang", "fear": "Fea", "disgust": "Dis", "neutral": "Neu"}

BOTH = {
    "browDown", "browOuterUp", "cheekSquint", "eyeBlink", "eyeLookDown", "eyeLookUp", "eyeSquint", "eyeWide",
    "mouthDimple", "mouthFrown", "mouthLowerDown", "mouthPress", "mouthSmile", "mouthStretch", "mouthUpperUp",
    "noseSneer",
}  # fmt: skip
UPPER: dict[str, dict[str, float]] = {
    "neutral": {"mouthSmile": 0.07},
    "happy": {"cheekSquint": 0.85, "eyeSquint": 0.40, "browOuterUp": 0.08},
    "sad": {"browInnerUp": 1.35, "browOblique": 1.0, "browKnit": 0.9, "eyeBlink": 0.24, "eyeLookDown": 0.20},
    "angry": {
        "browDown": 1.55,
        "browKnit": 1.5,
        "browOblique": -0.9,
        "eyeWide": 0.40,
        "eyeSquint": 0.45,
        "noseSneer": 0.45,
    },
    "fear": {"browInnerUp": 1.35, "browOuterUp": 0.40, "browOblique": 0.4, "browKnit": 0.8, "eyeWide": 1.20},
    "disgust": {
        "browDown": 0.65,
        "browKnit": 0.4,
        "noseSneer": 1.50,
        "cheekSquint": 0.9,
        "eyeSquint": 0.85,
        "eyeBlink": 0.12,
    },
}
LOWER: dict[tuple[str, str], dict[str, float]] = {
    ("neutral", "closed"): {},
    ("happy", "closed"): {"mouthSmile": 1.35, "mouthDimple": 0.35, "mouthUpperUp": 0.10},
    ("happy", "open"): {
        "mouthSmile": 1.15, "mouthUpperUp": 0.50, "mouthLowerDown": 0.15, "mouthDimple": 0.3, "jawOpen": 0.17,
    },
    ("sad", "closed"): {"mouthFrown": 0.90, "mouthShrugLower": 0.60, "mouthStretch": 0.10},
    ("sad", "open"): {
        "mouthFrown": 0.85, "mouthShrugLower": 0.35, "mouthStretch": 0.35, "jawOpen": 0.07, "mouthLowerDown": 0.2,
    },
    ("angry", "closed"): {
        "mouthPress": 1.1, "mouthRollUpper": 0.55, "mouthRollLower": 0.45, "mouthFrown": 0.55, "mouthShrugLower": 0.45,
    },
    ("angry", "open"): {
        "mouthUpperUp": 0.60, "mouthLowerDown": 0.95, "mouthStretch": 0.35, "mouthFrown": 0.25, "jawOpen": 0.12,
    },
    ("fear", "closed"): {
        "mouthStretch": 1.25, "mouthLowerDown": 0.65, "mouthUpperUp": 0.10, "mouthFrown": 0.35, "jawOpen": 0.06,
    },
    ("fear", "open"): {
        "mouthStretch": 0.95, "mouthLowerDown": 0.60, "mouthUpperUp": 0.25, "mouthFrown": 0.25, "jawOpen": 0.30,
    },
    ("disgust", "closed"): {"mouthUpperUp": 0.95, "mouthFrown": 0.70, "mouthShrugLower": 0.65},
    ("disgust", "open"): {
        "mouthUpperUp": 1.30, "mouthFrown": 0.65, "mouthShrugLower": 0.40, "mouthLowerDown": 0.15, "jawOpen": 0.08,
    },
}  # fmt: skip
LINES: dict[str, dict[str, float]] = {
    "neutral": {},
    "happy": {"nasolabial": 0.9, "crow": 0.45},
    "sad": {"glabella": 0.45, "forehead_centre": 0.7, "nasolabial": 0.35},
    "angry": {"glabella": 1.0, "nose_root": 0.45, "nasolabial": 0.5},
    "fear": {"forehead": 0.75, "forehead_centre": 0.4, "glabella": 0.25},
    "disgust": {"nasolabial": 1.0, "nose_root": 1.0, "nose_side": 1.0, "glabella": 0.35, "crow": 0.3},
}
"""Furrows of the skin (see `lib.drawing.skin_fields`) and their depth at full intensity."""
LEAST, MOST = 0.6, 1.0
"""Bounds of the intensity of an expression; a neutral face has 0."""


@dataclass(frozen=True)
class Expression:
    """What a face shows.

    Attributes
    ----------
    emotion : str
        One of `EMOTIONS`.
    intensity : float
        0 (neutral) to 1 (full), which scales all actions.
    mouth : str
        `open` or `closed`; which of an emotion's two usual forms is shown.
    actions : tuple of pairs
        Name of a face unit and its own factor around 1; those left out have 1.
    """

    emotion: Emotion
    intensity: float
    mouth: Mouth = "closed"
    actions: tuple[tuple[str, float], ...] = ()

    def weights(self) -> dict[str, float]:
        """Each face unit's weight, left and right apart; `browKnit` and `browOblique` are this project's own."""
        own = dict(self.actions)
        strength = 1.0 if self.emotion == "neutral" else self.intensity
        named = UPPER[self.emotion] | LOWER[self.emotion, self.mouth]
        found: dict[str, float] = {}
        for name, weight in named.items():
            for side in ("Left", "Right") if name in BOTH else ("",):
                found[name + side] = weight * strength * own.get(name + side, own.get(name, 1.0))
        return found

    def lines(self) -> dict[str, float]:
        """Depth of each furrow, 0 to 1; it grows faster than the movement does."""
        return {name: depth * self.intensity**1.5 for name, depth in LINES[self.emotion].items()}


def vary_expression(emotion: Emotion, intensity: float, mouth: Mouth, random: np.random.Generator) -> Expression:
    """Give every action its own strength (SD 10%, left and right apart by SD 5%)."""
    actions = {}
    for name in sorted(UPPER[emotion] | LOWER[emotion, mouth]):
        strength = 1 + float(np.clip(random.normal(0, 0.10), -0.25, 0.25))
        if name in BOTH:
            for side in ("Left", "Right"):
                actions[name + side] = strength * (1 + float(np.clip(random.normal(0, 0.05), -0.12, 0.12)))
        else:
            actions[name] = strength
    return Expression(emotion, 0.0 if emotion == "neutral" else intensity, mouth, tuple(sorted(actions.items())))


def apply_expression(vertices: Floats, expression: Expression) -> Floats:
    """Move a neutral face (vertices, 3) into an expression; the face given stays as it is."""
    moved = vertices.copy()
    weights = expression.weights()
    knit, oblique = weights.pop("browKnit", 0.0), weights.pop("browOblique", 0.0)
    move(moved, {f"faceunits/{name}": weight for name, weight in weights.items()})
    return np.asarray(moved + knit * knit_brows() + oblique * slant_brows())


@cache
def knit_brows() -> Floats:
    """Displacement (vertices, 3) of the inner brows towards the middle, and the bulge between them (AU 4).

    The mesh's own unit only lowers the brows.
    """
    x, y, z = head_mesh().rest.T
    front = np.clip((z - 1.0) / 0.3, 0, 1)
    inner = np.exp(-(((np.abs(x) - 0.20) / 0.13) ** 2) - ((y - 7.50) / 0.13) ** 2) * front
    middle = np.exp(-((x / 0.10) ** 2) - ((y - 7.48) / 0.12) ** 2) * front
    towards = -np.sign(x) * np.minimum(np.abs(x), 0.042) * inner
    return np.stack([towards, 0 * x, 0.03 * middle + 0.015 * inner], axis=1)


@cache
def slant_brows() -> Floats:
    """Displacement (vertices, 3) that raises the inner ends of the brows and lowers their outer ends a little.

    With a negative weight it is the slant of anger: inner ends down to the lids (AU 4), outer ends up.
    """
    x, y, z = head_mesh().rest.T
    front = np.clip((z - 1.0) / 0.3, 0, 1)
    inner = np.exp(-(((np.abs(x) - 0.16) / 0.13) ** 2) - ((y - 7.53) / 0.12) ** 2) * front
    outer = np.exp(-(((np.abs(x) - 0.50) / 0.13) ** 2) - ((y - 7.50) / 0.11) ** 2) * front
    return np.stack([0 * x, 0.045 * inner - 0.022 * outer, 0 * x], axis=1)
