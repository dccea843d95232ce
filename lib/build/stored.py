"""What looking after stored answers needs of the study: its present questions, and where imports go."""

from __future__ import annotations

from pathlib import Path

from lib.build.asking import condition_items, plan_of, real_images, record_coverage
from lib.contracts.condition import Condition
from lib.contracts.predictions import read_predictions
from lib.errors import DataError, MissingFileError, ParameterError
from lib.files import write_aside
from lib.formats import counted
from lib.project import Project
from lib.protocol.plan import SECTIONS
from lib.protocol.question import Item
from lib.protocol.replay import replay
from lib.responses.foreign import ForeignFile, read_foreign
from lib.responses.imported import Imported, import_words
from lib.responses.importing import import_answers, import_table
from lib.responses.store import has_responses, open_store, read_store

SHOWN = 8


def present_questions(project: Project, condition: Condition) -> set[str]:
    """The keys of all questions that the study asks a condition now, as far as they follow from what is stored.

    Raises
    ------
    RaterError
        The condition asks nothing by prompts, or an image is not there: without it, its answers cannot be told from
        those of images that the study has no more.
    """
    plan, items = plan_of(project, condition), condition_items(project, condition)
    keys: set[str] = set()
    store = read_store(project.responses, condition.id)
    for item in items:
        for repeat in range(condition.repeats):
            replayed = replay(plan, item, repeat, store.lookup)
            keys |= {outcome.key for outcome in replayed.outcomes if outcome.key}
            if replayed.pending is not None:
                keys.add(replayed.pending.key)
    store.close()
    return keys


def import_file(project: Project, condition: Condition, path: Path) -> list[str]:
    """Import another program's predictions: into the store where the images are there, else as a table.

    Returns
    -------
    list of str
        What was recognised, what became of it, and where it went.

    Raises
    ------
    RaterError
        The file holds no predictions, a run holds the condition, or the condition has a table of predictions already.
    """
    found = read_foreign(path, condition.steps)
    said = _recognised(found)
    items, reason = _items(project, condition)
    if items is None:
        return [*said, *_import_table(project, condition, found, reason)]
    with open_store(project.responses, condition.id) as store:
        done = import_answers(store, plan_of(project, condition), items, found.records)
        said += store.report.warnings()
    record_coverage(project, condition.id)
    if not done.predictions:
        return [*said, *import_words(done), "Nothing was taken."]
    folder = project.relative(project.responses / condition.id)
    return [*said, *import_words(done), f"Images are there: stored as answers of {condition.id} in {folder}."]


def _items(project: Project, condition: Condition) -> tuple[list[Item] | None, str]:
    """The condition's items; None, with the reason, where its questions cannot be told."""
    if condition.strategy not in SECTIONS:
        return None, f"{condition.id} asks nothing by prompts"
    try:
        return condition_items(project, condition), ""
    except (MissingFileError, ParameterError) as error:
        return None, f"images are not there ({str(error).split('. ')[0]})"


def _import_table(project: Project, condition: Condition, found: ForeignFile, reason: str) -> list[str]:
    folder = project.study.files.predictions
    if folder is None:
        raise ParameterError(
            f"{project.relative(project.study_file)}: files.predictions: is not set, so there is no folder for the "
            f"predictions of {condition.id}. Name one."
        )
    if has_responses(project.responses, condition.id):
        raise DataError(
            f"{project.relative(project.responses / condition.id)}: holds answers already, and no table is written "
            f"beside them, but {reason}. Put the images there, then the same command adds to these answers."
        )
    target = project.root / folder / f"{condition.id}.csv"
    for present in (target, target.with_suffix(".parquet")):
        if present.exists():
            raise DataError(f"{project.relative(present)}: is there already and stays. Move it away to import anew.")
    done = Imported()
    frame = import_table(project.study, condition, found.records, _known_images(project), done)
    if not frame.height:
        return [*import_words(done), "Nothing was taken, and no file written."]

    def write(temporary: Path) -> None:
        frame.write_csv(temporary)
        read_predictions(temporary, condition, project.study)

    write_aside(target, write)
    return [*import_words(done), f"Written to {project.relative(target)} instead, since {reason}."]


def _known_images(project: Project) -> dict[str, str] | None:
    """Names and file names of the study's images, where its manifest is there."""
    try:
        images = real_images(project)
    except MissingFileError:
        return None
    files = {Path(file).name: image_id for image_id, file in images.select("image_id", "file").iter_rows() if file}
    return files | {image_id: image_id for image_id in images["image_id"]}


def _recognised(found: ForeignFile) -> list[str]:
    said = [
        f"{counted(len(found.records), 'prediction')} read; recognised: "
        + ", ".join(f"{name} ({count:,})" for name, count in found.recognised.most_common())
    ]
    if found.unrecognised:
        names = [f"{name} ({count:,})" for name, count in found.unrecognised.most_common(SHOWN)]
        more = ", ..." if len(found.unrecognised) > SHOWN else ""
        said.append(f"not recognised and left out: {', '.join(names)}{more}")
    if found.nameless:
        said.append(f"{counted(found.nameless, 'entry')} without an image left out".replace("entrys", "entries"))
    return said
