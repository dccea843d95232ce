"""The images of a study: from a manifest, from the laboratory's folders, or from the ratings themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from lib.contracts.problems import Problems
from lib.contracts.study import Study
from lib.contracts.table_files import ROW, plain_name, read_table, read_whole_table
from lib.errors import DataError, MissingFileError

CURE = "Put the manifest there (columns image_id, file, emotion and one a factor), or name another in the study file."
EMOTION_CODES = {
    "Ang": "angry",
    "Dis": "disgust",
    "Fea": "fear",
    "Hap": "happy",
    "Sad": "sad",
    "Neu": "neutral",
    "Nes": "neutral",
}
FOLDER = re.compile(r"(?P<race>Black|Caucasian|Korean) (?P<gender>Man|Woman)")
FILE = re.compile(r"(?P<identity>[A-Z]{2}\d+)_(?P<code>[A-Za-z]{3})\.(png|jpe?g|webp)", re.IGNORECASE)


@dataclass(frozen=True)
class Images:
    """The images and what is remarkable about their design.

    `frame`: image_id, file (null if unknown), one text column a factor, intended_emotion if the study has intended
    emotions; sorted by image_id. `warnings`: unequal or empty cells, by name.
    """

    frame: pl.DataFrame
    warnings: tuple[str, ...] = ()


def read_images(path: Path, study: Study) -> Images:
    """Read a manifest (CSV or Parquet) or, if `path` is a folder, the laboratory's folders `Black Man/BM01_Ang.png`.

    Raises
    ------
    MissingFileError
        There is neither file nor folder.
    DataError
        A column is missing, an image_id is empty or given twice, or a level or emotion is unknown.
    """
    if path.is_dir():
        return Images(*_checked(path, _scan_folders(path), study))
    emotion = [emotion_column(path)] if study.emotion.intended else []
    table = read_table(path, ["image_id", *emotion, *study.factors], CURE, optional=["file"])
    table = table.rename({"intended_emotion": "emotion"}, strict=False)
    if "file" not in table.columns:
        table = table.with_columns(pl.lit(None, dtype=pl.String).alias("file"))
    return Images(*_checked(path, table, study))


def emotion_column(path: Path) -> str:
    """The manifest's column with the intended emotion: `emotion`, or `intended_emotion` where only that is there."""
    columns = {plain_name(name) for name in read_whole_table(path, CURE).columns}
    return "intended_emotion" if "intended_emotion" in columns and "emotion" not in columns else "emotion"


def images_of_ratings(image_ids: pl.Series, study: Study) -> Images:
    """Take the rated images as the study's images, for a study without manifest, factors and intended emotions."""
    if study.factors or study.emotion.intended:
        raise DataError(
            "files.images: is not set in the study file, but the study has factors or intended emotions, "
            "which only a manifest can tell. Name the manifest, or set factors: {} and emotion.intended: false."
        )
    frame = pl.DataFrame({"image_id": image_ids.unique().sort()})
    return Images(frame.with_columns(pl.lit(None, dtype=pl.String).alias("file")))


def _checked(path: Path, table: pl.DataFrame, study: Study) -> tuple[pl.DataFrame, tuple[str, ...]]:
    problems = Problems(path)
    problems.add(table, pl.col("image_id").is_null(), "image_id", "an image needs an id")
    problems.add(
        table, pl.col("image_id").is_duplicated() & pl.col("image_id").is_not_null(), "image_id", "which is given twice"
    )
    for name, factor in study.factors.items():
        problems.add(table, pl.col(name).is_null(), name, "every image needs a level")
        if factor.levels:
            problems.add_unknown(table, name, list(factor.levels), f"a level of {name}: {', '.join(factor.levels)}")
    if study.emotion.intended:
        problems.add(table, pl.col("emotion").is_null(), "emotion", "every image needs its intended emotion")
        problems.add_unknown(
            table, "emotion", list(study.emotion.categories), f"one of {', '.join(study.emotion.categories)}"
        )
    problems.raise_any("Correct the manifest, or the factors and categories in the study file.")
    frame = table.drop(ROW).sort("image_id")
    if study.emotion.intended:
        frame = frame.rename({"emotion": "intended_emotion"})
    emotion = ["intended_emotion"] if study.emotion.intended else []
    return frame.select("image_id", "file", *study.factors, *emotion), _imbalance(frame, study)


def _imbalance(frame: pl.DataFrame, study: Study) -> tuple[str, ...]:
    levels = {name: list(study.factors[name].levels) for name in study.group_factors}
    if study.emotion.intended:
        levels["intended_emotion"] = list(study.emotion.categories)
    if not levels:
        return ()
    cells = pl.DataFrame({"__one__": [0]})
    for name, values in levels.items():
        cells = cells.join(pl.DataFrame({name: values}), how="cross")
    counts = cells.join(frame.group_by(list(levels)).agg(pl.len().alias("n")), on=list(levels), how="left")
    counts = counts.with_columns(pl.col("n").fill_null(0)).sort("n", *levels)
    if counts["n"].n_unique() == 1:
        return ()
    usual = max(counts["n"].mode().to_list())
    odd = counts.filter(pl.col("n") != usual)
    named = [f"{' x '.join(str(row[name]) for name in levels)}: {int(row['n'])}" for row in odd.iter_rows(named=True)]
    return (f"the design is not balanced: most cells have {usual} images, but {'; '.join(named)}",)


def _scan_folders(root: Path) -> pl.DataFrame:
    rows = []
    for path in sorted(root.glob("*/*")):
        folder = FOLDER.fullmatch(path.parent.name)
        if folder is None or path.name.startswith("."):
            continue
        rows.append(
            {"image_id": path.stem, "file": str(path.relative_to(root)), **folder.groupdict(), **_parse_name(path)}
        )
    if not rows:
        own = root / "manifest.csv"
        cure = f"Its manifest is there: name {own} itself." if own.is_file() else CURE
        raise MissingFileError(f"{root}: holds no images in folders such as 'Black Man'. {cure}")
    return pl.DataFrame(rows).with_row_index(ROW, offset=1)


def _parse_name(path: Path) -> dict[str, str]:
    file = FILE.fullmatch(path.name)
    emotion = EMOTION_CODES.get(file["code"].capitalize()) if file else None
    if file is None or emotion is None:
        raise DataError(
            f"{path}: got the file name {path.name!r}, expected one like BM01_Ang.png "
            f"with one of the codes {', '.join(EMOTION_CODES)}. Rename or remove it."
        )
    return {"identity": file["identity"].upper(), "emotion": emotion}
