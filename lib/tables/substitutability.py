"""Tables of substitutability: z-scores against panels, overall and by emotion, and ratios to a person."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from great_tables import GT

from lib.formats import ABSENT, capitalised, count_in_words, format_value
from lib.metrics.substitutability import VERDICTS
from lib.tables.intervals import estimates
from lib.tables.style import RATER_TYPES, as_text, estimate_and_interval, plain_table

MARKS = {VERDICTS[0]: "*", VERDICTS[1]: "†", VERDICTS[2]: "", None: ""}
DEFINITION = (
    "For every image and every person who rated it, the panel is the other people: z is a rating minus the panel's "
    "mean over the panel's SD. The machine faces the same panels as each person left out; |z| is averaged over the "
    "panels of an image, then over images. People: mean |z| of the persons left out."
)
PERSON = (
    "One person: the held-out rating of every image, against panels of the image's other people; what sets it apart "
    "from them is chance."
)
NOT_ALIKE = (
    "Not distinguishable says that these data do not tell the two apart, not that they are alike; how far apart they "
    "may still be, the interval shows."
)


def z_table(compared: pl.DataFrame, names: pl.DataFrame, identifier: str, notes: Iterable[str | None] = ()) -> GT:
    """Mean |z| of every rater beside people's on one dimension: difference, ratio, share within ±1.96, p, verdict.

    Parameters
    ----------
    compared
        `z_scores` of one dimension.
    names
        `lib.chapters.conditions.condition_names`.
    identifier
        The cell's label.
    notes
        Paragraphs below the table.
    """
    kind = pl.col("type").cast(RATER_TYPES)
    joined = compared.join(names, on="condition", maintain_order="left").sort(kind, "difference", "condition")
    text = as_text(joined, ["n", "machine", "people", "ratio", "p_adjusted", "verdict"]).with_columns(
        estimates(joined, "difference"),
        pl.Series("within", [_percent(share) for share in joined["inside"]], dtype=pl.String),
        pl.Series("people_within", [_percent(share) for share in joined["people_inside"]], dtype=pl.String),
    )  # fmt: skip
    labels = {
        "short_name": "Rater", "n": "*n*", "machine": "Rater", "people": "People", "difference": "Difference [CI]",
        "ratio": "Ratio", "within": "Rater", "people_within": "People", "p_adjusted": "*p*", "verdict": "Verdict",
    }  # fmt: skip
    table = plain_table(text, identifier, labels, notes, groups="type", text_columns=["verdict"])
    return table.tab_spanner(label="Mean |z|", columns=["machine", "people"], id="mean").tab_spanner(
        label="Within ±1.96", columns=["within", "people_within"], id="inside"
    )


def z_emotion_table(by_emotion: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Mean |z| of every rater (rows, by dimension) and emotion (columns), marked where it differs from people's.

    Parameters
    ----------
    by_emotion
        `z_scores_by_emotion`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    emotions = by_emotion["emotion"].unique().sort().cast(pl.String).to_list()
    labels = {"short_name": "Rater", "type": "Type"} | {name: capitalised(name) for name in emotions}
    rows = []
    for (dimension,), own in by_emotion.group_by("dimension", maintain_order=True):
        named = own.join(names, on="condition", maintain_order="left").sort(
            pl.col("type").cast(RATER_TYPES), "condition"
        )
        head = {"dimension": str(dimension).capitalize()}
        people = named.filter(pl.col("type") != "Person").group_by("emotion").agg(pl.col("people").median())
        rows.append(head | {"short_name": "People, left out in turn", "type": ABSENT} | _cells(people, "people"))
        for (_,), cells in named.group_by("condition", maintain_order=True):
            first = cells.row(0, named=True)
            rows.append(head | {name: first[name] for name in ("short_name", "type")} | _cells(cells, "machine"))
    frame = pl.DataFrame(rows, schema=dict.fromkeys(["dimension", *labels], pl.String))
    return plain_table(frame, "tbl-z-emotion", labels, notes, groups="dimension", text_columns=["type"])


def excluded_panels_note(compared: pl.DataFrame, names: pl.DataFrame) -> str:
    """Say how many panels and images of each rater are left out."""
    lost = (
        compared.group_by("condition", maintain_order=True)
        .agg(pl.col("n_excluded", "n_panels_excluded").sum())
        .filter((pl.col("n_excluded") > 0) | (pl.col("n_panels_excluded") > 0))
        .join(names, on="condition", maintain_order="left")
    )
    said = "; ".join(
        f"{row['short_name']} {format_value('n', row['n_excluded'])} and {format_value('n', row['n_panels_excluded'])}"
        for row in lost.iter_rows(named=True)
    )
    return (
        "Images without an answer or a usable panel, and panels of fewer than three people or of one mind, are left "
        f"out on both sides: {said or count_in_words(0)}{' (images, panels)' if said else ''}."
    )


def ceiling_table(ratios: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Every machine's accuracy, r and MAE over those of a person, with intervals; grouped by type of rater.

    Parameters
    ----------
    ratios
        `ceilings`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    named = ratios.join(names, on="condition", maintain_order="left").sort(
        pl.col("type").cast(RATER_TYPES), "condition"
    )
    columns = ratios.select("measure", "dimension").unique(maintain_order=True)
    columns = columns.sort(pl.col("dimension").is_not_null(), "dimension", "measure")
    headings = {(row[0], row[1]): _heading(*row) for row in columns.iter_rows()}
    rows = []
    for (_,), own in named.group_by("condition", maintain_order=True):
        row = {name: own[name][0] for name in ("type", "short_name")}
        for cell in own.iter_rows(named=True):
            place = headings[cell["measure"], cell["dimension"]]
            row[place] = estimate_and_interval(cell | {"ratio_low": cell["low"], "ratio_high": cell["high"]}, "ratio")
        rows.append(row)
    frame = pl.DataFrame(rows, schema=dict.fromkeys(["type", "short_name", *headings.values()], pl.String))
    labels = {"short_name": "Rater"} | {name: name for name in headings.values()}
    return plain_table(frame, "tbl-ceiling", labels, notes, groups="type")


def person_figures_note(ratios: pl.DataFrame) -> str:
    """Say what the person reaches: the denominators of `ceiling_table`."""
    known = ratios.drop_nulls("person").unique(["measure", "dimension"], maintain_order=True)
    known = known.sort(pl.col("dimension").is_not_null(), "dimension", "measure")
    said = [
        f"{_heading(row['measure'], row['dimension']).replace('*', '')} {format_value(row['measure'], row['person'])}"
        for row in known.iter_rows(named=True)
    ]
    return f"A person: {', '.join(said)}." if said else ""


def _heading(measure: str, dimension: str | None) -> str:
    shown = {"accuracy": "Accuracy", "r": "*r*", "mae": "MAE"}[str(measure)]
    return shown if dimension is None else f"{str(dimension).capitalize()} {shown}"


def _cells(cells: pl.DataFrame, value: str) -> dict[str, str]:
    """Text of one row: emotion -> value with its mark."""
    return {
        str(row["emotion"]): format_value(value, row[value]) + MARKS[row.get("verdict")]
        for row in cells.iter_rows(named=True)
    }


def _percent(share: float | None) -> str:
    return ABSENT if share is None else format_value("percent", 100 * share)
