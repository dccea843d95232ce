"""The set as a study takes it: every image under its name, copied from the answers, and a manifest."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from lib.errors import DataError
from lib.files import sha256_file, write_aside
from lib.project import IMAGE_SUFFIXES
from lib.protocol.question import Item, Stored
from lib.stimuli.bases import Base
from lib.stimuli.kept_images import KeptImage
from lib.stimuli.transform_log import LogLine, TransformLog
from lib.stimuli.transform_plan import TransformPlan, transform_items, usable

MANIFEST = "manifest.csv"
OWN_COLUMN = "transformation"


@dataclass(frozen=True)
class Made:
    """One image of the set that a machine was asked for.

    `take`, `line` and `image` are None where it was not asked for yet, or (`image`, with the `reason`) where no answer
    has a usable one.
    """

    item: Item
    base: Base
    take: int | None = None
    line: LogLine | None = None
    image: KeptImage | None = None
    reason: str | None = None


def current_images(plan: TransformPlan, bases: Sequence[Base], log: TransformLog) -> list[Made]:
    """What stands for each image of the set: its highest take with a usable image, else the last that was asked for."""
    return [_current(plan, base, item, log) for base in bases for item in transform_items([base], plan.transformation)]


def _current(plan: TransformPlan, base: Base, item: Item, log: TransformLog) -> Made:
    made = Made(item, base)
    for take in range(log.takes, 0, -1):
        line = log.latest.get(plan.key(item, take))
        if line is None:
            continue
        image, reason = usable(plan.images, Stored(line.text, line.finish_reason, line.refusal))
        if image is not None:
            return Made(item, base, take, line, image)
        if made.line is None:
            made = Made(item, base, take, line, None, f"failed ({line.failure.kind})" if line.failure else reason)
    return made


def place(out: Path, made: Iterable[Made], bases: Sequence[Base], plan: TransformPlan, log: TransformLog) -> Path:
    """Put base faces and current images under their names and write `manifest.csv`.

    Raises
    ------
    DataError
        A file that is not of this transformation has the name of one of its images or of its manifest.
    """
    own = {*log.files.values(), *(base.sha256 for base in bases)}
    manifest = out / MANIFEST
    _refuse_foreign_manifest(manifest)
    rows = []
    code = plan.transformation.code(plan.transformation.neutral)
    for base in bases:
        target = out / base.folder / f"{base.stem}_{code}{base.path.suffix.lower()}"
        _copy(base.path, base.sha256, target, own)
        rows.append(_row(target.relative_to(out), base, plan.transformation.neutral))
    for each in made:
        if each.image is None:
            continue
        suffix = Path(each.image.file).suffix
        target = out / each.base.folder / f"{each.item.image_id}{suffix}"
        _copy(plan.images / each.image.file, each.image.sha256, target, own)
        made_by = {OWN_COLUMN: plan.transformation.id, "take": str(each.take)}
        rows.append(_row(target.relative_to(out), each.base, each.item.label or "") | made_by)
    frame = pl.DataFrame(sorted(rows, key=lambda row: row["image_id"]), infer_schema_length=None)
    write_aside(manifest, frame.write_csv)
    return manifest


def _row(file: Path, base: Base, emotion: str) -> dict[str, str]:
    named = {"image_id": file.stem, "file": file.as_posix(), "emotion": emotion}
    return {**named, **base.factors, "base_sha256": base.sha256, OWN_COLUMN: "", "take": ""}


def _copy(source: Path, sha256: str, target: Path, own: set[str]) -> None:
    """Copy one image to its name; a file of ours that was there under it, with whatever ending, makes room."""
    for other in _with_name(target):
        if other.samefile(source):
            return
        if sha256_file(other) not in own:
            raise DataError(
                f"{other}: is there already, and is no image of this transformation. Move it elsewhere, or give "
                "another --out; nothing was replaced."
            )
        if other != target:
            other.unlink()
    if not target.is_file() or sha256_file(target) != sha256:
        write_aside(target, lambda path: shutil.copyfile(source, path))


def _with_name(target: Path) -> list[Path]:
    """Images in the target's folder that have its name, whatever their ending."""
    endings = sorted(IMAGE_SUFFIXES | {target.suffix})
    paths = (target.with_name(f"{target.stem}{ending}") for ending in endings)
    return [path for path in paths if path.is_file()]


def _refuse_foreign_manifest(path: Path) -> None:
    if path.is_file() and OWN_COLUMN not in path.open(encoding="utf-8", errors="replace").readline():
        raise DataError(
            f"{path}: is there already, and was not written by a transformation. Move it elsewhere, or give another "
            "--out; nothing was replaced."
        )
