"""On which machines and how many images each ablation was measured in this study, or what it waits for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from lib.chapters.ablated import asked_ablations, common_images
from lib.chapters.real_faces import compared_sets
from lib.contracts.ablation import Ablation, Analysis, retest
from lib.formats import counted
from lib.study_data import StudyData

TRACED: Mapping[Analysis, str] = {"dark-knowledge": "logits", "hidden-states": "hidden", "attention": "attention"}
"""Analyses that change nothing about the questions, and the kind of traces that each is made of."""
MOST_NAMES = 4
"""More machines than these are counted, not named."""
PILOT = "retest"
"""The id of the test-retest pilots in tables; each has an id of its own."""


def measured_on(data: StudyData, ablation: str) -> dict[str, int]:
    """The conditions that an ablation was measured on, and about how many images.

    Parameters
    ----------
    data
        The study, of a project.
    ablation
        An ablation's id, or `PILOT` for all pilots.

    Returns
    -------
    dict of str to int
        Condition's id -> number of images: of an ablation with variants those that all of them were asked about, of
        traces those with one, of a second set all of that set, of an analysis of whatever has answered those with an
        answer. Empty where nobody was asked. While the twin stands in, only analyses of whatever has answered have any,
        and their answers are simulated.
    """
    found = retest(2, None, None) if ablation == PILOT else data.project.known.ablation(ablation)
    return _MEASURES.get(found.analysis, _variants)(data, found)


def measured_note(data: StudyData, found: str | Mapping[str, int]) -> str:
    """Say below a table what it was measured on: `Measured on Pocket rater (120 images).` is one such note.

    Parameters
    ----------
    data
        The study.
    found
        An ablation's id (`measured_on`), or numbers of images by condition.
    """
    how = "Simulated answers of" if data.source.uses_twin else "Measured on"
    return f"{how} {_named(data, measured_on(data, found) if isinstance(found, str) else found)}."


def ablations_overview(data: StudyData) -> pl.DataFrame:
    """One row an ablation, in the order of the laboratory's plan.

    Returns
    -------
    polars.DataFrame
        ablation (id), letter (null for none), title, question, measured (conditions and images in words; null where
        nobody was asked), ask (the command that asks).
    """
    how = "simulated answers of " if data.source.uses_twin else ""
    known = sorted(data.project.known.ablations.values(), key=lambda one: (one.letter is None, one.letter or one.title))
    rows = [
        {
            "ablation": name, "letter": one.letter, "title": one.title, "question": one.question,
            "measured": how + named if (named := _named(data, measured_on(data, name))) else None, "ask": ask,
        }
        for name, one, ask in [
            (PILOT, retest(2, None, None), "test-retest -m <condition>"),
            *((one.id, one, f"{f'ablate {one.id}' if _asks(one) else 'infer'} -m <condition>") for one in known),
        ]
    ]  # fmt: skip
    schema = dict.fromkeys(("ablation", "letter", "title", "question", "measured", "ask"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _asks(ablation: Ablation) -> bool:
    return bool(ablation.variants or ablation.traces or ablation.second)


def _named(data: StudyData, found: Mapping[str, int]) -> str:
    by_number: dict[int, list[str]] = {}
    for name, number in found.items():
        by_number.setdefault(number, []).append(data.all_conditions[name].short_name)
    return "; ".join(f"{_listed(names)} ({counted(number, 'image')})" for number, names in by_number.items())


def _listed(names: list[str]) -> str:
    return ", ".join(sorted(names)) if len(names) <= MOST_NAMES else counted(len(names), "machine")


def _variants(data: StudyData, ablation: Ablation) -> dict[str, int]:
    found: dict[str, int] = {}
    for asked in asked_ablations(data, ablation.analysis):
        if asked.ablation.id == ablation.id or ablation.analysis == PILOT:
            found[asked.base] = max(found.get(asked.base, 0), common_images(data, asked).frame.height)
    return {name: number for name, number in found.items() if number}


def _traced(data: StudyData, ablation: Ablation) -> dict[str, int]:
    return {name: frame["image_id"].n_unique() for name, frame in data.traced(TRACED[ablation.analysis]).items()}


def _second(data: StudyData, ablation: Ablation) -> dict[str, int]:
    both = [sets for sets in compared_sets(data) if sets.one.ablation.id == ablation.id]
    return {name: sets.second.images.height for sets in both for name in sets.conditions}


def _answered(data: StudyData, _: Ablation) -> dict[str, int]:
    return {name: frame["image_id"].n_unique() for name, frame in data.predictions.items()}


def _thought(data: StudyData, _: Ablation) -> dict[str, int]:
    thought = {name: frame.filter(pl.col("thinking_tokens") > 0) for name, frame in data.predictions.items()}
    return {name: frame["image_id"].n_unique() for name, frame in thought.items() if frame.height}


_MEASURES: Mapping[Analysis, Callable[[StudyData, Ablation], dict[str, int]]] = {
    "models": _answered, "false-positives": _answered, "thinking": _thought, "real-faces": _second,
    **dict.fromkeys(TRACED, _traced),
}  # fmt: skip
