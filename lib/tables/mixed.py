"""Tables of mixed models: biases by emotion, coefficients, demographic contrasts, tests of terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl
from great_tables import GT

from lib.formats import plus_signed
from lib.tables.style import BIAS_LIMITS, plain_table, shade, spread

NOT_SIGNIFICANT = "°"
RATER = "rater_type[machine]"
TERM_LETTERS = {"rater_type": "Rater"}


def mixed_bias_table(
    bias: pl.DataFrame,
    names: pl.DataFrame,
    levels: Sequence[str],
    identifier: str,
    *,
    width: float,
    alpha: float,
    notes: Iterable[str | None] = (),
) -> GT:
    """Estimated bias (rater minus people) of every rater (rows) by level of one factor (columns), with its SE.

    Parameters
    ----------
    bias
        condition, level, estimate, se, p, p_adjusted: one dimension and one model of `MachineModels.bias`.
    names
        `lib.chapters.conditions.condition_names`.
    levels
        The levels in the order of presentation.
    identifier
        The cell's label.
    width
        From the scale's lowest to its highest value; shades are shares of it.
    alpha
        A bias whose adjusted p (for the person: p) is `alpha` or more carries the mark of `mark_note`.
    notes
        Paragraphs below the table.
    """
    kept = bias.with_columns(pl.col("level").cast(pl.Enum(list(levels)), strict=False)).drop_nulls("level")
    named = _marked(kept, alpha).join(names, on="condition", maintain_order="left")
    index = ["type", "short_name"]
    text, numbers = spread(named, index, "level", "text"), spread(named, index, "level", "estimate")
    shown = [level for level in levels if level in text.columns]
    labels = {"short_name": "Rater"} | {level: level.capitalize() for level in shown}
    limits = (BIAS_LIMITS[0] * width, BIAS_LIMITS[1] * width, BIAS_LIMITS[2] * width)
    return shade(plain_table(text, identifier, labels, notes, groups="type"), numbers, shown, limits)


def mixed_coefficient_table(
    coefficients: pl.DataFrame,
    names: pl.DataFrame,
    factor: str,
    levels: Sequence[str],
    identifier: str,
    *,
    alpha: float,
    notes: Iterable[str | None] = (),
) -> GT:
    """The rater's coefficients of one model: the bias at the reference level, and how much others differ from it.

    Parameters
    ----------
    coefficients
        condition, term, estimate, se, p, p_adjusted: one dimension and one model of `MachineModels.coefficients`.
    names, identifier, alpha, notes
        As in `mixed_bias_table`.
    factor
        The model's factor.
    levels
        Its levels; the reference is the alphabetically first of them.
    """
    reference = min(levels)
    others = [level for level in levels if level != reference]
    columns = {RATER: reference.capitalize()}
    columns |= {f"{RATER}:{factor}[{level}]": f"{level.capitalize()} − {reference}" for level in others}
    named = _named_terms(coefficients, list(columns), alpha).join(names, on="condition", maintain_order="left")
    wide = spread(named, ["type", "short_name"], "term", "text")
    labels = {"short_name": "Rater"} | {name: label for name, label in columns.items() if name in wide.columns}
    return plain_table(wide, identifier, labels, notes, groups="type")


def mixed_demographic_table(
    coefficients: pl.DataFrame,
    names: pl.DataFrame,
    factors: Mapping[str, Sequence[str]],
    *,
    alpha: float,
    notes: Iterable[str | None] = (),
) -> GT:
    """By how much the bias for a group of faces differs from that for the reference group; dimensions below spanners.

    Parameters
    ----------
    coefficients
        condition, dimension, model, term, estimate, se, p, p_adjusted of the models of single factors.
    names, alpha, notes
        As in `mixed_bias_table`.
    factors
        Factor -> its levels.
    """
    contrasts = {
        f"{RATER}:{factor}[{level}]": f"{level} − {min(levels)}"
        for factor, levels in factors.items()
        for level in levels
        if level != min(levels)
    }
    dimensions = [str(name) for name in coefficients["dimension"].unique().sort()]
    order = pl.Enum([f"{dimension} {term}" for dimension in dimensions for term in contrasts])
    own = _named_terms(coefficients, list(contrasts), alpha)
    own = own.with_columns(
        pl.concat_str(pl.col("dimension").cast(pl.String), pl.col("term").cast(pl.String), separator=" ")
        .cast(order)
        .alias("column")
    )
    wide = spread(own.join(names, on="condition", maintain_order="left"), ["type", "short_name"], "column", "text")
    shown = wide.columns[2:]
    labels = {"short_name": "Rater"} | {name: contrasts[name.partition(" ")[2]] for name in shown}
    table = plain_table(wide, "tbl-mixed-demographic", labels, notes, groups="type")
    for name in dimensions:
        columns = [column for column in shown if column.startswith(f"{name} ")]
        table = table.tab_spanner(label=name.capitalize(), columns=columns, id=f"spanner-{name}") if columns else table
    return table


def mixed_term_table(terms: pl.DataFrame, names: pl.DataFrame, *, alpha: float, notes: Iterable[str | None] = ()) -> GT:
    """Type III F of every term of the full model that says something about the rater; raters in rows by dimension.

    Parameters
    ----------
    terms
        condition, dimension, term, df, f, p, p_adjusted of the full model.
    names, alpha, notes
        As in `mixed_bias_table`.
    """
    own = terms.filter(pl.col("term").str.split(":").list.contains("rater_type"))
    order = own["term"].unique(maintain_order=True).to_list()
    texts = [
        None if row["f"] is None else f"{_statistic(row['f'])}{_mark(row, alpha)}" for row in own.iter_rows(named=True)
    ]  # fmt: skip
    own = own.with_columns(pl.Series("text", texts, dtype=pl.String), pl.col("term").cast(pl.Enum(order)))
    own = own.with_columns(pl.col("dimension").cast(pl.String).str.to_titlecase().alias("group"))
    wide = spread(own.join(names, on="condition", maintain_order="left"), ["group", "short_name"], "term", "text")
    return plain_table(
        wide,
        "tbl-mixed-terms",
        {"short_name": "Rater"} | {term: _term_label(own, term) for term in order},
        notes,
        groups="group",
    )


def mark_note(alpha: float, correction: str, *, person: bool) -> str:
    """Say what the mark means, and how it is with the held-out person where there is one."""
    level = f"{alpha:g}".removeprefix("0")
    alone = " (the held-out person, one draw of a rating for every image: without correction)" if person else ""
    return (
        f"{NOT_SIGNIFICANT} p not below {level} after correction over all machines of the table by {correction}{alone}."
    )


def fits_note(fits: pl.DataFrame, names: pl.DataFrame) -> str | None:
    """Name the raters whose fit is singular, as lme4 calls it; None where none is."""
    raters = fits.filter("singular").join(names, on="condition", maintain_order="left")
    if raters.is_empty():
        return None
    parts = [
        f"{row['short_name']} ({row['dimension']})" if fits["dimension"].n_unique() > 1 else str(row["short_name"])
        for row in raters.iter_rows(named=True)
    ]
    return f"Singular fit, the variance between images being estimated as zero: {', '.join(parts)}."


def not_fitted_note(fits: pl.DataFrame, names: pl.DataFrame) -> str | None:
    """Name the raters for whom a model was not fitted or lost coefficients, and why; None where there are none."""
    own = fits.filter(pl.col("n_observations").is_null() | pl.col("notes").str.contains("dropped"))
    rows = own.join(names, on="condition", maintain_order="left").iter_rows(named=True)
    return " ".join(f"{row['short_name']}, {row['dimension']}: {row['notes']}" for row in rows) or None


def _marked(frame: pl.DataFrame, alpha: float) -> pl.DataFrame:
    """Add the text `−1.08 (0.05)`, with the mark where the test is not significant."""
    texts = [
        None if row["estimate"] is None else f"{plus_signed(row['estimate'])}{_mark(row, alpha)} ({row['se']:.2f})"
        for row in frame.iter_rows(named=True)
    ]
    return frame.with_columns(pl.Series("text", texts, dtype=pl.String))


def _statistic(value: float) -> str:
    """Two decimals, or none where the digits before the point say enough."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _mark(row: Mapping[str, object], alpha: float) -> str:
    p = row["p"] if row["p_adjusted"] is None else row["p_adjusted"]
    return NOT_SIGNIFICANT if isinstance(p, float) and p >= alpha else ""


def _named_terms(coefficients: pl.DataFrame, terms: Sequence[str], alpha: float) -> pl.DataFrame:
    own = coefficients.filter(pl.col("term").is_in(list(terms)))
    return _marked(own, alpha).with_columns(pl.col("term").cast(pl.Enum(list(terms))))


def _term_label(own: pl.DataFrame, term: str) -> str:
    """Such as `Rater × race` with its degrees of freedom."""
    df = str(own.filter(pl.col("term") == term)["df"].max())
    parts = [TERM_LETTERS.get(name, name) for name in term.split(":")]
    return f"{' × '.join(parts)} ({df})"
