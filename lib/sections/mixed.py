"""Mixed models: each machine beside people's mean, with the image as random intercept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from lib.chapters.answers import value_answers
from lib.chapters.claims_mixed import claim_mixed
from lib.chapters.conditions import condition_names
from lib.chapters.mixed_models import FULL, MachineModels, fit_machine_models
from lib.formats import plus_signed
from lib.results import Results
from lib.study_data import StudyData

COEFFICIENTS = ("model", "term", "estimate", "se", "df", "t", "p", "p_adjusted")
TERMS = ("model", "term", "df", "df_residual", "f", "p", "p_adjusted")
SIGNED = ("estimate", "low", "high")


def mixed_section(data: StudyData, results: Results) -> dict[str, pl.DataFrame]:
    """Fit rating ~ rater_type * factors + (1 | image) for every machine: by emotion, by each factor, and by all.

    Parameters
    ----------
    data
        The study.
    results
        Takes conditions.<id>.<dim>.mixed (rows: coefficients of all models but the full one), .mixed_anova (rows: type
        III tests of all models), .mixed_notes.<model> (text), .mixed_bias.<factor>.<level>.{estimate, se, ...} and
        .mixed_fit.<model>.{n, n_excluded, image, residual, reml, singular}; and claims.mixed.*.

    Returns
    -------
    dict of str to polars.DataFrame
        `mixed_coefficients`, `mixed_terms`, `mixed_bias`, `mixed_fits`: see `lib.chapters.mixed_models.MachineModels`.
    """
    models = fit_machine_models(data, value_answers(data))
    _record_rows(results, models.coefficients.filter(pl.col("model") != FULL), "mixed", COEFFICIENTS)
    _record_rows(results, models.terms, "mixed_anova", TERMS)
    _record_bias(results, models)
    _record_fits(results, models)
    claim_mixed(results, models, condition_names(data), data.significance_level)
    return {
        "mixed_coefficients": models.coefficients,
        "mixed_terms": models.terms,
        "mixed_bias": models.bias,
        "mixed_fits": models.fits,
    }


def _record_rows(results: Results, frame: pl.DataFrame, name: str, columns: Iterable[str]) -> None:
    for (condition, dimension), own in frame.group_by("condition", "dimension", maintain_order=True):
        results.put_rows(
            ["conditions", str(condition), str(dimension), name], own.select(columns).iter_rows(named=True)
        )


def _record_bias(results: Results, models: MachineModels) -> None:
    for row in models.bias.iter_rows(named=True):
        path = [*_place(row), "mixed_bias", row["factor"], row["level"]]
        for name in SIGNED:
            value = row[name]
            results.put([*path, name], value, None if value is None else plus_signed(value, 3))
        se = row["se"]
        results.put([*path, "se"], se, None if se is None else f"{se:.3f}")
        for name in ("df", "t", "p", "p_adjusted"):
            results.put([*path, name], row[name])


def _record_fits(results: Results, models: MachineModels) -> None:
    for row in models.fits.iter_rows(named=True):
        place = _place(row)
        results.put([*place, "mixed_notes", row["model"]], row["notes"])
        path = [*place, "mixed_fit", row["model"]]
        results.put([*path, "n"], row["n_observations"])
        for name in ("n_excluded", "reml", "singular"):
            results.put([*path, name], row[name])
        for name in ("image", "residual"):
            value = row[name]
            results.put([*path, name], value, None if value is None else f"{value:.3f}")


def _place(row: Mapping[str, object]) -> list[str]:
    return ["conditions", str(row["condition"]), str(row["dimension"])]
