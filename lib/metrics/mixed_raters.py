"""Mixed models of one machine beside people: rating ~ rater_type * factors + (1 | image)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import polars as pl

from lib.errors import ParameterError
from lib.metrics.checks import require_columns
from lib.metrics.mixed_model import MixedFit, ModelNotFittedError
from lib.metrics.mixed_one_intercept import fit_one_intercept
from lib.metrics.mixed_terms import estimated_differences

People = Literal["means", "ratings"]
RATER_TYPE, HUMAN, MACHINE = "rater_type", "human", "machine"


def fit_rater_model(
    pairs: pl.DataFrame,
    factors: Sequence[str],
    people: People = "means",
    ratings: pl.DataFrame | None = None,
) -> MixedFit:
    """Fit rating ~ rater_type crossed with `factors` + (1 | image_id).

    Parameters
    ----------
    pairs : polars.DataFrame
        One row an image: image_id, machine (the machine's value), people_mean (mean human rating), both in units of the
        scale and null or NaN where there is none; and the columns `factors`.
    factors : sequence of str
        Factors of the images to cross with rater_type, such as emotion.
    people : {"means", "ratings"}
        What stands for people: one aggregate rating an image, as in the manuscript, or every single rating.
    ratings : polars.DataFrame, optional
        People's single ratings for `people="ratings"`: image_id, value (null or NaN = not answered).

    Returns
    -------
    MixedFit
        rater_type is coded against human, so that `rater_type[machine]` is the bias at the reference levels, and
        `rater_type[machine]:emotion[happy]` by how much the bias for happy differs from that for the reference emotion,
        which is the alphabetically first one (angry).

    Raises
    ------
    DataError
        If a column is missing.
    ParameterError
        If `people` is neither, or the single ratings are not given.
    ModelNotFittedError
        If one of the rater types has no rating, or the ratings do not suffice for the model.

    Notes
    -----
    The two choices answer different questions. With means, an image has two values, and the model is one of paired
    differences: the standard error of a bias is the spread of machine - people over images, pooled over all emotions.
    Where one emotion's differences spread more than another's, its standard error is too small and the other's too
    large; `lib.metrics.paired_differences` tests each emotion by its own spread. In a singular fit the pairing is lost
    as well: differences are then tested as if machine and people had rated different images. The residuals of the two
    rater types are not exchangeable with means (people's are averages of many ratings, and smaller); the variance of
    the random intercept is then not that of single ratings. With ratings, the residual variance is nearly that of
    single people, and the machine's one value is held to vary like a person's: a bias is judged against how much people
    differ, not against how constant the machine's error is.
    Missing values are left out one by one, as R does: an image without an answer of the machine keeps people's.
    """
    values = rater_frame(pairs, factors, people, ratings)
    given = values.drop_nulls()
    for kind in (HUMAN, MACHINE):
        if given.filter(pl.col(RATER_TYPE) == kind).is_empty():
            raise ModelNotFittedError(
                f"A model of rater types needs ratings of both, got 0 of {kind!r}. Add them, or leave this model out."
            )
    return fit_one_intercept(values, "rating", [RATER_TYPE, *factors], "image_id")


def rater_frame(
    pairs: pl.DataFrame, factors: Sequence[str], people: People = "means", ratings: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Ratings of both rater types below each other: image_id, the factors, rater_type, rating (NaN becomes null)."""
    require_columns(pairs, ["image_id", "machine", "people_mean", *factors], "The paired values")
    if people not in ("means", "ratings"):
        raise ParameterError(f"people must be 'means' or 'ratings', got {people!r}.")
    images = pairs.select("image_id", *factors)
    own = pairs.select("image_id", *factors, pl.lit(MACHINE).alias(RATER_TYPE), _number("machine"))
    if people == "means":
        others = pairs.select("image_id", *factors, pl.lit(HUMAN).alias(RATER_TYPE), _number("people_mean"))
    elif ratings is None:
        raise ParameterError("ratings must hold people's single ratings where people='ratings', got None.")
    else:
        require_columns(ratings, ["image_id", "value"], "The single ratings")
        single = ratings.select("image_id", _number("value")).join(images, on="image_id", maintain_order="left")
        others = single.select("image_id", *factors, pl.lit(HUMAN).alias(RATER_TYPE), "rating")
    return pl.concat([others, own])


def bias_estimates(fit: MixedFit, by: Sequence[str] = (), confidence: float = 0.95) -> pl.DataFrame:
    """Machine minus people within the levels of `by`; columns as of `estimated_differences`."""
    return estimated_differences(fit, RATER_TYPE, (MACHINE, HUMAN), by, confidence)


def _number(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Float64).fill_nan(None).alias("rating")
