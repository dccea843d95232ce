"""What an ablation asks: the varied condition and its variants, in an order in which each can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lib.build.asking import find_condition
from lib.chapters.second_sets import open_second, refuse_other_settings
from lib.contracts.ablation import Ablation
from lib.contracts.condition import Condition
from lib.errors import ParameterError
from lib.project import Project
from lib.responses.store import read_store


@dataclass(frozen=True)
class AblationRun:
    """One ablation of one condition.

    Attributes
    ----------
    ablation : Ablation
        What is varied.
    base : Condition
        The condition that is varied.
    waves : list of list of str
        Ids of conditions, in the order of asking: those of one wave need answers of the waves before.
    """

    ablation: Ablation
    base: Condition
    waves: list[list[str]]

    @property
    def conditions(self) -> list[str]:
        """All ids; the base first, where it is asked."""
        return [name for wave in self.waves for name in wave]


def plan_ablation(project: Project, ablation: Ablation, base: str | None) -> AblationRun:
    """Say what an ablation asks of a condition.

    Parameters
    ----------
    project, ablation
        The study, and what is varied.
    base
        The condition; None for the ablation's own.

    Raises
    ------
    ParameterError, BackendUnavailableError
        No condition is named, there is none of the name, or a variant does not fit it or its backend.
    """
    name = base or ablation.base
    if name is None and not ablation.variants and ablation.second is None:
        raise ParameterError(
            f"{ablation.id}: asks nothing of its own, since it is about whatever has answered. "
            f"Ask conditions: {project.command('infer -m <id>')}"
        )
    if name is None:
        raise ParameterError(f"-m: is missing; {ablation.id} names no condition of its own. Say which to vary.")
    condition = find_condition(project, name)
    if ablation.variants and project.known.variant(name) is not None:
        raise ParameterError(f"-m: got {name!r}, which is a variant itself. Vary {name.rsplit('.', 2)[0]}.")
    varied = ablation.varied(condition)
    for each in varied:
        find_condition(project, each)
    first = [each for each, made in varied.items() if made.label_from not in {name, *varied}]
    then = [each for each in varied if each not in first]
    asked = [name] if ablation.ask_base or then else []
    return AblationRun(ablation, condition, [wave for wave in ([*asked, *first], then) if wave])


def study_asked(project: Project, ablation: Ablation, bases: Sequence[str | None]) -> Project:
    """Give the study whose images an ablation asks conditions about: its second set's, or the project's own.

    Raises
    ------
    MissingFileError
        The second set's study is not there.
    ParameterError
        It is not about the same categories and scales, or asks one of the conditions otherwise.
    """
    if ablation.second is None:
        return project
    second = open_second(project, ablation)
    for name in bases:
        if name or ablation.base:
            refuse_other_settings(project, second, name or str(ablation.base))
    return second


def spent_on(project: Project, conditions: list[str]) -> float:
    """What the answers of some conditions have cost up to now, in whatever currency they are billed."""
    return sum(sum(read_store(project.responses, name).spent().values()) for name in conditions)
