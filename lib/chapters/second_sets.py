"""Second sets of images, such as photographs beside drawn faces: which there are, and the answers about them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from lib.contracts.ablation import Ablation
from lib.contracts.known_conditions import ABLATIONS
from lib.errors import MissingFileError, ParameterError
from lib.project import Project
from lib.study_data import IMAGES, RATINGS, CheckedStudy, StudyData, predictions_name

NOT_ASKED = {"name", "short_name", "specification", "notes"}
"""Of a condition: what describes it and changes nothing about what is asked."""


@dataclass(frozen=True)
class SecondSet:
    """The study of a second set of images, and who has answered about both.

    Attributes
    ----------
    ablation : Ablation
        What names it.
    project : Project
        The second set's study.
    conditions : tuple of str
        The first study's conditions that have answers, or predictions, about the second set.
    """

    ablation: Ablation
    project: Project
    conditions: tuple[str, ...]

    @property
    def folder(self) -> str:
        """Where its frames are in the first study's cache."""
        return f"second/{self.ablation.id}"

    @property
    def names(self) -> list[str]:
        """Its frames there."""
        return [f"{self.folder}/{name}" for name in (IMAGES, RATINGS, *map(predictions_name, self.conditions))]


def open_second(project: Project, ablation: Ablation) -> Project:
    """Open the study of an ablation's second set.

    Raises
    ------
    ParameterError
        The ablation has none, its file is faulty, or it is not about the same categories and scales.
    MissingFileError
        Its file is not there.
    """
    where = f"{ABLATIONS}/{ablation.id}.yaml: second"
    if ablation.second is None:
        raise ParameterError(f"{where}: is missing. Name the study file of the second set of images.")
    file = project.root / ablation.second
    if not file.is_file():
        raise MissingFileError(
            f"{where}: got {ablation.second!r}, which is not there yet. Import a set of faces (`rater stimuli import`, "
            "docs/stimuli-sets.md) and put the study file that this writes there."
        )
    second = Project(project.root, file, project.sound_only)
    fault = "it is this study itself" if file == project.study_file else _difference(project, second)
    if fault:
        raise ParameterError(f"{where}: got {ablation.second!r}, but {fault}. Only the images may differ.")
    return second


def _difference(project: Project, second: Project) -> str | None:
    """In what, beside its images, the second study is another."""
    first, other = project.study, second.study
    if first.emotion.categories != other.emotion.categories:
        said = [", ".join(study.emotion.categories) for study in (other, first)]
        return f"its emotion.categories are {said[0]}, and not, in this order, {said[1]}"
    for name in dict.fromkeys((*first.machine_dimensions, *other.machine_dimensions)):
        scales = [study.dimensions.get(name) if name in study.machine_dimensions else None for study in (first, other)]
        if None in scales:
            return f"machines are asked for {name} in one of the two studies alone"
        ours, theirs = (scale.model_dump(exclude={"optional"}) for scale in scales if scale)
        if ours != theirs:
            key = next(key for key in ours if ours[key] != theirs[key])
            return f"its dimensions.{name}.{key} is {theirs[key]!r}, and not {ours[key]!r}"
    return None


def refuse_other_settings(project: Project, second: Project, name: str) -> None:
    """Refuse a condition that is asked otherwise in the second study than in the first.

    Raises
    ------
    ParameterError
        It is, or there is none of the name.
    """
    ours, theirs = (one.condition(name).model_dump(exclude=NOT_ASKED) for one in (project, second))
    key = next((key for key in ours if ours[key] != theirs[key]), None)
    if key is not None:
        files = [one.relative(one.known.files(name)[0]) for one in (project, second)]
        raise ParameterError(
            f"{files[1]}: {key}: got {theirs[key]!r}, but {files[0]} has {ours[key]!r}, and a condition must be asked "
            "the same about both sets. Name one folder under files.conditions of both studies."
        )


def second_sets(project: Project) -> list[SecondSet]:
    """The second sets about which conditions of the study have answered, in order of their ids.

    Pages take answers about a second set as they take a study's own: once a condition was asked about all its images.
    A set that does not fit the study (`open_second`), or a condition that is asked otherwise there, is none of its own:
    `rater ablate` says so to whoever wants to ask. None while simulated answers stand in.
    """
    if project.uses_twin:
        return []
    found = []
    for ablation in project.known.ablations.values():
        if ablation.second is None or not (project.root / ablation.second).is_file():
            continue
        try:
            second = open_second(project, ablation)
        except ParameterError:
            continue
        both = [] if second.uses_twin else [name for name in project.conditions if name in second.available]
        both = [name for name in both if _same(project, second, name)]
        if both:
            found.append(SecondSet(ablation, second, tuple(both)))
    return found


def _same(project: Project, second: Project, name: str) -> bool:
    try:
        refuse_other_settings(project, second, name)
    except ParameterError:
        return False
    return True


def second_data(data: StudyData, one: SecondSet) -> StudyData:
    """The checked frames of a second set, which the build has put into the first study's cache.

    What is read counts as an input of the first study's chapter.
    """
    data.read_input(one.project.study_file)
    own = (IMAGES, RATINGS, *map(predictions_name, one.conditions))
    frames = {name: pl.read_parquet(data.read_input(data.project.cache / one.folder / name)) for name in own}
    conditions = {name: data.project.conditions[name] for name in one.conditions}
    return StudyData(CheckedStudy(one.project.study, conditions, frames))
