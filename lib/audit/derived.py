"""Numbers made from other printed numbers: ratios, differences, changes, ends of ranges, counts of results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lib.audit.finding import Finding
from lib.audit.intervals import Interval, mean, show, total
from lib.audit.outcome import Outcome, compare
from lib.audit.rows import ACROSS, SHARES, Row

SIGNIFICANT = 0.05
ERRORS = "error_share"
FIRST_AND_SECOND = ("ratio", "difference", "percent_change", "absolute_difference")
WORDS = {
    "ratio": "{a} divided by {b}", "difference": "{a} minus {b}",
    "percent_change": "the change from {a} to {b}, in per cent",
    "absolute_difference": "the difference of {a} and {b}", "sum": "the sum of {all}", "mean": "the mean of {all}",
    "lowest": "the lowest of {all}", "highest": "the highest of {all}",
}  # fmt: skip


def derived_checks(rows: Sequence[Row]) -> Iterator[Finding]:
    """Hold every row that names what it was made from (`from`, `operation`) against those rows."""
    by_id = {row.id: row for row in rows}
    for row in rows:
        if not row.operation or row.relation == "~":
            continue
        sources = [by_id[name] for name in row.sources]
        if row.operation in FIRST_AND_SECOND and len(sources) != 2:
            continue
        scope = row.version if {source.version for source in sources} <= {row.version} else ACROSS
        if row.operation == ERRORS:
            outcome = error_share(row, sources)
            if outcome is not None:
                yield Finding("derived", outcome, (row, *sources), scope)
        elif row.operation == "count_significant":
            yield Finding("counted", counted(row, sources), (row, *sources), scope)
        else:
            yield Finding("derived", derived(row, sources), (row, *sources), scope)


def derived(row: Row, sources: Sequence[Row]) -> Outcome:
    """Whether a number follows from the rows that it was made from; a difference of shares is printed in points."""
    values = [source.interval for source in sources]
    possible = made_of(row.operation, values)
    points = row.unit in ("percentage_points", "percent") and row.operation in ("difference", "absolute_difference")
    in_points = points and all(source.key.statistic in SHARES for source in sources)
    if in_points:
        possible = possible * 100
    said = [f"{source.printed} ({show(source.interval)})" for source in sources]
    listed = ", ".join(said[:8]) + (f" and {len(said) - 8} more" if len(said) > 8 else "")
    words = WORDS[row.operation].format(a=said[0], b=said[-1], all=listed)
    return compare(row.interval, possible, f"As {words}{', in percentage points' if in_points else ''}", "the number")


def made_of(operation: str, values: Sequence[Interval]) -> Interval:
    """The operation on the numbers that the rows stand for.

    Parameters
    ----------
    operation
        `ratio`, `difference`, `absolute_difference`, `percent_change` (of two); `sum`, `mean`, `lowest`, `highest`.
    values
        In the order of `from`.
    """
    first, last = values[0], values[-1]
    if operation == "ratio":
        return first / last
    if operation == "percent_change":
        return (last / first - 1.0) * 100
    if operation == "difference":
        return first - last
    if operation == "absolute_difference":
        return abs(first - last)
    if operation in ("sum", "mean"):
        return total(values) if operation == "sum" else mean(list(values))
    end = min if operation == "lowest" else max
    return Interval(end(value.low for value in values), end(value.high for value in values))


def error_share(row: Row, sources: Sequence[Row]) -> Outcome | None:
    """Whether some confusions are that share of all errors: their images divided by the wrong answers.

    None unless every row has its `n`.
    """
    confusions = [source for source in sources if source.key.statistic == "confusion"]
    accuracies = [source for source in sources if source.key.statistic == "accuracy"]
    if not confusions or not accuracies or any(source.n is None for source in sources):
        return None
    confused = [source.interval * (source.n or 0) for source in confusions]
    wrong = [(-source.interval + 1.0) * (source.n or 0) for source in accuracies]
    reason = (
        f"The confusions are {' and '.join(show(one, 1) for one in confused)} images, "
        f"all errors {' and '.join(show(one, 1) for one in wrong)}; as their ratio"
    )
    return compare(row.interval, total(confused) / total(wrong), reason, "the share of errors")


def counted(row: Row, sources: Sequence[Row]) -> Outcome:
    """Whether as many p values lie below .05 as is said; a p that is rounded to .05 may lie on either side."""
    certain = sum(_below(source) for source in sources)
    open_ones = sum(not _below(source) and source.interval.low < SIGNIFICANT for source in sources)
    reason = (
        f"Of {len(sources)} printed p values {certain} are below {SIGNIFICANT}"
        + (f" and {open_ones} may be, by rounding" if open_ones else "")
    )  # fmt: skip
    return compare(row.interval, Interval(float(certain), float(certain + open_ones)), reason, "their number")


def _below(p: Row) -> bool:
    return p.interval.high < SIGNIFICANT or (p.relation == "<" and p.interval.high <= SIGNIFICANT) or p.stars > 0
