"""All tests of one table of printed statistics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from lib.audit.checks_ratings import rating_checks
from lib.audit.checks_shares import share_checks
from lib.audit.checks_tests import significance_checks
from lib.audit.derived import derived_checks
from lib.audit.finding import CHECKS, Finding
from lib.audit.rows import ACROSS, Row, natural_order, read_rows, scopes
from lib.audit.unchecked import why_unchecked
from lib.audit.versions import version_checks

CONSISTENT, INCONSISTENT, UNCHECKED = "consistent", "inconsistent", "cannot be checked"
COLUMNS = ["check", "verdict", "scope", "subject", "dimension", "printed", "arithmetic", "ids"]


@dataclass(frozen=True)
class Audit:
    """What the tests found, and the rows that no test reaches, each with the reason."""

    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    unchecked: tuple[tuple[Row, str], ...]

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The tests that failed."""
        return tuple(finding for finding in self.findings if not finding.outcome.consistent)

    def table(self) -> pl.DataFrame:
        """One row a test, failures first, then one row for each number that no test reaches.

        Returns
        -------
        polars.DataFrame
            check, verdict (`consistent`, `inconsistent`, `cannot be checked`), scope (version, or `across versions`),
            subject, dimension, printed, arithmetic (for unchecked rows the reason), ids (separated by spaces).
        """
        tested = [_tested(finding) for finding in sorted(self.findings, key=lambda one: one.outcome.consistent)]
        rest = [_untested(row, reason) for row, reason in self.unchecked]
        return pl.DataFrame([*tested, *rest], schema=dict.fromkeys(COLUMNS, pl.String), orient="row")

    def summary(self) -> pl.DataFrame:
        """One row a kind of test that was used: check (its words), checked, failed, in the order of `CHECKS`."""
        rows = [
            (words, len(kind), sum(not one.outcome.consistent for one in kind))
            for check, words in CHECKS.items()
            if (kind := [one for one in self.findings if one.check == check])
        ]
        return pl.DataFrame(rows, schema={"check": pl.String, "checked": pl.Int64, "failed": pl.Int64}, orient="row")


def audit(frame: pl.DataFrame) -> Audit:
    """Hold every printed statistic against all others that say something about it.

    Parameters
    ----------
    frame
        `lib.contracts.published.read_published`. Each version is tested by itself, then the latest number of every kind
        across versions (only tests whose rows come from more than one version).

    Returns
    -------
    Audit
        Findings in the order of versions, then of `CHECKS`. A number with `~` (about) is never held against anything.
    """
    rows = read_rows(frame)
    findings: list[Finding] = []
    for scope in scopes(rows):
        some: Iterable[Finding | None] = (*share_checks(scope), *rating_checks(scope), *significance_checks(scope))
        findings += [finding for finding in some if finding is not None]
    findings = _without_repeats(findings)
    findings += [*version_checks(rows), *derived_checks(rows)]
    order = list(CHECKS)
    findings.sort(key=lambda one: (one.scope == ACROSS, natural_order(one.scope), order.index(one.check)))
    reached = {row.id for finding in findings for row in finding.rows}
    unchecked = [(row, why_unchecked(row)) for row in rows if row.id not in reached]
    return Audit(tuple(rows), tuple(findings), tuple(unchecked))


def _without_repeats(findings: list[Finding]) -> list[Finding]:
    """Leave out what holds across versions with the very arithmetic of a single version."""
    known = {(one.check, one.outcome.arithmetic) for one in findings if one.scope != ACROSS}
    return [one for one in findings if one.scope != ACROSS or (one.check, one.outcome.arithmetic) not in known]


def _tested(finding: Finding) -> list[str]:
    key = finding.rows[0].key
    verdict = CONSISTENT if finding.outcome.consistent else INCONSISTENT
    return [
        finding.check, verdict, finding.scope, key.subject, key.dimension, finding.printed, finding.outcome.arithmetic,
        finding.ids,
    ]  # fmt: skip


def _untested(row: Row, reason: str) -> list[str]:
    return ["", UNCHECKED, row.version, row.key.subject, row.key.dimension, f"{row.name} {row.printed}", reason, row.id]
