"""From the text of an answer to a category and values on the scales, or to the reason why there are none."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from lib.contracts.study import Study

Stage = Literal["json", "fence", "regex", "none"]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What an answer says.

    Attributes
    ----------
    values : dict
        For every wanted step a category of the study, a number from low to high of the step's scale, or None.
    stage : str
        Which stage of the cascade gave the values; `none` where no step has a value.
    flags : tuple of str
        What was done to the answer on the way, such as `clamped`; sorted.
    reason : str or None
        Why a step has no value (the first such step); None where all have one.
    """

    values: dict[str, str | float | None]
    stage: Stage
    flags: tuple[str, ...] = ()
    reason: str | None = None


def parse_answer(
    text: str, wanted: tuple[str, ...], study: Study, *, finish_reason: str | None = None, refusal: str | None = None
) -> Parsed:
    """Read an answer; never raises, whatever the text. (First piece: direct JSON only; the cascade follows.)"""
    values: dict[str, str | float | None] = dict.fromkeys(wanted)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return Parsed(values, "none", (), "no_answer")
    for step in wanted:
        value = found.get(step) if isinstance(found, dict) else None
        if (step == "emotion") == isinstance(value, str) and value is not None and not isinstance(value, bool):
            values[step] = value
    missing = None in values.values()
    return Parsed(values, "none" if missing else "json", (), "missing_key" if missing else None)
