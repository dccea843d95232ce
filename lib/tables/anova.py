"""Tables of analyses of variance of the bias: by factor and emotion, within emotions, planned comparisons, size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl
from great_tables import GT

from lib.formats import capitalised, format_value, signed
from lib.tables.style import as_text, plain_table, spread, term_heading
from lib.tables.units import units_column

EFFECT = {"f": "*F*", "eta_squared": "η²", "p": "*p*", "p_adjusted": "*p* corrected"}
WITHIN = {"f": "*F*", "partial_eta_squared": "η²ₚ", "p_adjusted": "*p* corrected"}
STAR = "*"


def omnibus_table(
    anovas: pl.DataFrame,
    names: pl.DataFrame,
    factor: str,
    label: str,
    *,
    identifier: str,
    unit: str | None = None,
    notes: Iterable[str | None] = (),
) -> GT:
    """Main effect of a factor and its interaction with emotion on the bias; the machine with the largest F first.

    Parameters
    ----------
    anovas
        condition, factor, term, the columns of `EFFECT`, df, df_residual, with `unit` p_units_adjusted; one dimension.
    names
        `lib.chapters.conditions.condition_names`.
    factor, label
        The factor's column, and what readers call it.
    identifier
        The cell's label.
    unit
        What readers call the unit of faces, for a column of the corrected p between units; None leaves it out.
    notes
        Paragraphs below the table.
    """
    own = anovas.filter(pl.col("factor") == factor)
    terms = {"main": factor, "interaction": f"{factor}:emotion"}
    effect = EFFECT | units_column(unit)
    parts = {
        part: as_text(own.filter(pl.col("term") == term), list(effect)).select(
            "condition", *(pl.col(name).alias(f"{part} {name}") for name in effect)
        )
        for part, term in terms.items()
    }
    order = own.filter(pl.col("term") == factor).select("condition", "f")
    wide = order.join(names, on="condition", maintain_order="left").sort(
        pl.col("type").replace_strict({"VLM": 0, "FER": 1}, default=2), pl.col("f") * -1, "condition", nulls_last=True
    )
    for frame in parts.values():
        wide = wide.join(frame, on="condition", how="left", maintain_order="left")
    labels = {"short_name": "Rater"} | {f"{part} {name}": text for part in parts for name, text in effect.items()}
    table = plain_table(wide, identifier, labels, [residual_note(own, names, terms), *notes], groups="type")
    for part, heading in (("main", f"{label}, given emotion"), ("interaction", f"{label} × emotion")):
        columns = [f"{part} {name}" for name in effect]
        table = table.tab_spanner(label=heading, columns=columns, id=f"spanner-{part}")
    return table


def emotion_anova_table(
    anovas: pl.DataFrame,
    names: pl.DataFrame,
    labels: Mapping[str, str],
    identifier: str,
    notes: Iterable[str | None] = (),
) -> GT:
    """Effects of all factors crossed on the bias within each emotion (rows), machine by machine.

    Parameters
    ----------
    anovas
        condition, emotion, term, the columns of `WITHIN`; one dimension.
    names
        `condition_names`.
    labels
        Factor -> what readers call it.
    identifier
        The cell's label.
    notes
        Paragraphs below the table.
    """
    terms = anovas["term"].unique(maintain_order=True).to_list()
    wide = anovas.select("condition", "emotion").unique(maintain_order=True)
    for term in terms:
        own = as_text(anovas.filter(pl.col("term") == term), list(WITHIN))
        part = own.select("condition", "emotion", *(pl.col(name).alias(f"{term} {name}") for name in WITHIN))
        wide = wide.join(part, on=["condition", "emotion"], how="left", maintain_order="left")
    wide = wide.join(names, on="condition", maintain_order="left").with_columns(
        pl.col("emotion").cast(pl.String).str.to_titlecase()
    )
    columns = {"emotion": "Emotion"} | {f"{term} {name}": text for term in terms for name, text in WITHIN.items()}
    table = plain_table(wide, identifier, columns, notes, groups="short_name")
    for place, term in enumerate(terms):
        columns_of_term = [f"{term} {name}" for name in WITHIN]
        table = table.tab_spanner(label=term_heading(term, labels), columns=columns_of_term, id=f"spanner-{place}")
    return table


def planned_table(
    anovas: pl.DataFrame,
    names: pl.DataFrame,
    labels: Mapping[str, str],
    alpha: float,
    *,
    identifier: str,
    notes: Iterable[str | None] = (),
) -> GT:
    """F and partial eta squared of every factor and its interaction with emotion, by dimension; * below `alpha`.

    Parameters
    ----------
    anovas
        condition, dimension, factor, term, f, p_adjusted, partial_eta_squared.
    names
        `condition_names`.
    labels
        Factor -> what readers call it.
    alpha
        Level of the corrected p.
    identifier
        The cell's label.
    notes
        Paragraphs below the table.
    """
    cells = [
        None if f is None else f"{format_value('f', f)}{STAR if p < alpha else ''} ({format_value('eta_squared', eta)})"
        for f, p, eta in anovas.select("f", "p_adjusted", "partial_eta_squared").iter_rows()
    ]
    text = anovas.with_columns(pl.Series("cell", cells, dtype=pl.String))
    terms = [*labels, *(f"{name}:emotion" for name in labels)]
    wide = spread(
        text.sort(pl.col("term").cast(pl.Enum(terms)), maintain_order=True), ["condition", "dimension"], "term", "cell"
    )
    wide = wide.join(names, on="condition", maintain_order="left").sort("dimension", "condition")
    wide = wide.with_columns(pl.col("dimension").cast(pl.String).str.to_titlecase())
    shown = [term for term in terms if term in wide.columns]
    headings = {term: term_heading(term, labels) for term in shown}
    return plain_table(wide, identifier, {"short_name": "Rater"} | headings, notes, groups="dimension")


def size_table(trends: pl.DataFrame, identifier: str, notes: Iterable[str | None] = ()) -> GT:
    """Trend of every outcome with the number of parameters, by family.

    Parameters
    ----------
    trends
        `lib.chapters.model_sizes.size_trends`.
    identifier
        The cell's label.
    notes
        Paragraphs below the table.
    """
    text = as_text(
        trends,
        {"n": "n", "rho": "rho", "p_rho": "p", "smallest_p": "p", "slope": "bias", "p_slope": "p", "p_adjusted": "p"},
    )
    text = text.with_columns(
        pl.col("dimension").cast(pl.String).str.to_titlecase(),
        pl.col("outcome").map_elements(capitalised, return_dtype=pl.String),
    )
    labels = {"dimension": "Dimension", "outcome": "Outcome", "n": "Models", "rho": "Spearman's *ρ*", "p_rho": "*p*"}
    labels |= {"p_adjusted": "*p* corrected", "smallest_p": "Smallest possible *p*", "slope": "Change per doubling"}
    compared = trends.unique("family", keep="first", maintain_order=True)
    said = [
        f"{family}: {names or 'no machine of known size'}{f'; size unknown: {unknown}' if unknown else ''}."
        for family, names, unknown in compared.select("family", "names", "unknown").iter_rows()
    ]
    return plain_table(text, identifier, labels, [*said, *notes], groups="family", text_columns=["outcome"])


def residual_note(anovas: pl.DataFrame, names: pl.DataFrame, terms: Mapping[str, str]) -> str:
    """Say the degrees of freedom of the F in a table's columns, and which raters' differ."""
    joined = anovas.join(names, on="condition", maintain_order="left")
    said = []
    for part, term in terms.items():
        own = joined.filter(pl.col("term") == term)
        counts = own.group_by("df", "df_residual", maintain_order=True).agg(pl.col("short_name"))
        counts = counts.sort(pl.col("short_name").list.len() * -1, maintain_order=True)
        for place, (df, residual, raters) in enumerate(counts.iter_rows()):
            who = "" if place == 0 else f" for {', '.join(raters)}"
            said.append(
                f"{part if place == 0 else 'but'} {format_value('n', df)} and {format_value('n', residual)}{who}"
            )
    return signed(f"Degrees of freedom: {', '.join(said)}.") if said else "No machine could be tested."
