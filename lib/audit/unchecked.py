"""Why no test reaches a printed number."""

from __future__ import annotations

from lib.audit.rows import Row

NEEDED = {
    "kappa": "an accuracy of the same answers, and equally frequent classes (`categories`)",
    "accuracy": "`n`", "recall": "`n`", "percent_correct": "`n`", "confusion": "`n`",
    "f1": "the recalls of the same answers, with their `n`",
    "macro_f1": "the recalls of all categories, with their `n`",
    "mae": "a bias, or means, of the same ratings", "rmse": "an MAE, or bias and SD, of the same ratings",
    "bias": "an MAE, or means, or the biases of all emotions", "bias_size": "an MAE or means of the same ratings",
    "sd_difference": "the two SDs and r, or MAE and bias", "mean": "the scale (`scale_low`, `scale_high`)",
    "sd": "a mean and the scale (`scale_low`, `scale_high`), or the `step` of the answers",
    "r": "means, SDs and an MAE, or the SD of differences", "folded_mae": "bias and SD of differences",
    "f": "p, or eta squared, and both degrees of freedom (same `test`)", "t": "p of the same `test`",
    "chi2": "p and `df` of the same `test`", "z": "p of the same `test`", "p": "its test statistic (same `test`)",
    "df1": "F of the same `test`", "df2": "F of the same `test`", "df": "its test statistic (same `test`)",
    "eta_squared": "F and df of the same `test`", "partial_eta_squared": "F and df of the same `test`",
    "beta": "its standard error and t (same `test`)", "se": "its coefficient and t (same `test`)",
}  # fmt: skip
MADE = {
    "sd_ratio", "mae_ratio", "variance_ratio", "ratio", "difference", "percentage_points", "percent_change",
    "bias_gap", "error_share",
}  # fmt: skip


def why_unchecked(row: Row) -> str:
    """The reason in one sentence: a limit or approximation, what it would have to be printed with, or the raw data."""
    if row.relation == "~":
        return "Printed as an approximation, which may be off by any amount."
    if not row.exact and row.key.statistic != "p":
        return "Printed as a limit or as an end of a range, without saying of which numbers (`from`, `operation`)."
    if row.statistic == "count" and not row.operation:
        return "A number of things: no other printed number says what it must be."
    if row.statistic in NEEDED:
        return f"Needs {NEEDED[row.statistic]}."
    if row.key.statistic in MADE:
        return "Needs the numbers that it was made from (`from`, `operation`)."
    return "Follows from the raw data only."
