"""Tables of false positives by group, and of paired tests of the bias by emotion and by crossed groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl
from great_tables import GT

from lib.formats import capitalised, format_value, plus_signed
from lib.tables.demographics import points
from lib.tables.style import BIAS_LIMITS, as_text, plain_table, shade, spread, term_heading

STAR, DAGGER = "*", "†"


def false_positive_table(
    rates: pl.DataFrame,
    tests: pl.DataFrame,
    names: pl.DataFrame,
    factor: str,
    *,
    identifier: str,
    notes: Iterable[str | None] = (),
) -> GT:
    """False positive rate of every emotion (groups of rows) and rater (rows) by level of one factor (columns).

    Parameters
    ----------
    rates
        condition, `factor`, emotion, x, n, rate, low, high.
    tests
        condition, emotion, p, p_adjusted, highest_rate, lowest_rate, cause; of that factor.
    names
        `lib.chapters.conditions.condition_names`.
    factor
        The factor's column.
    identifier
        The cell's label.
    notes
        Paragraphs below the table. Raters without any false positive of an emotion are left out there.
    """
    cells = [
        f"{format_value('percent', 100 * rate)} [{100 * low:.1f}, {100 * high:.1f}]"
        for rate, low, high in rates.select("rate", "low", "high").iter_rows()
    ]
    text = rates.with_columns(pl.Series("cell", cells, dtype=pl.String))
    wide = spread(text, ["condition", "emotion"], factor, "cell")
    levels = [name for name in wide.columns if name not in ("condition", "emotion")]
    figures = as_text(tests, ["p", "p_adjusted"]).with_columns(
        (pl.col("highest_rate") - pl.col("lowest_rate")).alias("gap")
    )
    wide = wide.join(figures, on=["condition", "emotion"], how="left", maintain_order="left")
    wide = wide.filter(pl.col("highest_rate") > 0).sort("emotion", pl.col("gap") * -1, "condition")
    wide = wide.join(names, on="condition", maintain_order="left").with_columns(
        points(wide, "gap"), pl.format("Named {}", pl.col("emotion").cast(pl.String)).alias("emotion")
    )
    labels = {"short_name": "Rater"} | {name: name for name in levels} | {"gap": "Largest difference", "p": "*p*"}
    labels |= {"p_adjusted": "*p* corrected", "cause": "Behind it"}
    return plain_table(wide, identifier, labels, notes, groups="emotion", text_columns=["cause"])


def emotion_test_table(
    tests: pl.DataFrame, names: pl.DataFrame, identifier: str, notes: Iterable[str | None] = ()
) -> GT:
    """Paired tests of every machine's bias (groups of rows) by emotion (rows), with both corrections; one dimension.

    Parameters
    ----------
    tests
        `lib.chapters.group_scores.emotion_tests` of one dimension.
    names
        `condition_names`.
    identifier
        The cell's label.
    notes
        Paragraphs below the table.
    """
    text = as_text(tests, ["n", "sd_difference", "p", "p_bonferroni", "p_fdr_bh", "dz"])
    text = as_text(
        text, {"shapiro_w": "rate", "shapiro_p": "p", "rank_biserial": "rate", "statistic": "statistic"}
    ).with_columns(
        pl.Series("bias", [plus_signed(value) for value in tests["bias"]], dtype=pl.String),
        pl.col("emotion").cast(pl.String).str.to_titlecase(),
        pl.col("test").fill_null("–"),
    )
    labels = {"emotion": "Emotion", "n": "*n*", "bias": "Bias", "sd_difference": "*SD*", "shapiro_w": "*W*"}
    labels |= {"shapiro_p": "*p* of *W*", "test": "Test", "statistic": "*t* or *V*", "p": "*p*"}
    labels |= {
        "p_bonferroni": "Bonferroni",
        "p_fdr_bh": "FDR",
        "dz": "*d*<sub>z</sub>",
        "rank_biserial": "*r*<sub>rb</sub>",
    }
    named = text.join(names, on="condition", maintain_order="left").sort("condition", maintain_order=True)
    return plain_table(named, identifier, labels, notes, groups="short_name", text_columns=["test"])


def bias_test_table(
    tests: pl.DataFrame,
    names: pl.DataFrame,
    column: str,
    *,
    widths: Mapping[str, float],
    alpha: float,
    identifier: str,
    notes: Iterable[str | None] = (),
) -> GT:
    """Bias and d_z of every rater and dimension (rows) by `column`; * where the corrected p is below `alpha`.

    Parameters
    ----------
    tests
        condition, dimension, `column`, bias, dz, p_adjusted; with p_bonferroni, † marks those below `alpha` too.
    names
        `condition_names`.
    column
        The column to spread, such as emotion or level.
    widths
        Dimension -> from the scale's lowest to its highest value; cells are shaded at fixed shares of it.
    alpha
        Level of the marks.
    identifier
        The cell's label.
    notes
        Paragraphs below the table.
    """
    bonferroni = tests["p_bonferroni"] if "p_bonferroni" in tests.columns else pl.Series([None] * tests.height)
    rows = zip(tests["bias"], tests["dz"], tests["p_adjusted"], bonferroni, strict=True)
    cells = [
        None if bias is None else _cell(bias, dz, [(p, STAR), (strict, DAGGER)], alpha) for bias, dz, p, strict in rows
    ]
    relative = pl.col("bias") / pl.col("dimension").cast(pl.String).replace_strict(
        dict(widths), return_dtype=pl.Float64
    )
    shown = tests.with_columns(pl.Series("cell", cells, dtype=pl.String), relative.alias("relative"))
    index = ["condition", "dimension"]
    text, sizes = (
        spread(shown, index, column, value).sort("dimension", "condition", maintain_order=True)
        for value in ("cell", "relative")
    )
    levels = text.columns[2:]
    named = text.join(names, on="condition", maintain_order="left").with_columns(
        pl.col("dimension").cast(pl.String).str.to_titlecase()
    )
    labels = {"short_name": "Rater"} | {name: _heading(name) for name in levels}
    return shade(plain_table(named, identifier, labels, notes, groups="dimension"), sizes, levels, BIAS_LIMITS)


def _heading(level: str) -> str:
    return ", ".join(capitalised(part) for part in level.split(":"))


def _cell(bias: float, dz: float | None, marks: Sequence[tuple[float | None, str]], alpha: float) -> str:
    signs = "".join(sign for p, sign in marks if p is not None and p < alpha)
    return f"{plus_signed(bias)}{signs} ({format_value('dz', dz)})"


def accuracy_model_table(
    models: pl.DataFrame,
    names: pl.DataFrame,
    labels: Mapping[str, str],
    *,
    alpha: float,
    identifier: str,
    notes: Iterable[str | None] = (),
) -> GT:
    """Likelihood ratios of every machine (rows) and comparison of logistic regressions (columns).

    Parameters
    ----------
    models
        `lib.chapters.group_models.accuracy_models`.
    names
        `condition_names`.
    labels
        Factor -> what readers call it.
    alpha
        Level of the corrected p below which a cell has *.
    identifier
        The cell's label.
    notes
        Paragraphs below the table.
    """
    cells = [
        None if value is None else f"{format_value('chi2', value)}{STAR if p < alpha else ''} ({df})"
        for value, p, df in models.select("chi2", "p_adjusted", "df").iter_rows()
    ]
    keys = pl.concat_str("term", "given", separator="|").alias("comparison")
    text = models.with_columns(pl.Series("cell", cells, dtype=pl.String), keys)
    wide = spread(text, ["condition"], "comparison", "cell").join(names, on="condition", maintain_order="left")
    shown = {name: _comparison(name, labels) for name in text["comparison"].unique(maintain_order=True)}
    return plain_table(wide.sort("condition"), identifier, {"short_name": "Rater"} | shown, notes, groups="type")


def _comparison(key: str, labels: Mapping[str, str]) -> str:
    term, _, given = key.partition("|")
    name = term_heading(term, labels)
    return f"{name}, given emotion" if given == "emotion" else name
