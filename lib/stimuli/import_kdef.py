"""KDEF: everything about an image is in its name, such as AF01ANS.JPG."""

from __future__ import annotations

import re
from pathlib import Path

from lib.errors import MissingFileError
from lib.project import IMAGE_SUFFIXES
from lib.stimuli.imported import Fault, ImportedImage, ImportedSet, emotion_of

TITLE = "Karolinska Directed Emotional Faces (KDEF)"
NAME = re.compile(
    r"(?P<session>[AB])(?P<gender>[FM])(?P<identity>\d\d)(?P<emotion>AF|AN|DI|HA|NE|SA|SU)(?P<angle>FL|HL|S|HR|FR)"
)
GENDERS = {"F": "female", "M": "male"}
ANGLES = {"FL": "full left", "HL": "half left", "S": "straight", "HR": "half right", "FR": "full right"}
FACTORS = {
    "gender": tuple(GENDERS.values()), "identity": (), "session": ("A", "B"), "angle": tuple(ANGLES.values()),
}  # fmt: skip
EXPECTED = (
    "expected session (A, B), gender (F, M), number (two digits), emotion (AF, AN, DI, HA, NE, SA, SU) and angle "
    "(FL, HL, S, HR, FR), as in AF01ANS"
)


def read_kdef(source: Path) -> ImportedSet:
    """Read KDEF from a folder, with all folders in it.

    Returns
    -------
    ImportedSet
        Ids are the names without ending, in capitals; columns gender, identity (`F01`), session and angle.

    Raises
    ------
    MissingFileError
        There is no such folder, or no image in it.
    """
    if not source.is_dir():
        raise MissingFileError(f"{source}: there is no such folder. Name your copy of KDEF.")
    images: dict[str, ImportedImage] = {}
    faults: list[Fault] = []
    for path in sorted(source.rglob("*")):
        if path.suffix.lower() not in IMAGE_SUFFIXES or path.name.startswith(".") or not path.is_file():
            continue
        where = path.relative_to(source).as_posix()
        image_id = path.stem.upper()
        found = NAME.fullmatch(image_id)
        if found is None:
            faults.append(Fault(where, f"got the name {path.name!r}, {EXPECTED}; rename it or take it away"))
        elif image_id in images:
            other = images[image_id].path
            assert other is not None
            first = other.relative_to(source).as_posix()
            faults.append(Fault(where, f"got {image_id!r}, which {first} has already; take one away"))
        else:
            emotion = emotion_of(found["emotion"])
            assert emotion is not None
            values = {
                "gender": GENDERS[found["gender"]], "identity": f"{found['gender']}{found['identity']}",
                "session": found["session"], "angle": ANGLES[found["angle"]],
            }  # fmt: skip
            images[image_id] = ImportedImage(image_id, emotion, path, values=values)
    if not images and not faults:
        raise MissingFileError(f"{source}: holds no images. Name your copy of KDEF (names such as AF01ANS.JPG).")
    return ImportedSet("kdef", TITLE, source, tuple(images[name] for name in sorted(images)), FACTORS, tuple(faults))
