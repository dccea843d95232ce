"""Recording what differs between groups of faces under the keys that documents use."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from lib.chapters.units import UNIT_FIGURES
from lib.formats import plus_signed
from lib.results import Results

RATE_FIGURES = ("x", "n", "rate", "low", "high")
RATE_TESTS = (
    "chi2", "df", "p_chi2", "p_fisher", "method", "p", "p_adjusted", "cramers_v", "highest_level", "highest_rate",
    "lowest_level", "lowest_rate", "cause",
)  # fmt: skip
SHARE_TESTS = (
    "n", "chi2", "df", "p_chi2", "chi2_yates", "p_yates", "p_fisher", "cramers_v", "smallest_expected", "method", "p",
    "p_adjusted",
)  # fmt: skip
PAIRED_TESTS = (
    "n", "sd_difference", "low", "high", "shapiro_w", "shapiro_p", "test", "statistic", "df", "p", "p_bonferroni",
    "p_fdr_bh", "p_adjusted", "dz", "rank_biserial",
)  # fmt: skip
ANOVA_FIGURES = (
    "term", "df", "df_residual", "f", "p", "p_adjusted", "eta_squared", "partial_eta_squared", "n", "n_excluded"
)  # fmt: skip


def level_names(rates: pl.DataFrame) -> pl.DataFrame:
    """Add key: the level, or `factor:level` where two factors have a level of that name."""
    pairs = rates.select(pl.col("factor", "level").cast(pl.String)).unique()
    shared = pairs.filter(pl.col("level").is_duplicated())["level"].unique().to_list()
    level = pl.col("level").cast(pl.String)
    full = pl.format("{}:{}", pl.col("factor").cast(pl.String), level)
    return rates.with_columns(pl.when(level.is_in(shared)).then(full).otherwise(level).alias("key"))


def record_false_positives(results: Results, rates: pl.DataFrame, tests: pl.DataFrame, factors: Sequence[str]) -> None:
    """Record conditions.<id>.fpr.<emotion>.<level>.{x, n, rate, low, high} of single factors, and their tests.

    Tests: conditions.<id>.fpr_tests.<factor>.<emotion>.{chi2, df, p, p_adjusted, method, highest_level, cause, ...}.
    """
    single = pl.col("factor").cast(pl.String).is_in(list(factors))
    for row in level_names(rates.filter(single)).iter_rows(named=True):
        path = ["conditions", row["condition"], "fpr", row["emotion"], row["key"]]
        for name in RATE_FIGURES:
            results.put([*path, name], row[name])
        results.put([*path, "rate_percent"], None if row["rate"] is None else 100 * row["rate"])
    for row in tests.filter(single).iter_rows(named=True):
        for name in RATE_TESTS:
            results.put(["conditions", row["condition"], "fpr_tests", row["factor"], row["emotion"], name], row[name])


def record_accuracy_tests(results: Results, tests: pl.DataFrame, models: pl.DataFrame) -> None:
    """Record conditions.<id>.accuracy_tests.<factor>.{chi2, df, p_chi2, p_yates, cramers_v, p, p_adjusted, ...}.

    f_units, df_residual_units, p_units, p_units_adjusted, n_units, n_units_excluded: the same between units of faces.
    Also conditions.<id>.accuracy_models as rows: term, given, chi2, df, df_nominal, p, p_adjusted, n, n_separated.
    """
    for row in tests.iter_rows(named=True):
        for name in (*SHARE_TESTS, *UNIT_FIGURES):
            results.put(["conditions", row["condition"], "accuracy_tests", row["factor"], name], row[name])
    names = ["term", "given", "chi2", "df", "df_nominal", "p", "p_adjusted", "n", "n_excluded", "n_separated"]
    for (condition,), own in models.group_by("condition", maintain_order=True):
        results.put_rows(["conditions", str(condition), "accuracy_models"], own.select(names).iter_rows(named=True))


def record_bias_tests(results: Results, groups: pl.DataFrame, emotions: pl.DataFrame) -> None:
    """Record how sure biases are, by level of every factor (and pair) and by emotion.

    Keys, under conditions.<id>.<dim>: bias_tests_by.<factor>.<level>.{bias, n, low, high, test, p, p_adjusted, dz};
    bias_tests.<emotion> alike, with sd_difference, shapiro_w, shapiro_p, statistic, df, p_bonferroni, p_fdr_bh,
    rank_biserial.
    """
    short = {"bias", "n", "low", "high", "test", "p", "p_adjusted", "dz"}
    for row in groups.iter_rows(named=True):
        path = ["conditions", row["condition"], row["dimension"], "bias_tests_by", row["factor"], row["level"]]
        _put_paired(results, path, {name: value for name, value in row.items() if name in short})
    for row in emotions.iter_rows(named=True):
        _put_paired(results, ["conditions", row["condition"], row["dimension"], "bias_tests", row["emotion"]], row)


def record_anovas(results: Results, omnibus: pl.DataFrame, by_emotion: pl.DataFrame) -> None:
    """Record conditions.<id>.<dim>.anova and .anova_by_emotion as rows.

    Their columns: factor (or emotion and sums), term, df, df_residual, f, p, p_adjusted, eta_squared,
    partial_eta_squared, n, n_excluded; of anova also `lib.chapters.units.UNIT_FIGURES`.
    """
    whole, within = ["factor", *ANOVA_FIGURES, *UNIT_FIGURES], ["emotion", "sums", *ANOVA_FIGURES]
    for name, frame, columns in (("anova", omnibus, whole), ("anova_by_emotion", by_emotion, within)):
        for (condition, dimension), own in frame.group_by("condition", "dimension", maintain_order=True):
            rows = own.select(columns).iter_rows(named=True)
            results.put_rows(["conditions", str(condition), str(dimension), name], rows)


def record_sizes(results: Results, trends: pl.DataFrame) -> None:
    """Record model_size.<family>.<dim>.<outcome>.{n, names, unknown, rho, p_rho, slope, p_slope, smallest_p, ...}."""
    names = ["n", "n_excluded", "names", "unknown", "rho", "p_rho", "slope", "p_slope", "p_adjusted", "exact"]
    for row in trends.iter_rows(named=True):
        family, outcome = (str(row[name]).lower().replace(" ", "_") for name in ("family", "outcome"))
        for name in names:
            results.put(["model_size", family, row["dimension"], outcome, name], row[name])
        results.put(["model_size", family, row["dimension"], outcome, "p_smallest"], row["smallest_p"])


def _put_paired(results: Results, path: Sequence[str], row: dict[str, object]) -> None:
    bias = row["bias"]
    results.put([*path, "bias"], bias, plus_signed(bias) if isinstance(bias, float) else None)
    for name in (item for item in PAIRED_TESTS if item in row):
        value = row[name]
        shown = plus_signed(value) if name in {"low", "high"} and isinstance(value, float) else None
        results.put([*path, name], value, shown)
