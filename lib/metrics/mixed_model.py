"""What a fitted mixed model is, whichever engine fitted it, and the error of a model that cannot be fitted."""

from __future__ import annotations

from dataclasses import dataclass

from lib.errors import DataError
from lib.metrics.mixed_design import Design, Matrix


class ModelNotFittedError(DataError):
    """A mixed model has no estimates on these data: too few levels, rows or differences between them."""


@dataclass(frozen=True)
class MixedFit:
    """A linear mixed model with random intercepts, fitted by restricted maximum likelihood (REML).

    Attributes
    ----------
    design : Design
        The fixed effects; `design.aliased` names coefficients that were dropped.
    beta : numpy.ndarray
        Estimates of the kept coefficients, in units of the scale.
    covariance : numpy.ndarray
        Their covariance matrix.
    variances : dict of str to float
        Variance of each random intercept and of the `residual`, in squared units of the scale.
    variance_covariance : numpy.ndarray
        Covariance matrix of the variances, in their order; rows of a variance at zero are zero.
    reml : float
        The REML criterion (-2 log restricted likelihood), as lme4's `REMLcrit`.
    n_observations, n_excluded : int
        Rows used, and rows left out because the rating, the group or a factor was missing.
    n_levels : dict of str to int
        Number of levels of each random intercept.
    singular : tuple of str
        Random intercepts whose variance is estimated as zero; lme4 says "boundary (singular) fit".
    products : numpy.ndarray
        X'X over all rows.
    jacobians : tuple of numpy.ndarray
        Derivative of `covariance` by each variance parameter; the Satterthwaite degrees of freedom need them.
    parameter_covariance : numpy.ndarray
        Covariance matrix of these parameters.
    """

    design: Design
    beta: Matrix
    covariance: Matrix
    variances: dict[str, float]
    variance_covariance: Matrix
    reml: float
    n_observations: int
    n_excluded: int
    n_levels: dict[str, int]
    singular: tuple[str, ...]
    products: Matrix
    jacobians: tuple[Matrix, ...]
    parameter_covariance: Matrix

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be said about the fit: variances at zero, dropped coefficients, excluded rows."""
        said = []
        if self.singular:
            names = " and ".join(self.singular)
            said.append(f"Singular fit: the variance of {names} is estimated as zero.")
        if self.design.aliased:
            said.append(
                f"{len(self.design.aliased)} of {self.design.kept.size} coefficients were dropped, because empty "
                f"cells leave them without estimate: {', '.join(self.design.aliased)}."
            )
        if self.n_excluded:
            rows = "1 row" if self.n_excluded == 1 else f"{self.n_excluded:,} rows"
            said.append(f"Left out: {rows} without a rating or a level.")
        return tuple(said)
