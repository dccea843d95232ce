"""Printed statistics of a paper, one a row: the format of `data/published/ledger.csv` and of `rater audit`."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from lib.contracts.printed import RELATIONS, parse_printed
from lib.contracts.problems import Problems
from lib.contracts.table_files import ROW, read_table

CURE = "Name a CSV or Parquet file with one row a printed statistic (columns id, statistic, printed; others if wanted)."
REQUIRED = ["id", "statistic", "printed"]
TEXTS = [
    "version", "document", "place", "subject", "dimension", "emotion", "answer", "group", "test", "unit", "relation",
    "quoted_from", "result", "superseded_by", "not_computable", "note", "from", "operation", "tested_after",
]  # fmt: skip
COUNTS = ["decimals", "n", "categories"]
NUMBERS = ["scale_low", "scale_high", "step"]
STATISTICS = {
    "accuracy": "share of images that got the intended label; of one emotion's images where `emotion` is given",
    "percent_correct": "the same, printed as a percentage",
    "recall": "share of the images of `emotion` that got that label; the same as accuracy with an emotion",
    "precision": "share of the answers `emotion` that were right",
    "f1": "F1 of the category in `emotion`",
    "macro_f1": "unweighted mean of the categories' F1",
    "kappa": "Cohen's kappa with the intended labels",
    "fleiss_kappa": "Fleiss' kappa",
    "confusion": "share of the images of `emotion` that were answered with `answer`",
    "false_positive_rate": "share of the images of other emotions that were answered with `emotion`",
    "agreement_rate": "share of answers that agree, as `note` says with what",
    "error_share": "share of all errors, as `note` says which",
    "r": "Pearson's correlation over images with people's mean ratings",
    "rho": "Spearman's correlation",
    "ccc": "concordance correlation coefficient",
    "mae": "mean absolute difference between a machine and people's mean of the image",
    "rmse": "root mean square difference",
    "folded_mae": "MAE that a normal distribution with the printed bias and SD of differences would have",
    "bias": "mean of machine minus people's mean of the image",
    "bias_size": "the same without its sign",
    "bias_gap": "difference between two groups' biases",
    "sd_difference": "SD of machine minus people's mean",
    "mean": "mean",
    "sd": "SD; of one emotion's ratings where `emotion` is given",
    "sd_ratio": "SD of a machine's ratings divided by that of people's mean ratings",
    "variance": "component of variance, as `note` says which",
    "variance_ratio": "ratio of two components of variance",
    "alpha_ordinal": "Krippendorff's alpha, ordinal",
    "alpha_interval": "Krippendorff's alpha, interval",
    "alpha_nominal": "Krippendorff's alpha, nominal",
    "icc": "intraclass correlation, as `note` says which",
    "loo_mae": "mean absolute difference between one person and the mean of the others",
    "pairwise_mae": "mean absolute difference between two people",
    "mae_ratio": "MAE divided by people's leave-one-out MAE",
    "f": "F of the test named in `test`",
    "df1": "its numerator degrees of freedom",
    "df2": "its denominator degrees of freedom",
    "p": "p of the test named in `test`",
    "eta_squared": "its eta squared (share of the total sum of squares)",
    "partial_eta_squared": "its partial eta squared",
    "chi2": "chi-square of the test named in `test`",
    "df": "degrees of freedom of a chi-square or t",
    "t": "t of the test named in `test`",
    "z": "z of the test named in `test`",
    "beta": "coefficient of a regression, not standardised",
    "beta_size": "the same without its sign, which the text gives in words",
    "se": "its standard error",
    "cohens_d": "Cohen's d",
    "count": "number of things, as `note` says of what",
    "unique_values": "number of different ratings given to the images of an emotion",
    "tokens": "mean thinking tokens an image",
    "ratio": "ratio of two numbers, as `note` says of which",
    "difference": "difference of two numbers, as `note` says of which",
    "percentage_points": "difference of two percentages",
    "percent_change": "change in per cent of the first number",
    "percentile": "percentile of a distribution",
    "percent": "percentage, as `note` says of what",
    "speed": "tokens a second",
}
UNITS = [
    "proportion", "percent", "percentage_points", "points", "tokens", "times", "images", "people", "ratings", "years",
    "models", "values", "tokens_per_second", "raters", "comparisons",
]  # fmt: skip
RANGE_ENDS = ["lowest", "highest"]
OPERATIONS = [
    "ratio", "difference", "percent_change", "sum", "mean", "absolute_difference", "lowest", "highest",
    "count_significant", "error_share",
]  # fmt: skip


def read_published(path: Path) -> pl.DataFrame:
    """Read and check a table of printed statistics.

    Parameters
    ----------
    path
        CSV or Parquet. Every row needs `id`, `statistic` and `printed`; all other columns may be absent or empty.
        `printed` is the number as it stands in the document (`lib.contracts.printed`). Where a spreadsheet has cut its
        trailing zeros, `decimals` says how many it had.

    Returns
    -------
    polars.DataFrame
        One row a statistic in the file's order; all columns of the format, absent ones null, with `row` (line of the
        file) first and `value` (Float64, in the printed unit: 55.4% is 55.4) behind `printed`. `decimals`, `n` and
        `categories` are Int64, `scale_low` and `scale_high` Float64; `decimals`, `relation` and `unit` are filled from
        `printed`.
        `from` (ids, separated by spaces) and `operation` say what a row was computed from: first minus or divided
        by second, change from first to second, count of p values below .05, confusions as a share of the errors that
        accuracies leave. `tested_after` names the `test`, or the model, that an effect was added to; `step` is the
        smallest step of the single answers (1: whole numbers).
        `relation` is one of `=`, `<`, `>`, `<=`, `>=`, `~` (about), `lowest`, `highest` (ends of a printed range).

    Raises
    ------
    MissingFileError, DataError
        Each fault by row, column, value and cure: an id given twice, a statistic or unit that is not in the list (with
        the nearest one), a number that cannot be read, `superseded_by` without its row.
    """
    optional = [*TEXTS, *COUNTS, *NUMBERS]
    table = read_table(path, REQUIRED, CURE, optional=optional)
    table = table.with_columns(
        pl.lit(None, dtype=pl.String).alias(name) for name in optional if name not in table.columns
    )
    problems = Problems(path)
    _check_names(table, problems)
    table = _parse_numbers(_parse_printed(table, problems), problems)
    problems.raise_any("Correct these rows.")
    order = ["id", *TEXTS[:8], "test", "statistic", "unit", "printed", "value", "decimals", "relation"]
    rest = [name for name in [*COUNTS, *NUMBERS, *TEXTS] if name not in order]
    return table.rename({ROW: "row"}).select("row", *order, *rest)


def _check_names(table: pl.DataFrame, problems: Problems) -> None:
    for column in REQUIRED:
        problems.add(table, pl.col(column).is_null(), column, "every printed statistic needs one")
    problems.add(table, pl.col("id").is_duplicated() & ~pl.col("id").is_first_distinct(), "id", "which stands above")
    problems.add_unknown(table, "statistic", list(STATISTICS), "a known statistic")
    problems.add_unknown(table, "unit", UNITS, "a known unit")
    problems.add_unknown(table, "relation", [*RELATIONS, *RANGE_ENDS], "a known relation")
    problems.add_unknown(table, "superseded_by", table["id"].drop_nulls().to_list(), "the id of a row")
    problems.add_unknown(table, "operation", OPERATIONS, "a known operation")
    lonely = pl.col("from").is_null() != pl.col("operation").is_null()
    problems.add(table, lonely, "operation", "but `from` and `operation` need each other")
    sources = table.select(ROW, pl.col("from").str.split(" ")).explode("from")
    problems.add_unknown(
        sources.filter(pl.col("from") != ""), "from", table["id"].drop_nulls().to_list(), "the id of a row"
    )
    problems.add(table, pl.col("superseded_by") == pl.col("id"), "superseded_by", "which is the row itself")
    both = pl.col("result").is_not_null() & pl.col("not_computable").is_not_null()
    problems.add(table, both, "result", "but `not_computable` gives a reason; empty one of the two")


def _parse_printed(table: pl.DataFrame, problems: Problems) -> pl.DataFrame:
    """Add `value`; fill `relation`, `unit` and `seen` (decimals) from the printed text."""
    parsed = [parse_printed(text) if text is not None else None for text in table["printed"]]
    table = table.with_columns(
        pl.Series("value", [item.value if item else None for item in parsed], dtype=pl.Float64),
        pl.Series("seen", [item.decimals if item else None for item in parsed], dtype=pl.Int64),
        pl.Series("said", [item.relation if item else None for item in parsed], dtype=pl.String),
        pl.Series("written", [item.unit if item else None for item in parsed], dtype=pl.String),
    ).with_columns(pl.col("relation").replace(RELATIONS))
    unreadable = pl.col("printed").is_not_null() & pl.col("value").is_null()
    problems.add(table, unreadable, "printed", "which is not one printed number; a range is two rows")
    bound = ~pl.col("said").is_in(["=", "~"])
    problems.add(table, bound & (pl.col("relation") != pl.col("said")), "relation", "but `printed` says another")
    problems.add(table, pl.col("unit") != pl.col("written"), "unit", "but `printed` is written in another")
    return table.with_columns(pl.coalesce("relation", "said"), pl.coalesce("unit", "written"))


def _parse_numbers(table: pl.DataFrame, problems: Problems) -> pl.DataFrame:
    least = {"decimals": 0, "n": 1, "categories": 2}
    for name in COUNTS:
        number = pl.col(name).str.replace_all(",", "").cast(pl.Int64, strict=False)
        fault = pl.col(name).is_not_null() & (number.is_null() | (number < least[name]))
        problems.add(table, fault, name, f"which is not a whole number from {least[name]}")
        table = table.with_columns(number)
    for name in NUMBERS:
        number = pl.col(name).cast(pl.Float64, strict=False)
        problems.add(table, pl.col(name).is_not_null() & ~number.is_finite().fill_null(False), name, "not a number")
        table = table.with_columns(number)
    problems.add(table, pl.col("step") <= 0, "step", "which is not above 0")
    problems.add(table, pl.col("scale_low") >= pl.col("scale_high"), "scale_low", "not below `scale_high`")
    problems.add(table, pl.col("decimals") < pl.col("seen"), "decimals", "fewer than `printed` shows")
    return table.with_columns(pl.coalesce("decimals", "seen")).drop("seen", "said", "written")
