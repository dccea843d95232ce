"""What a study's images are: cells, missing and broken files, duplicates, ways of storing, brightness by group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from lib.contracts.images import Images
from lib.contracts.study import Study
from lib.errors import DataError, MissingFileError
from lib.protocol.image_files import ImageFiles
from lib.stimuli.brightness import MEASURES, brightness_by_group
from lib.stimuli.duplicates import Shown, same_bytes, same_pictures
from lib.stimuli.looking import Look, look_at_all

KINDS = {
    "missing": "the file is not there",
    "unusable_path": "the manifest names no file, or one outside its folder",
    "undecodable": "the file cannot be decoded",
    "duplicate": "another image has the same bytes",
    "same_picture": "another image shows the same",
    "incomplete": "an identity lacks an expression, or has one more often than others",
    "size": "width or height differ from most images'",
    "animated": "the file holds several frames; the first is looked at",
    "cmyk": "colours are stored for printing (CMYK)",
    "deep": "more than 8 bits a channel",
    "transparent": "some pixels are not opaque",
    "rotated": "an EXIF orientation turns the image; not every program heeds it",
    "grey": "stored in grey while most images have colours",
    "unusual_luminance": "mean luminance is more than 3 SD from the mean of all images",
    "unusual_contrast": "contrast is more than 3 SD from the mean of all images",
}
SERIOUS = frozenset({"missing", "unusable_path", "undecodable"})
"""What keeps an image from being shown to anybody."""
SD_LIMIT = 3.0
NAMED = 5
FEWEST_FOR_SD = 10
EMOTION = "intended_emotion"
GREY_MODES = frozenset({"1", "L", "LA", "I", "I;16", "I;16B", "F"})
FINDINGS = {"image_id": pl.String, "kind": pl.String, "detail": pl.String}


@dataclass(frozen=True)
class DesignReport:
    """A look at all images.

    Attributes
    ----------
    title : str
        The study's.
    images : polars.DataFrame
        One row an image: image_id, file, factors, intended_emotion (where the study has it), then what was seen, each
        with `image_` before it: bytes, sha256, kind, width, height, mode, frames, luminance, contrast, fault; and
        `findings` (joined by `;`).
    cells : polars.DataFrame
        One row a combination of the levels of all group factors and the intended emotion, with `n`.
    brightness : polars.DataFrame
        As `lib.stimuli.brightness.brightness_by_group`.
    findings : polars.DataFrame
        image_id, kind (of `KINDS`), detail.
    warnings : tuple of str
        About the design as a whole.
    folder : Path
        Where the images are.
    """

    title: str
    images: pl.DataFrame
    cells: pl.DataFrame
    brightness: pl.DataFrame
    findings: pl.DataFrame
    warnings: tuple[str, ...]
    folder: Path

    @property
    def serious(self) -> int:
        """How many images cannot be shown to anybody."""
        return self.findings.filter(pl.col("kind").is_in(SERIOUS))["image_id"].n_unique()

    def counts(self) -> dict[str, int]:
        """How many images have each kind of finding, in the order of `KINDS`; without those that none has."""
        counted = dict(self.findings.group_by("kind").agg(pl.col("image_id").n_unique()).iter_rows())
        return {kind: counted[kind] for kind in KINDS if kind in counted}


def examine(
    source: Path, images: Images, study: Study, *, workers: int = 2, told: Callable[[int], object] = lambda _: None
) -> DesignReport:
    """Look at every image of a study.

    Parameters
    ----------
    source
        The manifest or folder that `images` was read from.
    images, study
        The images, and the factors and categories that they vary in.
    workers
        Threads that decode.
    told
        Is called with the number of images looked at so far.
    """
    found: list[tuple[str, str, str]] = []
    paths = _paths(ImageFiles(source), images.frame, found)
    looks: dict[str, Look] = {}
    for image_id, look in zip(paths, look_at_all(list(paths.values()), workers), strict=True):
        looks[image_id] = look
        told(len(looks))
    found += [*_of_files(looks), *_of_pairs(looks, _shown(images.frame, study)), *_of_identities(images.frame, study)]
    table = _table(images.frame, looks)
    found += _of_brightness(table)
    findings = pl.DataFrame(found, schema=FINDINGS, orient="row").sort("image_id", "kind", "detail")
    named = findings.group_by("image_id").agg(pl.col("kind").unique().sort().str.join(";").alias("findings"))
    groups = list(study.group_factors)
    return DesignReport(
        title=study.title,
        images=table.join(named, on="image_id", how="left").with_columns(pl.col("findings").fill_null("")),
        cells=cells_of(images.frame, study),
        brightness=brightness_by_group(table, [*groups, *([EMOTION] if study.emotion.intended else [])], groups),
        findings=findings,
        warnings=images.warnings,
        folder=source if source.is_dir() else source.parent,
    )


def cells_of(frame: pl.DataFrame, study: Study) -> pl.DataFrame:
    """Every combination of the levels of group factors and intended emotions, with the number of images, 0 included."""
    levels = {name: list(study.factors[name].levels) for name in study.group_factors}
    if study.emotion.intended:
        levels[EMOTION] = list(study.emotion.categories)
    cells = pl.DataFrame({"n": [frame.height]})
    if not levels:
        return cells
    cells = pl.DataFrame({"_": [0]})
    for name, values in levels.items():
        cells = cells.join(pl.DataFrame({name: values}), how="cross")
    counts = frame.group_by(list(levels)).agg(pl.len().cast(pl.Int64).alias("n"))
    joined = cells.drop("_").join(counts, on=list(levels), how="left", maintain_order="left")
    return joined.with_columns(pl.col("n").fill_null(0))


def _paths(files: ImageFiles, frame: pl.DataFrame, found: list[tuple[str, str, str]]) -> dict[str, Path]:
    paths: dict[str, Path] = {}
    for image_id, file in frame.select("image_id", "file").iter_rows():
        try:
            paths |= files.paths([(image_id, file)])
        except MissingFileError:
            found.append((image_id, "missing", str(file)))
        except DataError:
            found.append((image_id, "unusable_path", str(file)))
    return paths


def _table(frame: pl.DataFrame, looks: Mapping[str, Look]) -> pl.DataFrame:
    known = [looks.get(image_id) for image_id in frame["image_id"]]
    columns = {
        "bytes": ("size", pl.Int64), "sha256": ("sha256", pl.String), "kind": ("kind", pl.String),
        "width": ("width", pl.Int64), "height": ("height", pl.Int64), "mode": ("mode", pl.String),
        "frames": ("frames", pl.Int64), "luminance": ("luminance", pl.Float64), "contrast": ("contrast", pl.Float64),
        "fault": ("fault", pl.String),
    }  # fmt: skip
    return frame.with_columns(
        *(
            pl.Series(f"image_{name}", [None if look is None else getattr(look, field) for look in known], dtype=kind)
            for name, (field, kind) in columns.items()
        ),
    )


def _of_files(looks: Mapping[str, Look]) -> Iterator[tuple[str, str, str]]:
    whole = {image_id: look for image_id, look in looks.items() if look.fault is None}
    sizes = Counter((look.width, look.height) for look in whole.values())
    usual = sizes.most_common(1)[0][0] if sizes else (None, None)
    coloured = sum(look.mode not in GREY_MODES for look in whole.values()) * 2 > len(whole)
    for image_id, look in looks.items():
        if look.fault is not None:
            yield image_id, "undecodable", look.fault
            continue
        said = {
            "size": (look.width, look.height) != usual, "animated": (look.frames or 1) > 1,
            "cmyk": look.mode == "CMYK", "deep": bool(look.deep), "transparent": bool(look.transparent),
            "rotated": bool(look.rotated), "grey": coloured and look.mode in GREY_MODES,
        }  # fmt: skip
        details = {
            "size": f"{look.width} x {look.height}; most have {usual[0]} x {usual[1]}",
            "animated": f"{look.frames} frames",
        }
        for kind in (kind for kind, is_so in said.items() if is_so):
            yield image_id, kind, details.get(kind, f"mode {look.mode}")


def _shown(frame: pl.DataFrame, study: Study) -> dict[str, Shown]:
    """Who shows which emotion, where the study has factors without listed levels (identity) and intended emotions."""
    persons = [name for name, factor in study.factors.items() if not factor.levels]
    if not persons or not study.emotion.intended:
        return {}
    rows = frame.select("image_id", EMOTION, *study.group_factors, *persons).iter_rows()
    return {image_id: (" ".join(map(str, person)), emotion) for image_id, emotion, *person in rows}


def _of_pairs(looks: Mapping[str, Look], shown: Mapping[str, Shown]) -> Iterator[tuple[str, str, str]]:
    for kind, groups in (("duplicate", same_bytes(looks)), ("same_picture", same_pictures(looks, shown))):
        for group in groups:
            for image_id in group:
                others = [other for other in group if other != image_id]
                more = len(others) - NAMED
                yield image_id, kind, ", ".join(others[:NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _of_identities(frame: pl.DataFrame, study: Study) -> Iterator[tuple[str, str, str]]:
    """Identities (levels of a factor without listed levels) that lack an expression that most have."""
    if not study.emotion.intended:
        return
    for name in (name for name, factor in study.factors.items() if not factor.levels):
        who = [*study.group_factors, name]
        people = frame.select(who).unique()
        every = people.join(pl.DataFrame({EMOTION: list(study.emotion.categories)}), how="cross")
        counts = frame.group_by([*who, EMOTION]).agg(pl.len().cast(pl.Int64).alias("n"), pl.col("image_id").min())
        table = every.join(counts, on=[*who, EMOTION], how="left").with_columns(pl.col("n").fill_null(0))
        usual = max(table["n"].mode().to_list())
        if usual == 0:
            continue
        for row in table.filter(pl.col("n") != usual).sort([*who, EMOTION]).iter_rows(named=True):
            person = " ".join(str(row[part]) for part in who)
            yield (
                row["image_id"] or "",
                "incomplete",
                f"{name} {person}: {row['n']} of {row[EMOTION]}, most have {usual}",
            )


def _of_brightness(table: pl.DataFrame) -> Iterator[tuple[str, str, str]]:
    for measure in MEASURES:
        known = table.select("image_id", pl.col(f"image_{measure}").alias(measure)).drop_nulls()
        if known.height < FEWEST_FOR_SD:
            continue
        mean, spread = known[measure].mean(), known[measure].std()
        if not isinstance(mean, float) or not isinstance(spread, float) or spread <= 1e-9:
            continue
        for image_id, value in known.filter(((pl.col(measure) - mean) / spread).abs() > SD_LIMIT).iter_rows():
            yield image_id, f"unusual_{measure}", f"{value:.3f}; all images {mean:.3f} (SD {spread:.3f})"
