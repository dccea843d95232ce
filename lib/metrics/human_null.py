"""One rater held out as if a machine: the fairest yardstick for a machine's single answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from lib.contracts.predictions import HUMAN_NULL
from lib.errors import DataError
from lib.metrics.checks import require_columns, require_rows


@dataclass(frozen=True)
class HeldOut:
    """Ratings split into one that plays the machine for each image, and the others.

    Attributes
    ----------
    predictions : polars.DataFrame
        The predictions contract, one row an image in the order of image_id: condition (`human-null`), image_id,
        repeat (0), emotion, valence, arousal, valid, thinking_tokens (null). `valid` = every step was answered.
    remaining_ratings : polars.DataFrame
        The ratings without the held-out rows, with all their columns, sorted by image_id and participant_id.
    n_images : int
        Images answered.
    n_alone : int
        Images whose only rating was held out, so that no people remain to compare with.
    n_incomplete : int
        Images whose held-out rating lacks an answer (`valid` is false).
    """

    predictions: pl.DataFrame
    remaining_ratings: pl.DataFrame
    n_images: int
    n_alone: int
    n_incomplete: int


def hold_out(
    ratings: pl.DataFrame,
    categories: Sequence[str],
    seed: int,
    dimensions: Sequence[str] = ("valence", "arousal"),
) -> HeldOut:
    """Hold out one rating of every image, chosen at random, as the predictions of a condition `human-null`.

    In the laboratory's design a participant rates 72 of the 1,440 images, so no single person can answer for all of
    them. The condition is therefore a composite: for each image one of its own raters, every rating of the image
    being equally likely, answers; the image's remaining raters are the people it is compared with. Every image is
    answered once and no rating is on both sides, as for a machine. What the composite cannot show is one person's
    own leaning: raters' biases average out over images, which makes its bias smaller and its within-emotion spread
    larger than most single raters' would be.

    Parameters
    ----------
    ratings : polars.DataFrame
        Columns image_id, participant_id, and emotion and those of `dimensions` where the study has them (null =
        not answered). Any order of rows gives the same result.
    categories : sequence of str
        Every label people could give. One that is not among the study's intended emotions is kept as it is;
        `score_categories` counts it as wrong.
    seed : int
        Seed of the choice.
    dimensions : sequence of str
        The dimensions that machines are asked for.

    Returns
    -------
    HeldOut

    Raises
    ------
    DataError
        If there are no ratings, a column is missing, or a label is not one of `categories`.

    Notes
    -----
    Checked by properties: each image once, no rating lost or doubled, uniform choice, expected absolute error equal
    to the leave-one-out error of `lib.metrics.human.describe_people` where every image has equally many ratings.
    """
    require_columns(ratings, ["image_id", "participant_id"], "The ratings")
    require_rows(ratings.height, "ratings")
    asked = [step for step in ("emotion", *dimensions) if step in ratings.columns]
    _require_known_labels(ratings, categories)
    ordered = ratings.sort("image_id", "participant_id")
    held = _one_of_each_image(ordered["image_id"], seed)
    predictions = _as_predictions(ordered.filter(held), asked, dimensions)
    remaining = ordered.filter(~held)
    return HeldOut(
        predictions=predictions,
        remaining_ratings=remaining,
        n_images=predictions.height,
        n_alone=predictions.height - remaining["image_id"].n_unique(),
        n_incomplete=int((~predictions["valid"]).sum()),
    )


def _one_of_each_image(image_id: pl.Series, seed: int) -> pl.Series:
    """True for one row of each image, every row of it being equally likely."""
    draw = pl.Series("draw", np.random.default_rng(seed).random(image_id.len()))
    drawn = pl.DataFrame([image_id, draw])
    return drawn.select(pl.col("draw") == pl.col("draw").min().over("image_id")).to_series()


def _as_predictions(answers: pl.DataFrame, asked: Sequence[str], dimensions: Sequence[str]) -> pl.DataFrame:
    """One rating an image in the shape of a machine's predictions."""
    return answers.select(
        pl.lit(HUMAN_NULL).alias("condition"),
        "image_id",
        pl.lit(0, pl.Int64).alias("repeat"),
        *[_answer(step, step in asked) for step in ("emotion", *dimensions)],
        pl.all_horizontal(pl.col(step).is_not_null() for step in asked).alias("valid"),
        pl.lit(None, pl.Int64).alias("thinking_tokens"),
    )


def _answer(step: str, present: bool) -> pl.Expr:
    """The column of one step, in the type the contract gives it; nulls where the study does not ask for it."""
    kind = pl.String if step == "emotion" else pl.Float64
    return (pl.col(step) if present else pl.lit(None)).cast(kind).alias(step)


def _require_known_labels(ratings: pl.DataFrame, categories: Sequence[str]) -> None:
    """Raise `DataError` for the first label that people could not have given."""
    if "emotion" not in ratings.columns:
        return
    stray = ratings.filter(~pl.col("emotion").cast(pl.String).is_in(list(categories)))
    if stray.height:
        raise DataError(
            f"A label in the column 'emotion' must be one of {list(categories)!r}, got {stray['emotion'][0]!r} "
            f"for image {stray['image_id'][0]!r}. Correct it, or add it to what people could answer."
        )
