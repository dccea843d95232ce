"""Tables of what calibration and a hybrid would reach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl
from great_tables import GT

from lib.formats import format_value
from lib.tables.intervals import estimates
from lib.tables.style import RATER_TYPES, as_text, plain_table

ENDS = ("", "_low", "_high")


def calibration_table(calibration: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """MAE before and after calibration by the machine's own label, beside the other ways, grouped by dimension.

    Parameters
    ----------
    calibration
        `lib.chapters.calibration.calibration_frame`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    own = calibration.filter(pl.col("by") == "predicted")
    text = as_text(own, ["mae_before", "mae_label_mean", "r_before", "r_after", "mae_ratio_after"])
    text = text.with_columns(estimates(own, "reduction"), format_column(own, "mae_after", "predicted"))
    for by in ("intended", "none"):
        other = calibration.filter(pl.col("by") == by)
        column = other.select("condition", "dimension", format_column(other, "mae_after", by))
        text = text.join(column, on=["condition", "dimension"], how="left", maintain_order="left")
    labels = {
        "short_name": "Rater", "mae_before": "As given", "predicted": "Own label", "reduction": "Reduction",
        "mae_ratio_after": "Own label / one person", "mae_label_mean": "Label's mean", "intended": "Intended emotion",
        "none": "One line", "r_before": "As given", "r_after": "Own label",
    }  # fmt: skip
    spans = {"Mean absolute error": list(labels)[1:8], "Correlation with people": ["r_before", "r_after"]}
    table = plain_table(_ordered(text, names), "tbl-calibration", labels, notes, groups="dimension")
    return _spanned(table, spans)


def hybrid_table(hybrid: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """The hybrid of the best classifier's label and each model's value beside its parts, grouped by dimension.

    Parameters
    ----------
    hybrid
        `lib.chapters.calibration.hybrid_frame`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    text = as_text(hybrid, {"mae": "mae", "mae_vlm": "mae", "mae_label": "mae", "r": "r", "r_vlm": "r", "r_label": "r"})
    three = hybrid.rename({f"{name}{end}": f"{name}_mae{end}" for name in ("gain", "intensity") for end in ENDS})
    text = text.with_columns(estimates(three, f"{name}_mae", 3).alias(name) for name in ("gain", "intensity"))
    labels = {
        "short_name": "Model", "mae": "MAE", "r": "*r*", "mae_vlm": "MAE", "r_vlm": "*r*", "mae_label": "MAE",
        "r_label": "*r*", "gain": "by the label", "intensity": "by the value",
    }  # fmt: skip
    spans = {
        "Hybrid": ["mae", "r"], "Model alone": ["mae_vlm", "r_vlm"], "Label alone": ["mae_label", "r_label"],
        "MAE saved": ["gain", "intensity"],
    }  # fmt: skip
    return _spanned(plain_table(_ordered(text, names), "tbl-hybrid", labels, notes, groups="dimension"), spans)


def hybrid_note(hybrid: pl.DataFrame, names: pl.DataFrame) -> str | None:
    """Say whose labels the hybrid takes, how accurate they are, and what the classifier's own values reach."""
    if hybrid.is_empty():
        return None
    fer = names.filter(pl.col("condition").cast(pl.String) == hybrid["fer"][0])["short_name"][0]
    low, high = hybrid["accuracy_vlm"].min(), hybrid["accuracy_vlm"].max()
    said = (
        f"Labels are those of {fer}, the most accurate classifier: accuracy "
        f"{format_value('accuracy', hybrid['accuracy'][0])}, that of the models "
        f"{format_value('accuracy', low)} to {format_value('accuracy', high)}."  # type: ignore[arg-type]
    )
    own = hybrid.drop_nulls("mae_fer").unique("dimension", keep="first", maintain_order=True)
    if own.is_empty():
        return f"{said} It gives no values of its own."
    values = ", ".join(f"{row['dimension']} {format_value('mae', row['mae_fer'])}" for row in own.iter_rows(named=True))
    return f"{said} MAE of its own values, calibrated in the same way: {values}."


def fallback_note(calibration: pl.DataFrame, names: pl.DataFrame) -> str | None:
    """Say how many images got the mean of their label, or a line for all labels, because none could be fitted."""
    own = calibration.filter(pl.col("by") == "predicted").with_columns(
        (pl.col("n_mean") + pl.col("n_overall")).alias("fallback")
    )
    lost = own.filter(pl.col("fallback") > 0).join(names, on="condition", maintain_order="left")
    if lost.is_empty():
        return None
    said = "; ".join(f"{row['short_name']} {row['dimension']} {row['fallback']}" for row in lost.iter_rows(named=True))
    return f"Images for whose label no line could be fitted, and which got a mean instead: {said}."


def format_column(frame: pl.DataFrame, name: str, alias: str) -> pl.Series:
    """One column as text under another name."""
    return pl.Series(alias, [format_value(name, value) for value in frame[name]], dtype=pl.String)


def _spanned(table: GT, spans: Mapping[str, list[str]]) -> GT:
    for place, (label, columns) in enumerate(spans.items()):
        table = table.tab_spanner(label=label, columns=columns, id=f"spanner-{place}")
    return table


def _ordered(text: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    joined = text.join(names, on="condition", maintain_order="left")
    joined = joined.sort("dimension", pl.col("type").cast(RATER_TYPES), "condition", maintain_order=True)
    return joined.with_columns(pl.col("dimension").cast(pl.String).str.to_titlecase())
