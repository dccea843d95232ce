"""What a run asks about: the study's images with their files' hashes, or their labels; chosen, and in a fixed order."""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from lib.contracts.condition import ANOTHER, Condition
from lib.contracts.study import Study
from lib.contracts.yaml_files import nearest
from lib.errors import DataError, ParameterError
from lib.protocol.image_files import ImageFiles
from lib.protocol.question import Item

EXAMPLES = 3


def study_items(
    study: Study,
    condition: Condition,
    images: pl.DataFrame,
    files: ImageFiles | None,
    *,
    choice: str | None = None,
    limit: int | None = None,
    labels: Mapping[str, str | None] | None = None,
) -> list[Item]:
    """Give the items of one condition, in the study's order of asking.

    Parameters
    ----------
    study, condition
        Say what is asked, and where the emotions come from that a machine is told.
    images
        The study's images: image_id, file and, where the study has it, intended_emotion.
    files
        Where the images are; None will do for questions without image.
    choice
        As in `chosen_ids`.
    limit
        Only the first so many of the chosen images, by `asking_order`.
    labels
        image_id -> the answer (or None) of the condition that `label_from` names; of its first repeat.

    Returns
    -------
    list of Item
        With path and hash where an image is sent, with label where the machine is told the emotion. Only chosen images
        are hashed.

    Raises
    ------
    DataError, MissingFileError, ParameterError
        An image's file is not there, lies outside the folder or cannot be read; nothing is chosen; no labels are known.
    """
    ids = asking_order(chosen_ids(images["image_id"].to_list(), choice), study.analysis.seed)[:limit]
    known = _labels(study, condition, images, labels) if condition.told_emotion else {}
    if condition.strategy == "text_only":
        return [Item(image_id, label=known.get(image_id)) for image_id in ids]
    if files is None:
        raise ParameterError(
            f"{study.id}: files.images: is not set in the study file, so there are no images to show to "
            f"{condition.id}. Name the manifest (columns image_id and file), or the folder of images."
        )
    named = dict(images.select("image_id", "file").iter_rows())
    paths = files.paths((image_id, named[image_id]) for image_id in ids)
    hashes = files.hashes(paths.values())
    return [Item(image_id, paths[image_id], hashes[paths[image_id]], known.get(image_id)) for image_id in ids]


def asking_order(image_ids: Iterable[str], seed: int) -> list[str]:
    """Order images as they are asked about: by SHA-256 of the study's seed and the id.

    The order is as good as random, so that a trial run (`--limit`), or one that its budget ends, is spread over all
    groups of faces; and it is fixed: the same for every run and condition, and images that are added change no order.
    """
    return sorted(image_ids, key=lambda image_id: hashlib.sha256(f"{seed} {image_id}".encode()).digest())


def chosen_ids(image_ids: list[str], choice: str | None) -> list[str]:
    """Choose images: all without a choice, those of a file with one id a line, or those that fit a pattern.

    A pattern is as in a shell (`BM*`, `*_Ang`, `KW0[1-5]_*`); a choice that is the path of a file is that file.

    Raises
    ------
    DataError
        The file names an image that the study does not have, or none.
    ParameterError
        No image fits the pattern.
    """
    if choice is None:
        return image_ids
    path = Path(choice)
    if path.is_file():
        return _listed_ids(path, image_ids)
    chosen = [image_id for image_id in image_ids if fnmatch.fnmatchcase(image_id, choice)]
    if not chosen:
        raise ParameterError(
            f"--images: got {choice!r}, which is no file and fits no image_id{nearest(choice, image_ids)}; "
            f"ids are like {', '.join(image_ids[:EXAMPLES])}. Give a pattern such as {image_ids[0][:1]}*, "
            "or a file with one image_id a line."
        )
    return chosen


def distinct(items: Iterable[Item]) -> list[Item]:
    """The first item of each content: of images with the same bytes, or of labels, only one has to be asked about."""
    first: dict[tuple[str | None, str | None], Item] = {}
    for item in items:
        first.setdefault((item.sha256, item.label), item)
    return list(first.values())


def _listed_ids(path: Path, image_ids: list[str]) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not readable as text ({error}). Give a file with one image_id a line.") from error
    known = set(image_ids)
    chosen: dict[str, None] = {}
    for number, line in enumerate(lines, start=1):
        name = line.strip().strip('"')
        if not name or name.startswith("#") or (number == 1 and name == "image_id"):
            continue
        if name not in known:
            raise DataError(
                f"{path}: line {number}: got {name!r}, which is no image of the study{nearest(name, image_ids)}. "
                "Write one image_id a line."
            )
        chosen[name] = None
    if not chosen:
        raise DataError(f"{path}: names no image. Write one image_id a line.")
    return list(chosen)


def _labels(
    study: Study, condition: Condition, images: pl.DataFrame, labels: Mapping[str, str | None] | None
) -> Mapping[str, str | None]:
    if condition.label_from not in {None, ANOTHER}:
        if labels is None:
            raise ParameterError(
                f"{condition.id}: label_from: got {condition.label_from!r}, of which no answers are known. "
                f"Ask {condition.label_from} first, or take label_from out to ask about the intended emotions."
            )
        return labels
    if "intended_emotion" not in images.columns:
        raise ParameterError(
            f"{condition.id}: label_from: is not set, and the study {study.id} has no intended emotions to ask about. "
            "Name the condition whose answers are the labels."
        )
    intended = dict(images.select("image_id", "intended_emotion").iter_rows())
    if condition.label_from != ANOTHER:
        return intended
    return {image_id: another_emotion(study, image_id, emotion) for image_id, emotion in intended.items()}


def another_emotion(study: Study, image_id: str, emotion: str | None) -> str | None:
    """A category of the study that is not `emotion`, always the same for the same seed and image; None without one."""
    if emotion is None:
        return None
    others = [category for category in study.emotion.categories if category != emotion]
    drawn = hashlib.sha256(f"{study.analysis.seed} {image_id} another".encode()).digest()
    return others[int.from_bytes(drawn[:8]) % len(others)]
