"""The mixed models of a study: every machine beside people's mean, by emotion, by each factor, and by all of them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import polars as pl

from lib.contracts.predictions import HUMAN_NULL
from lib.metrics.mixed_model import MixedFit, ModelNotFittedError
from lib.metrics.mixed_raters import RATER_TYPE, bias_estimates, fit_rater_model
from lib.metrics.mixed_terms import coefficient_table, term_tests
from lib.metrics.multiplicity import adjust_within
from lib.metrics.schemas import Schema, schema_like
from lib.study_data import StudyData

FULL = "full"
MOST_CELLS = 500  # combinations of levels; beyond it a full model says nothing that could be read
TESTS: Schema = dict.fromkeys(("estimate", "se", "df", "t", "p"), pl.Float64)
KEYS: Schema = {"model": pl.String}


@dataclass(frozen=True)
class MachineModels:
    """Results of all mixed models as tidy frames, sorted by dimension, condition, model.

    Each begins with condition, dimension and model (`emotion`, the name of a factor, or `full`). p_adjusted is p
    after the study's correction over all machines of one dimension and model, tests without rater_type and those of
    the held-out person left out (null there).

    Attributes
    ----------
    coefficients : polars.DataFrame
        term, estimate, se, df, t, p, p_adjusted: coefficients against human ratings of the reference levels.
    terms : polars.DataFrame
        term, df, df_residual, f, p, p_adjusted (over machines, term by term): type III tests.
    bias : polars.DataFrame
        factor, level, estimate, se, df, t, p, low, high, p_adjusted: machine - people, by level of the model's factor.
    fits : polars.DataFrame
        n_observations, n_excluded, n_images, image, residual (variances), reml, singular, notes (what must be said, or
        why the model was not fitted).
    """

    coefficients: pl.DataFrame
    terms: pl.DataFrame
    bias: pl.DataFrame
    fits: pl.DataFrame


def study_models(data: StudyData, values: pl.DataFrame) -> dict[str, list[str]]:
    """The models of a study: model -> factors beside rater_type; factors with one level are left out."""
    varied = [
        name for name in ("emotion", *data.study.group_factors) if values[name].drop_nulls().n_unique() > 1
    ]  # fmt: skip
    models = {name: [name] for name in varied}
    if len(varied) > 1:
        models[FULL] = varied
    return models


def fit_machine_models(data: StudyData, values: pl.DataFrame) -> MachineModels:
    """Fit all models of every machine on every dimension that it was asked for.

    Parameters
    ----------
    data
        The study; gives factors, confidence and correction.
    values
        From `lib.chapters.answers.value_answers`.
    """
    kinds = schema_like(values, ["condition", "dimension"]) | KEYS
    coefficients, terms, biases, fits = [], [], [], []
    models = study_models(data, values)
    for (condition, dimension), own in values.group_by("condition", "dimension", maintain_order=True):
        for model, factors in models.items():
            key = {"condition": condition, "dimension": dimension, "model": model}
            fit, notes = _fit(own, factors)
            fits.append(key | _description(fit, notes))
            if fit is None:
                continue
            label = [pl.lit(value, kinds[name]).alias(name) for name, value in key.items()]
            coefficients.append(coefficient_table(fit).select(*label, pl.all()))
            terms.append(term_tests(fit).select(*label, pl.all()))
            if model != FULL:
                found = bias_estimates(fit, factors, data.study.analysis.confidence)
                named = found.rename({model: "level"}).select(pl.lit(model).alias("factor"), pl.all())
                biases.append(named.select(*label, pl.all()))
    coefficient_schema: Schema = {"term": pl.String, "factors": pl.List(pl.String)} | TESTS
    term_schema: Schema = {"term": pl.String, "df": pl.Int64} | dict.fromkeys(("df_residual", "f", "p"), pl.Float64)
    bias_schema: Schema = {"factor": pl.String, "level": pl.String} | TESTS
    bias_schema |= dict.fromkeys(("low", "high"), pl.Float64)
    family, machine = ["dimension", "model"], pl.col("condition").cast(pl.String) != HUMAN_NULL
    about = pl.col("factors").list.contains(RATER_TYPE)
    whole = _stacked(coefficients, kinds | coefficient_schema)
    tested = _stacked(terms, kinds | term_schema)
    in_term = pl.col("term").str.split(":").list.contains(RATER_TYPE)
    bias = _stacked(biases, kinds | bias_schema)
    return MachineModels(
        coefficients=_adjusted(data, whole, family, machine & about).drop("factors"),
        terms=_adjusted(data, tested, [*family, "term"], machine & in_term),
        bias=_adjusted(data, bias, family, machine),
        fits=pl.DataFrame(fits, schema=kinds | FIT_SCHEMA).sort("dimension", "condition", maintain_order=True),
    )


FIT_SCHEMA: Schema = (
    dict.fromkeys(("n_observations", "n_excluded", "n_images"), pl.Int64)
    | dict.fromkeys(("image", "residual", "reml"), pl.Float64)
    | {"singular": pl.Boolean, "notes": pl.String}
)


def _fit(own: pl.DataFrame, factors: list[str]) -> tuple[MixedFit | None, str | None]:
    """The fitted model, or why there is none."""
    cells = prod(own[name].drop_nulls().n_unique() for name in factors)
    if cells > MOST_CELLS:
        return None, f"Not fitted: {cells:,} combinations of levels are more than {MOST_CELLS}."
    try:
        fit = fit_rater_model(own, factors)
    except ModelNotFittedError as problem:
        return None, f"Not fitted: {problem}"
    return fit, " ".join(fit.notes) or None


def _description(fit: MixedFit | None, notes: str | None) -> dict[str, object]:
    if fit is None:
        return dict.fromkeys(FIT_SCHEMA) | {"notes": notes}
    return {
        "n_observations": fit.n_observations,
        "n_excluded": fit.n_excluded,
        "n_images": fit.n_levels["image_id"],
        "image": fit.variances["image_id"],
        "residual": fit.variances["residual"],
        "reml": fit.reml,
        "singular": bool(fit.singular),
        "notes": notes,
    }


def _stacked(frames: list[pl.DataFrame], schema: Schema) -> pl.DataFrame:
    whole = pl.concat([pl.DataFrame(schema=schema), *(frame.cast(pl.Schema(schema)) for frame in frames)])
    return whole.sort("dimension", "condition", maintain_order=True)


def _adjusted(data: StudyData, frame: pl.DataFrame, family: list[str], tests: pl.Expr) -> pl.DataFrame:
    """Add p_adjusted over the rows of a family that are tests; null elsewhere."""
    tested = frame.with_columns(pl.when(tests).then("p").alias("p_tested"))
    return adjust_within(tested, family, data.study.analysis.correction, p="p_tested").drop("p_tested")
