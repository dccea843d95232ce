"""What a study lacks for a table or figure, said in its place together with what would make it available."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from lib.chapters.conditions import available_dimensions, machine_dimensions
from lib.chapters.measured import measured_on
from lib.chapters.real_faces import compared_sets
from lib.chapters.retest import piloted
from lib.errors import ParameterError
from lib.project import LEDGER
from lib.study_data import StudyData

Test = Callable[[StudyData, str], bool]


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
        `conditions` (any, with predictions or without), `context carry` (any that is asked step by step), `machines`,
        `vlm`, `fer` (conditions with predictions, of that kind), `intended` (emotions), `human-null`, `groups` (any
        factor with levels), `factor <name>`, `dimension <name>`, `dimensions two`, `rated` or `rated <dimension>`
        (machines gave values), `thinking tokens`, `steps` (thinking tokens by step), `answers` (stored ones, from which
        predictions were read), `remarks` (on how any of them was read), `ablation <id>` (asked of anybody), `retest`
        (a pilot of anybody), `second set` (of images, that anybody answered about), `pairs` (planned pairs of
        conditions), `twin`, `ledger` (of published figures).

    Raises
    ------
    ParameterError
        A need is none of these.
    """
    for need in needs:
        kind, _, name = need.partition(" ")
        if kind not in NEEDS:
            known = ", ".join(NEEDS)
            raise ParameterError(f"needs: got {need!r}, which is none of {known}. Correct the chapter's cell.")
        there, what, cure = NEEDS[kind]
        if not there(data, name):
            unknown = kind in ("vlm", "fer") and _answered("machine")(data, name)
            cure = _KIND if unknown else cure
            return Lacking(what.format(name=name or "any dimension"), cure.format(name=name, kind=kind))
    return None


def _asked_step_by_step(data: StudyData, _: str) -> bool:
    return any(item.strategy == "context_carry" for item in data.all_conditions.values())


def _answered(kind: str) -> Test:
    return lambda data, _: any(item.kind == kind for item in data.conditions.values())


def _rated(data: StudyData, dimension: str) -> bool:
    wanted = [name for name in machine_dimensions(data) if dimension in ("", name)]
    return any(frame[name].null_count() < frame.height for frame in data.predictions.values() for name in wanted)


def _thought_by_step(data: StudyData, _: str) -> bool:
    columns = [f"thinking_tokens_{step}" for step in ("emotion", *data.study.machine_dimensions)]
    return any(
        (frame[name] > 0).any() for frame in data.predictions.values() for name in columns if name in frame.columns
    )


def _remarked(data: StudyData, _: str) -> bool:
    noted = pl.col("reason").is_not_null() | (pl.col("flags").list.len() > 0)
    return any(not frame.filter(noted).is_empty() for frame in data.answers.values())


def _paired(data: StudyData, _: str) -> bool:
    return any({pair.first, pair.second} <= set(data.conditions) for pair in data.study.analysis.pairs.values())


def _thought(data: StudyData, _: str) -> bool:
    return any((frame["thinking_tokens"] > 0).any() for frame in data.predictions.values())


def _ablated(data: StudyData, name: str) -> bool:
    return name in data.project.known.ablations and bool(measured_on(data, name))


_PREDICTIONS = "Add predictions where `files.predictions` of the study file says, and a file per condition, to get it."
_KIND = (
    "The kind of some machines is not known: set `kind: {kind}` in the file conditions/<id>.yaml of each that is "
    "one, and give the folder to `rater analyze` with --conditions, to get it."
)
_CONDITIONS = "Name a folder of condition files under `files.conditions` in the study file to get it."
_FACTOR = "Add its column to the manifest and its levels under `factors` in the study file to get it."

NEEDS: dict[str, tuple[Test, str, str]] = {
    "conditions": (lambda data, _: bool(data.all_conditions), "conditions", _CONDITIONS),
    "context": (_asked_step_by_step, "condition that is asked step by step", _CONDITIONS),
    "machines": (lambda data, _: bool(data.conditions), "conditions with predictions", _PREDICTIONS),
    "vlm": (_answered("vlm"), "vision-language models with predictions", _PREDICTIONS),
    "fer": (_answered("fer"), "expression classifiers with predictions", _PREDICTIONS),
    "rated": (_rated, "machine's ratings of {name}", _PREDICTIONS),
    "thinking": (
        _thought,
        "machine that reports thinking tokens",
        "Add a column thinking_tokens to its predictions to get it.",
    ),
    "steps": (
        _thought_by_step,
        "machine that reports the thinking tokens of each step",
        "Add columns thinking_tokens_<step> to its predictions to get it.",
    ),
    "answers": (
        lambda data, _: bool(data.source.answered),
        "stored answers of machines",
        "Ask one with `rater infer -m <condition>` to get it.",
    ),
    "remarks": (
        _remarked,
        "answer that was not read whole and at once",
        "Every answer was JSON as it was asked for, with all values.",
    ),
    "pairs": (
        _paired,
        "planned pair of conditions that both have predictions",
        "Name pairs under `analysis.pairs` in the study file to get it.",
    ),
    "intended": (
        lambda data, _: data.study.emotion.intended,
        "intended emotions",
        "Add a column emotion to its manifest and set `emotion.intended: true` in the study file to get it.",
    ),
    "human-null": (
        lambda data, _: data.study.analysis.human_null,
        "held-out person",
        "Set `analysis.human_null: true` in the study file to get it.",
    ),
    "groups": (lambda data, _: bool(data.study.group_factors), "factor with levels, such as race or gender", _FACTOR),
    "factor": (lambda data, name: name in data.study.group_factors, "factor {name}", _FACTOR),
    "dimension": (
        lambda data, name: name in available_dimensions(data),
        "ratings of {name}",
        "Add a column {name} to its ratings and a scale {name} under `dimensions` in the study file to get it.",
    ),
    "dimensions": (
        lambda data, _: len(machine_dimensions(data)) > 1,
        "second dimension that machines rate",
        "Add it to the ratings and under `dimensions` in the study file to get it.",
    ),
    "ablation": (
        _ablated,
        "answers to the ablation {name} yet",
        "Ask a model: `rater ablate {name} -m <condition>`; `make demo` asks the pocket rater.",
    ),
    "second": (
        lambda data, _: bool(compared_sets(data)),
        "answers about a second set of images yet",
        "Import one (`rater stimuli import`), put its study file where `second` in params/ablations/real-faces.yaml "
        "says, and ask: `rater ablate real-faces -m <condition>`.",
    ),
    "retest": (
        lambda data, _: bool(piloted(data)),
        "machine that was asked the same again yet",
        "Ask one: `rater test-retest -m <condition>`; `make demo` asks the pocket rater.",
    ),
    "twin": (
        lambda data, _: data.source.uses_twin,
        "simulated data",
        "It stands on real ratings; nothing needs to be added.",
    ),
    "ledger": (
        lambda data, _: data.project.is_default and (data.project.root / LEDGER).is_file(),
        "ledger of published figures",
        "It belongs to the paper's own study; `rater audit` checks anybody's.",
    ),
}
