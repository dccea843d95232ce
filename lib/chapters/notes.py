"""What is said below tables and figures: that data are simulated, and on which scale."""

from __future__ import annotations

import re

from lib.chapters.claims import listed
from lib.study_data import StudyData

SIMULATED = "Simulated data."
PARTLY_SIMULATED = "Partly simulated data."
EARLIER_DOCUMENT = re.compile(r"\b(of |in |from )(?:the )?((?:manuscripts?|supplement) v|experiment pipeline)")


def figure_note(data: StudyData) -> str | None:
    """The short form of the study's simulated-data note for figures; None on real data.

    The twin simulates all; a study that says of itself what is simulated has measured the rest.
    """
    if not data.simulated_note:
        return None
    return SIMULATED if data.source.uses_twin else PARTLY_SIMULATED


def earlier(data: StudyData, text: str) -> str | None:
    """What the laboratory's earlier documents call a table; None in other studies, which have no such documents.

    "Table 1 of manuscript v5." becomes "Corresponds to Table 1 of the laboratory's manuscript v5."
    """
    if not data.project.is_default:
        return None
    named = EARLIER_DOCUMENT.sub(r"\1the laboratory's \2", text, count=1)
    return f"Corresponds to {named}" if named.startswith(("Table ", "Tables ")) else named


def missing_note(data: StudyData) -> str | None:
    """Name the conditions of the study's parameters that have no predictions; None where all have."""
    missing = [item.name for item in data.missing_conditions.values()]
    return f"Not reported, because predictions are missing: {listed(missing)}." if missing else None


def scale_note(data: StudyData, dimension: str) -> str:
    """Say what the scale of one dimension is, with the labels of its ends."""
    scale = data.study.dimensions[dimension]
    low, high = (f"{end:g}".replace("-", "−") for end in (scale.low, scale.high))
    rated = f"{dimension.capitalize()} was rated from {low} ({scale.low_label}) to {high} ({scale.high_label})."
    return " ".join(filter(None, [rated, derived_note(data, dimension)]))


def derived_note(data: StudyData, dimension: str) -> str | None:
    """Name the classifiers whose values of a dimension are derived; None where there are none."""
    derived = [
        item.short_name
        for item in data.conditions.values()
        if item.classifier is not None and dimension in item.derived
    ]
    if not derived:
        return None
    whose = "its" if len(derived) == 1 else "their"
    return (
        f"Values of {listed(derived)} are derived from the probabilities of {whose} labels: no output of {whose} own."
    )


def scale_ends(data: StudyData, dimension: str) -> tuple[float, float]:
    """Lowest and highest value of a dimension's scale."""
    scale = data.study.dimensions[dimension]
    return scale.low, scale.high


def scale_width(data: StudyData, dimension: str) -> float:
    """From a scale's lowest to its highest value."""
    low, high = scale_ends(data, dimension)
    return high - low
