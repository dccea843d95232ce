"""Tables of agreement beyond chance: kappa, weighted kappa, people's alpha, machines asked again."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from great_tables import GT

from lib.formats import capitalised, plus_signed
from lib.tables.style import as_text, interval, plain_table


def kappa_table(kappas: pl.DataFrame, names: pl.DataFrame, confidence: float, notes: Iterable[str | None] = ()) -> GT:
    """Kappa of every rater with standard error, interval and test, the highest first; a person stands last.

    Parameters
    ----------
    kappas
        `lib.chapters.agreement.kappa_frame`.
    names
        `lib.chapters.conditions.condition_names`.
    confidence
        Level of the interval.
    notes
        Paragraphs below the table.
    """
    ranked = by_kappa(kappas, names)
    text = as_text(ranked.with_columns(interval(ranked).alias("interval")), {
        "n": "n", "n_unanswered": "n", "kappa": "kappa", "se": "rate", "z": "z", "p_adjusted": "p_adjusted",
    })  # fmt: skip
    labels = {"short_name": "Rater", "type": "Type", "n": "Images", "n_unanswered": "Unanswered"}
    labels |= {"kappa": "Cohen's *κ*", "se": "*SE*", "interval": _ci(confidence), "z": "*z*", "p_adjusted": "*p*"}
    return plain_table(text, "tbl-kappa", labels, notes, text_columns=["type"])


def by_kappa(kappas: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Kappas with names, the highest first, persons after machines."""
    joined = kappas.join(names, on="condition", maintain_order="left")
    return joined.sort(pl.col("type") == "Person", pl.col("kappa") * -1, "condition", nulls_last=True)


def beside_table(
    beside: pl.DataFrame, names: pl.DataFrame, confidence: float, level: float, notes: Iterable[str | None] = ()
) -> GT:
    """Each machine's accuracy minus that expected of one person, in percentage points, the highest first.

    Parameters
    ----------
    beside
        `lib.chapters.beside_person.beside_frame`.
    names
        `lib.chapters.conditions.condition_names`.
    confidence
        Level of the interval.
    level
        Level of the corrected p below which the two differ.
    notes
        Paragraphs below the table.
    """
    joined = beside.join(names, on="condition", maintain_order="left")
    ranked = joined.sort(pl.col("difference") * -1, "condition", nulls_last=True)
    lead = pl.when(pl.col("difference") > 0).then(pl.lit("more accurate")).otherwise(pl.lit("less accurate"))
    apart = pl.when(pl.col("p_adjusted") < level).then(lead).when(pl.col("p_adjusted").is_not_null())
    shown = ranked.with_columns(
        apart.then(pl.lit("cannot be told")).alias("verdict"),
        *[pl.Series(name, [_points(value) for value in ranked[name]]) for name in ("difference", "low", "high")],
    ).with_columns(pl.format("[{}, {}]", "low", "high").alias("interval"))
    text = as_text(shown, {
        "n": "n", "accuracy": "accuracy", "person": "accuracy", "t": "t", "p": "p", "p_adjusted": "p_adjusted",
    })  # fmt: skip
    labels = {"short_name": "Machine", "type": "Type", "n": "Images", "accuracy": "Accuracy", "person": "One person"}
    labels |= {"difference": "Difference", "interval": _ci(confidence), "t": "*t*", "p": "*p*"}
    labels |= {"p_adjusted": "*p* corrected", "verdict": "Machine is"}
    return plain_table(text, "tbl-beside-person", labels, notes, text_columns=["type", "verdict"])


def _points(share: float | None) -> str | None:
    """A difference of shares in percentage points, with its sign."""
    return None if share is None else plus_signed(100 * share, 1)


def alpha_table(alphas: pl.DataFrame, confidence: float, notes: Iterable[str | None] = ()) -> GT:
    """People's reliability: Krippendorff's alpha of each thing rated, with its bootstrap interval.

    Parameters
    ----------
    alphas
        `lib.chapters.agreement.alpha_frame`.
    confidence
        Level of the interval.
    notes
        Paragraphs below the table; where alpha is undefined, the reason comes first.
    """
    reasons = [f"{row['dimension']}: {row['reason']}." for row in alphas.iter_rows(named=True) if row["reason"]]
    text = as_text(
        alphas.with_columns(
            interval(alphas).alias("interval"),
            pl.col("dimension").replace("emotion", "emotion label").map_elements(capitalised, return_dtype=pl.String),
        ),
        {"alpha": "alpha_ordinal", "n_images": "n", "n_ratings": "n"},
    )
    labels = {"dimension": "Rated", "level": "Level", "alpha": "Krippendorff's *α*", "interval": _ci(confidence)}
    labels |= {"n_images": "Images", "n_ratings": "Ratings"}
    return plain_table(text, "tbl-alpha", labels, [*reasons, *notes], text_columns=["level"])


def weighted_table(
    weighted: pl.DataFrame, names: pl.DataFrame, confidence: float, notes: Iterable[str | None] = ()
) -> GT:
    """Weighted kappa of every machine's values with the held-out person's, by dimension.

    Parameters
    ----------
    weighted
        `lib.chapters.agreement_values.weighted_frame`.
    names
        `lib.chapters.conditions.condition_names`.
    confidence
        Level of the intervals.
    notes
        Paragraphs below the table; machines without a figure are named first.
    """
    joined = weighted.join(names, on="condition", maintain_order="left")
    without = joined.filter(pl.col("reason").is_not_null() & pl.col("kappa").is_null())
    absent = without["short_name"].unique(maintain_order=True).to_list()
    said = f"Not computed, because their values lie between the scale's steps: {', '.join(absent)}." if absent else None
    shown = joined.drop_nulls("kappa")
    text = as_text(shown, ["kappa"]).with_columns(interval(shown).alias("interval"))
    cell = pl.concat_str("kappa", "interval", separator=" ", ignore_nulls=True).alias("cell")
    place = pl.concat_str(pl.col("dimension").cast(pl.String), pl.lit(": "), "weights").alias("place")
    wide = text.with_columns(cell, place).pivot("place", index=["type", "short_name"], values="cell")
    labels = {"short_name": "Rater"} | {name: name.partition(": ")[2].capitalize() for name in wide.columns[2:]}
    table = plain_table(wide, "tbl-weighted-kappa", labels, [_intervals(confidence), said, *notes], groups="type")
    for dimension in shown["dimension"].unique(maintain_order=True).cast(pl.String):
        columns = [name for name in wide.columns[2:] if name.startswith(f"{dimension}: ")]
        table = table.tab_spanner(label=dimension.capitalize(), columns=columns, id=f"spanner-weighted-{dimension}")
    return table


def repeats_table(
    labels: pl.DataFrame, values: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()
) -> GT:
    """Agreement of each machine with itself when asked again: Fleiss' kappa of labels, ICC(2,1) of values.

    Parameters
    ----------
    labels
        `lib.chapters.agreement_values.fleiss_frame`.
    values
        `lib.chapters.agreement_values.repeats_frame`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    ends = values.rename({"icc2_1": "figure", "icc2_1_low": "low", "icc2_1_high": "high"})
    both = [
        own.with_columns(interval(own).alias("interval"), *added).select(
            "condition", "asked", "n_images", "statistic", "figure", "interval"
        )
        for own, added in (
            (labels.rename({"kappa": "figure"}), (_text("Emotion label", "asked"), _text("Fleiss' κ", "statistic"))),
            (ends, (pl.col("dimension").str.to_titlecase().alias("asked"), _text("ICC(2,1)", "statistic"))),
        )
    ]
    text = as_text(pl.concat(both), {"n_images": "n", "figure": "kappa"})
    text = text.join(names, on="condition", maintain_order="left").sort("condition", maintain_order=True)
    headings = {"asked": "Asked for", "n_images": "Images", "statistic": "Statistic", "figure": "Agreement"}
    return plain_table(
        text, "tbl-repeats", headings | {"interval": "Interval"}, notes, groups="short_name", text_columns=["statistic"]
    )


def p_note(correction: str) -> str:
    """Say against what and how p values of kappa are tested."""
    return f"p: test of κ = 0, adjusted over the raters by {correction}."


def _ci(confidence: float) -> str:
    return f"{100 * confidence:g}% CI"


def _intervals(confidence: float) -> str:
    return f"In brackets: {_ci(confidence)}."


def _text(value: str, name: str) -> pl.Expr:
    return pl.lit(value).alias(name)
