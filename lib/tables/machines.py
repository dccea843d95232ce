"""Tables of machines' ranks, of what they read into groups of faces, and of what thinking brings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl
from great_tables import GT

from lib.formats import ABSENT, capitalised, format_value, plus_signed
from lib.tables.style import as_text, plain_table, short_names, spread

NONE = "none"
MEASURES = {"kappa": "*κ*", "r": "*r*", "ccc": "concordance", "mae": "MAE"}


def ranks_table(ranks: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Rank of every machine (rows) by every measure (columns) with its interval; one person, unranked, last.

    Parameters
    ----------
    ranks
        `lib.chapters.machine_ranks.machine_ranks`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    column = pl.concat_str("scale", "measure", separator=" ").alias("column")
    text = pl.Series("cell", [_rank(row) for row in ranks.iter_rows(named=True)], dtype=pl.String)
    wide = spread(ranks.with_columns(column, text), ["condition"], "column", "cell")
    columns = wide.columns[1:]
    order = ranks.filter(column == columns[0]).select("condition", at="rank")
    wide = wide.join(order, on="condition", how="left", maintain_order="left")
    kappa = ranks.filter(pl.col("measure") == "kappa").select("condition", kappa="value")
    wide = wide.join(kappa, on="condition", how="left", maintain_order="left")
    wide = wide.join(names, on="condition", maintain_order="left")
    wide = as_text(wide.sort(pl.col("type") == "Person", "at", nulls_last=True, maintain_order=True), ["kappa"])
    labels = {"short_name": "Rater"} | ({"kappa": "*κ* with people"} if kappa.height else {})
    for name in columns:
        scale, _, measure = name.rpartition(" ")
        labels[name] = f"{capitalised(scale)}: {MEASURES[measure]}"
    return plain_table(wide, "tbl-machine-ranks", labels, notes)


def attribution_table(
    contrasts: pl.DataFrame, names: pl.DataFrame, factors: Mapping[str, str], notes: Iterable[str | None] = ()
) -> GT:
    """Every pair of groups with a verdict (rows), by the emotion in question (groups of rows).

    Parameters
    ----------
    contrasts
        `lib.chapters.attribution.attribution_frame`.
    names
        `lib.chapters.conditions.condition_names`.
    factors
        Factor -> what readers call it.
    notes
        Paragraphs below the table.
    """
    short = short_names(names)
    emotions = pl.Enum(contrasts["emotion"].unique(maintain_order=True))
    own = contrasts.filter(pl.col("verdict") != NONE)
    own = own.sort(pl.col("factor").cast(pl.Enum(list(factors))), pl.col("emotion").cast(emotions), maintain_order=True)
    rows = [
        {
            "group": f"{factors[row['factor']]}: named {row['emotion']}",
            "rater": short[row["condition"]],
            "groups": f"{row['first']} − {row['second']}",
            **{name: _points(row, name) for name in ("hits", "false_alarms", "named")},
            **{name: _difference(row, name) for name in ("sensitivity", "criterion")},
            "verdict": row["verdict"],
        }
        for row in own.iter_rows(named=True)
    ]
    labels = {
        "rater": "Rater", "groups": "Groups", "hits": "Hits, points", "false_alarms": "False alarms, points",
        "named": "Named so, points", "sensitivity": "*d′*", "criterion": "Criterion", "verdict": "Verdict",
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=dict.fromkeys(["group", *labels], pl.String))
    return plain_table(frame, "tbl-attribution", labels, notes, groups="group", text_columns=["groups", "verdict"])


def gains_table(gains: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Error spared by thinking, and its relation to the number of tokens, by pair (groups of rows) and measure (rows).

    Parameters
    ----------
    gains
        `lib.chapters.thinking_gains.thinking_gains`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    short = short_names(names)
    rows = [
        {
            "group": f"{short[row['first']]}, beside {short[row['second']]}: {row['differ_in']}",
            "measure": _measure(row["measure"]),
            "n": format_value("n", row["n"]),
            **{name: _estimate(row, name, f"{name}_") for name in ("gain", "slope")},
            **{f"{name}_p": format_value("p", row[f"{name}_p_adjusted"]) for name in ("gain", "slope")},
        }
        for row in gains.iter_rows(named=True)
    ]
    labels = {
        "measure": "Error of", "n": "Images", "gain": "Error spared", "gain_p": "Corrected *p*",
        "slope": "Per doubling of tokens", "slope_p": "Corrected *p*",
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=dict.fromkeys(["group", *labels], pl.String))
    return plain_table(frame, "tbl-thinking-gains", labels, notes, groups="group")


def slopes_table(slopes: pl.DataFrame, names: Mapping[str, str], notes: Iterable[str | None] = ()) -> GT:
    """Change of the error with thinking over answers to the same image, by machine (groups of rows) and measure (rows).

    Parameters
    ----------
    slopes
        `lib.chapters.thinking_gains.thinking_slopes`.
    names
        Condition or variant -> what readers call it.
    notes
        Paragraphs below the table.
    """
    rows = [
        {
            "group": names.get(row["condition"], row["condition"]),
            "measure": _measure(row["measure"]),
            "n": format_value("n", row["n"]),
            "n_images": format_value("n", row["n_images"]),
            "slope": _estimate(row, "slope", ""),
            "rank": format_value("r", row["rank"]),
            "p": format_value("p", row["p"]),
            "p_adjusted": format_value("p", row["p_adjusted"]),
        }
        for row in slopes.iter_rows(named=True)
    ]
    labels = {
        "measure": "Error of", "n": "Answers", "n_images": "Images", "slope": "Per doubling of tokens",
        "rank": "Correlation of ranks", "p": "*p*", "p_adjusted": "Corrected *p*",
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=dict.fromkeys(["group", *labels], pl.String))
    return plain_table(frame, "tbl-thinking-repeats", labels, notes, groups="group")


def forced_table(forced: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Share of answers whose thinking was cut off, by step (rows): of all images and by emotion (columns).

    Parameters
    ----------
    forced
        `lib.chapters.thinking_gains.forced_frame`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    cells = [
        f"{format_value('percent', 100 * row['share'])} [{100 * row['low']:.1f}, {100 * row['high']:.1f}]"
        if row["share"] is not None
        else ABSENT
        for row in forced.iter_rows(named=True)
    ]
    wide = spread(forced.with_columns(pl.Series("cell", cells, dtype=pl.String)), ["condition", "step"], "part", "cell")
    parts = wide.columns[2:]
    whole = forced.filter(pl.col("part") == "all").select("condition", "step", "n", "p")
    wide = wide.join(whole, on=["condition", "step"], how="left", maintain_order="left")
    wide = wide.join(names, on="condition", maintain_order="left").with_columns(
        pl.col("step").map_elements(capitalised, return_dtype=pl.String),
        *(pl.Series(name, [format_value(name, value) for value in wide[name]], dtype=pl.String) for name in ("n", "p")),
    )
    labels = {"step": "Step", "n": "Answers"} | {part: capitalised(part) for part in parts} | {"p": "*p*"}
    return plain_table(wide, "tbl-thinking-forced", labels, notes, groups="short_name")


def _rank(row: Mapping[str, float | None]) -> str:
    if row["rank"] is None:
        return ABSENT
    ends = (row["rank_low"], row["rank_high"])
    return f"{row['rank']:g}" + ("" if None in ends else f" [{ends[0]:g}, {ends[1]:g}]")


def _points(row: Mapping[str, float | None], name: str) -> str:
    values = (row[f"{name}_{end}"] for end in ("difference", "low", "high"))
    return _bracketed([None if value is None else 100 * value for value in values], 1)


def _difference(row: Mapping[str, float | None], name: str) -> str:
    return _bracketed([row[f"{name}_{end}"] for end in ("difference", "low", "high")], 2)


def _estimate(row: Mapping[str, float | None], name: str, ends: str) -> str:
    return _bracketed([row[name], row[f"{ends}low"], row[f"{ends}high"]], 3)


def _bracketed(values: list[float | None], decimals: int) -> str:
    if values[0] is None:
        return ABSENT
    shown = [None if value is None else plus_signed(value, decimals) for value in values]
    return str(shown[0]) if None in shown else f"{shown[0]} [{shown[1]}, {shown[2]}]"


def _measure(name: str) -> str:
    return "Emotion label" if name == "emotion" else f"{capitalised(name)} rating"
