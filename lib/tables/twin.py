"""Tables of the twin: each published figure beside the one recomputed from the simulated data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl
from great_tables import GT

from lib.formats import bounded, format_value, plus_signed
from lib.tables.style import plain_table

SHARES = {
    "accuracy",
    "kappa",
    "macro_f1",
    "emotion_accuracy",
    "emotion_f1",
    "group_accuracy",
    "confusion",
    "r",
    "alpha_ordinal",
}
WHOLE = {"thinking_tokens", "most_values", "fewest_values"}
NEGATIVE = r"(^|[^\w.])-(\.?\d)"  # a hyphen that stands for a minus sign
LIMITS = {"most_values": "at most "}  # published as limits: a figure below one does not deviate from it
WORDS = {
    "mean": "mean", "sd": "SD of images", "alpha_ordinal": "ordinal alpha", "loo_mae": "leave-one-out MAE",
    "pairwise_mae": "pairwise MAE", "emotion_mean": "mean by emotion", "emotion_sd": "SD by emotion",
    "emotion_accuracy": "accuracy by emotion", "emotion_f1": "F1 by emotion", "macro_f1": "macro F1",
    "group_accuracy": "accuracy by group", "confusion": "share answered", "r": "Pearson's r", "mae": "MAE",
    "machine_mean": "machine's mean", "machine_sd": "machine's SD", "emotion_bias": "bias by emotion",
    "group_bias": "bias by group", "sd_difference": "SD of differences", "most_values": "most distinct values",
    "fewest_values": "fewest distinct values", "race_share": "variance by race", "gender_share": "variance by gender",
    "race_by_emotion_share": "variance by race x emotion", "gender_by_emotion_share": "variance by gender x emotion",
    "thinking_tokens": "thinking tokens",
}  # fmt: skip


def deviations_table(deviations: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Every published figure with its version and place, the recomputed one, their difference and what was allowed.

    Parameters
    ----------
    deviations
        `lib.twin.deviations.deviations`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    rows = [
        _row(row, dict(names.select(pl.col("condition").cast(pl.String), "short_name").iter_rows()))
        for row in deviations.iter_rows(named=True)
    ]
    labels = {
        "figure": "Figure", "version": "Version", "published": "Published", "recomputed": "Recomputed",
        "deviation": "Deviation", "tolerance": "Allowed", "within": "Within",
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=dict.fromkeys(["rater", *labels], pl.String))
    return plain_table(frame, "tbl-twin", labels, notes, groups="rater", text_columns=["version"])


def summary_table(deviations: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """By kind of figure: how many were aimed at, how many are within what was allowed, and the worst deviation."""
    labels = {
        "quantity": "Figure", "n": "Published", "aimed": "Aimed at", "within": "Within", "worst": "Largest deviation",
        "allowed": "Allowed there", "where": "Where",
    }  # fmt: skip
    rows = []
    for row in worst_by_quantity(deviations).iter_rows(named=True):
        rows.append(
            {"quantity": _word(row["quantity"]), "where": row["where"]}
            | {name: format_value("n", row[name]) for name in ("n", "aimed", "within")}
            | {
                "worst": _number(row["quantity"], row["worst"], signed=True),
                "allowed": _number(row["quantity"], row["allowed"]),
            }
        )
    frame = pl.DataFrame(rows, schema=dict.fromkeys(labels, pl.String))
    return plain_table(frame, "tbl-twin-summary", labels, notes, text_columns=["where"])


def contradictions_table(contradictions: Sequence[tuple[str, str, str, str]], notes: Iterable[str | None] = ()) -> GT:
    """Published figures that cannot all hold: (about, published, arithmetic, kept)."""
    labels = {"about": "About", "published": "Published", "arithmetic": "Why not all can hold", "kept": "Kept"}
    frame = pl.DataFrame(list(contradictions), schema=list(labels), orient="row")
    frame = frame.with_columns(pl.all().str.replace_all(NEGATIVE, "${1}−${2}"))
    table = plain_table(frame, "tbl-twin-contradictions", labels, notes, text_columns=list(labels))
    return table.cols_width({"about": "16%", "published": "27%", "arithmetic": "40%", "kept": "17%"})


def worst_by_quantity(deviations: pl.DataFrame) -> pl.DataFrame:
    """quantity, n, aimed, within, worst (deviation farthest beyond or nearest to its tolerance), allowed, where."""
    aimed = deviations.filter(pl.col("tolerance").is_not_null() & pl.col("deviation").is_not_null())
    used = (pl.col("deviation").abs() / pl.col("tolerance").clip(lower_bound=1e-9)).alias("used")
    worst = aimed.with_columns(used).sort(pl.col("used") * -1, maintain_order=True)
    worst = worst.unique("quantity", keep="first", maintain_order=True).select(
        "quantity",
        pl.col("deviation").alias("worst"),
        pl.col("tolerance").alias("allowed"),
        pl.col("target").alias("where"),
    )
    counts = deviations.group_by("quantity", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("n"),
        pl.col("tolerance").is_not_null().sum().cast(pl.Int64).alias("aimed"),
        pl.col("within_tolerance").fill_null(value=False).sum().cast(pl.Int64).alias("within"),
    )
    return counts.join(worst, on="quantity", how="left", maintain_order="left")


def _row(row: dict[str, object], names: dict[str, str]) -> dict[str, str]:
    quantity, condition = str(row["quantity"]), str(row["condition"])
    parts = [row["dimension"], row["emotion"], row["detail"], _word(quantity)]
    deviation = _number(quantity, row["deviation"], signed=True)
    within = {True: "yes", False: "no", None: str(row["standing"])}
    return {
        "rater": "People" if condition == "human" else names.get(condition, condition),
        "figure": ", ".join(str(part) for part in parts if part is not None),
        "version": f"{row['version']}, {row['place']}",
        "published": LIMITS.get(quantity, "") + _number(quantity, row["published"]),
        "recomputed": _number(quantity, row["recomputed"]),
        "deviation": "kept" if quantity in LIMITS and row["deviation"] == 0 else deviation,
        "tolerance": _number(quantity, row["tolerance"]),
        "within": within[row["within_tolerance"]],  # type: ignore[index]
    }


def _word(quantity: str) -> str:
    return WORDS.get(quantity, quantity.replace("_", " "))


def _number(quantity: str, value: object, *, signed: bool = False) -> str:
    if value is None:
        return format_value(quantity, None)
    number = float(str(value))
    if signed:
        return plus_signed(number, 0 if quantity in WHOLE else 3)
    if quantity in WHOLE:
        return format_value("n", round(number))
    return bounded(number, 4 if 0 < number < 0.001 else 3) if quantity in SHARES else format_value("mae", number)
