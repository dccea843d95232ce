"""AffectNet as its makers hand it out (images beside annotations in .npy), or as folders named after classes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lib.errors import MissingFileError
from lib.project import IMAGE_SUFFIXES
from lib.stimuli.class_folders import SPLIT, read_class_folders
from lib.stimuli.imported import Fault, ImportedImage, ImportedSet

TITLE = "AffectNet"
CLASSES = ("neutral", "happy", "sad", "surprised", "fear", "disgust", "angry", "contempt")
"""The emotions that 0 to 7 stand for."""
NO_EMOTION = (8, 9, 10)
"""None, uncertain, no face."""
FOLDER_CODES: dict[str, str | None] = {
    **{str(number): name for number, name in enumerate(CLASSES)}, **{str(number): None for number in NO_EMOTION},
    "none": None, "uncertain": None, "no-face": None, "noface": None,
}  # fmt: skip
UNKNOWN = -2.0
"""Valence and arousal of images that nobody could judge."""
COLUMNS = {"val": "annotated_valence", "aro": "annotated_arousal"}
LIMIT = 1.0


def read_affectnet(source: Path) -> ImportedSet:
    """Read AffectNet.

    Parameters
    ----------
    source
        The folder that holds train_set, val_set or both, each with `images/<id>.jpg` and `annotations/<id>_exp.npy`,
        `<id>_val.npy` and `<id>_aro.npy`; or one of these; or a folder with a folder for each class.

    Returns
    -------
    ImportedSet
        Columns `split`, and `annotated_valence` and `annotated_arousal` (-1 to 1, empty where the set says -2) where
        there are annotations. Images of the classes none, uncertain and no face are left out.

    Raises
    ------
    MissingFileError
        It is none of these.
    """
    if not source.is_dir():
        raise MissingFileError(f"{source}: there is no such folder. Name your copy of AffectNet.")
    parts = [folder for folder in (source, *sorted(source.iterdir())) if (folder / "annotations").is_dir()]
    if not parts:
        return read_class_folders(source, "affectnet", TITLE, FOLDER_CODES)
    images: list[ImportedImage] = []
    faults: list[Fault] = []
    for part in parts:
        for read in _read_part(source, part, several=len(parts) > 1):
            if isinstance(read, ImportedImage):
                images.append(read)
            else:
                faults.append(read)
    if not images and not faults:
        raise MissingFileError(f"{source}: holds annotations, but no images beside them. Put the folders images there.")
    return ImportedSet(
        "affectnet", TITLE, source, tuple(sorted(images, key=lambda image: image.image_id)), {}, tuple(faults)
    )


def _read_part(source: Path, part: Path, *, several: bool) -> Iterator[ImportedImage | Fault]:
    split = part.name.removesuffix("_set") if part != source else ""
    for path in sorted((part / "images").glob("*")):
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            continue
        read = _read_image(source, part / "annotations", path)
        if isinstance(read, ImportedImage):
            image_id = f"{split}_{path.stem}" if several else path.stem
            yield ImportedImage(image_id, read.emotion, path, values=({SPLIT: split} if split else {}) | read.values)
        elif read is not None:
            yield read


def _read_image(source: Path, annotations: Path, path: Path) -> ImportedImage | Fault | None:
    """One image with its annotations; None if it shows no emotion."""
    numbers: dict[str, float] = {}
    for name in ("exp", *COLUMNS):
        file = annotations / f"{path.stem}_{name}.npy"
        where = file.relative_to(source).as_posix()
        number = _read_number(file)
        if isinstance(number, str):
            return Fault(where, number)
        numbers[name] = number
    code = numbers.pop("exp")
    where = f"{annotations.relative_to(source).as_posix()}/{path.stem}"
    if code in NO_EMOTION:
        return None
    if code not in range(len(CLASSES)):
        return Fault(f"{where}_exp.npy", f"got {code:g}, expected a class from 0 to {max(NO_EMOTION)}")
    for name, value in numbers.items():
        if value != UNKNOWN and not -LIMIT <= value <= LIMIT:
            return Fault(f"{where}_{name}.npy", f"got {value:g}, expected -1 to 1, or -2 for none")
    values = {COLUMNS[name]: f"{value:g}" for name, value in numbers.items() if value != UNKNOWN}
    return ImportedImage(path.stem, CLASSES[int(code)], path, values=values)


def _read_number(file: Path) -> float | str:
    """The one number of a .npy file, which may be written as text; or what is wrong. Pickled content is refused."""
    try:
        content = np.load(file, allow_pickle=False)
    except FileNotFoundError:
        return "is not there; copy it there, or take its image away"
    except (OSError, ValueError, EOFError) as error:
        return f"cannot be read ({' '.join(str(error).split())[:120]}); copy it there again"
    if not isinstance(content, np.ndarray) or content.size != 1 or content.dtype.kind not in "fiuU":
        return f"got {str(content)[:40]!r}, expected one number"
    try:
        number = float(content.reshape(-1)[0])
    except ValueError:
        return f"got {str(content.reshape(-1)[0])[:40]!r}, expected a number"
    return number if math.isfinite(number) else f"got {number!r}, expected a number"
