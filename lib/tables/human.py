"""Tables of people's own ratings: their spread and agreement, their labels, one of them held out as if a machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl
from great_tables import GT

from lib.formats import format_value
from lib.metrics.majority import MajorityAgreement
from lib.tables.style import as_text, plain_table

FIGURES = {
    "mean": "*M*", "sd": "*SD* of images", "rating_sd": "*SD* of ratings", "alpha_ordinal": "Krippendorff's *α*",
    "loo_mae": "Leave-one-out MAE", "pairwise_mae": "Pairwise MAE",
}  # fmt: skip


def people_table(baselines: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Mean, spread and agreement of people's ratings, one row a dimension (frame of `HumanBaseline` figures)."""
    shown = as_text(baselines, ["n_ratings", *FIGURES]).with_columns(pl.col("dimension").str.to_titlecase())
    reasons = [
        f"{row['dimension']}: {row['alpha_reason']}." for row in baselines.iter_rows(named=True) if row["alpha_reason"]
    ]
    labels = {"dimension": "Dimension", "n_ratings": "Ratings"} | FIGURES
    return plain_table(shown, "tbl-human", labels, [*reasons, *notes])


def majority_table(agreement: MajorityAgreement, notes: Iterable[str | None] = ()) -> GT:
    """People's labels by intended emotion: the majority's agreement with it, and that of single answers."""
    if agreement.per_emotion is None:
        return _overall_labels(agreement, notes)
    text = as_text(
        agreement.per_emotion,
        {
            "n": "n",
            "n_tied": "n",
            "majority_agreement": "proportion",
            "intended_share": "proportion",
            "modal_share": "proportion",
        },
    ).with_columns(pl.col("emotion").str.to_titlecase())
    labels = {
        "emotion": "Intended emotion", "n": "Images", "majority_agreement": "Majority agrees",
        "intended_share": "Single answers agree", "modal_share": "Share of the most frequent label", "n_tied": "Ties",
    }  # fmt: skip
    return plain_table(text, "tbl-human-emotion", labels, notes)


def _overall_labels(agreement: MajorityAgreement, notes: Iterable[str | None]) -> GT:
    rows = {
        "Images": format_value("n", agreement.n_images),
        "Labels": format_value("n", agreement.n_ratings),
        "Share of the most frequent label": format_value("proportion", agreement.modal_share),
        "Images with tied labels": format_value("n", agreement.n_tied),
        "Krippendorff's α (nominal)": format_value("alpha_nominal", agreement.alpha_nominal),
    }
    frame = pl.DataFrame({"figure": list(rows), "value": list(rows.values())})
    return plain_table(frame, "tbl-human-emotion", {"figure": "People's labels", "value": "All images"}, notes)


def null_table(
    labels: Mapping[str, float | int | None], values: pl.DataFrame, reference: str, notes: Iterable[str | None] = ()
) -> GT:
    """One held-out person scored as if a machine: labels against `reference`, values against the other people.

    Parameters
    ----------
    labels
        Figures of the labels: accuracy, kappa, macro_f1, n. Empty where people gave no labels.
    values
        Rows of `score_values` of that person.
    reference
        What the labels are compared with.
    notes
        Paragraphs below the table.
    """
    figures = {"accuracy": "Accuracy", "kappa": "Cohen's κ", "macro_f1": "Macro F1"}
    rows = [
        {"group": f"Emotion label, against the {reference}", "figure": label, "value": format_value(name, labels[name])}
        for name, label in figures.items()
        if name in labels
    ]
    numbers = {"r": "Pearson's r", "mae": "MAE", "rmse": "RMSE", "bias": "Bias", "sd_difference": "SD of differences"}
    rows += [
        {"group": f"{str(row['dimension']).capitalize()}, against the other people's mean", "figure": label}
        | {"value": format_value(name, row[name])}
        for row in values.iter_rows(named=True)
        for name, label in numbers.items()
    ]
    frame = pl.DataFrame(rows, schema={"group": pl.String, "figure": pl.String, "value": pl.String})
    return plain_table(frame, "tbl-human-null", {"figure": "Figure", "value": "One person"}, notes, groups="group")
