"""Every figure of the targets file, recomputed from images, ratings and predictions with the paper's own metrics."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import polars as pl

from lib.errors import DataError
from lib.metrics.categories import CategoryScores, score_categories
from lib.metrics.counts import count_ratings
from lib.metrics.dimensions import DimensionScores, compare_with_people
from lib.metrics.human import HumanBaseline, describe_people, image_means
from lib.twin.design import EMOTIONS
from lib.twin.people import SCALE
from lib.twin.targets import Target

PEOPLE = "human"


class People:
    """People's ratings with the images they belong to."""

    def __init__(self, images: pl.DataFrame, ratings: pl.DataFrame, dimensions: Sequence[str]) -> None:
        self.ratings = ratings.join(images.select("image_id", "intended_emotion"), on="image_id", how="left")
        self.means = images.join(image_means(ratings, dimensions), on="image_id", how="left")
        self.baselines: dict[str, HumanBaseline] = {
            name: describe_people(count_ratings(ratings, name, SCALE)) for name in dimensions
        }

    def figure(self, target: Target) -> float | None:
        """Recomputed value of a target about people."""
        dimension = str(target.dimension)
        if target.quantity == "emotion_mean":
            chosen = self.means.filter(pl.col("intended_emotion") == target.emotion)
            return _number(chosen[f"{dimension}_mean"].mean())
        if target.quantity == "emotion_sd":
            return _number(self.ratings.filter(pl.col("intended_emotion") == target.emotion)[dimension].std())
        return _number(getattr(self.baselines[dimension], target.quantity))


class Machine:
    """One condition's predictions beside people's means, image by image."""

    def __init__(self, people: People, predictions: pl.DataFrame) -> None:
        first = predictions.filter(pl.col("repeat") == 0).drop("condition", "repeat")
        self.frame = people.means.join(first, on="image_id", how="left")

    @cached_property
    def categories(self) -> CategoryScores:
        """Accuracy, kappa, F1 and confusions against the intended emotions."""
        return score_categories(self.frame["intended_emotion"], self.frame["emotion"], EMOTIONS)

    @cached_property
    def _scores(self) -> dict[str, DimensionScores]:
        return {}

    def scores(self, dimension: str) -> DimensionScores:
        """Agreement with people on one dimension, over valid answers."""
        if dimension not in self._scores:
            rows = self.frame.filter(pl.col("valid"))
            self._scores[dimension] = compare_with_people(rows[dimension], rows[f"{dimension}_mean"])
        return self._scores[dimension]

    def figure(self, target: Target) -> float | None:
        """Recomputed value of a target about this condition."""
        if target.quantity in {"accuracy", "kappa", "macro_f1"}:
            return _number(getattr(self.categories, target.quantity))
        if target.quantity in {"emotion_accuracy", "emotion_f1", "confusion", "group_accuracy"}:
            return self._category_figure(target)
        if target.quantity in {"r", "bias", "sd_difference", "mae", "machine_mean", "machine_sd"}:
            return _number(getattr(self.scores(str(target.dimension)), target.quantity))
        if target.quantity == "thinking_tokens":
            return self._tokens(target)
        return self._dimension_figure(target)

    def _category_figure(self, target: Target) -> float | None:
        if target.quantity == "confusion":
            pair = (pl.col("intended") == target.emotion) & (pl.col("predicted") == target.answer)
            return _number(self.categories.confusion.filter(pair)["proportion"].item())
        if target.quantity == "group_accuracy":
            rows = self.frame.filter(
                pl.col("intended_emotion") == target.emotion, pl.col(str(target.factor)) == target.group
            )
            return _number((rows["emotion"] == rows["intended_emotion"]).fill_null(value=False).mean())
        row = self.categories.per_emotion.filter(pl.col("emotion") == target.emotion)
        return _number(row["f1" if target.quantity == "emotion_f1" else "accuracy"].item())

    def _dimension_figure(self, target: Target) -> float | None:
        """Figures within an emotion or a group of faces."""
        value = pl.col(str(target.dimension))
        rows = self.frame.filter(pl.col("valid"), value.is_not_null())
        difference = value - pl.col(f"{target.dimension}_mean")
        if target.quantity == "group_bias":
            return _number(rows.filter(pl.col(str(target.factor)) == target.group).select(difference.mean()).item())
        if target.quantity.endswith("_share"):
            factor = target.quantity.split("_")[0]
            shares = variance_shares(rows.with_columns(difference.alias("difference")), factor)
            return shares[1 if "_by_emotion" in target.quantity else 0]
        if target.quantity in {"most_values", "fewest_values"}:
            distinct = rows.group_by("intended_emotion").agg(value.n_unique())[str(target.dimension)]
            return _number(distinct.max() if target.quantity == "most_values" else distinct.min())
        rows = rows.filter(pl.col("intended_emotion") == target.emotion)
        return _number(rows.select(difference.mean() if target.quantity == "emotion_bias" else value.std()).item())

    def _tokens(self, target: Target) -> float | None:
        """Mean thinking tokens of an emotion, of right or wrong answers, or of all."""
        right = (pl.col("emotion") == pl.col("intended_emotion")).fill_null(value=False)
        keep = pl.lit(value=True)
        if target.emotion:
            keep = pl.col("intended_emotion") == target.emotion
        elif target.outcome:
            keep = right if target.outcome == "correct" else ~right
        return _number(self.frame.filter(keep)["thinking_tokens"].mean())


def variance_shares(frame: pl.DataFrame, factor: str) -> tuple[float, float]:
    """Eta squared of a factor and of its interaction with the intended emotion, in a balanced design.

    Parameters
    ----------
    frame : polars.DataFrame
        Columns difference, intended_emotion and `factor`; cells of equal size (a missing image or two do no harm).
    factor : str
        Such as race.

    Returns
    -------
    main, interaction : float
        Sums of squares over the total: ``SS_factor / SS`` and ``(SS_cells - SS_factor - SS_emotion) / SS``.
    """
    total = float(((frame["difference"] - frame["difference"].mean()) ** 2).sum())
    grand = frame["difference"].mean()

    def between(*columns: str) -> float:
        groups = frame.group_by(columns).agg(pl.len().alias("n"), pl.col("difference").mean())
        return float((groups["n"] * (groups["difference"] - grand) ** 2).sum())

    main = between(factor)
    cells = between(factor, "intended_emotion")
    return main / total, (cells - main - between("intended_emotion")) / total


def _number(value: object) -> float | None:
    """A plain float, None where the figure is undefined."""
    if value is None:
        return None
    if not isinstance(value, int | float | np.integer | np.floating):
        raise DataError(f"A recomputed figure must be a number, got {value!r}.")
    return float(value)
