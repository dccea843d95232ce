"""What EmotiEffLib's networks take and give, so that a condition cannot describe them wrongly.

Its ONNX files run without the package, which would fetch them from the network and has no way to be given a file.
"""

from __future__ import annotations

from dataclasses import dataclass

from lib.contracts.condition import Condition
from lib.errors import ParameterError

SEVEN = ("Anger", "Disgust", "Fear", "Happiness", "Neutral", "Sadness", "Surprise")
EIGHT = ("Anger", "Contempt", "Disgust", "Fear", "Happiness", "Neutral", "Sadness", "Surprise")
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALVES = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
MODELS = (
    "enet_b0_8_best_vgaf", "enet_b0_8_best_afew", "enet_b2_8", "enet_b0_8_va_mtl", "enet_b2_7", "mbf_va_mtl",
    "mobilevit_va_mtl",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Convention:
    """One network: its labels in order, the side of its images in pixels, mean and deviation, and whether it rates."""

    labels: tuple[str, ...]
    side: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    rates: bool


def convention(model: str) -> Convention:
    """What EmotiEffLib 1.1.1 (`facial_analysis.py`) does for a network of this name."""
    mean, std = HALVES if model.startswith("mbf_") else IMAGENET
    side = 112 if model.startswith("mbf_") else 260 if "_b2_" in model else 224
    return Convention(SEVEN if "_7" in model else EIGHT, side, mean, std, model.endswith("_mtl"))


def check_convention(condition: Condition) -> None:
    """Refuse a condition that describes a network of EmotiEffLib in another way than EmotiEffLib uses it.

    Raises
    ------
    ParameterError
        It is none of its networks, or labels, image or values are others.
    """
    described = condition.classifier
    where = f"condition {condition.id}"
    if condition.model not in MODELS:
        raise ParameterError(f"{where}: model: got {condition.model!r}; EmotiEffLib has {', '.join(MODELS)}.")
    assert described is not None and described.input is not None
    known, image = convention(condition.model), described.input
    places = {name: (place.index, place.low, place.high) for name, place in described.values.items()}
    count = len(known.labels)
    wanted = {"valence": (count, -1, 1), "arousal": (count + 1, -1, 1)} if known.rates else {}
    for key, got, right in (
        ("labels", described.labels, known.labels),
        ("input.size", image.size, (known.side, known.side)),
        ("input.colour", image.colour, "rgb"),
        ("input.fit", image.fit, "stretch"),
        ("input.divide_by", image.divide_by, 255),
        ("input.mean", image.mean, known.mean),
        ("input.std", image.std, known.std),
        ("input.layout", image.layout, "nchw"),
        ("scores.first", described.scores.first, 0),
        ("scores.are", described.scores.are, "logits"),
        ("values (index, low, high)", places, wanted),
    ):
        if got != right:
            raise ParameterError(
                f"{where}: classifier.{key}: got {_shown(got)}, but {condition.model} has {_shown(right)}. "
                "Write that, or take the backend onnx for a network that is not EmotiEffLib's."
            )


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(str, value)) + "]"
    return str(value)
