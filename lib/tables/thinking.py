"""Tables of what thinking changes and what it takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl
from great_tables import GT

from lib.formats import ABSENT, format_value, plus_signed
from lib.tables.intervals import estimates
from lib.tables.style import as_text, plain_table, short_names, spread

PARTS = {"all": "All", "correct": "Right label", "wrong": "Wrong label"}


def pairs_table(effects: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Accuracies, their difference with interval, discordant images and exact McNemar tests, by pair and emotion.

    Parameters
    ----------
    effects
        `lib.chapters.thinking.pair_effects`, the pairs to show.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    short = short_names(names)
    rows = []
    for row in effects.iter_rows(named=True):
        ends = [plus_signed(100 * row[name], 1) for name in ("low", "high")]
        rows.append(
            {
                "group": f"{short[row['first']]} minus {short[row['second']]}: {row['differ_in']}",
                "emotion": PARTS.get(row["emotion"], row["emotion"].capitalize()),
                "first": format_value("accuracy", row["first_accuracy"]),
                "second": format_value("accuracy", row["second_accuracy"]),
                "difference": f"{plus_signed(100 * row['difference'], 1)} [{ends[0]}, {ends[1]}]",
                "discordant": f"{row['first_only']} / {row['second_only']}",
                "p_exact": format_value("p", row["p_exact"]),
                "p_adjusted": format_value("p", row["p_adjusted"]),
            }
        )
    labels = {
        "emotion": "Emotion", "first": "Accuracy of the first", "second": "of the second",
        "difference": "Difference in points", "discordant": "Only the first / second right", "p_exact": "*p*",
        "p_adjusted": "Adjusted *p*",
    }  # fmt: skip
    frame = pl.DataFrame(rows, schema=dict.fromkeys(["group", *labels], pl.String))
    return plain_table(frame, "tbl-thinking-pairs", labels, notes, groups="group")


def tokens_table(
    summary: pl.DataFrame,
    ratios: pl.DataFrame,
    names: pl.DataFrame,
    emotions: Sequence[str],
    notes: Iterable[str | None] = (),
) -> GT:
    """Mean thinking tokens of every machine that reports any: in all, by outcome and emotion, and two ratios.

    Parameters
    ----------
    summary, ratios
        `lib.chapters.thinking.summarise_tokens` and `compare_tokens`.
    names
        `lib.chapters.conditions.condition_names`.
    emotions
        The emotions, in order.
    notes
        Paragraphs below the table.
    """
    whole = summary.filter(pl.col("step").cast(pl.String) == "all")
    shown = [part for part in (*PARTS, *emotions) if part in set(whole["part"])]
    texts = pl.Series("text", [f"{mean:,.0f}" for mean in whole["mean"]], dtype=pl.String)
    wide = spread(whole.with_columns(texts), ["condition"], "part", "text")
    for column, own in (
        ("outcome", ratios.filter(pl.col("ratio") == "wrong_to_correct")),
        ("extremes", _largest(ratios.filter(pl.col("over").is_in(list(emotions))))),
    ):
        values = own.rename({"low": "value_low", "high": "value_high"})
        text = estimates(values, "value").alias(column)
        wide = wide.join(own.select("condition").with_columns(text), on="condition", how="left", maintain_order="left")
    named = wide.join(names, on="condition", maintain_order="left")
    labels = {"short_name": "Rater"} | {name: PARTS.get(name, name.capitalize()) for name in shown}
    labels |= {"outcome": "Wrong / right", "extremes": "Most / least"}
    return plain_table(named, "tbl-thinking-tokens", labels, notes)


def steps_table(
    summary: pl.DataFrame, names: pl.DataFrame, emotions: Sequence[str], notes: Iterable[str | None] = ()
) -> GT:
    """Mean tokens of each step with interval (columns), by outcome and emotion (rows), grouped by machine.

    Parameters
    ----------
    summary
        `lib.chapters.thinking.summarise_tokens`.
    names
        `lib.chapters.conditions.condition_names`.
    emotions
        The emotions, in order.
    notes
        Paragraphs below the table.
    """
    own = summary.filter(pl.col("step").cast(pl.String) != "all")
    cells = own.with_columns(estimates(own, "mean", decimals=0).alias("cell"))
    order = pl.Enum([*PARTS, *emotions])
    wide = spread(cells, ["condition", "part"], "step", "cell").with_columns(pl.col("part").cast(order))
    steps = wide.columns[2:]
    wide = wide.sort("condition", "part", maintain_order=True).join(names, on="condition", maintain_order="left")
    text = [PARTS.get(part, part.capitalize()) for part in wide["part"].cast(pl.String)]
    labels = {"label": "Faces"} | {step: f"{step.capitalize()} step" for step in steps}
    frame = wide.with_columns(pl.Series("label", text, dtype=pl.String))
    return plain_table(frame, "tbl-thinking-steps", labels, notes, groups="name")


def load_table(load: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Spearman's correlation of tokens with people's disagreement about the image, one column a measure.

    Parameters
    ----------
    load
        `lib.chapters.thinking.relate_tokens`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    own = load.rename({"value": "rho", "low": "rho_low", "high": "rho_high"})
    cells = own.with_columns(estimates(own, "rho").alias("cell"))
    wide = spread(cells, ["condition"], "measure", "cell").join(names, on="condition", maintain_order="left")
    measures = own["measure"].unique(maintain_order=True).to_list()
    counts = own.group_by("condition", maintain_order=True).agg(pl.col("n").max())
    wide = as_text(wide.join(counts, on="condition", how="left", maintain_order="left"), ["n"])
    labels = {"short_name": "Rater", "n": "*n*"}
    labels |= {name: "Emotion label" if name == "emotion" else f"{name.capitalize()} rating" for name in measures}
    return plain_table(wide.fill_null(ABSENT), "tbl-thinking-load", labels, notes)


def _largest(ratios: pl.DataFrame) -> pl.DataFrame:
    """The largest ratio of each machine."""
    ordered = ratios.sort(pl.col("value") * -1, maintain_order=True)
    return ordered.unique("condition", keep="first", maintain_order=True)
