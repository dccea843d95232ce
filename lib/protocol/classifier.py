"""What a classifier's answer means to a study: labels become categories, raw values come onto the study's scales.

An answer is kept as the raw outputs of the model (`write_outputs`); what they mean is worked out anew whenever it is
read. So a mapping, a range or the choice of derived dimensions can be changed at any time, and nothing is asked again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from lib.contracts.condition import Condition
from lib.contracts.study import Scale, Study
from lib.contracts.yaml_files import nearest
from lib.errors import ParameterError
from lib.protocol.coordinates import COORDINATES
from lib.protocol.parsing import Parsed, Stage

DIGITS = 6
"""Significant digits of raw outputs that are kept: beyond them, batch sizes and processors differ."""
TOLERANCE = 1e-3
"""How far from 1 the sum of all probabilities may be."""
DROP, UNPARSED = "drop", "unparsed"
FLAGS = {
    "clamped": "the raw value was outside the range of the model, and was set to its nearer end",
    "derived": "the dimension was computed from the probabilities of the labels, since the model gives no such value",
    "dropped": "the likeliest label is dropped, and the likeliest of the others counts",
}
FORMS = {
    "neutral": ("neutral",),
    "happy": ("happy", "happiness", "joy"),
    "sad": ("sad", "sadness"),
    "angry": ("angry", "anger"),
    "fear": ("fear", "fearful", "afraid", "scared"),
    "disgust": ("disgust", "disgusted"),
    "surprise": ("surprise", "surprised"),
    "contempt": ("contempt", "contemptuous"),
}
"""Names under which models and studies know one expression."""


class Outputs(msgspec.Struct, frozen=True):
    """The raw outputs of a model for one image: probability by label, raw value by dimension."""

    labels: dict[str, float]
    values: dict[str, float] = {}


def write_outputs(probabilities: Mapping[str, float], values: Mapping[str, float]) -> str:
    """Write raw outputs as the text of an answer: JSON, labels and dimensions by name, numbers to six digits.

    Raises
    ------
    ValueError
        A number is not finite, or a probability is outside 0 to 1.
    """
    if not all(math.isfinite(number) for number in (*probabilities.values(), *values.values())):
        raise ValueError("an output is no number (NaN or infinite)")
    if not all(-TOLERANCE <= number <= 1 + TOLERANCE for number in probabilities.values()):
        raise ValueError(
            f"a probability is outside 0 to 1: {min(probabilities.values())}, {max(probabilities.values())}"
        )
    kept = {
        "labels": {name: min(1.0, max(0.0, _rounded(number))) for name, number in probabilities.items()},
        "values": {name: _rounded(number) for name, number in values.items()},
    }
    return msgspec.json.encode(kept, order="sorted").decode()


def _rounded(number: float) -> float:
    return float(f"{number:.{DIGITS}g}")


def to_scale(raw: float, low: float, high: float, scale: Scale) -> float:
    """Put a raw value from `low` to `high` onto a study's scale, linearly.

    `v = (raw - low) / (high - low) x (scale.high - scale.low) + scale.low`; with -1 to 1 and a scale of 1 to 9 this is
    `v = (raw + 1) / 2 x 8 + 1` of manuscript v5, section 3.4. Raw values outside are not brought back.
    """
    return (raw - low) / (high - low) * (scale.high - scale.low) + scale.low


class ClassifierReader:
    """Reads one classifier's answers for one study.

    Attributes
    ----------
    becomes : dict
        For each label the study's category, `drop` or `unparsed`.

    Raises
    ------
    ParameterError
        A label has neither a category nor a place in the mapping, a label becomes something unknown, or a dimension
        cannot be derived.
    """

    def __init__(self, study: Study, condition: Condition) -> None:
        assert condition.classifier is not None
        self._classifier, self._where = condition.classifier, f"{condition.id}: classifier"
        self._categories = study.emotion.categories
        self._scales = {name: study.dimensions[name] for name in condition.dimensions}
        becomes = {label: self._becomes(label) for label in self._classifier.labels}
        self._refuse_unknown([label for label, own in becomes.items() if own is None])
        self.becomes = {label: own for label, own in becomes.items() if own is not None}
        if not set(self.becomes.values()) & set(self._categories):
            raise ParameterError(
                f"{self._where}.mapping: no label becomes a category of the study {study.id} "
                f"({', '.join(self._categories)}). Map at least one label to one of them."
            )
        derived = [name for name in condition.dimensions if name in self._classifier.derived]
        self._places = {name: self._coordinates(name) for name in derived}

    def read(self, text: str, wanted: tuple[str, ...]) -> Parsed:
        """Read raw outputs as a category and values; pure, and total: no text raises.

        The category is the one whose labels are likeliest together, in doubt the first of the study's; there is none
        where a label that is `unparsed` is likelier than every category. A text that is not what `write_outputs` wrote
        for these labels has no values.
        """
        outputs = self._decoded(text)
        if outputs is None:
            return Parsed(dict.fromkeys(wanted), "none", (), "unusable_value")
        values: dict[str, str | float | None] = {}
        flags: set[str] = set()
        reasons = []
        for step in wanted:
            value, flag, reason = self._emotion(outputs) if step == "emotion" else self._dimension(step, outputs)
            values[step] = value
            flags |= {flag} if flag else set()
            reasons += [reason] if reason else []
        stage: Stage = "none" if all(value is None for value in values.values()) else "json"
        return Parsed(values, stage, tuple(sorted(flags)), reasons[0] if reasons else None)

    def probabilities(self, text: str) -> dict[str, float] | None:
        """Give the probability of each of the study's categories, in its order, once labels are mapped and dropped.

        Returns
        -------
        dict of str to float, or None
            They add up to 1, less what labels that are `unparsed` have; None where the text cannot be read, or all
            probability is dropped.
        """
        outputs = self._decoded(text)
        shares = None if outputs is None else self._shares(outputs)
        return None if shares is None else {category: shares[category] for category in self._categories}

    def _becomes(self, label: str) -> str | None:
        mapped = self._classifier.mapping.get(label)
        if mapped is not None and mapped not in (*self._categories, DROP, UNPARSED):
            known = [*self._categories, DROP, UNPARSED]
            raise ParameterError(
                f"{self._where}.mapping.{label}: got {mapped!r}{nearest(mapped, known)}. "
                f"Give one of {', '.join(known)}."
            )
        if mapped in self._categories:
            return mapped
        alike = (category for category in self._categories if expression(category) == expression(label))
        return label if label in self._categories else next(alike, mapped)

    def _refuse_unknown(self, labels: list[str]) -> None:
        if not labels:
            return
        several = len(labels) > 1
        named = f"label{'s' if several else ''} {', '.join(map(repr, labels))}"
        are = "are no categories" if several else "is no category"
        raise ParameterError(
            f"{self._where}.mapping: says nothing of the {named}, which {are} of the study "
            f"({', '.join(self._categories)}). Add `{labels[0]}: {DROP}`, `{labels[0]}: {UNPARSED}`, or a category"
            f"{', and so for each of them' if several else ''}."
        )

    def _coordinates(self, name: str) -> dict[str, float]:
        own, known = self._classifier.coordinates.get(name, {}), COORDINATES.get(name, {})
        places = {label: own.get(label, known.get(expression(label))) for label in self._classifier.labels}
        lacking = [label for label, place in places.items() if place is None]
        if lacking:
            raise ParameterError(
                f"{self._where}.derived: got {name!r}, but nothing is known of where {lacking[0]!r} lies on it; "
                f"{', '.join(COORDINATES)} are known of {', '.join(COORDINATES['valence'])}. Say where it lies, "
                f"from -1 to 1 (classifier.coordinates.{name}.{lacking[0]}), or take {name!r} out."
            )
        return {label: place for label, place in places.items() if place is not None}

    def _decoded(self, text: str) -> Outputs | None:
        try:
            outputs = msgspec.json.decode(text, type=Outputs)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return None
        usable = set(outputs.labels) == set(self._classifier.labels) and all(
            0 <= number <= 1 for number in outputs.labels.values()
        )
        return outputs if usable and abs(sum(outputs.labels.values()) - 1) <= TOLERANCE else None

    def _shares(self, outputs: Outputs) -> dict[str, float] | None:
        """Probability of each category and of each label that is `unparsed`, together 1; None if all is dropped."""
        shares = dict.fromkeys(self._categories, 0.0)
        for label in self._classifier.labels:  # in their order, so that sums are the same however the text is ordered
            name = label if self.becomes[label] == UNPARSED else self.becomes[label]
            if name != DROP:
                shares[name] = shares.get(name, 0.0) + outputs.labels[label]
        total = sum(shares.values())
        return {name: share / total for name, share in shares.items()} if total > 0 else None

    def _emotion(self, outputs: Outputs) -> tuple[str | None, str | None, str | None]:
        shares = self._shares(outputs)
        if shares is None:
            return None, None, "unknown_category"
        best = max(shares, key=shares.__getitem__)
        if best not in self._categories:
            return None, None, "unknown_category"
        likeliest = max(self._classifier.labels, key=outputs.labels.__getitem__)
        return best, "dropped" if self.becomes[likeliest] == DROP else None, None

    def _dimension(self, name: str, outputs: Outputs) -> tuple[float | None, str | None, str | None]:
        scale, places = self._scales[name], self._places.get(name)
        if places is not None:
            total = sum(outputs.labels.values())
            raw = sum(places[label] * outputs.labels[label] for label in self._classifier.labels) / total
            return to_scale(raw, -1, 1, scale), "derived", None
        if name not in outputs.values:
            return None, None, "missing_key"
        described = self._classifier.values[name]
        value = to_scale(outputs.values[name], described.low, described.high, scale)
        within = min(max(value, scale.low), scale.high)
        return within, "clamped" if within != value else None, None


def expression(name: str) -> str:
    """Give the expression that a label or category is a name of; a name that is not known is its own."""
    folded = name.casefold().strip()
    return next((known for known, forms in FORMS.items() if folded in forms), folded)
