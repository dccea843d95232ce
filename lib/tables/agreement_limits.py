"""Tables of correlation with intervals and of Bland-Altman analysis."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from great_tables import GT

from lib.formats import ABSENT, format_value
from lib.tables.intervals import estimates
from lib.tables.style import RATER_TYPES, as_text, plain_table

CONCORDANCE = (
    "Concordance: Lin's coefficient (1989), standard error with the correction of 2000; all intervals by Fisher's "
    "transform."
)
FORMULAS = (
    "Bias: mean of rater minus people, with t interval. Limits: bias ± 1.96 SD of the differences, with exact "
    "intervals (noncentral t; Carkeet, 2015). Inside: differences between the limits, 95% if they were normal. "
    "Slope: of the difference on the mean of both sides."
)
DESIGN_LIMIT = (
    "People's value is the mean of an image's ratings: differences between people within an image are gone from it, so "
    "the limits tell a rater from the average person and not from one person. The slope is above 0 whenever a rater's "
    "values are spread more widely than people's means, by noise too; it is no proof of a bias that grows."
)


def correlations_table(scores: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Pearson's r, Spearman's rho and Lin's concordance of every rater with intervals, grouped by dimension.

    Parameters
    ----------
    scores
        `dimension_scores`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    joined = _named(scores, names, "ccc")
    text = as_text(joined, ["n"]).with_columns(
        *[estimates(joined, name) for name in ("r", "rho", "ccc")],
        pl.col("dimension").cast(pl.String).str.to_titlecase(),
    )
    labels = {"short_name": "Rater", "type": "Type", "n": "*n*", "r": "Pearson's *r*", "rho": "Spearman's *ρ*"}
    labels |= {"ccc": "Concordance"}
    return plain_table(text, "tbl-correlations", labels, notes, groups="dimension", text_columns=["type"])


def bland_altman_table(limits: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Bias, limits of agreement and proportional bias of every rater with intervals, grouped by dimension.

    Parameters
    ----------
    limits
        `limits_of_agreement`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    joined = _named(limits, names, "bias")
    inside = [ABSENT if share is None else format_value("percent", 100 * share) for share in joined["inside"]]
    text = as_text(joined, ["n", "sd_difference"]).with_columns(
        *[estimates(joined, name) for name in ("bias", "loa_lower", "loa_upper")],
        estimates(joined, "proportional_slope", ends="proportional"),
        pl.Series("inside", inside, dtype=pl.String),
        pl.col("dimension").cast(pl.String).str.to_titlecase(),
    )
    labels = {
        "short_name": "Rater", "type": "Type", "n": "*n*", "bias": "Bias", "sd_difference": "*SD*",
        "loa_lower": "Lower limit", "loa_upper": "Upper limit", "inside": "Inside", "proportional_slope": "Slope",
    }  # fmt: skip
    return plain_table(text, "tbl-bland-altman", labels, notes, groups="dimension", text_columns=["type"])


def _named(frame: pl.DataFrame, names: pl.DataFrame, by: str) -> pl.DataFrame:
    joined = frame.join(names, on="condition", maintain_order="left")
    return joined.sort("dimension", pl.col("type").cast(RATER_TYPES), pl.col(by) * -1, "condition", nulls_last=True)
