"""What a machine's layers tell apart, beside people's ratings and the reference emotions (A9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.chapters.answers import reference_emotions
from lib.chapters.conditions import machine_dimensions
from lib.metrics.human import image_means
from lib.metrics.image_pairs import FEWEST, all_pairs, pairs_within
from lib.metrics.kernel_alignment import align_layers
from lib.metrics.rdm_ceiling import rdm_ceiling
from lib.metrics.representations import category_dissimilarity, dissimilarity, relate_layers
from lib.study_data import StudyData

Numbers = NDArray[np.float64]
PERMUTATIONS = 999
SPLITS = 20
"""Of people into halves, for the noise ceiling."""
FEWEST_IMAGES = 8
IMAGE_TOKENS = "image"
"""In place of a step: states over the image's tokens, before the first question is answered."""
WHOSE = {"condition": pl.String, "step": pl.String, "layer": pl.Int64}
RELATED = WHOSE | {"measure": pl.String, "target": pl.String, "n": pl.Int64} | dict.fromkeys(
    ["value", "p", "p_family"], pl.Float64
) | {"reason": pl.String}  # fmt: skip
CEILINGS = {"condition": pl.String, "target": pl.String, "n": pl.Int64, "n_left_out": pl.Int64} | dict.fromkeys(
    ["halves", "reliability", "ceiling"], pl.Float64
) | {"reason": pl.String}  # fmt: skip


@dataclass(frozen=True)
class _Inside:
    """States of one machine's layers for the same images.

    images: image_id, category (reference emotion) and people's means; layers: by step and number, (n_images, width).
    """

    condition: str
    images: pl.DataFrame
    layers: dict[tuple[str, int], Numbers]


def layer_relations(data: StudyData) -> pl.DataFrame:
    """Each layer's likeness to people's ratings and to the reference emotions, over all pairs of images and within.

    Returns
    -------
    polars.DataFrame
        condition, step (`image` for the image's own tokens), layer; measure (`rsa`: Spearman's correlation of
        distances, `lib.metrics.representations.relate_layers`; `cka`: debiased,
        `lib.metrics.kernel_alignment.align_layers`), target (`ratings`: people's means of all dimensions; `emotion`;
        `within`: people's means again, compared within emotions only), n (images), value, p (one-sided, of permuted
        images), p_family (over all layers and steps of a condition), reason (why value is null).
    """
    frames = [_relations(data, inside) for inside in _insides(data)]
    if not frames:
        return pl.DataFrame(schema=RELATED)
    order = {step: at for at, step in enumerate((IMAGE_TOKENS, "emotion", *data.study.machine_dimensions))}
    place = pl.col("step").replace_strict(order, default=len(order), return_dtype=pl.Int64)
    kind = pl.struct("measure", "target").rank("dense")
    return pl.concat([frame.sort(kind, place, "layer", descending=[True, False, False]) for frame in frames])


def layer_ceilings(data: StudyData) -> pl.DataFrame:
    """How far people's own noise lets RSA with their ratings go, on the images of each condition.

    Returns
    -------
    polars.DataFrame
        condition, target (`ratings`, `within`), n, n_left_out, and halves, reliability, ceiling and reason of
        `lib.metrics.rdm_ceiling.rdm_ceiling`.
    """
    rows: list[dict[str, object]] = []
    for inside in _insides(data):
        for target in ("ratings", "within"):
            found = rdm_ceiling(
                data.ratings, machine_dimensions(data), inside.images.select("image_id", "category"), splits=SPLITS,
                seed=data.study.analysis.seed, within=target == "within",
            )  # fmt: skip
            rows.append({
                "condition": inside.condition, "target": target, "n": found.n_images, "n_left_out": found.n_left_out,
                "halves": found.halves, "reliability": found.reliability, "ceiling": found.ceiling,
                "reason": found.reason,
            })  # fmt: skip
    return pl.DataFrame(rows, schema=CEILINGS)


def _relations(data: StudyData, inside: _Inside) -> pl.DataFrame:
    """All relations of one machine's layers."""
    category = inside.images["category"]
    people = inside.images.select(f"{name}_mean" for name in machine_dimensions(data)).to_numpy()
    emotion = category.to_dummies().cast(pl.Float64).to_numpy()
    layers = {f"{step}\n{layer}": values for (step, layer), values in inside.layers.items()}
    relate = partial(relate_layers, layers, draws=PERMUTATIONS, seed=data.study.analysis.seed)
    align = partial(align_layers, layers, draws=PERMUTATIONS, seed=data.study.analysis.seed)
    every = all_pairs(category.len())
    distances = dissimilarity(people, "euclidean")
    found = {
        ("rsa", "ratings"): relate(distances, every),
        ("rsa", "emotion"): relate(category_dissimilarity(category), every),
        ("cka", "ratings"): align(people),
        ("cka", "emotion"): align(emotion),
    }
    if category.value_counts()["count"].max() >= FEWEST:  # type: ignore[operator]
        found["rsa", "within"] = relate(distances, pairs_within(category))
        found["cka", "within"] = align(people, category=category)
    return pl.concat(_rows(inside, frame, measure, target) for (measure, target), frame in found.items())


def _rows(inside: _Inside, frame: pl.DataFrame, measure: str, target: str) -> pl.DataFrame:
    whole = frame.filter(pl.col("part") == "all") if "part" in frame.columns else frame
    parts = pl.col("layer").str.split("\n")
    return whole.select(
        pl.lit(inside.condition).alias("condition"),
        parts.list.get(0).alias("step"),
        parts.list.get(1).cast(pl.Int64).alias("layer"),
        pl.lit(measure).alias("measure"),
        pl.lit(target).alias("target"),
        pl.lit(inside.images.height, pl.Int64).alias("n"),
        pl.col("rho" if measure == "rsa" else "cka_debiased").alias("value"),
        "p", "p_family", "reason",
    )  # fmt: skip


def _insides(data: StudyData) -> list[_Inside]:
    """The machines with states, each on the images with states of all its layers, an emotion and people's ratings."""
    traced = data.traced("hidden")
    if not traced:
        return []
    dimensions = machine_dimensions(data)
    images = reference_emotions(data).images.select("image_id", pl.col("emotion").cast(pl.String).alias("category"))
    images = images.join(image_means(data.ratings, dimensions), on="image_id", how="inner", maintain_order="left")
    images = images.drop_nulls(["category", *(f"{name}_mean" for name in dimensions)])
    found = (_inside(name, frame, images) for name, frame in traced.items())
    return [inside for inside in found if inside.images.height >= FEWEST_IMAGES]


def _inside(condition: str, frame: pl.DataFrame, images: pl.DataFrame) -> _Inside:
    first = frame["step"].unique(maintain_order=True).sort().to_list()
    steps = [step for step in ("emotion", *first) if step in first]
    own = frame.filter(
        pl.col("repeat") == 0,
        (pl.col("pooled") == "last") | (pl.col("step") == steps[0]),
        pl.col("image_id").is_in(images["image_id"].implode()),
    ).with_columns(
        pl.when(pl.col("pooled") == "last").then("step").otherwise(pl.lit(IMAGE_TOKENS)).alias("step")
    )  # fmt: skip
    wanted = _common(own)
    kept = own.join(wanted, on=["step", "layer"], how="semi")
    whole = kept.group_by("image_id").len().filter(pl.col("len") == wanted.height)
    shown = images.join(whole, on="image_id", how="semi", maintain_order="left")
    return _Inside(condition, shown, _tables(kept, shown, wanted))


def _common(own: pl.DataFrame) -> pl.DataFrame:
    """The layers of which half of the images or more have states, so that an odd image costs no layer."""
    counted = own.group_by("step", "layer").agg(pl.col("image_id").n_unique().alias("n"))
    return counted.filter(pl.col("n") * 2 >= own["image_id"].n_unique()).sort("step", "layer")


def _tables(kept: pl.DataFrame, images: pl.DataFrame, wanted: pl.DataFrame) -> dict[tuple[str, int], Numbers]:
    tables: Mapping[tuple[object, ...], pl.DataFrame] = kept.partition_by("step", "layer", as_dict=True)
    found = {}
    for step, layer in wanted.select("step", "layer").iter_rows():
        joined = images.select("image_id").join(tables[step, layer], on="image_id", how="inner", maintain_order="left")
        found[step, layer] = np.stack(joined["vector"].to_list()).astype(np.float64) if joined.height else np.empty(0)
    return found
