"""Mapping a machine's values to people's scale: how much of its error a straight line for each emotion removes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.errors import DataError, ParameterError
from lib.metrics.checks import require_columns, require_rows
from lib.metrics.image_draws import Numbers, image_draws, interval_columns
from lib.metrics.resampling import Resampling

FOLDS = 10
FEWEST = 3  # training images below which a line is not fitted
METHODS = ("line", "mean", "overall")


@dataclass(frozen=True)
class Calibrated:
    """Errors of one machine on one dimension before and after calibration, in units of the scale.

    Attributes
    ----------
    n, n_excluded : int
        Images compared, and left out: no value of the machine, or no rating.
    n_line, n_mean, n_overall : int
        Images whose value came from a line for their label, from the mean of their label (no line could be fitted),
        or from all labels together (no training image had the label). They sum to n.
    folds : int
        Parts of the cross-validation.
    mae_before, mae_after : float
        Mean absolute error against people's means.
    mae_label_mean : float
        The same where each image gets the training mean of its label: what the label alone is worth.
    reduction, reduction_low, reduction_high : float or None
        ``mae_before - mae_after`` and its interval over images, the fitted lines given.
    beyond_label, beyond_label_low, beyond_label_high : float or None
        ``mae_label_mean - mae_after``: what the machine's values add to its label; below 0 where they add noise.
    r_before, r_after : float or None
        Pearson's correlation with people's means; None where one side is constant.
    """

    n: int
    n_excluded: int
    n_line: int
    n_mean: int
    n_overall: int
    folds: int
    mae_before: float
    mae_after: float
    mae_label_mean: float
    reduction: float
    reduction_low: float | None
    reduction_high: float | None
    beyond_label: float
    beyond_label_low: float | None
    beyond_label_high: float | None
    r_before: float | None
    r_after: float | None


def assign_folds(units: pl.Series, seed: int, folds: int = FOLDS) -> pl.Series:
    """Give each row the fold of its unit, so that all images of one identity stay together.

    Parameters
    ----------
    units : polars.Series
        The unit of each row, such as the identity; a null is a unit of its own.
    seed : int
        The study's; same units and seed, same folds, whatever the order of the rows.
    folds : int
        Number of folds, at least 2; fewer where there are fewer units.

    Returns
    -------
    polars.Series
        `fold`, Int64 from 0; units are dealt out in random order, so that folds differ by one unit at most.

    Raises
    ------
    ParameterError
        If there are fewer than two folds or units.
    """
    names = units.cast(pl.String)
    alone = pl.Series([f"\0{row}" for row in range(names.len())])
    names = names.zip_with(names.is_not_null(), alone)
    known = names.unique().sort()
    if folds < 2 or known.len() < 2:
        raise ParameterError(f"Cross-validation needs two folds and two units, got {folds!r} and {known.len()!r}.")
    order = np.random.default_rng(seed).permutation(known.len())
    fold = np.empty(known.len(), dtype=np.int64)
    fold[order] = np.arange(known.len()) % folds
    return pl.Series("fold", fold[known.search_sorted(names).to_numpy()])


def cross_calibrate(frame: pl.DataFrame, limits: tuple[float, float]) -> pl.DataFrame:
    """Map each machine value to people's scale by a line that was fitted to the other folds, one line a label.

    Parameters
    ----------
    frame : polars.DataFrame
        machine, people_mean (units of the scale, no nulls), label (by which lines differ; null is a label of its own)
        and fold.
    limits : tuple of float
        Ends of the scale; what a line predicts beyond them is moved to them.

    Returns
    -------
    polars.DataFrame
        In the same order: calibrated, label_mean (training mean of people for the label) and method: `line`; `mean`
        where the label has fewer than 3 training images or one machine value only; `overall` where it has none (then
        the line, or else the mean, of all training images).

    Raises
    ------
    DataError
        If a column is missing, there is no row, or a value is null.

    Notes
    -----
    ``people = intercept + slope machine`` by least squares within label, from sums of the whole minus sums of the
    fold. Checked against R: lm fitted fold by fold (tests/reference/stereotypes.R).
    """
    require_columns(frame, ["machine", "people_mean", "label", "fold"], "The paired values")
    require_rows(frame.height, "paired values")
    if frame["machine"].null_count() or frame["people_mean"].null_count():
        raise DataError("Values to calibrate must not be null, got None. Leave such images out and count them.")
    x, y = frame["machine"].to_numpy().astype(float), frame["people_mean"].to_numpy().astype(float)
    label = frame["label"].cast(pl.String).rank("dense").fill_null(0).to_numpy().astype(np.int64)
    fold = frame["fold"].to_numpy()
    own = _training(x, y, label, fold)
    everyone = _training(x, y, label * 0, fold)
    straight, known = own.has_line, own.n > 0
    rest = np.where(everyone.has_line, everyone.predict(x), everyone.mean)
    value = np.where(straight, own.predict(x), np.where(known, own.mean, rest))
    method = np.where(straight, METHODS[0], np.where(known, METHODS[1], METHODS[2]))
    return pl.DataFrame(
        {
            "calibrated": np.clip(value, *limits),
            "label_mean": np.where(known, own.mean, everyone.mean),
            "method": method,
        }
    )


def calibrate(frame: pl.DataFrame, limits: tuple[float, float], resampling: Resampling) -> Calibrated:
    """Calibrate one machine by label, cross-validated, and describe its errors before and after.

    Parameters
    ----------
    frame, limits
        As in `cross_calibrate`; rows without machine value or people_mean are excluded and counted.
    resampling : Resampling
        The study's; images are drawn. No interval where the study draws participants: people's means, to which the
        lines are fitted, would change with them.

    Returns
    -------
    Calibrated

    Raises
    ------
    DataError
        If no image has both values.
    """
    known = frame.drop_nulls(["machine", "people_mean"])
    found = cross_calibrate(known, limits)
    machine, people = known["machine"].to_numpy().astype(float), known["people_mean"].to_numpy().astype(float)
    after = found["calibrated"].to_numpy()
    errors = np.column_stack([np.abs(item - people) for item in (machine, after, found["label_mean"].to_numpy())])
    before, mae, alone = (float(item) for item in errors.mean(axis=0))
    gains = errors[:, [0, 2]] - errors[:, [1]]
    draws = image_draws(lambda weights: weights @ gains / known.height, known.height, resampling)
    ends = interval_columns(draws[:, 0], resampling.confidence, "reduction")
    ends |= interval_columns(draws[:, 1], resampling.confidence, "beyond_label")
    counts = {f"n_{name}": int((found["method"] == name).sum()) for name in METHODS}
    return Calibrated(
        n=known.height,
        n_excluded=frame.height - known.height,
        folds=known["fold"].n_unique(),
        mae_before=before,
        mae_after=mae,
        mae_label_mean=alone,
        reduction=before - mae,
        beyond_label=alone - mae,
        r_before=pearson(machine, people),
        r_after=pearson(after, people),
        **counts,
        **ends,  # type: ignore[arg-type]
    )


def pearson(first: Numbers, second: Numbers) -> float | None:
    """Pearson's r; None for fewer than two pairs or a constant side."""
    if first.size < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.corrcoef(first, second)[0, 1])


@dataclass(frozen=True)
class _Training:
    """For each row, what the other folds' rows of the same label say."""

    n: NDArray[np.float64]
    mean: Numbers
    has_line: NDArray[np.bool_]
    centre: Numbers
    slope: Numbers

    def predict(self, x: Numbers) -> Numbers:
        return self.mean + self.slope * (x - self.centre)


def _training(x: Numbers, y: Numbers, label: NDArray[np.int64], fold: NDArray[np.int64]) -> _Training:
    """Least squares within label on all folds but the row's own; sums of centred values keep their digits."""
    x0, y0 = x.mean(), y.mean()
    terms = np.column_stack([np.ones(x.size), x - x0, y - y0, (x - x0) ** 2, (x - x0) * (y - y0)])
    sums = np.zeros((int(label.max()) + 1, int(fold.max()) + 1, terms.shape[1]))
    np.add.at(sums, (label, fold), terms)
    others = (sums.sum(axis=1, keepdims=True) - sums)[label, fold]
    n = np.round(others[:, 0])
    some = np.maximum(n, 1)
    centre, mean = others[:, 1] / some, others[:, 2] / some
    spread = others[:, 3] - some * centre**2
    has_line = (n >= FEWEST) & (spread > 1e-9 * np.maximum(others[:, 3], 1e-12))
    slope = np.where(has_line, (others[:, 4] - some * centre * mean) / np.where(has_line, spread, 1), 0)
    return _Training(n, mean + y0, has_line, centre + x0, slope)
