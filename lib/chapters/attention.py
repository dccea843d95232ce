"""Where machines look at each step: shape of their attention, its share in regions, and how steps and images differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.chapters.answers import modal_labels
from lib.chapters.attention_measures import AREA, DENSITY, SHAPE, SHARE, TESTED, Measured, Regions, measure
from lib.chapters.attention_traced import first_repeats, steps_of
from lib.chapters.conditions import machine_dimensions
from lib.metrics.human import image_means
from lib.metrics.image_draws import Numbers, image_draws, interval_columns, ratio
from lib.metrics.permutation import TESTS, paired_permutation_test, unpaired_permutation_test
from lib.metrics.permutation_strata import within_permutation_test
from lib.metrics.schemas import Schema
from lib.study_data import StudyData

FEWEST = 5  # images on each side of a comparison
EMOTION, RATING = "emotion", "rating"
COMPARED = ("agree", "disagree", "difference", "p", "p_family", "within", "within_p", "within_p_family")
KEYS: Schema = {"condition": pl.String, "step": pl.String, "measure": pl.String}
MEANS: Schema = {
    **KEYS, "kind": pl.String, "n": pl.Int64, "mean": pl.Float64, "mean_low": pl.Float64, "mean_high": pl.Float64,
}  # fmt: skip
BETWEEN: Schema = {"condition": pl.String, "first": pl.String, "second": pl.String, **TESTS}
AGREED: Schema = {
    **KEYS, "by": pl.String, "n_agree": pl.Int64, "n_disagree": pl.Int64, "n_within": pl.Int64,
    **dict.fromkeys(COMPARED, pl.Float64),
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """One condition's attention at one step.

    Attributes
    ----------
    condition, step : str
        Whose, and when.
    images : polars.DataFrame
        image_id, emotion (reference emotion; null where there is none), agrees (whether the machine's label is people's
        most frequent one; null without a label, or where several are as frequent), near (whether the step's rating is
        as close to people's mean as the median image's or closer; null without one), in order of image_id.
    measured : Measured
        Figures of each image, in the same order.
    """

    condition: str
    step: str
    images: pl.DataFrame
    measured: Measured


def attention_looks(data: StudyData) -> list[Look]:
    """The traced attention of every condition, step by step, in the study's order; first repeats only."""
    traced, found = first_repeats(data), []
    regions = Regions(data.regions if traced else None)
    for condition, frame in traced.items():
        agreed = frame.join(_agreement(data, condition), on="image_id", how="left", maintain_order="left")
        found += [
            Look(condition, step, _with_nearness(data, condition, step, own), measure(own, regions))
            for step, own in steps_of(data, agreed)
        ]
    return found


def attention_means(data: StudyData, looks: Sequence[Look]) -> pl.DataFrame:
    """Mean over images of every figure, with bootstrap interval over images.

    Returns
    -------
    polars.DataFrame
        condition, step, measure, kind (`shape`; of regions `share`, `area`, `density`), n (images with a value), mean,
        mean_low, mean_high.
    """
    rows: list[dict[str, object]] = []
    for look in looks:
        for kind in (SHAPE, SHARE, AREA, DENSITY):
            values, names = look.measured.of(kind), look.measured.names(kind)
            if not names:
                continue
            known = (~np.isnan(values)).astype(float)
            filled = np.nan_to_num(values)
            draws = image_draws(
                lambda weights, filled=filled, known=known: ratio(weights @ filled, weights @ known),  # type: ignore[misc]
                len(values),
                data.resampling,
            )
            means = ratio(filled.sum(axis=0), known.sum(axis=0))
            for at, name in enumerate(names):
                ends = interval_columns(draws[:, at], data.resampling.confidence, "mean")
                rows.append(
                    {"condition": look.condition, "step": look.step, "measure": name, "kind": kind}
                    | {"n": int(known[:, at].sum()), "mean": _or_none(means[at]), **ends}
                )
    return pl.DataFrame(rows, schema=MEANS, orient="row")


def step_differences(data: StudyData, looks: Sequence[Look]) -> pl.DataFrame:
    """Whether a machine looks elsewhere at one step than at another, on the images traced at both.

    Returns
    -------
    polars.DataFrame
        condition, first, second (steps), then the columns of `lib.metrics.permutation.paired_permutation_test`, a row
        for each region's density, and for entropy_share, x, y and spread; p_family is over all rows of a pair.
    """
    parts = [pl.DataFrame(schema=BETWEEN)]
    for one, other in combinations(looks, 2):
        if one.condition != other.condition:
            continue
        both = sorted(set(one.images["image_id"]) & set(other.images["image_id"]))
        if not both:
            continue
        gaps = _rows_of(one, both) - _rows_of(other, both)
        analysis = data.study.analysis
        tested = paired_permutation_test(
            gaps, one.measured.names(TESTED), draws=analysis.bootstrap_draws, seed=analysis.seed
        )
        labels = {"condition": one.condition, "first": one.step, "second": other.step}
        parts.append(tested.select(*(pl.lit(text).alias(name) for name, text in labels.items()), pl.all()))
    return pl.concat(parts)


def agreement_differences(data: StudyData, looks: Sequence[Look]) -> pl.DataFrame:
    """Whether a machine looks elsewhere on images where it agrees with people than on the others.

    Returns
    -------
    polars.DataFrame
        condition, step, measure (as in `step_differences`), by (`emotion`: the label is people's most frequent one, or
        not; `rating`: the step's rating is as close to people's mean as the median image's, or not), n_agree,
        n_disagree (images), agree, disagree (means), difference, p, p_family
        (`lib.metrics.permutation.unpaired_permutation_test`); n_within, within, within_p, within_p_family: the same
        with each image compared with those of its own reference emotion only
        (`lib.metrics.permutation_strata.within_permutation_test`). No rows where a side has fewer than five images.
    """
    rows: list[dict[str, object]] = []
    for look in looks:
        for by, column in ((EMOTION, "agrees"), (RATING, "near")):
            known = look.images[column].is_not_null().to_numpy()
            close = look.images[column].fill_null(value=False).to_numpy()[known]
            if min(int(close.sum()), int((~close).sum())) >= FEWEST:
                named = {"condition": look.condition, "step": look.step, "by": by}
                rows += [named | row for row in _compare(data, look, known, close)]
    return pl.DataFrame(rows, schema=AGREED, orient="row")


def _compare(
    data: StudyData, look: Look, known: NDArray[np.bool_], close: NDArray[np.bool_]
) -> Iterator[dict[str, object]]:
    """Both tests of two groups of images, row by row."""
    draws, seed = data.study.analysis.bootstrap_draws, data.study.analysis.seed
    values, names = look.measured.of(TESTED)[known], look.measured.names(TESTED)
    crude = unpaired_permutation_test(values, close, names, draws=draws, seed=seed)
    strata = look.images["emotion"].fill_null("").filter(pl.Series(known))
    within = within_permutation_test(values, close, strata, names, draws=draws, seed=seed)
    agree, disagree = _means(values[close]), _means(values[~close])
    paired = zip(crude.iter_rows(named=True), within.iter_rows(named=True), strict=True)
    for at, (outer, inner) in enumerate(paired):
        yield {
            "measure": names[at], "n_agree": int(close.sum()), "n_disagree": int((~close).sum()),
            "n_within": inner["n"], "agree": agree[at], "disagree": disagree[at],
            "difference": outer["difference"], "p": outer["p"], "p_family": outer["p_family"],
            "within": inner["difference"], "within_p": inner["p"], "within_p_family": inner["p_family"],
        }  # fmt: skip


def _agreement(data: StudyData, condition: str) -> pl.DataFrame:
    """image_id and agrees; no rows for a condition without predictions."""
    answers = data.predictions.get(condition)
    if answers is None:
        return pl.DataFrame(schema={"image_id": pl.String, "agrees": pl.Boolean})
    people = modal_labels(data.ratings, list(data.study.emotion.people_categories)).rename({"emotion": "people"})
    joined = answers.select("image_id", pl.col("emotion").cast(pl.String)).join(people, on="image_id", how="inner")
    return joined.select("image_id", (pl.col("emotion") == pl.col("people")).alias("agrees"))


def _with_nearness(data: StudyData, condition: str, step: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The images of one step with `near`."""
    own = frame.select("image_id", "emotion", "agrees")
    answers = data.predictions.get(condition)
    if answers is None or step not in machine_dimensions(data) or step not in answers.columns:
        return own.with_columns(near=pl.lit(None, dtype=pl.Boolean))
    people = image_means(data.ratings, [step]).select("image_id", pl.col(f"{step}_mean").alias("people"))
    rated = answers.select("image_id", pl.col(step).cast(pl.Float64).alias("rating")).join(people, on="image_id")
    gaps = own.join(rated, on="image_id", how="left", maintain_order="left")
    gap = (pl.col("rating") - pl.col("people")).abs()
    return gaps.select("image_id", "emotion", "agrees", (gap <= gap.median() + 1e-9).alias("near"))


def _rows_of(look: Look, image_ids: Sequence[str]) -> Numbers:
    places = {image_id: at for at, image_id in enumerate(look.images["image_id"])}
    return look.measured.of(TESTED)[[places[image_id] for image_id in image_ids]]


def _means(values: NDArray[np.float64]) -> list[float | None]:
    known = ~np.isnan(values)
    means = ratio(np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0).astype(float))
    return [_or_none(value) for value in means]


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
