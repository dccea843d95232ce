"""Checks of the images that came back: what a person should look at before they are shown to anybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from lib.files import write_aside
from lib.stimuli.bases import Base
from lib.stimuli.faces import face_counter
from lib.stimuli.kept_images import RECOVERED, read_kept
from lib.stimuli.likeness import comparable, correlations, structural_similarity
from lib.stimuli.looking import LUMA, SIDE, fingerprint, pixels
from lib.stimuli.placing import Made
from lib.stimuli.transform_plan import TransformPlan

if TYPE_CHECKING:
    from PIL.Image import Image

FLAGS = {
    "no_image": "the answer held no image",
    "refusal": "the question or its answer was blocked",
    "broken_image": "what came cannot be decoded",
    "image_lost": "the image came, but its file is gone",
    "failed": "no answer came",
    "several_images": "more than one image came; the first one is used",
    "other_size": "width and height are not the base face's",
    "other_shape": "the ratio of width to height is not the base face's",
    "unlike_base": "little structural similarity with the base face: perhaps another person, or another picture",
    "like_another_base": "another base face is more like it than its own: perhaps another person",
    "unchanged": "hardly differs from the base face: perhaps without the emotion",
    "faces": "not as many faces were found as belong there",
    "recovered": "its answer's line was lost to an interruption; tokens and cost are not known",
}
COLUMNS = {
    "image_id": pl.String, "emotion": pl.String, "base": pl.String, "take": pl.Int64, "flags": pl.String,
    "similarity": pl.Float64, "faces": pl.Int64, "width": pl.Int64, "height": pl.Int64, "base_width": pl.Int64,
    "base_height": pl.Int64, "sha256": pl.String, "kept_in": pl.String, "finish_reason": pl.String,
    "refusal": pl.String, "model_version": pl.String, "asked_at": pl.String, "cost": pl.Float64,
    "currency": pl.String,
}  # fmt: skip


def check_images(made: Sequence[Made], plan: TransformPlan) -> pl.DataFrame:
    """Check every image that was asked for.

    Returns
    -------
    polars.DataFrame
        One row an image that was asked for, columns as in `COLUMNS`: `flags` are words of `FLAGS` joined by `;`, empty
        where nothing was found. `similarity` is SSIM with the base face (0 to 1), a stand-in for identity; `faces` is
        null where they were not counted.
    """
    asked = [each for each in made if each.line is not None]
    bases = list({each.base.sha256: each.base for each in made}.values())
    measured = _measure(asked, bases, plan)
    rows = [
        {**dict.fromkeys(COLUMNS), **_said(each), **measure, "flags": _flags(each, measure, plan)}
        for each, measure in zip(asked, measured, strict=True)
    ]
    return pl.DataFrame([{name: row[name] for name in COLUMNS} for row in rows], schema=COLUMNS)


def _said(made: Made) -> dict[str, Any]:
    line = made.line
    assert line is not None
    return {
        "image_id": made.item.image_id, "emotion": made.item.label, "base": made.base.stem, "take": made.take,
        "sha256": made.image.sha256 if made.image else None, "kept_in": made.image.file if made.image else None,
        "finish_reason": line.finish_reason, "refusal": line.refusal, "model_version": line.model_version,
        "asked_at": line.asked_at, "cost": line.cost, "currency": line.currency,
    }  # fmt: skip


@dataclass(frozen=True)
class _Compared:
    """What of a base face its images are held against."""

    whole: np.ndarray
    small: np.ndarray
    size: tuple[int, int]


def _measure(asked: Sequence[Made], bases: Sequence[Base], plan: TransformPlan) -> list[dict[str, Any]]:
    """Sizes, likeness and faces of each image; nothing for those that have none."""
    count = face_counter()
    known = {base.sha256: compared for base in bases if (compared := _compared(base.path)) is not None}
    smalls = np.stack([each.small for each in known.values()]) if known else np.zeros((0, SIDE, SIDE))
    return [_measure_one(made, plan, known, smalls, count) for made in asked]


def _compared(path: Path) -> _Compared | None:
    from PIL import Image

    try:
        with Image.open(path) as image:
            colours, _ = pixels(image)
            return _Compared(comparable(image), fingerprint(colours) @ LUMA, (colours.shape[1], colours.shape[0]))
    except (OSError, SyntaxError, ValueError):
        return None


def _measure_one(
    made: Made,
    plan: TransformPlan,
    known: Mapping[str, _Compared],
    smalls: np.ndarray,
    count: Callable[[Image], int] | None,
) -> dict[str, Any]:
    from PIL import Image as Pillow

    if made.image is None:
        return {}
    with Pillow.open(plan.images / made.image.file) as image:
        colours, _ = pixels(image)
        row = {"width": colours.shape[1], "height": colours.shape[0], "faces": count(image) if count else None}
        own = known.get(made.base.sha256)
        if own is None:
            return row
        alike = correlations((fingerprint(colours) @ LUMA)[None], smalls)[0]
        return row | {
            "base_width": own.size[0], "base_height": own.size[1],
            "similarity": round(structural_similarity(comparable(image), own.whole), 4),
            "nearest": list(known)[int(alike.argmax())],
        }  # fmt: skip


def _flags(made: Made, measure: dict[str, Any], plan: TransformPlan) -> str:
    checks, line = plan.transformation.checks, made.line
    assert line is not None
    if made.image is None:
        return "failed" if line.failure else made.reason or "no_image"
    found = {
        "several_images": len(read_kept(line.text).images) > 1,
        "recovered": line.finish_reason == RECOVERED,
        "faces": measure.get("faces") not in {None, checks.faces},
    }
    if "similarity" in measure:
        shape = measure["width"] / measure["height"]
        of_base = measure["base_width"] / measure["base_height"]
        found |= {
            "other_size": (measure["width"], measure["height"]) != (measure["base_width"], measure["base_height"]),
            "other_shape": abs(shape / of_base - 1) > checks.aspect_tolerance,
            "unlike_base": measure["similarity"] < checks.least_similarity,
            "like_another_base": measure["nearest"] != made.base.sha256,
            "unchanged": measure["similarity"] > checks.unchanged_above,
        }
    return ";".join(name for name in FLAGS if found.get(name))


def write_checks(frame: pl.DataFrame, path: Path) -> Path:
    """Write the checks as CSV, whole or not at all."""
    return write_aside(path, frame.write_csv)


def count_flags(frame: pl.DataFrame) -> dict[str, int]:
    """How many images have each flag, in the order of `FLAGS`; those that none has are left out."""
    listed = [name for flags in frame["flags"].drop_nulls() for name in flags.split(";") if name]
    return {name: listed.count(name) for name in FLAGS if name in listed}
