"""F, t, z, chi-square and p; stars; and the effect sizes of an analysis of variance."""

from __future__ import annotations

from collections.abc import Callable

from scipy.stats import chi2, norm, t
from scipy.stats import f as f_distribution

from lib.audit.intervals import Interval, show
from lib.audit.outcome import Outcome, compare

STARS = {1: 0.05, 2: 0.01, 3: 0.001}
"""Number of stars and the p that they promise to be below, by the convention in psychology."""


def p_of_statistic(kind: str, value: Interval, df: tuple[float, ...] = ()) -> Interval:
    """The p values that a test statistic stands for; two-sided for t and z, upper tail for F and chi-square.

    Parameters
    ----------
    kind
        `f`, `t`, `z` or `chi2`.
    value
        The statistic.
    df
        Degrees of freedom: two for F, one for t and chi-square. A t without them may have any number from 1 on, and
        its p anything from the normal distribution's to Cauchy's.
    """
    size = abs(value) if kind in ("t", "z") else Interval(max(value.low, 0.0), max(value.high, 0.0))
    tails: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
        "f": (lambda x: f_distribution.sf(x, *df), lambda x: f_distribution.sf(x, *df)),
        "chi2": (lambda x: chi2.sf(x, *df), lambda x: chi2.sf(x, *df)),
        "z": (lambda x: 2 * norm.sf(x), lambda x: 2 * norm.sf(x)),
        "t": (
            lambda x: 2 * (t.sf(x, *df) if df else norm.sf(x)),
            lambda x: 2 * (t.sf(x, *df) if df else t.sf(x, 1)),
        ),
    }
    smallest, largest = tails[kind]
    return Interval(float(smallest(size.high)), float(largest(size.low)))


def p_from_statistic(p: Interval, kind: str, value: Interval, df: tuple[float, ...] = ()) -> Outcome:
    """Whether a printed p follows from the printed statistic and its degrees of freedom.

    As statcheck does it, with rounding on both sides: Nuijten and others (2016), doi:10.3758/s13428-015-0664-2.
    """
    name = {"f": "F", "t": "t", "z": "z", "chi2": "chi-square"}[kind]
    degrees = f"({', '.join(show(one) for one in df)})" if df else ""
    reason = f"With {name}{degrees} of {show(value)}"
    return compare(p, p_of_statistic(kind, value, df), reason, "p")


def stars_from_p(p: Interval, stars: int) -> Outcome:
    """Whether the stars beside a p are those that it earns: * below .05, ** below .01, *** below .001."""
    promised = STARS.get(stars, 1.0)
    next_one = STARS.get(stars + 1, 0.0)
    possible = Interval(next_one, promised)
    mark = "*" * stars or "no star"
    return compare(p, possible, f"With {mark}", "p")


def eta_from_f(eta: Interval, f: Interval, df: tuple[float, float], *, partial: bool) -> Outcome:
    """Whether eta squared fits F: the partial one equals F df1/(F df1 + df2), the one of the total is never larger.

    Cohen (1973), doi:10.1177/001316447303300111.
    """
    size = partial_eta(f, df)
    possible = size if partial else Interval(0.0, size.high)
    reason = (
        f"With F({show(df[0])}, {show(df[1])}) of {show(f)}, partial eta squared F df1/(F df1 + df2) is {show(size)}"
    )
    name = "partial eta squared" if partial else "eta squared of the total, which is never larger,"
    return compare(eta, possible, reason, name)


def partial_eta(f: Interval, df: tuple[float, float]) -> Interval:
    """F df1/(F df1 + df2), which rises with F."""
    low, high = (max(value, 0.0) * df[0] / (max(value, 0.0) * df[0] + df[1]) for value in (f.low, f.high))
    return Interval(low, high)


def residual_share(eta: Interval, f: Interval, df: tuple[float, float]) -> Interval:
    """Share of the total sum of squares that a model leaves, from one of its effects: eta df2/(F df1)."""
    return Interval(max(eta.low, 0.0), eta.high) * df[1] / (f * df[0])


Effect = tuple[Interval, Interval, tuple[float, float]]
"""Eta squared of the total, F, and its two degrees of freedom."""


def unexplained_after_others(main: Effect, interaction: Effect) -> Interval:
    """What the model without either effect leaves of the total, as main effect and interaction together say it.

    By the main effect: eta (1 + df2/(F df1)). By the interaction, tested against the model with the main effect: what
    that model leaves, eta (1 + df2/(F df1)) of the interaction, plus the main effect's own share. What lies in both
    (`main_and_interaction` reports it if nothing does).
    """
    by_main = residual_share(*main) + non_negative(main[0])
    by_both = residual_share(*interaction) + non_negative(interaction[0]) + non_negative(main[0])
    return (
        by_main.common(by_both)
        if by_main.meets(by_both)
        else Interval(min(by_main.low, by_both.low), max(by_main.high, by_both.high))
    )


def main_and_interaction(main: Effect, interaction: Effect) -> Outcome:
    """Whether main effect and interaction of nested models leave the same residual.

    With A = y ~ a + b against y ~ b, and y ~ a * b against A: what A leaves of the total is eta_main df2/(F_main df1),
    and also eta_int (1 + df2/(F_int df1)), A's residual being the interaction's share and what the full model leaves.
    """
    direct = residual_share(*main)
    nested = residual_share(*interaction) + non_negative(interaction[0])
    reason = (
        f"By the main effect (eta squared {show(main[0])}, F {show(main[1])}) its model leaves eta squared x "
        f"df2/(F df1) = {show(direct)} of the total; by the interaction added to it (eta squared "
        f"{show(interaction[0])}, F {show(interaction[1])}) and eta squared x (1 + df2/(F df1))"
    )
    return compare(direct, nested, reason, "this share")


def same_rest(first: tuple[str, Interval], second: tuple[str, Interval]) -> Outcome:
    """Whether two effects, each added to the same smaller model, agree on what that model leaves of the total."""
    reason = (
        f"By the F and eta squared of {first[0]} the model that both effects were added to leaves {show(first[1])} "
        f"of the total; by those of {second[0]}"
    )
    return compare(first[1], second[1], reason, "this share")


def t_from_estimate(t_value: Interval, estimate: Interval, se: Interval) -> Outcome:
    """Whether t (or z) is the coefficient divided by its standard error."""
    reason = f"With a coefficient of {show(estimate)} and a standard error of {show(se)}"
    return compare(t_value, estimate / se, reason, "t")


def nested_df(main: tuple[float, float], interaction: tuple[float, float]) -> Outcome:
    """Whether the full model's residual df are the smaller model's less the interaction's own."""
    left = main[1] - interaction[0]
    return Outcome(
        left == interaction[1],
        f"The smaller model leaves {show(main[1])} df and the interaction takes {show(interaction[0])}, "
        f"which leaves {show(left)}; printed are {show(interaction[1])}.",
    )


def non_negative(value: Interval) -> Interval:
    """A share of variance, rounded: never below zero."""
    return Interval(max(value.low, 0.0), max(value.high, 0.0))
