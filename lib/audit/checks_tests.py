"""Which printed test statistics, p values and effect sizes are held against which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lib.audit.finding import Finding, found
from lib.audit.rows import Row, Scope
from lib.audit.significance import (
    Effect,
    eta_from_f,
    main_and_interaction,
    nested_df,
    p_from_statistic,
    same_rest,
    stars_from_p,
    t_from_estimate,
    unexplained_after_others,
)

STATISTICS = ("f", "t", "z", "chi2")
PIECES = (*STATISTICS, "df1", "df2", "df", "p", "eta_squared", "partial_eta_squared", "beta", "se")


@dataclass
class PrintedTest:
    """All that is printed of one test: the rows with the same subject, dimension, emotion, group and `test`."""

    rows: dict[str, Row] = field(default_factory=dict)

    @property
    def df(self) -> tuple[float, ...]:
        """Degrees of freedom; empty where they are not printed."""
        names = ("df1", "df2") if "f" in self.rows else ("df",)
        return tuple(self.rows[name].value for name in names) if all(name in self.rows for name in names) else ()

    @property
    def effect(self) -> Effect | None:
        """Eta squared, F and df, where all are printed."""
        eta, f, df = self.rows.get("eta_squared"), self.rows.get("f"), self.df
        return (eta.interval, f.interval, (df[0], df[1])) if eta and f and len(df) == 2 and f.interval.low > 0 else None

    @property
    def tested_after(self) -> str:
        """The test or model that this effect was added to."""
        return next((row.tested_after for row in self.rows.values() if row.tested_after), "")

    def some(self, *names: str) -> list[Row]:
        """The rows of some statistics, those that there are."""
        return [self.rows[name] for name in names if name in self.rows]


def tests_of(scope: Scope) -> dict[tuple[str, ...], PrintedTest]:
    """The tests of a scope, by what they are about."""
    found_tests: dict[tuple[str, ...], PrintedTest] = {}
    for row in scope.rows.values():
        if row.key.statistic in PIECES and (row.exact or row.key.statistic == "p"):
            found_tests.setdefault(row.key[:-2], PrintedTest()).rows[row.key.statistic] = row
    return found_tests


def significance_checks(scope: Scope) -> Iterator[Finding | None]:
    """All tests of tests within one scope."""
    tests = tests_of(scope)
    starred = {row.place for test in tests.values() for row in test.some("p") if row.stars}
    for test in tests.values():
        yield from _p_values(scope, test, starred)
        yield from _effect_sizes(scope, test)
    yield from _nested(scope, tests)


def _p_values(scope: Scope, test: PrintedTest, starred: set[str]) -> Iterator[Finding | None]:
    p = test.rows.get("p")
    for name in STATISTICS:
        statistic = test.rows.get(name)
        needs_df = name in ("f", "chi2")
        if p is None or statistic is None or p.relation == "~" or (needs_df and not test.df):
            continue
        df = () if name == "z" else test.df
        outcome = p_from_statistic(p.interval, name, statistic.interval, df)
        yield found("p", outcome, scope, p, statistic, *test.some("df1", "df2", "df"))
    if p is not None and p.place in starred and p.relation in ("=", "<", "<="):
        yield found("stars", stars_from_p(p.interval, p.stars), scope, p)
    beta, se, t = (test.rows.get(name) for name in ("beta", "se", "t"))
    if beta and se and t:
        yield found("t", t_from_estimate(t.interval, beta.interval, se.interval), scope, t, beta, se)


def _effect_sizes(scope: Scope, test: PrintedTest) -> Iterator[Finding | None]:
    f, df = test.rows.get("f"), test.df
    if f is None or len(df) != 2:
        return
    for name in ("eta_squared", "partial_eta_squared"):
        eta = test.rows.get(name)
        if eta is not None:
            outcome = eta_from_f(eta.interval, f.interval, (df[0], df[1]), partial=name.startswith("partial"))
            yield found("eta", outcome, scope, eta, f, *test.some("df1", "df2"))


def _nested(scope: Scope, tests: dict[tuple[str, ...], PrintedTest]) -> Iterator[Finding | None]:
    rests: dict[tuple[str, ...], list[tuple[str, Effect, Effect, list[Row]]]] = {}
    for about, test in tests.items():
        main = tests.get((*about[:-1], test.tested_after))
        larger, smaller = test.effect, main.effect if main is not None else None
        if main is None or larger is None or smaller is None:
            continue
        rows = [*main.some("eta_squared", "f", "df1", "df2"), *test.some("eta_squared", "f", "df1", "df2")]
        yield found("nested", nested_df(smaller[2], larger[2]), scope, *main.some("df2"), *test.some("df1", "df2"))
        yield found("nested", main_and_interaction(smaller, larger), scope, *rows)
        if main.tested_after:
            base = (*about[:-1], main.tested_after)
            rests.setdefault(base, []).append((test.tested_after, smaller, larger, rows))
    for analyses in rests.values():
        for index, (name, main_effect, interaction, rows) in enumerate(analyses):
            for other, other_main, other_interaction, other_rows in analyses[index + 1 :]:
                first = unexplained_after_others(main_effect, interaction)
                second = unexplained_after_others(other_main, other_interaction)
                outcome = same_rest((name, first), (other, second))
                yield found("nested", outcome, scope, *rows, *other_rows)
