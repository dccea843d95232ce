"""Ablations, `params/ablations/<id>.yaml`: what is changed about a condition to find out what its answers come from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from lib.contracts.condition import Condition
from lib.contracts.study import Identifier, ProjectPath
from lib.contracts.yaml_files import Parameters, explained, read_parameters
from lib.errors import ParameterError

Analysis = Literal[
    "retest", "label-alone", "single-shot", "temperature", "quantisation", "dark-knowledge", "models", "real-faces",
    "false-positives", "hidden-states", "attention", "thinking",
]  # fmt: skip
BASE = "base"
"""In `label_from`: the condition that is varied."""
RETEST = re.compile(r"retest-r(?P<repeats>[1-9]\d?)(-t(?P<whole>\d)_(?P<tenths>\d{1,2}))?")
PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


def _without_dots(name: str) -> str:
    if not PLAIN_NAME.fullmatch(name):
        raise ValueError("a name here is made of small letters, digits, hyphens and underscores")
    return name


PlainName = Annotated[str, AfterValidator(_without_dots)]


class Variant(Parameters):
    """One way in which a condition is changed.

    `label` names it in tables and figures. `changes` are settings of the condition's file, merged into those of the
    condition that is varied; `label_from: base` is that condition. `order` is the usual order of asking or its reverse,
    and `one_by_one` sends no second question before the first is answered: neither may change any answer.
    """

    label: str
    changes: dict[str, Any] = Field(default_factory=dict)
    order: Literal["usual", "reversed"] = "usual"
    one_by_one: bool = False

    @model_validator(mode="after")
    def _stays_itself(self) -> Variant:
        for name in ("id", "name", "short_name"):
            if name in self.changes:
                raise ValueError(f"changes: {name} is made up from the condition and the label; take it out")
        return self


class Ablation(Parameters):
    """What is changed, about how many images, and which analysis is made of the answers.

    `letter` is the ablation's number in the laboratory's plan (A1 to A9). `base` is the condition that is varied where
    nobody names another; it is asked too, unless no variant is compared with it (`ask_base`). `images` is how many (the
    first so many in the study's order of asking; all if it is left out), and `traces` what is kept of what goes on
    inside the model, as in `rater infer --traces`. Without `variants` the analysis is about what is there. `second` is
    the file of a study of other images, about which conditions are asked as they are (analysis `real-faces`).
    """

    id: PlainName
    letter: str | None = None
    title: str
    question: str
    analysis: Analysis
    base: Identifier | None = None
    ask_base: bool = True
    images: int | None = Field(default=None, ge=2)
    traces: str | None = None
    second: ProjectPath | None = None
    variants: dict[PlainName, Variant] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _second_set_fits(self) -> Ablation:
        if (self.second is not None) != (self.analysis == "real-faces"):
            raise ValueError("second, the study of the second set of images, belongs to the analysis real-faces")
        if self.second is not None and (self.variants or self.images):
            raise ValueError("conditions are asked as they are about all of a second set: take out variants and images")
        return self

    def condition_id(self, base: str, variant: str) -> str:
        """The id of a varied condition: `pocket-rater.temperature.t03`."""
        return f"{base}.{self.id}.{variant}"

    def varied(self, base: Condition) -> dict[str, Condition]:
        """All variants of a condition, by their ids.

        Raises
        ------
        ParameterError
            A change does not fit the condition.
        """
        made = {}
        for name, variant in self.variants.items():
            made[self.condition_id(base.id, name)] = self._vary(base, name, variant)
        return made

    def _vary(self, base: Condition, name: str, variant: Variant) -> Condition:
        content = merged(base.model_dump(exclude_unset=True), variant.changes)
        if variant.changes.get("label_from") == BASE:
            content["label_from"] = base.id
        content |= {
            "id": self.condition_id(base.id, name),
            "name": f"{base.name}, {variant.label}",
            "short_name": f"{base.short_name} {variant.label}",
        }
        try:
            return Condition.model_validate(content)
        except ValidationError as error:
            faults = "; ".join(explained(fault, Condition).removeprefix("the file: ") for fault in error.errors())
            raise ParameterError(
                f"ablation {self.id}: variants.{name}: does not fit the condition {base.id}: {faults}. "
                "Vary another condition (-m), or change the variant."
            ) from error


def merged(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with changes, group by group; a change to None takes a setting out."""
    content = dict(settings)
    for name, change in changes.items():
        known = content.get(name)
        if change is None:
            content.pop(name, None)
        elif isinstance(change, Mapping) and isinstance(known, Mapping):
            content[name] = merged(known, change)
        else:
            content[name] = change
    return content


def retest(repeats: int, temperature: float | None, images: int | None) -> Ablation:
    """The test-retest pilot: the same questions again and again, and once more backwards and one by one.

    Its id says its settings (`retest-r3`, `retest-r3-t0_3`), so that `find_retest` makes the same of the id alone.

    Raises
    ------
    ParameterError
        A number is out of range.
    """
    if not 2 <= repeats <= 99:
        raise ParameterError(f"-r: got {repeats}; ask each question 2 to 99 times.")
    if temperature is not None and not 0 <= temperature <= 2:
        raise ParameterError(f"-t: got {temperature:g}; a temperature is from 0 to 2.")
    said = "" if temperature is None else f"-t{temperature:.2f}".rstrip("0").replace(".", "_")
    name = f"retest-r{repeats}{said}{'0' if said.endswith('_') else ''}"
    found = find_retest(name)
    if found is None or _temperature(name) != temperature:
        raise ParameterError(f"-t: got {temperature}; give a temperature with two decimals at most.")
    return found.model_copy(update={"images": images})


def find_retest(name: str) -> Ablation | None:
    """The pilot that an id says; None if it says none."""
    found = RETEST.fullmatch(name)
    if found is None:
        return None
    repeats, temperature = int(found["repeats"]), _temperature(name)
    drawn = {} if temperature is None else {"decoding": {"temperature": temperature}}
    return Ablation(
        id=name, title="Test-retest", analysis="retest", ask_base=False,
        question="Does a machine that is asked the same again answer the same?",
        variants={
            "again": Variant(label=f"asked {repeats} times", changes={**drawn, "repeats": repeats}),
            "backwards": Variant(
                label="backwards, one by one", changes={**drawn, "repeats": 1}, order="reversed", one_by_one=True
            ),
        },
    )  # fmt: skip


def _temperature(name: str) -> float | None:
    found = RETEST.fullmatch(name)
    return float(f"{found['whole']}.{found['tenths']}") if found and found["whole"] else None


def ablation_files(folder: Path) -> dict[str, Path]:
    """The files of a folder by the id that each is to have, in order of their names; an absent folder holds none."""
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def read_ablation(path: Path) -> Ablation:
    """Read one ablation's file.

    Raises
    ------
    ParameterError
        It cannot be understood, is not named after its id, or has an id of `rater test-retest`.
    """
    ablation = read_parameters(path, Ablation)
    if path.stem != ablation.id:
        raise ParameterError(
            f"{path}: id: got {ablation.id!r}, but the file is named {path.name}. Rename it {ablation.id}.yaml."
        )
    if find_retest(ablation.id) is not None:
        raise ParameterError(f"{path}: id: got {ablation.id!r}, which `rater test-retest` uses. Give it another id.")
    return ablation
