"""Tables of the ledger: every published figure beside the one recomputed from the data at hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl
from great_tables import GT, loc, style

from lib.formats import ABSENT, capitalised, format_value, plus_signed, signed
from lib.tables.style import plain_table

VERDICT_COLOURS = {"differs": "#FCEBDD", "superseded": "#F3F3F3"}
RELATIONS = {
    "lowest": "from\u00a0", "highest": "to\u00a0", "~": "about\u00a0", "<": "below\u00a0", ">": "above\u00a0",
    "<=": "up to\u00a0",
    ">=": "at least\u00a0",
}  # fmt: skip
GROUPS = {"human": "People", "vlm": "VLMs"}
NOTED = {"ratio", "difference", "percent", "percentage_points", "error_share"}
SYMBOLS = {
    "f": "F", "df1": "df (effect)", "df2": "df (residual)", "df": "df", "eta_squared": "η²", "chi2": "χ²", "r": "r",
    "mae": "MAE", "loo_mae": "leave-one-out MAE", "pairwise_mae": "pairwise MAE",
    "mae_ratio": "MAE / leave-one-out MAE",
    "folded_mae": "folded-normal MAE", "sd": "SD", "sd_difference": "SD of differences", "sd_ratio": "SD / people's SD",
    "f1": "F1", "macro_f1": "macro F1", "alpha_ordinal": "ordinal alpha", "beta": "β", "beta_size": "size of β",
    "bias_size": "size of the bias", "bias_gap": "difference in bias", "unique_values": "distinct values",
    "percent_correct": "per cent correct", "confusion": "per cent answered", "tokens": "thinking tokens",
    "percent_change": "change in per cent",
}  # fmt: skip


def ledger_summary_table(
    summary: pl.DataFrame, verdicts: Sequence[str], documents: Mapping[str, str], notes: Iterable[str | None] = ()
) -> GT:
    """How many published figures got each verdict, by version and kind of figure.

    Parameters
    ----------
    summary
        `lib.chapters.reproduction.summarise`.
    verdicts
        The verdicts, in order.
    documents
        Version -> name of its document.
    notes
        Paragraphs below the table.
    """
    counts = ["total", *verdicts]
    whole = summary.select(pl.lit("All").alias("version"), pl.lit("all figures").alias("kind"), *_sums(counts))
    versions = summary.select(pl.col("version").cast(pl.String), pl.col("kind").cast(pl.String), *counts)
    frame = pl.concat([whole, versions]).with_columns(
        pl.col("version").replace({version: capitalised(name) for version, name in documents.items()}),
        *[pl.col(name).map_elements(lambda count: format_value("n", count), return_dtype=pl.String) for name in counts],
    )
    labels = {"kind": "Figures", "total": "Published"} | {name: name.capitalize() for name in verdicts}
    return plain_table(frame, "tbl-ledger-summary", labels, notes, groups="version")


def ledger_table(compared: pl.DataFrame, names: Mapping[str, str], notes: Iterable[str | None] = ()) -> GT:
    """Every published figure: what it is, as printed, recomputed, how far off, and the verdict with its reason.

    Parameters
    ----------
    compared
        `lib.chapters.reproduction.reproduce`.
    names
        Condition -> its short name.
    notes
        Paragraphs below the table.
    """
    labels = {
        "figure": "Figure", "printed": "Printed", "recomputed": "Recomputed", "off": "Off by", "digits": "Last digits",
        "verdict": "Verdict",
    }  # fmt: skip
    rows = [_row(row, names) for row in compared.iter_rows(named=True)]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(["place", *labels], pl.String))
    table = plain_table(frame, "tbl-ledger", labels, notes, groups="place", text_columns=["verdict"])
    for verdict, colour in VERDICT_COLOURS.items():
        found = (compared["verdict"] == verdict).arg_true().to_list()
        if found:
            table = table.tab_style(style.fill(colour), loc.body(columns=["verdict"], rows=found))
    return table


def _sums(names: Sequence[str]) -> list[pl.Expr]:
    return [pl.col(name).sum() for name in names]


def _row(row: Mapping[str, object], names: Mapping[str, str]) -> dict[str, str]:
    decimals = int(str(row["decimals"]))
    reason = f": {row['reason']}" if row["reason"] else ""
    return {
        "place": capitalised(", ".join(str(row[name]) for name in ("document", "place") if row[name] is not None)),
        "figure": _figure(row, names),
        "printed": _relation(row) + str(row["printed"]),
        "recomputed": _number(row["recomputed"], decimals + 1, row),
        "off": ABSENT if row["verdict"] == "reproduced" else _number(row["difference"], decimals + 1, row, plus=True),
        "digits": ABSENT if row["verdict"] == "reproduced" else _digits(row["last_digits"]),
        "verdict": f"{row['verdict']}{reason}",
    }


def _relation(row: Mapping[str, object]) -> str:
    """The relation in words, unless the printed number shows it itself."""
    shown = str(row["printed"]).lstrip()[:1] in "<>~≈≤≥"
    return "" if shown else RELATIONS.get(str(row["relation"]), "")


def _figure(row: Mapping[str, object], names: Mapping[str, str]) -> str:
    """What a figure is, in words: `Gemma3-4B, valence, happy: bias (note)`; of a count, what was counted."""
    if row["statistic"] == "count" and row["note"]:
        return (
            f"Count of {row['note']}"
            if row["subject"] not in names
            else f"{names[str(row['subject'])]}: count of {row['note']}"
        )
    subject = str(row["subject"] or "")
    who = GROUPS.get(subject, " and ".join(names.get(part, part) for part in subject.split("__")))
    about = [who, row["dimension"], row["emotion"], f"as {row['answer']}" if row["answer"] else None]
    group = str(row["group"] or "").replace("=", " ").replace(";", ", ")
    effect = str(row["test"] or "").replace(":", " × ").replace("-", " ")
    statistic = SYMBOLS.get(str(row["statistic"]), str(row["statistic"]).replace("_", " "))
    text = ", ".join(str(part) for part in [*about, group, effect] if part)
    note = f" ({row['note']})" if row["note"] and row["statistic"] in NOTED else ""
    return f"{text}: {statistic}{note}"


def _digits(value: object) -> str:
    return ABSENT if value is None else plus_signed(float(str(value)), 1)


def _number(value: object, decimals: int, row: Mapping[str, object], *, plus: bool = False) -> str:
    """A number with one decimal more than is printed, without its leading zero where the printed one has none."""
    if value is None:
        return ABSENT
    number = float(str(value))
    if row["statistic"] in {"count", "df", "df1", "df2"} and number == round(number):
        decimals = 0
    if row["statistic"] == "p" and not plus and number < 0.5 * 10.0**-decimals:
        return f"< .{'0' * (decimals - 1)}1"
    text = f"{number:,.{decimals}f}"
    if str(row["printed"]).lstrip("<>~≤≥=+−- ").startswith(".") and abs(number) < 1:
        text = text.replace("0.", ".", 1)
    text = signed(text)
    return f"+{text}" if plus and number > 0 and any(digit in text for digit in "123456789") else text
