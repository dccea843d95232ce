"""Analysis of variance where several images show one unit, such as an identity: units, not images, are independent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import f as f_distribution

from lib.errors import DataError
from lib.metrics.anova import EXACT, compare_models
from lib.metrics.checks import require_columns

MEAN = "mean_of_cell"


@dataclass(frozen=True)
class UnitEffect:
    """An effect tested against the differences between units instead of those between images.

    Attributes
    ----------
    f_units, p_units : float or None
        F statistic and its probability; None where nothing can be estimated (see `lib.metrics.anova.Effect`).
    df_residual_units : int or None
        Degrees of freedom of the error; None where no unit is complete.
    n_units, n_units_excluded : int
        Units that enter, and units left out because they lack a value in some cell of `within`.
    """

    f_units: float | None
    df_residual_units: int | None
    p_units: float | None
    n_units: int
    n_units_excluded: int


def is_between_units(images: pl.DataFrame, unit: str, factors: Sequence[str]) -> bool:
    """Whether every unit has one level of each of `factors`; images without unit or level do not count."""
    require_columns(images, [unit, *factors], "The images")
    levels = images.drop_nulls([unit, *factors]).group_by(unit).agg(pl.col(name).n_unique() for name in factors)
    return bool(levels.height) and all(levels[name].max() == 1 for name in factors)


def compare_units(
    frame: pl.DataFrame, response: str, factor: str, unit: str, within: str | None = None, *, interaction: bool = False
) -> UnitEffect:
    """Test a factor that differs between units, or its interaction with one that differs within them.

    Parameters
    ----------
    frame : polars.DataFrame
        Columns `response` (null or NaN = missing), `factor`, `unit` and `within` (null = missing).
    response : str
        The column to be explained.
    factor : str
        The factor; each unit has one level of it.
    unit : str
        What is independent, such as identity.
    within : str, optional
        The factor that each unit is seen at all levels of, such as emotion. Values are averaged first in each cell of
        unit and `within`, then over the cells, which thus weigh the same. A unit without a value in one of the levels
        that occur is left out and counted. None: the mean of all values of a unit.
    interaction : bool
        Test `factor` x `within` instead of `factor`.

    Returns
    -------
    UnitEffect

    Raises
    ------
    DataError
        If a column is missing, a unit has several levels of `factor`, or an interaction is asked for without `within`.

    Notes
    -----
    The two strata of a split-plot design. Main effect: one-way analysis of variance of the units' means, exact for
    independent units with the same variance whatever the correlation of one unit's images. Interaction: the model
    ``unit + within + factor:within`` against ``unit + within`` on the cell means, so that the error is unit x within
    inside the levels of `factor`; exact under sphericity (all differences between two levels of `within` have the
    same variance). Kirk (2013), Experimental Design, 4th ed., chapter 12. Checked against R: aov with
    Error(unit/within) and anova(lm) (tests/reference/anova.R).
    """
    if interaction and within is None:
        raise DataError("An interaction needs the factor within units, got None. Give `within`.")
    names = [factor, unit, *([within] if within else [])]
    require_columns(frame, [response, *names], "The values")
    value = pl.col(response).cast(pl.Float64).fill_nan(None)
    known = frame.drop_nulls(names)
    if known.height and not is_between_units(known, unit, [factor]):
        raise DataError(
            f"Each {unit} must have one level of {factor}, got one with several. Use a factor that differs between "
            "units, or lib.metrics.anova.compare_models."
        )
    cells = known.with_columns(value.alias(MEAN)).drop_nulls(MEAN).group_by(names).agg(pl.col(MEAN).mean()).sort(names)
    complete = _complete(cells, unit, within)
    excluded = known[unit].n_unique() - complete[unit].n_unique()
    if complete.is_empty():
        return UnitEffect(None, None, None, 0, excluded)
    f, df_residual, p = (
        _interaction(complete, factor, unit, str(within)) if interaction else _main(complete, factor, unit)
    )
    return UnitEffect(f, df_residual, p, complete[unit].n_unique(), excluded)


def _complete(cells: pl.DataFrame, unit: str, within: str | None) -> pl.DataFrame:
    """The cells of units that have one at each level of `within` that occurs."""
    return cells if within is None else cells.filter(pl.len().over(unit) == cells[within].n_unique())


def _main(cells: pl.DataFrame, factor: str, unit: str) -> tuple[float | None, int, float | None]:
    means = cells.group_by(factor, unit).agg(pl.col(MEAN).mean()).sort(factor, unit)
    effect = compare_models(means, MEAN, [], [(factor,)])
    return effect.f, effect.df_residual, effect.p


def _interaction(cells: pl.DataFrame, factor: str, unit: str, within: str) -> tuple[float | None, int, float | None]:
    """F, df of the error and p; every unit is complete, so that unit means out of the way leave means of groups."""
    from_unit = pl.col(MEAN) - pl.col(MEAN).mean().over(unit)
    centred = cells.with_columns(from_unit.alias(MEAN))
    residuals = {
        name: float(((centred[MEAN] - centred.select(pl.col(MEAN).mean().over(groups)).to_series()) ** 2).sum())
        for name, groups in (("smaller", [within]), ("larger", [factor, within]))
    }
    levels, steps = cells[factor].n_unique(), cells[within].n_unique() - 1
    df, df_residual = (levels - 1) * steps, (cells[unit].n_unique() - levels) * steps
    total = float(((cells[MEAN] - cells[MEAN].mean()) ** 2).sum())
    if not df or not df_residual or residuals["larger"] <= EXACT * max(total, np.finfo(float).tiny):
        return None, df_residual, None
    f = (residuals["smaller"] - residuals["larger"]) / df / (residuals["larger"] / df_residual)
    return f, df_residual, float(f_distribution.sf(f, df, df_residual))
