"""Sets whose folders say the emotion: `happy/1.jpg`, `train/3/1.png`, `Test/anger/1.png`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from lib.errors import MissingFileError
from lib.project import IMAGE_SUFFIXES
from lib.stimuli.imported import LABORATORY, Fault, ImportedImage, ImportedSet, emotion_of

SPLIT = "split"


def read_class_folders(
    source: Path, kind: str, title: str, codes: Mapping[str, str | None] | None = None
) -> ImportedSet:
    """Read a folder with a folder for each emotion, alone or one level deeper (train, test).

    Parameters
    ----------
    source, kind, title
        Of the set.
    codes
        Names of folders that stand for emotions beside the usual words; None for classes that are no emotion.

    Returns
    -------
    ImportedSet
        Ids are the path without its ending, parts joined by `_`; column `split` where there is that level.

    Raises
    ------
    MissingFileError
        No folder is named after an emotion.
    """
    images: list[ImportedImage] = []
    faults: list[Fault] = []
    for folder in _folders(source):
        name = folder.name.strip().casefold()
        emotion = codes[name] if codes and name in codes else emotion_of(name)
        files = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in IMAGE_SUFFIXES]
        if emotion is None:
            if files and not (codes and name in codes):
                where = folder.relative_to(source).as_posix()
                faults.append(
                    Fault(where, f"got a folder of images called {folder.name!r}, which is no emotion; rename it")
                )
            continue
        split = {SPLIT: folder.parent.name} if folder.parent != source else {}
        for path in files:
            image_id = "_".join(path.relative_to(source).with_suffix("").parts).replace(" ", "_")
            images.append(ImportedImage(image_id, emotion, path, values=split))
    if not images:
        raise MissingFileError(
            f"{source}: holds no images in folders named after emotions ({', '.join(LABORATORY)}). "
            "Name the folder that has these, or train and test with these in them."
        )
    return ImportedSet(kind, title, source, tuple(sorted(images, key=lambda image: image.image_id)), {}, tuple(faults))


def _folders(source: Path) -> Iterator[Path]:
    for folder in sorted(path for path in source.iterdir() if path.is_dir() and not path.name.startswith(".")):
        yield folder
        yield from sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
