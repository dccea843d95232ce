"""A manipulation check of faces: a classifier is asked as in any run, and its answers become tables and a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from lib.asking.progress import Progress
from lib.asking.report import RunReport
from lib.build.asking import Inquiry, find_condition, inquiry_about, record_coverage
from lib.build.asking_run import ask
from lib.contracts.images import CURE, read_images
from lib.contracts.table_files import ROW, plain_name, read_whole_table
from lib.contracts.yaml_files import nearest
from lib.errors import ParameterError
from lib.files import write_aside, write_text
from lib.metrics.resampling import Resampling
from lib.project import Project
from lib.protocol.classifier import DROP, ClassifierReader
from lib.protocol.image_files import ImageFiles
from lib.protocol.items import study_items
from lib.protocol.replay import replay
from lib.responses.store import read_store
from lib.stimuli.check import ManipulationCheck, check_manipulation, in_quarters
from lib.stimuli.check_page import check_page

DEFAULT = "face-api-drawn"
PAGE = "check.html"
MOST_LEVELS = 12
OWN = frozenset({ROW, "image_id", "file", "emotion", "intended", "predicted", "probability", "shares"})
"""Columns that are no groups, or would be taken for the check's own."""
TABLES = ("images", "accuracy", "levels")


def prepare_check(
    project: Project, name: str, source: Path, also_by: Sequence[str] = ()
) -> tuple[Inquiry, pl.DataFrame]:
    """Make ready to ask a classifier about every image of a set.

    Parameters
    ----------
    project, name
        The study, whose factors and categories the set has, and the classifier's condition.
    source
        The manifest or folder of the set.
    also_by
        More columns of the manifest to group by, besides the study's factors; numbers of more than 12 values are put
        into quarters.

    Returns
    -------
    tuple of Inquiry and polars.DataFrame
        What is about to be asked, and the images as `lib.contracts.images.read_images` gives them, with the
        columns of `also_by`.

    Raises
    ------
    RaterError
        There is no such condition, it is no classifier, or the images cannot be used.
    """
    condition = find_condition(project, name)
    if condition.classifier is None or "emotion" not in condition.steps:
        raise ParameterError(
            f"-m: got {name!r}, which is no classifier of emotions, so there are no probabilities to check with. Take "
            f"one with a section classifier, such as {DEFAULT} (docs/fer.md)."
        )
    images = _with_columns(read_images(source, project.study).frame, source, also_by)
    inquiry = inquiry_about(project, condition, study_items(project.study, condition, images, ImageFiles(source)))
    return replace(inquiry, whole=False), images


async def ask_check(inquiry: Inquiry, *, retry_failed: bool = False, progress: Progress | None = None) -> RunReport:
    """Ask what is open; answers go where `rater infer` puts them, and are asked for by neither again.

    Raises
    ------
    RaterError
        No model; another process asks the same; or the disk is full. Nothing that was answered is lost.
    """
    report = await ask(inquiry, retry_failed=retry_failed, progress=progress)
    project, name = inquiry.project, inquiry.condition.id
    if name in project.known.own_files and project.manifest is not None and project.manifest.exists():
        record_coverage(project, name)  # or pages would take it for one that was asked about the study's own images
    return report


def checked(inquiry: Inquiry, images: pl.DataFrame, also_by: Sequence[str] = ()) -> ManipulationCheck:
    """Hold what is stored against what the images were made to show.

    Raises
    ------
    ParameterError, DataError
        The study has no intended emotions, or no image has an answer.
    """
    study, plan, analysis = inquiry.project.study, inquiry.plan, inquiry.project.study.analysis
    store = read_store(inquiry.project.responses, inquiry.condition.id, detailed=True)
    reader = ClassifierReader(study, inquiry.condition)
    rows, versions = [], set()
    for item in inquiry.items:
        outcome = next(iter(replay(plan, item, 0, store.lookup).outcomes), None)
        stored = store.lookup(outcome.key) if outcome and outcome.key else None
        shares = reader.probabilities(stored.text) if stored else None
        details = store.details(outcome.key) if outcome and outcome.key else None
        versions |= {details.model_version} if details and details.model_version else set()
        predicted = outcome.parsed.values.get("emotion") if outcome and outcome.parsed else None
        rows.append((item.image_id, predicted, shares))
    answered = pl.DataFrame(
        [(image_id, predicted, list((shares or {}).values())) for image_id, predicted, shares in rows],
        schema={"image_id": pl.String, "predicted": pl.String, "shares": pl.List(pl.Float64)}, orient="row",
    )  # fmt: skip
    categories = list(study.emotion.categories)
    place = pl.col("intended").replace_strict(categories, range(len(categories)), return_dtype=pl.Int64)
    answers = (
        images.rename({"intended_emotion": "intended"}, strict=False)
        .join(answered, on="image_id", how="left", maintain_order="left")
        .with_columns(pl.col("shares").list.get(place, null_on_oob=True).alias("probability"))
        .drop("shares")
    )
    return check_manipulation(
        answers, study, Resampling(analysis.seed, analysis.bootstrap_draws, confidence=analysis.confidence),
        condition=inquiry.condition.name, model=", ".join(sorted(versions)) or inquiry.condition.model,
        aside=[label for label, becomes in reader.becomes.items() if becomes == DROP],
        also_by=also_by,
    )  # fmt: skip


def _with_columns(images: pl.DataFrame, source: Path, names: Sequence[str]) -> pl.DataFrame:
    """The images with more columns of their manifest, as texts: levels of a factor."""
    if not names:
        return images
    if source.is_dir():
        raise ParameterError(f"--by: got {names[0]!r}, but {source} is a folder; only a manifest has more columns.")
    table = read_whole_table(source, CURE)
    known = {plain_name(column): column for column in table.columns if plain_name(column) not in OWN}
    for name in names:
        free = [each for each in known if each not in images.columns]
        if name not in free:
            raise ParameterError(
                f"--by: got {name!r}{nearest(name, free)}; besides the study's factors {source.name} has "
                f"{', '.join(free) or 'no columns'}."
            )
        values = table[known[name]].cast(pl.String)
        numbers = values.cast(pl.Float64, strict=False)
        many = values.n_unique() > MOST_LEVELS
        if many and numbers.null_count():
            raise ParameterError(f"--by: got {name!r}, which has {values.n_unique():,} levels; name one with fewer.")
        levels = in_quarters(numbers) if many else values
        own = pl.DataFrame({"image_id": table["image_id"].cast(pl.String), name: levels})
        images = images.join(own, on="image_id", how="left", maintain_order="left")
    return images


def write_check(check: ManipulationCheck, folder: Path, out: Path) -> list[Path]:
    """Write tables and page; give their paths, the page last. `folder` holds the images."""
    tables = {name: getattr(check, name) for name in TABLES} | {"confusion": check.scores.confusion}
    paths = [write_aside(out / f"{name}.csv", frame.write_csv) for name, frame in tables.items()]
    return [*paths, write_text(out / PAGE, check_page(check, folder))]
