"""How a number looks on the page, in one place: by the last part of its key.

Statistics that cannot exceed 1 in size are written without the leading zero, as psychologists do; counts with thousands
separators; ratings with two or three decimals; a true minus sign; an absent value as an en dash.
"""

from __future__ import annotations

ABSENT = "–"
BOUNDED = {
    "accuracy", "kappa", "macro_f1", "f1", "precision", "recall", "r", "low", "high", "rate", "proportion",
    "alpha_ordinal", "alpha_interval", "alpha_nominal", "mode_share", "intended_share", "majority_accuracy",
    "rho", "ccc", "icc1_1", "icc2_1", "icc3_1", "icc1_k", "icc2_k", "icc3_k", "eta_squared", "partial_eta_squared",
    "r_squared", "cramers_v", "fleiss_kappa", "weighted_kappa", "r_before", "r_after", "r_vlm", "r_fer", "r_label",
}  # fmt: skip
THREE_DECIMALS = {
    "mae", "loo_mae", "pairwise_mae", "rmse", "mae_ratio", "mae_before", "mae_after", "mae_label_mean", "mae_label",
    "mae_vlm", "mae_fer", "reduction", "beyond_label",
}  # fmt: skip
PERCENT = {"percent"}
SMALLEST_P = 0.001


def format_value(name: str, value: float | int | str | bool | None) -> str:  # noqa: PLR0911 - a table of cases
    """Format one value by the name of its statistic.

    Examples
    --------
    >>> format_value("kappa", 0.8531), format_value("bias", -1.28), format_value("n", 1440)
    ('.853', '−1.28', '1,440')
    >>> format_value("p_adjusted", 0.00004), format_value("alpha_ordinal_low", 0.4512)
    ('< .001', '.451')
    """
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if name == "p" or name.startswith("p_"):
        return p_value(float(value))
    name = name.removesuffix("_low").removesuffix("_high")
    if isinstance(value, int):
        return signed(f"{value:,}")
    if name in PERCENT or name.endswith("_percent"):
        return signed(f"{value:.1f}%")
    if name in BOUNDED:
        return bounded(value)
    return signed(f"{value:.{3 if name in THREE_DECIMALS else 2}f}")


def p_value(value: float) -> str:
    """A p value as psychologists print it: `.031`, `< .001`; never `.000`, and 1 as `1.000`."""
    return f"< {bounded(SMALLEST_P)}" if value < SMALLEST_P else bounded(value)


def bounded(value: float, decimals: int = 3) -> str:
    """A statistic between -1 and 1, without its leading zero: `.853`, `1.000`, `−.126`."""
    text = f"{value:.{decimals}f}"
    return signed(text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text)


def signed(text: str) -> str:
    """Use a true minus sign, and none before zero."""
    if text.startswith("-") and not any(digit in text for digit in "123456789"):
        return text[1:]
    return text.replace("-", "−", 1) if text.startswith("-") else text


def plus_signed(value: float, decimals: int = 2) -> str:
    """A difference with its sign always shown: `+1.26`, `−0.28`."""
    text = signed(f"{value:.{decimals}f}")
    return text if text.startswith("−") or float(f"{value:.{decimals}f}") == 0 else f"+{text}"


def count_in_words(count: int) -> str:
    """Small counts as words, as running text has them: `six`; from eleven on as digits."""
    words = ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    return words[count] if 0 <= count < len(words) else f"{count:,}"


def capitalised(text: str) -> str:
    """Text with its first letter as a capital and the others as they are: `VLMs` stays, `other FER` is `Other FER`."""
    return text[:1].upper() + text[1:]


def counted(count: int, noun: str) -> str:
    """A count with its noun: `1 table`, `2 tables`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def budget_words(amount: float) -> str:
    """A budget as costs are printed beside it: to four decimals, unless nothing would be left of it."""
    return f"{round(amount, 4) or amount:g}"
