"""Tables of emotion labels: overall agreement, accuracy and F1 by emotion, the ranking of all conditions."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from great_tables import GT

from lib.formats import count_in_words, format_value
from lib.tables.style import as_text, interval, plain_table, spread

RATERS = {"short_name": "Rater"}


def accuracy_table(overall: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Accuracy with its interval, macro F1 and kappa of every rater, the best first; a person stands last.

    Parameters
    ----------
    overall
        `LabelScores.overall`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    ranked = ranking(overall, names)
    text = as_text(ranked.with_columns(interval(ranked).alias("interval")), ["accuracy", "macro_f1", "kappa"])
    labels = RATERS | {"type": "Type", "thinking": "Thinking", "accuracy": "Accuracy", "interval": "95% CI"}
    labels |= {"macro_f1": "Macro F1", "kappa": "Cohen's *κ*"}
    return plain_table(text, "tbl-accuracy", labels, notes, text_columns=["type", "thinking"])


def ranking_table(overall: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """All machine conditions in one ranking by accuracy; equal accuracy shares a rank."""
    machines = ranking(overall, names).filter(pl.col("type") != "Person")
    text = as_text(machines, ["rank", "accuracy", "kappa"])
    labels = {"rank": "Rank", "short_name": "Rater", "type": "Type", "thinking": "Thinking", "accuracy": "Accuracy"}
    labels |= {"kappa": "Cohen's *κ*"}
    return plain_table(text, "tbl-ranking", labels, notes, text_columns=["short_name", "type", "thinking"])


def emotion_table(
    per_emotion: pl.DataFrame, names: pl.DataFrame, figure: str, identifier: str, notes: Iterable[str | None] = ()
) -> GT:
    """One figure (`accuracy` or `f1`) of every rater (rows) by emotion (columns), grouped by type of rater."""
    emotions = per_emotion["emotion"].unique().sort().cast(pl.String).to_list()
    text = as_text(per_emotion.join(names, on="condition", maintain_order="left"), [figure])
    wide = spread(text, ["type", "short_name"], "emotion", figure)
    labels = RATERS | {name: name.capitalize() for name in emotions}
    return plain_table(wide, identifier, labels, notes, groups="type")


def ranking(overall: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """`overall` with names, machines ranked by accuracy (column rank) first, persons (rank null) after them."""
    joined = overall.join(names, on="condition", maintain_order="left")
    person = pl.col("type") == "Person"
    ranked = joined.with_columns(
        pl.col("accuracy").rank("min", descending=True).over(person).cast(pl.Int64).alias("rank")
    )
    return ranked.with_columns(pl.when(~person).then("rank").alias("rank")).sort(
        person, pl.col("accuracy") * -1, "condition"
    )


def unanswered_note(overall: pl.DataFrame, names: pl.DataFrame, reference: str) -> str:
    """Say how many answers of each machine were missing or unparseable, and that they count as wrong."""
    machines = overall.join(names, on="condition", maintain_order="left").filter(pl.col("type") != "Person")
    without = machines.with_columns((pl.col("n") - pl.col("n_answered")).alias("lost")).filter(pl.col("lost") > 0)
    named = "; ".join(f"{row['short_name']} {format_value('n', row['lost'])}" for row in without.iter_rows(named=True))
    said = f"{named}; {count_in_words(0)} of the others" if named else count_in_words(0)
    return f"Compared with the {reference}. Missing or unparseable labels count as wrong: {said}."
