"""Tables of every pair of machines: who is more accurate, and how alike their labels are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl
from great_tables import GT, loc, style

from lib.formats import ABSENT, bounded, format_value, plus_signed
from lib.tables.agreement import by_kappa
from lib.tables.style import plain_table

MARK = "*"
DIAGONAL = "#F0F0F0"


def pair_matrix_table(
    pairs: pl.DataFrame, kappas: pl.DataFrame, names: pl.DataFrame, level: float, notes: Iterable[str | None] = ()
) -> GT:
    """Every pair of machines in one square, in the order of `kappa_table`.

    Above the diagonal stands the difference in accuracy, row minus column, in percentage points, marked where the
    adjusted exact p of McNemar's test is below `level`; below it kappa between both raters' labels.

    Parameters
    ----------
    pairs
        `lib.chapters.agreement.pairs_frame`.
    kappas
        `lib.chapters.agreement.kappa_frame`, for the order.
    names
        `lib.chapters.conditions.condition_names`.
    level
        Such as .05.
    notes
        Paragraphs below the table.
    """
    ids = pl.col("condition").cast(pl.String)
    ranked = by_kappa(kappas, names).filter(
        ids.is_in(pairs["rater_a"].implode()) | ids.is_in(pairs["rater_b"].implode())
    )
    order = ranked["condition"].cast(pl.String).to_list()
    known = {(row["rater_a"], row["rater_b"]): row for row in pairs.iter_rows(named=True)}
    rows = []
    for place, own in enumerate(order):
        row = {"rater": f"{place + 1} {ranked['short_name'][place]}"}
        for other_place, other in enumerate(order):
            cell = ""
            if other_place > place:
                cell = _difference(known, own, other, level)
            elif other_place < place:
                found = known.get((own, other)) or known[other, own]
                cell = format_value("kappa", found["kappa"])
            row[str(other_place + 1)] = cell
        rows.append(row)
    columns = [str(place + 1) for place in range(len(order))]
    table = plain_table(
        pl.DataFrame(rows), "tbl-mcnemar", {"rater": "Rater"} | {name: name for name in columns}, notes
    ).tab_options(table_font_size="12px", data_row_padding_horizontal="3px")
    for place, column in enumerate(columns):
        table = table.tab_style(style.fill(DIAGONAL), loc.body(columns=[column], rows=[place]))
    return table


def _difference(known: Mapping[tuple[str, str], dict[str, float | None]], own: str, other: str, level: float) -> str:
    """Difference in accuracy, own minus other, in percentage points, with its mark."""
    turned = (own, other) not in known
    row = known[(other, own) if turned else (own, other)]
    if row["difference"] is None:
        return ABSENT
    text = plus_signed(100 * (-row["difference"] if turned else row["difference"]), 1)
    below = row["p_adjusted"] is not None and row["p_adjusted"] < level
    return f"{text}{MARK}" if below else text


def pair_list_table(pairs: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """McNemar's test of every pair of machines, one row a pair, for the supplement.

    Parameters
    ----------
    pairs
        `lib.chapters.agreement.pairs_frame`.
    names
        `lib.chapters.conditions.condition_names`: pairs stand in its order.
    notes
        Paragraphs below the table.
    """
    short = dict(names.select(pl.col("condition").cast(pl.String), "short_name").iter_rows())
    rank = {name: place for place, name in enumerate(short)}
    rows = []
    for row in pairs.iter_rows(named=True):
        turned = rank[row["rater_a"]] > rank[row["rater_b"]]
        first, second = (row["rater_b"], row["rater_a"]) if turned else (row["rater_a"], row["rater_b"])
        b, c = (row["c"], row["b"]) if turned else (row["b"], row["c"])
        difference = None if row["difference"] is None else 100 * (-1 if turned else 1) * row["difference"]
        rows.append(
            {
                "order": 1000 * rank[first] + rank[second],
                "first": short[first],
                "second": short[second],
                "difference": ABSENT if difference is None else plus_signed(difference, 1),
                "b": format_value("n", b),
                "c": format_value("n", c),
                "chi2": format_value("chi2", row["chi2_corrected"]),
                "p_corrected": format_value("p_corrected", row["p_corrected"]),
                "p_exact": format_value("p_exact", row["p_exact"]),
                "p_adjusted": format_value("p_adjusted", row["p_adjusted"]),
                "kappa": format_value("kappa", row["kappa"]),
            }
        )
    labels = {"first": "Rater A", "second": "Rater B", "difference": "A − B", "b": "Only A", "c": "Only B"}
    labels |= {"chi2": "*χ*²", "p_corrected": "*p* (*χ*²)", "p_exact": "*p* (exact)", "p_adjusted": "*p* adjusted"}
    labels |= {"kappa": "*κ*"}
    text = pl.DataFrame(rows).sort("order")
    return plain_table(text, "tbl-mcnemar-all", labels, notes, text_columns=["second"])


def mark_note(level: float, correction: str) -> str:
    """Say what the mark in `pair_matrix_table` means."""
    return f"{MARK} p < {bounded(level, 2)} in McNemar's exact test, adjusted over all pairs by {correction}."
