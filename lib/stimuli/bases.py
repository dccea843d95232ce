"""Neutral faces to start from: a folder of images, or a manifest that names them with any factors."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from lib.contracts.images import EMOTION_CODES, FOLDER
from lib.contracts.table_files import ROW, plain_name, read_whole_table
from lib.errors import DataError, MissingFileError
from lib.project import IMAGE_SUFFIXES
from lib.protocol.image_files import ImageFiles
from lib.stimuli.transformation import Transformation

CURE = "Give a folder of neutral faces, or a manifest (columns image_id and file, and any factors)."
LABORATORY = re.compile(r"(?P<race>[BCK])(?P<gender>[MW])\d+", re.IGNORECASE)
RACES = {"B": "Black", "C": "Caucasian", "K": "Korean"}
GENDERS = {"M": "Man", "W": "Woman"}
SAFE_STEM = re.compile(r"[^/\\\0]+")
NOT_FACTORS = ("image_id", "file", "emotion", "intended_emotion")
SENT = frozenset({".png", ".jpg", ".jpeg", ".webp"})


@dataclass(frozen=True)
class Base:
    """One neutral face.

    Attributes
    ----------
    stem : str
        What the names of all images of this face begin with: `BM01`.
    path, sha256
        Its file, and the hexadecimal SHA-256 of the file's bytes.
    folder : str
        Where its images go, below the set's folder: `Black Man`, or nothing.
    factors : dict of str to str
        Such as race, gender and identity.
    """

    stem: str
    path: Path
    sha256: str
    folder: str = ""
    factors: dict[str, str] = field(default_factory=dict)


def read_bases(source: Path, transformation: Transformation) -> list[Base]:
    """Read the neutral faces of a folder (with its folders) or of a manifest, ordered by stem.

    A name may end in the code of the neutral expression (`BM01_Neu`, `BM01_NES`), which is no part of the stem; images
    of other emotions are left out. Race and gender are taken from the laboratory's folders (`Black Man`) or names
    (`BM01`) where they are so; identity is the stem. A manifest's own columns go before that.

    Raises
    ------
    MissingFileError, DataError
        There is nothing, a file is missing or outside the folder, or two faces would have the same name.
    """
    rows = _in_folder(source, transformation) if source.is_dir() else _in_manifest(source, transformation)
    if not rows:
        raise MissingFileError(f"{source}: holds no neutral faces. {CURE}")
    files = ImageFiles(source)
    paths = files.paths((stem, file) for stem, file, _ in rows)
    hashes = files.hashes(paths.values())
    bases = [
        Base(stem, paths[stem], hashes[paths[stem]], _folder_of(file, factors), {**_guessed(stem, file), **factors})
        for stem, file, factors in rows
    ]
    return sorted(bases, key=lambda base: base.stem)


def same_faces(bases: Iterable[Base]) -> list[list[str]]:
    """Stems of base faces whose files have the same bytes, in groups; they get the same images, which are made once."""
    groups: dict[str, list[str]] = {}
    for base in bases:
        groups.setdefault(base.sha256, []).append(base.stem)
    return [group for group in groups.values() if len(group) > 1]


Row = tuple[str, str, dict[str, str]]


def _in_folder(source: Path, transformation: Transformation) -> list[Row]:
    rows: list[Row] = []
    seen: dict[str, str] = {}
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source)
        if any(part.startswith(".") for part in name.parts) or name.parts[0] == "transform":
            continue
        if path.suffix.lower() not in IMAGE_SUFFIXES or not path.is_file():
            continue
        stem = _stem(path.stem, transformation)
        if stem is None:
            continue
        _refuse_unusual(source, name.as_posix(), stem, seen)
        rows.append((stem, name.as_posix(), {}))
    return rows


def _in_manifest(source: Path, transformation: Transformation) -> list[Row]:
    table = read_whole_table(source, CURE)
    names = {column: plain_name(column) for column in table.columns if column != ROW}
    table = table.rename(names)
    missing = [name for name in ("image_id", "file") if name not in table.columns]
    if missing:
        raise DataError(f"{source}: row 1: column {missing[0]!r} is missing; the file has {', '.join(names)}. {CURE}")
    factors = [name for name in table.columns if name not in (ROW, *NOT_FACTORS)]
    emotion = next((name for name in ("emotion", "intended_emotion") if name in table.columns), None)
    rows: list[Row] = []
    seen: dict[str, str] = {}
    for row in table.iter_rows(named=True):
        if emotion is not None and row[emotion] not in (None, transformation.neutral):
            continue
        where = f"row {row[ROW]}"
        for name in ("image_id", "file"):
            if row[name] is None:
                raise DataError(f"{source}: {where}, column {name!r}: got None; every base face needs one. Fill it in.")
        stem = _stem(row["image_id"], transformation)
        if stem is None:
            raise DataError(
                f"{source}: {where}, column 'image_id': got {row['image_id']!r}, whose code is of another emotion than "
                f"{transformation.neutral}. Correct it, or add a column emotion that says which faces are neutral."
            )
        _refuse_unusual(source, where, stem, seen)
        rows.append((stem, row["file"], {name: row[name] for name in factors if row[name] is not None}))
    return rows


def _stem(name: str, transformation: Transformation) -> str | None:
    """The name without the code of the neutral expression; None if it has the code of another emotion."""
    stem, mark, code = name.rpartition("_")
    own = {transformation.code(emotion).casefold(): emotion for emotion in transformation.emotions}
    known = {one.casefold(): emotion for one, emotion in EMOTION_CODES.items()} | own
    known[transformation.code(transformation.neutral).casefold()] = transformation.neutral
    if not mark or code.casefold() not in known:
        return name
    return stem if known[code.casefold()] == transformation.neutral else None


def _refuse_unusual(source: Path, where: str, stem: str, seen: dict[str, str]) -> None:
    if not SAFE_STEM.fullmatch(stem) or stem.strip(". ") != stem:
        raise DataError(f"{source}: {where}: got {stem!r}, which cannot begin a file's name. Rename it, as in BM01.")
    folded = stem.casefold()
    if folded in seen:
        raise DataError(
            f"{source}: {where}: got {stem!r}, which {seen[folded]} has already, so that their images would have the "
            "same names. Rename one, or take it away."
        )
    seen[folded] = where


def _guessed(stem: str, file: str) -> dict[str, str]:
    """What the laboratory's folder or name says of a face; its stem as the identity."""
    folder = FOLDER.fullmatch(PurePosixPath(file).parent.name)
    if folder is not None:
        return {**folder.groupdict(), "identity": stem}
    found = LABORATORY.fullmatch(stem)
    if found is None:
        return {"identity": stem}
    race, gender = RACES[found["race"].upper()], GENDERS[found["gender"].upper()]
    return {"race": race, "gender": gender, "identity": stem}


def _folder_of(file: str, factors: dict[str, str]) -> str:
    """The folder of the set that a face's images go to: the laboratory's, or the base face's own."""
    parent = PurePosixPath(file).parent
    if str(parent) != ".":
        return parent.as_posix()
    guessed = {**_guessed(_plain_stem(file), file), **factors}
    named = f"{guessed.get('race')} {guessed.get('gender')}"
    return named if FOLDER.fullmatch(named) else ""


def _plain_stem(file: str) -> str:
    return PurePosixPath(file).stem.partition("_")[0]
