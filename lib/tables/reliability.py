"""Tables of reliability: people's ratings of each dimension, and each rater with people's mean."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from great_tables import GT

from lib.formats import format_value
from lib.tables.intervals import estimates
from lib.tables.style import estimate_and_interval, plain_table, spread


def reliability_table(
    overall: pl.DataFrame, within: pl.DataFrame, alphas: pl.DataFrame, notes: Iterable[str | None] = ()
) -> GT:
    """Intraclass correlations, alpha and variance components of people's ratings, one row a dimension.

    Parameters
    ----------
    overall, within
        `lib.chapters.reliability.human_reliability` of all ratings, and within emotions (may have no rows).
    alphas
        dimension, alpha_ordinal.
    notes
        Paragraphs below the table.
    """
    inner = within.select("dimension", pl.col("image").alias("image_within"), pl.col("ratio").alias("ratio_within"))
    joined = overall.join(alphas.select("dimension", "alpha_ordinal"), on="dimension", how="left").join(
        inner, on="dimension", how="left", maintain_order="left"
    )
    rows = [
        {
            "dimension": str(row["dimension"]).capitalize(),
            "icc2_1": estimate_and_interval(row, "icc2_1"),
            "icc2_k": estimate_and_interval(row, "icc2_k"),
            "alpha_ordinal": format_value("alpha_ordinal", row["alpha_ordinal"]),
            **{name: _variance(row[name]) for name in ("participant", "image", "residual", "image_within")},
            "ratio_within": None if row["ratio_within"] is None else f"{row['ratio_within']:.1f}",
        }
        for row in joined.iter_rows(named=True)
    ]
    labels = {
        "dimension": "Dimension", "icc2_1": "ICC(2,1)", "icc2_k": "ICC(2,*k*)", "alpha_ordinal": "*α*",
        "participant": "Participant", "image": "Image", "residual": "Residual", "image_within": "Image",
        "ratio_within": "Participant / image",
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=dict.fromkeys(labels, pl.String))
    if not within.height:
        labels = {name: label for name, label in labels.items() if not name.endswith("_within")}
    table = plain_table(frame, "tbl-reliability", labels, notes)
    table = table.tab_spanner(label="Variance", columns=["participant", "image", "residual"])
    if within.height:
        table = table.tab_spanner(label="Within emotion", columns=["image_within", "ratio_within"])
    return table


def machine_reliability_table(
    machines: pl.DataFrame, kappas: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()
) -> GT:
    """Kappa of labels and ICC(2,1), ICC(2,k) with people's mean of every rater, dimensions below spanners.

    Parameters
    ----------
    machines
        `lib.chapters.reliability.machine_reliability`.
    kappas
        condition, kappa.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    figures = ("icc2_1", "icc2_k")
    long = machines.with_columns(estimates(machines, name) for name in figures).unpivot(
        figures, index=["condition", "dimension"], variable_name="figure", value_name="text"
    )
    dimensions = [str(name) for name in machines["dimension"].unique().sort()]
    order = pl.Enum([f"{name} {figure}" for name in dimensions for figure in figures])
    long = long.with_columns(pl.concat_str(pl.col("dimension").cast(pl.String), "figure", separator=" ").cast(order))
    raters = names.join(kappas.select("condition", "kappa"), on="condition", how="left", maintain_order="left")
    raters = raters.with_columns(
        pl.Series("kappa", [format_value("kappa", value) for value in raters["kappa"]], dtype=pl.String)
    )
    wide = raters.join(
        spread(long, ["condition"], "dimension", "text"), on="condition", how="left", maintain_order="left"
    )
    labels = {"short_name": "Rater", "kappa": "*κ*"}
    for column in order.categories:
        labels[column] = "ICC(2,1)" if column.endswith("icc2_1") else "ICC(2,*k*)"
    table = plain_table(wide, "tbl-machine-reliability", labels, notes, groups="type")
    for name in dimensions:
        columns = [column for column in order.categories if column.startswith(f"{name} ")]
        table = table.tab_spanner(label=name.capitalize(), columns=columns, id=f"spanner-{name}")
    return table


def k_note(overall: pl.DataFrame) -> str | None:
    """Say what k is, and by which rule."""
    known = overall.drop_nulls("icc_k")
    if known.is_empty():
        return None
    said = {f"{k:.1f}".removesuffix(".0") for k in known["icc_k"]}
    counts = " and ".join(sorted(said))
    return f"k = {counts}: {known['icc_k_rule'][0]} mean of the ratings per image. Brackets: confidence intervals."


def fit_notes(overall: pl.DataFrame, within: pl.DataFrame) -> list[str]:
    """What must be said of single fits: variances at zero, models not fitted."""
    return [
        f"{str(row['dimension']).capitalize()}{where}: {row['reason']}"
        for frame, where in ((overall, ""), (within, ", within emotion"))
        for row in frame.drop_nulls("reason").iter_rows(named=True)
    ]


def _variance(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"
