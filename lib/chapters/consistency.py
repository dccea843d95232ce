"""The published numbers held against each other: the audit of the ledger, its failures once each, and its claims."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from lib.audit.audit import Audit, audit
from lib.audit.finding import CHECKS, Finding
from lib.audit.rows import ACROSS, HUMAN
from lib.chapters.claims import put_count
from lib.chapters.conditions import condition_names
from lib.chapters.lacking import Lacking
from lib.contracts.published import read_published
from lib.project import LEDGER
from lib.results import Results
from lib.study_data import StudyData

CHANGE = ["number", "earlier", "later", "versions"]
FAILURE = ["check", "where", "printed", "arithmetic"]
COUNTED_BY_VERSION = ("kappa", "folded")


def ledger_audit(data: StudyData) -> Audit | Lacking:
    """Audit the study's ledger of printed numbers, or say that there is none."""
    path = data.project.root / LEDGER
    if not path.is_file():
        return Lacking("table of published numbers", f"Put one into {LEDGER} (format: docs/audit.md) to get it.")
    return audit(read_published(data.read_input(path)))


def subject_names(data: StudyData) -> dict[str, str]:
    """Short names of the conditions, and of people, by the ids that the ledger uses."""
    named = condition_names(data).select(pl.col("condition").cast(pl.String), "short_name")
    return {**dict(named.iter_rows()), HUMAN: "People"}


def failures(done: Audit, names: Mapping[str, str]) -> pl.DataFrame:
    """One row a contradiction, in the order of `CHECKS`: check (words), where, printed, arithmetic.

    The same numbers printed in several versions are one row; `where` lists the versions.
    """
    where: dict[tuple[str, str, str], list[str]] = {}
    for finding in done.failures:
        about = (finding.check, finding.said(names, most=3), finding.outcome.arithmetic)
        where.setdefault(about, []).append("across" if finding.scope == ACROSS else finding.scope)
    rows = [
        (CHECKS[check], ", ".join(versions), printed, arithmetic)
        for (check, printed, arithmetic), versions in where.items()
    ]
    order = pl.Enum(list(CHECKS.values()))
    frame = pl.DataFrame(rows, schema=dict.fromkeys(FAILURE, pl.String), orient="row")
    return frame.with_columns(pl.col("check").cast(order)).sort("check", maintain_order=True)


def changes(done: Audit, names: Mapping[str, str]) -> pl.DataFrame:
    """One row a number that a later version prints differently, and that is marked as replaced.

    Returns
    -------
    polars.DataFrame
        number (in words), earlier and later (as printed), versions, in the ledger's order.
    """
    rows = [
        (before.called(names), before.printed, after.printed, f"{before.version} to {after.version}")
        for finding in done.findings
        if finding.check == "versions" and finding.outcome.consistent
        for before, after in [finding.rows]
        if not before.interval.meets(after.interval)
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(CHANGE, pl.String), orient="row")


def record_consistency(results: Results, done: Audit, names: Mapping[str, str]) -> None:
    """Record how many numbers, tests and contradictions there are, by kind; kappas and approximations by version."""
    path = ["claims", "consistency"]
    untested = len(done.unchecked)
    results.put([*path, "numbers"], len(done.rows))
    results.put([*path, "untested"], untested)
    results.put([*path, "tests"], len(done.findings))
    results.put([*path, "failed"], len(done.failures))
    results.put([*path, "contradictions"], failures(done, names).height)
    results.put([*path, "changed"], changes(done, names).height)
    for check in CHECKS:
        kind = [one for one in done.findings if one.check == check]
        if kind:
            failed = sum(not one.outcome.consistent for one in kind)
            results.put([*path, "kinds", check], {"checked": len(kind), "failed": failed})
    for check in COUNTED_BY_VERSION:
        for version in dict.fromkeys(one.scope for one in done.findings if one.check == check and one.scope != ACROSS):
            found = [one for one in done.findings if (one.check, one.scope) == (check, version)]
            chosen = [_named(one, names) for one in found if not one.outcome.consistent]
            put_count(results, [*path, check, version], chosen, len(found))


def _named(finding: Finding, names: Mapping[str, str]) -> str:
    subject = finding.rows[0].key.subject
    return names.get(subject, subject)
