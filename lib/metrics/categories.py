"""How well a rater's emotion labels match the intended emotions: accuracy, kappa, F1, confusions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score, confusion_matrix, precision_recall_fscore_support

from lib.errors import DataError
from lib.metrics.checks import finite_or_none, require_columns, require_rows, require_same_length
from lib.metrics.proportions import wilson_intervals

UNANSWERED = "unanswered"


@dataclass(frozen=True)
class CategoryScores:
    """Agreement of one rater's labels with the intended emotions.

    Attributes
    ----------
    n : int
        Images scored: all that have an intended emotion, answered or not.
    n_excluded : int
        Images left out because they have no intended emotion.
    n_answered : int
        Images of `n` answered with one of the categories.
    correct : int
        Images of `n` answered with the intended emotion.
    accuracy : float
        ``correct / n``, 0 to 1.
    kappa : float or None
        Cohen's kappa, -1 to 1; None where chance agreement is already 1 (one label only on both sides).
    macro_f1 : float
        Unweighted mean of the F1 of the emotions that were intended in at least one image, 0 to 1.
    per_emotion : polars.DataFrame
        One row a category, in the order given: emotion, n, correct, accuracy, precision, recall, f1 (shares 0 to 1).
        An emotion never predicted correctly has f1 = 0. precision is null where the emotion was never answered;
        accuracy, recall and f1 are null where it was never intended.
    confusion : polars.DataFrame
        intended, predicted, count, proportion (of the intended emotion's images; null where it has none). All
        pairs are there, in the order of the categories, with `unanswered` as last predicted label.
    """

    n: int
    n_excluded: int
    n_answered: int
    correct: int
    accuracy: float
    kappa: float | None
    macro_f1: float
    per_emotion: pl.DataFrame
    confusion: pl.DataFrame


def score_categories(intended: pl.Series, predicted: pl.Series, categories: Sequence[str]) -> CategoryScores:
    """Score predicted emotion labels against intended ones.

    Parameters
    ----------
    intended : polars.Series
        Intended emotion of each image; null images are excluded and counted.
    predicted : polars.Series
        Label given to the same image. Null, or a label that is not one of `categories`, counts as a category of its
        own, `unanswered`, hence as wrong, in accuracy, kappa (where it is a column of the table without a row) and F1.
    categories : sequence of str
        The study's emotions, in the order of presentation.

    Returns
    -------
    CategoryScores

    Raises
    ------
    DataError
        If no image has an intended emotion, the lengths differ, or an intended emotion is not one of `categories`.

    Notes
    -----
    ``kappa = (p_o - p_e) / (1 - p_e)`` with p_o the accuracy and p_e the product of both margins summed over labels
    (Cohen, 1960, doi:10.1177/001316446002000104). ``F1 = 2 TP / (2 TP + FP + FN)``. In a balanced design in which
    every image is answered, p_e = 1 / (number of categories) whatever the answers, so kappa follows from accuracy.
    Checked against R: psych::cohen.kappa, caret::confusionMatrix (tests/reference/categories.R).
    """
    require_same_length(intended, predicted, "intended and predicted emotions")
    labels = [*categories, UNANSWERED]
    known = intended.is_not_null()
    truth = _encode(intended.filter(known), categories)
    require_rows(truth.size, "images with an intended emotion")
    if (truth == len(categories)).any():
        stranger = intended.filter(known).filter(pl.Series(truth == len(categories)))[0]
        raise DataError(
            f"An intended emotion must be one of {list(categories)!r}, got {stranger!r}. "
            "Correct the images' table, or add the category to the study."
        )
    answer = _encode(predicted.filter(known), categories)
    table = confusion_matrix(truth, answer, labels=range(len(labels)))
    correct = int(np.trace(table))
    per_emotion = _per_emotion(truth, answer, table, categories)
    return CategoryScores(
        n=truth.size,
        n_excluded=intended.len() - truth.size,
        n_answered=int((answer < len(categories)).sum()),
        correct=correct,
        accuracy=correct / truth.size,
        kappa=finite_or_none(_kappa(truth, answer, len(labels))),
        macro_f1=float(per_emotion["f1"].drop_nulls().to_numpy().mean()),
        per_emotion=per_emotion,
        confusion=_tidy_confusion(table, categories),
    )


def right_answer() -> pl.Expr:
    """Whether `predicted` is the `intended` emotion: false where it is null, null where `intended` is."""
    right = (pl.col("intended").cast(pl.String) == pl.col("predicted").cast(pl.String)).fill_null(value=False)
    return pl.when(pl.col("intended").is_not_null()).then(right)


def accuracy_by(frame: pl.DataFrame, groups: Sequence[str], confidence: float = 0.95) -> pl.DataFrame:
    """Accuracy within groups of images, with Wilson intervals.

    Parameters
    ----------
    frame : polars.DataFrame
        Columns intended, predicted (labels; null predicted = wrong) and those named in `groups`.
    groups : sequence of str
        Columns to group by; a null in one is a group of its own. An empty sequence gives one row for all images.
    confidence : float
        Level of the intervals; the study's.

    Returns
    -------
    polars.DataFrame
        The group columns, then n (images with an intended emotion), n_excluded (without one), n_unanswered
        (predicted is null; counted as wrong), correct, accuracy, low, high (shares 0 to 1; null where n = 0).
        Sorted by group; an Enum column sorts in its own order.

    Raises
    ------
    DataError
        If a column is missing or no image has an intended emotion.

    Notes
    -----
    Interval of Wilson (1927, doi:10.1080/01621459.1927.10502953) from statsmodels. Checked against R:
    prop.test(correct = FALSE) (tests/reference/categories.R).
    """
    require_columns(frame, ["intended", "predicted", *groups], "The labels")
    require_rows(frame.height - frame["intended"].null_count(), "images with an intended emotion")
    known = pl.col("intended").is_not_null()
    figures = [
        known.sum().cast(pl.Int64).alias("n"),
        (~known).sum().cast(pl.Int64).alias("n_excluded"),
        (known & pl.col("predicted").is_null()).sum().cast(pl.Int64).alias("n_unanswered"),
        right_answer().sum().cast(pl.Int64).alias("correct"),
    ]
    tallied = frame.group_by(list(groups)).agg(figures).sort(list(groups)) if groups else frame.select(figures)
    low, high = wilson_intervals(tallied["correct"].to_numpy(), tallied["n"].to_numpy(), confidence)
    shares = tallied.with_columns(
        (pl.col("correct") / pl.col("n")).alias("accuracy"), pl.Series("low", low), pl.Series("high", high)
    )
    return shares.with_columns(pl.col("accuracy", "low", "high").fill_nan(None))


def _encode(labels: pl.Series, categories: Sequence[str]) -> NDArray[np.int64]:
    """Position of each label in `categories`; ``len(categories)`` for null and for any other label."""
    return (
        labels.cast(pl.String)
        .replace_strict(list(categories), list(range(len(categories))), default=len(categories), return_dtype=pl.Int64)
        .to_numpy()
    )


def _kappa(truth: NDArray[np.int64], answer: NDArray[np.int64], n_labels: int) -> float:
    """Cohen's kappa, NaN (without a warning) where one label fills both sides."""
    if np.unique(np.concatenate([truth, answer])).size == 1:
        return float("nan")
    return float(cohen_kappa_score(truth, answer, labels=range(n_labels)))


def _per_emotion(
    truth: NDArray[np.int64], answer: NDArray[np.int64], table: NDArray[np.int64], categories: Sequence[str]
) -> pl.DataFrame:
    """Precision, recall and F1 of each category, null where undefined."""
    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, answer, labels=range(len(categories)), average=None, zero_division=np.nan
    )
    intended = table.sum(axis=1)[: len(categories)]
    hits = np.diagonal(table)[: len(categories)]
    frame = pl.DataFrame(
        {
            "emotion": list(categories),
            "n": intended,
            "correct": hits,
            "accuracy": recall,
            "precision": precision,
            "recall": recall,
            "f1": np.where(intended > 0, f1, np.nan),
        }
    )
    return frame.with_columns(pl.col("accuracy", "precision", "recall", "f1").fill_nan(None))


def _tidy_confusion(table: NDArray[np.int64], categories: Sequence[str]) -> pl.DataFrame:
    """The table of counts as one row for each pair of labels."""
    labels = [*categories, UNANSWERED]
    counts = table[: len(categories)].ravel()
    totals = np.repeat(table[: len(categories)].sum(axis=1), len(labels))
    frame = pl.DataFrame(
        {
            "intended": np.repeat(np.array(categories, dtype=str), len(labels)).tolist(),
            "predicted": labels * len(categories),
            "count": counts,
            "total": totals,
        }
    )
    share = pl.when(pl.col("total") > 0).then(pl.col("count") / pl.col("total"))
    return frame.with_columns(share.alias("proportion")).drop("total")
