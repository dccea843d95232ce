"""FER-2013 as it is handed around: one CSV of pixels, or folders named after emotions."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from lib.errors import DataError, MissingFileError
from lib.stimuli.class_folders import read_class_folders
from lib.stimuli.imported import Fault, ImportedImage, ImportedSet

TITLE = "FER-2013"
CODES = ("angry", "disgust", "fear", "happy", "sad", "surprised", "neutral")
"""The emotions that 0 to 6 stand for."""
SPLITS = {"Training": "training", "PublicTest": "public_test", "PrivateTest": "private_test"}
SIDE = 48
BRIGHTEST = 255
LONGEST_FIELD = 1 << 20
SHOWN = 40


def read_fer2013(source: Path) -> ImportedSet:
    """Read FER-2013.

    Parameters
    ----------
    source
        The CSV with the columns emotion (0 to 6), pixels (2,304 grey values from 0 to 255, parted by blanks) and, if
        it has one, Usage; or a folder with a folder for each emotion, alone or under train and test.

    Returns
    -------
    ImportedSet
        Ids are `fer` and the row's place from 0 in seven digits; column `split` where the set says it.

    Raises
    ------
    MissingFileError, DataError
        There is no such file, or it is none of the two.
    """
    if source.is_dir():
        return read_class_folders(source, "fer2013", TITLE)
    if not source.is_file():
        raise MissingFileError(f"{source}: there is no such file. Name your copy of fer2013.csv, or its folder.")
    images: list[ImportedImage] = []
    faults: list[Fault] = []
    for number, row in _rows(source):
        read = _read_row(number, row)
        if isinstance(read, ImportedImage):
            images.append(read)
        else:
            faults.append(read)
    if not images and not faults:
        raise DataError(f"{source}: has no rows. Copy the set there again.")
    return ImportedSet("fer2013", TITLE, source, tuple(images), {}, tuple(faults))


def _rows(source: Path) -> Iterator[tuple[int, Mapping[str, str | None]]]:
    """Rows with the file's line; headings in small letters."""
    before = csv.field_size_limit(LONGEST_FIELD)
    try:
        with source.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            names = [name.strip().lower() for name in reader.fieldnames or []]
            missing = [name for name in ("emotion", "pixels") if name not in names]
            if missing:
                raise DataError(
                    f"{source}: row 1: column {missing[0]!r} is missing; the file has {', '.join(names) or 'nothing'}. "
                    "Name the CSV of FER-2013 with the columns emotion, pixels and Usage."
                )
            reader.fieldnames = names
            for row in reader:
                yield reader.line_num, row
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{source}: not readable as CSV ({error}). Copy the set there again.") from error
    finally:
        csv.field_size_limit(before)


def _read_row(number: int, row: Mapping[str, str | None]) -> ImportedImage | Fault:
    where = f"row {number}"
    code = (row["emotion"] or "").strip()
    if not (code.isascii() and code.isdigit() and int(code) < len(CODES)):
        return Fault(where, f"column 'emotion': got {code!r}, expected 0 to {len(CODES) - 1} ({', '.join(CODES)})")
    words = (row["pixels"] or "").split()
    try:
        values = [int(word) for word in words]
        pixels = bytes(values)
    except ValueError:
        bad = next((word for word in words if not word.isdigit() or int(word) > BRIGHTEST), "")
        return Fault(where, f"column 'pixels': got {bad[:SHOWN]!r} among them, expected whole numbers from 0 to 255")
    if len(pixels) != SIDE * SIDE:
        return Fault(where, f"column 'pixels': got {len(pixels):,} values, expected {SIDE * SIDE:,} ({SIDE} x {SIDE})")
    usage = (row.get("usage") or "").strip()
    split = {"split": SPLITS.get(usage, usage)} if usage else {}
    return ImportedImage(f"fer{number - 2:07d}", CODES[int(code)], pixels=pixels, values=split)
