"""What a study lacks for a table or figure, said in its place together with what would make it available."""

from __future__ import annotations

from dataclasses import dataclass

from lib.chapters.conditions import available_dimensions, machine_dimensions
from lib.errors import ParameterError
from lib.study_data import StudyData


@dataclass(frozen=True)
class Lacking:
    """A note that stands where a table or figure would be; notebooks show it as text.

    Attributes
    ----------
    what : str
        What the study has none of.
    cure : str
        What to add.
    """

    what: str
    cure: str

    @property
    def sentence(self) -> str:
        """The note as one line of Markdown."""
        return f"*Not available: this study has no {self.what}. {self.cure}*"

    def _repr_markdown_(self) -> str:
        return self.sentence


def lacking(data: StudyData, *needs: str) -> Lacking | None:
    """Name the first of `needs` that the study lacks; None (false) when it has them all.

    A chapter's cell reads ``lacking(data, "machines") or accuracy_table(...)``.

    Parameters
    ----------
    data
        The study.
    needs
        `conditions` (any, with predictions or without), `asked <kind>` (of kind vlm or fer), `context carry` (any that
        is asked step by step), `machines`, `vlm`, `fer` (conditions with predictions, of that kind), `intended`
        (emotions), `human-null`, `groups` (any factor with levels), `factor <name>`, `dimension <name>`, `dimensions
        two`, `thinking tokens`, `twin`.

    Raises
    ------
    ParameterError
        A need is none of these.
    """
    return next((note for need in needs if (note := _lack(data, need)) is not None), None)


def _lack(data: StudyData, need: str) -> Lacking | None:
    kind, _, name = need.partition(" ")
    kinds = {item.kind for item in data.conditions.values()}
    dimensions = available_dimensions(data)
    known = {
        "conditions": (bool(data.project.conditions), "conditions", _CONDITIONS),
        "asked": (
            any(item.kind == name for item in data.project.conditions.values()),
            f"condition of kind {name}",
            _CONDITIONS,
        ),
        "context": (
            any(item.strategy == "context_carry" for item in data.project.conditions.values()),
            "condition that is asked step by step",
            _CONDITIONS,
        ),
        "machines": (bool(kinds), "conditions with predictions", _PREDICTIONS),
        "vlm": ("vlm" in kinds, "vision-language models with predictions", _PREDICTIONS),
        "fer": ("fer" in kinds, "expression classifiers with predictions", _PREDICTIONS),
        "thinking": (
            kind == "thinking" and _thinks(data),
            "machine that reports thinking tokens",
            "Add a column thinking_tokens to its predictions to get it.",
        ),
        "intended": (
            data.study.emotion.intended,
            "intended emotions",
            "Add a column emotion to its manifest and set `emotion.intended: true` in the study file to get it.",
        ),
        "human-null": (
            data.study.analysis.human_null,
            "held-out person",
            "Set `analysis.human_null: true` in the study file to get it.",
        ),
        "groups": (bool(data.study.group_factors), "factor with levels, such as race or gender", _FACTOR),
        "factor": (name in data.study.group_factors, f"factor {name}", _FACTOR),
        "dimension": (
            name in dimensions,
            f"ratings of {name}",
            f"Add a column {name} to its ratings and a scale {name} under `dimensions` in the study file to get it.",
        ),
        "dimensions": (
            len(machine_dimensions(data)) > 1,
            "second dimension that machines rate",
            "Add it to the ratings and under `dimensions` in the study file to get it.",
        ),
        "twin": (
            data.simulated_note is not None,
            "simulated data",
            "It stands on real ratings; nothing needs to be added.",
        ),
    }
    if kind not in known:
        raise ParameterError(f"needs: got {need!r}, which is none of {', '.join(known)}. Correct the chapter's cell.")
    there, what, cure = known[kind]
    return None if there else Lacking(what, cure)


def _thinks(data: StudyData) -> bool:
    return any(frame["thinking_tokens"].null_count() < frame.height for frame in data.predictions.values())


_PREDICTIONS = "Add predictions where `files.predictions` of the study file says, and a file per condition, to get it."
_CONDITIONS = "Name a folder of condition files under `files.conditions` in the study file to get it."
_FACTOR = "Add its column to the manifest and its levels under `factors` in the study file to get it."
