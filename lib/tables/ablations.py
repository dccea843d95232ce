"""Tables of what ablations found out."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from great_tables import GT

from lib.formats import capitalised
from lib.tables.intervals import estimates
from lib.tables.style import formatted, plain_table, short_names


def overview_table(overview: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """All ablations, with what each was measured on, or how to ask.

    Parameters
    ----------
    overview
        `lib.chapters.measured.ablations_overview`.
    notes
        Paragraphs below the table.
    """
    texts = overview.select(
        pl.concat_str(pl.col("title"), pl.format(" ({})", "letter").fill_null("")).alias("title"),
        "question",
        pl.coalesce("measured", pl.format("awaits a model: rater {}", "ask")).alias("state"),
    )
    labels = {"title": "Ablation", "question": "Question", "state": "Measured on"}
    table = plain_table(texts, "tbl-ablations", labels, notes, text_columns=("question", "state"))
    return table.cols_width({"title": "22%", "question": "45%", "state": "33%"})


def ways_table(
    figures: pl.DataFrame, differences: pl.DataFrame, names: pl.DataFrame, identifier: str,
    notes: Iterable[str | None] = (),
) -> GT:  # fmt: skip
    """The ways of asking of one ablation: spread within emotions and closeness to people, and how each differs.

    Parameters
    ----------
    figures, differences
        `lib.chapters.ablations.variant_figures` and `variant_differences`, rows of one ablation.
    names
        `lib.chapters.conditions.condition_names`.
    identifier
        The cell's label.
    notes
        Paragraphs below the table.
    """
    keys = ["condition", "variant", "dimension"]
    joined = figures.join(differences.drop("ablation", "label"), on=keys, how="left", maintain_order="left")
    texts = joined.select(
        _groups(joined, names),
        "label",
        *(formatted(joined[name]) for name in ("within_sd", "entropy", "r", "mae", "accuracy")),
        estimates(joined, "sd_difference", 2, ends="sd"),
        estimates(joined, "r_difference", 3, ends="r"),
        estimates(joined, "undone", 2),
    )
    labels = {
        "label": "Asked", "within_sd": "SD within emotions", "entropy": "Bits within emotions",
        "r": "*r*", "mae": "MAE", "accuracy": "Accuracy",
        "sd_difference": "SD, difference", "r_difference": "*r* of one answer, difference", "undone": "Collapse undone",
    }  # fmt: skip
    return plain_table(texts, identifier, labels, notes, groups="group")


def label_table(found: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Agreement with people of ratings with the image and of the emotion's name alone.

    Parameters
    ----------
    found
        `lib.chapters.ablations.label_alone`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    short = short_names(names)
    texts = found.select(
        pl.col("condition").replace_strict(short, default=pl.col("condition")).alias("who"),
        "dimension",
        formatted(found["r_full"], "r"),
        formatted(found["r_label"], "r"),
        estimates(found, "difference", 3),
        formatted(found["difference_p"], "p"),
        estimates(found, "share", 2),
        estimates(found, "increment", 3),
        estimates(found, "within", 3),
    )
    labels = {
        "dimension": "Scale", "r_full": "*r*, image and label", "r_label": "*r*, label alone",
        "difference": "Difference", "difference_p": "*p*", "share": "Share of the label",
        "increment": "*R*² the image adds", "within": "to the label itself",
    }  # fmt: skip
    return plain_table(texts, "tbl-ablation-label", labels, notes, groups="who")


def propagation_table(found: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """How far ratings follow a wrong emotion that a machine is told, over all images and by that emotion.

    Parameters
    ----------
    found
        `lib.chapters.ablations.propagated_errors`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    texts = found.select(
        _groups(found, names),
        pl.Series("part", ["Any other emotion" if part == "all" else capitalised(part) for part in found["part"]]),
        pl.Series("n", [f"{value:,}" for value in found["n"]], dtype=pl.String),
        formatted(found["mean_right"], "mean"),
        formatted(found["mean_wrong"], "mean"),
        estimates(found, "shift", 2),
        estimates(found, "followed", 2),
        formatted(found["toward"], "accuracy"),
    )
    labels = {
        "part": "Told instead", "n": "Images", "mean_right": "Mean, told the right one", "mean_wrong": "told this",
        "shift": "Shift", "followed": "Followed", "toward": "Towards it",
    }  # fmt: skip
    return plain_table(texts, "tbl-ablation-propagation", labels, notes, groups="group")


def _groups(frame: pl.DataFrame, names: pl.DataFrame) -> pl.Series:
    """Headings such as `Pocket rater: valence`."""
    short = short_names(names)
    rows = frame.select("condition", "dimension").iter_rows()
    return pl.Series("group", [f"{short[condition]}: {dimension}" for condition, dimension in rows], dtype=pl.String)
