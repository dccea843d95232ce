"""A diverse sample of a study's images with a machine's answers, as one page: what is chosen, and where it goes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from lib.backends.local_readiness import cure
from lib.build.asking import Inquiry, find_condition, prepare, real_images
from lib.build.sample_answers import KINDS, Shown, gather
from lib.build.sample_cards import Face
from lib.build.sample_choice import EMOTION, choose_sample, rule_words
from lib.build.sample_page import Told, is_pocket, sample_page
from lib.contracts.condition import Condition
from lib.contracts.table_files import read_whole_table
from lib.errors import BackendUnavailableError, ParameterError
from lib.files import write_text
from lib.project import STUDY_VARIABLE, Project, open_project
from lib.protocol.items import chosen_ids
from lib.roots import root_or_here

DRAWN_STUDIES = ("params/demo.yaml", "params/drawn.yaml")
"""Studies of the drawn faces: the demonstration's, and one for machines that are none of it."""
FOLDER = "sample"
OF_DRAWN = {"renderer", "pixels_sha256"}
"""Columns that only manifests of `rater stimuli draw` have."""
TRACES = ",".join(KINDS)
LOCAL = ("transformers", "mlx")


@dataclass(frozen=True)
class Sample:
    """A sample as it is to be shown.

    Attributes
    ----------
    inquiry : Inquiry
        Of the condition, about these images alone.
    ids : tuple of str
        The images, in the order of the page.
    images : polars.DataFrame
        All of the study's that could have been chosen.
    seed : int
        Of the choice.
    chosen : Path
        The file with the ids, one a line, as `rater infer --images` takes it.
    page : Path
        Where the page goes.
    command : str
        What makes it again.
    """

    inquiry: Inquiry
    ids: tuple[str, ...]
    images: pl.DataFrame
    seed: int
    chosen: Path
    page: Path
    command: str

    @property
    def traces(self) -> str | None:
        """What is kept of the model's inside, as `rater infer --traces` takes it; None where nobody can look in."""
        return TRACES if self.inquiry.condition.backend == "transformers" else None


def sample_project(study: str | None, condition: str) -> Project:
    """The study to sample from: as everywhere, but drawn faces where the paper's own images are not there.

    Those are of the demonstration study if it knows the condition, so that `make demo` and the sample share answers.
    """
    project = open_project(study)
    named = study or os.environ.get(STUDY_VARIABLE)
    if named or (project.manifest is not None and project.manifest.exists()):
        return project
    for name in DRAWN_STUDIES:
        if (project.root / name).is_file():
            project = open_project(name, project.root)
            with suppress(ParameterError):
                project.condition(condition)
                return project
    return project


def prepare_sample(
    project: Project, name: str, n: int, seed: int, *, choice: str | None = None, out: Path | None = None
) -> Sample:
    """Choose the images and make ready to ask about them; writes down which they are.

    Parameters
    ----------
    project, name
        The study, and the condition's id.
    n, seed
        How many images, and the seed of their choice.
    choice
        Only of these, as `rater infer --images` takes it.
    out
        Folder of the page; `cache/sample` of the study by default.

    Raises
    ------
    RaterError
        Condition, prompts or images cannot be used.
    """
    find_condition(project, name)
    images = real_images(project)
    images = images.filter(pl.col("image_id").is_in(chosen_ids(images["image_id"].to_list(), choice)))
    ids = choose_sample(images, project.study, n, seed)
    stem = (out or project.cache / FOLDER) / f"{name}-n{n}-seed{seed}"
    chosen = write_text(stem.with_name(f"{stem.name}.txt").resolve(), "".join(f"{one}\n" for one in ids))
    narrowed = f" --images {choice!r}" if choice else ""
    return Sample(
        inquiry=prepare(project, name, choice=str(chosen)),
        ids=tuple(ids),
        images=images,
        seed=seed,
        chosen=chosen,
        page=chosen.with_suffix(".html"),
        command=project.command(f"sample -n {n} -m {name} --seed {seed}{narrowed}"),
    )


def refuse_without_model(condition: Condition) -> None:
    """Refuse a model of this machine that is not there; loads nothing.

    Raises
    ------
    BackendUnavailableError
        One line with the cure.
    """
    problem = cure(condition.backend, [condition]) if condition.backend in LOCAL else None
    if problem is None:
        return
    if is_pocket(condition) and not (root_or_here() / condition.model).exists():
        cured = "Make them once (docs/pocket.md), or name another machine with -m."
        problem = f"its weights are not in {condition.model}. {cured}"
    raise BackendUnavailableError(f"{condition.id}: {problem}")


def write_sample(sample: Sample) -> tuple[Path, int]:
    """Write the page of what is stored; give its path and how many of its questions have an answer.

    Nothing is written where nothing was answered.
    """
    shown = gather(sample.inquiry, sample.ids)
    answered = sum(step.response is not None for one in shown for step in one.steps)
    if answered:
        project = sample.inquiry.project
        told = Told(
            rule_words(project.study, len(sample.ids), sample.images.height, sample.seed), sample.seed,
            has_drawn_faces(project.manifest), sample.command, f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        )  # fmt: skip
        write_text(sample.page, sample_page(sample.inquiry, shown, _faces(sample, shown), told))
    return sample.page, answered


def has_drawn_faces(manifest: Path | None) -> bool:
    """Whether a study's images are drawn by the project, as their manifest tells."""
    if manifest is None:
        return False
    path = manifest / "manifest.csv" if manifest.is_dir() else manifest
    return path.is_file() and set(read_whole_table(path, "").columns) >= OF_DRAWN


def _faces(sample: Sample, shown: Sequence[Shown]) -> list[Face]:
    """What the manifest says of each image."""
    study = sample.inquiry.project.study
    rows = {row["image_id"]: row for row in sample.images.iter_rows(named=True)}
    return [
        Face(row.get(EMOTION), [(factor.label, str(row[name])) for name, factor in study.factors.items()])
        for row in (rows[one.item.image_id] for one in shown)
    ]
