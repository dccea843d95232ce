"""One number printed more than once: in one version alike, in a later one alike or marked as replaced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from lib.audit.finding import Finding
from lib.audit.intervals import show
from lib.audit.outcome import Outcome
from lib.audit.rows import ACROSS, Key, Row, best_rows, natural_order


def version_checks(rows: Sequence[Row]) -> Iterator[Finding]:
    """Hold every number against its restatements and its later versions."""
    by_key: dict[Key, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.exact or row.key.statistic == "p":
            by_key[row.key][row.version].append(row)
    for versions in by_key.values():
        best = []
        for version in sorted(versions, key=natural_order):
            main = next(iter(best_rows(versions[version]).values()))
            best.append(main)
            for again in versions[version]:
                corrected = again.superseded_by == main.id or main.superseded_by == again.id
                if again is not main and not corrected:
                    yield Finding("restated", restated(main, again), (main, again), version)
        for before, after in pairwise(best):
            yield Finding("versions", changed(before, after), (before, after), ACROSS)


def restated(main: Row, again: Row) -> Outcome:
    """Whether two prints of one number, of which one may have fewer decimals, can be roundings of the same number."""
    same = main.interval.meets(again.interval)
    verb = "can be" if same else "cannot be"
    return Outcome(
        same,
        f"{main.printed} ({main.place}) and {again.printed} ({again.place}) {verb} the same number, "
        f"since they stand for {show(main.interval)} and {show(again.interval)}.",
    )


def changed(before: Row, after: Row) -> Outcome:
    """Whether a later version prints the same number, or the earlier row names the row that replaced it.

    A bias whose sign turned is not taken for replaced: the one is likely to be the other way round.
    """
    if before.interval.meets(after.interval):
        return Outcome(True, f"{before.version} and {after.version} both print {after.printed}.")
    said = (
        f"It changed from {before.printed} in {before.version} ({before.place}) to {after.printed} in {after.version} "
        f"({after.place})"
    )
    if before.key.statistic == "bias" and before.value * after.value < 0:
        return Outcome(
            False, f"{said}: a new value does not explain a new sign, unless the difference was turned round."
        )
    if before.superseded_by:
        return Outcome(True, f"{said}; the earlier one is marked as replaced.")
    return Outcome(False, f"{said}, and nothing says that the later one replaces it.")
