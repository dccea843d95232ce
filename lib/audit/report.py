"""The report of an audit as plain text: failures with their arithmetic, then what was and could not be checked."""

from __future__ import annotations

import textwrap
from collections import Counter

from lib.audit.audit import Audit
from lib.audit.finding import CHECKS, Finding
from lib.audit.rows import ACROSS, WORDS
from lib.formats import counted

WIDTH = 100


def text_report(audit: Audit, name: str) -> str:
    """The whole report.

    Parameters
    ----------
    audit
        What was found.
    name
        How the table is called in the first line.
    """
    failures = audit.failures
    verb = "does" if len(failures) == 1 else "do"
    verdict = f"{len(failures)} {verb} not fit together" if failures else "none contradicts another"
    said = f"{counted(len(audit.rows), 'printed number')}, {counted(len(audit.findings), 'test')}, of which {verdict}"
    lines = [f"{name}: {said}.", ""]
    for number, finding in enumerate(failures, 1):
        lines += [*failure_lines(number, finding), ""]
    return "\n".join([*lines, *_checked(audit), "", *_unchecked(audit)]).rstrip() + "\n"


def failure_lines(number: int, finding: Finding) -> list[str]:
    """One failure: which test, where, what is printed, and the arithmetic."""
    known = {"": "Printed", ACROSS: f"Printed {ACROSS}"}
    where = known.get(finding.scope, f"Printed in {finding.scope}")
    title = f"{number}. Failed: {CHECKS[finding.check]}."
    body = [f"{where}: {finding.printed}.", finding.outcome.arithmetic, f"Rows: {finding.ids}"]
    return [title, *(line for part in body for line in _wrapped(part))]


def _checked(audit: Audit) -> list[str]:
    rows = [*audit.summary().iter_rows()]
    if not rows:
        return ["No test applies."]
    width = max(len(check) for check, _, _ in rows)
    head = f"{'Test':{width}}  checked  failed"
    return [head, *(f"{check:{width}}  {checked:7,}  {failed:6,}" for check, checked, failed in rows)]


def _unchecked(audit: Audit) -> list[str]:
    if not audit.unchecked:
        return ["Every number took part in a test."]
    kinds = Counter(
        (WORDS.get(row.statistic, row.statistic.replace("_", " ")), reason) for row, reason in audit.unchecked
    )
    count = len(audit.unchecked)
    lines = [f"{counted(count, 'number')} took part in no test:"]
    for (statistic, reason), count in kinds.most_common():
        lines += _wrapped(f"{count:,} x {statistic}: {reason}")
    return lines


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="   ", subsequent_indent="   ", break_long_words=False)
