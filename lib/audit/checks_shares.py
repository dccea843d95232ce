"""Which printed shares, kappas and F1 values are held against which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from lib.audit.agreement import f1_from_recall, kappa_from_accuracy, macro_f1_from_recalls
from lib.audit.counts import grim, mean_of_parts, possible_counts, whole_number_sd, whole_total
from lib.audit.finding import Finding, found
from lib.audit.intervals import Interval
from lib.audit.rows import Row, Scope

COUNTED = ("accuracy", "confusion")
PARTS = ("bias", "mean", "mae")


def share_checks(scope: Scope) -> Iterator[Finding | None]:
    """All tests of shares within one scope."""
    yield from _kappas(scope)
    yield from _counts(scope)
    yield from _whole_numbers(scope)
    yield from _sums(scope)
    yield from _means(scope)
    yield from _f1(scope)
    yield from _macro_f1(scope)


def correct(scope: Scope, row: Row, emotion: str) -> Row | None:
    """The share right that belongs to `row`: of one emotion, or, with empty text, of all."""
    return scope.get(row.key, "accuracy", emotion=emotion, answer="")


def emotion_parts(scope: Scope, row: Row, statistic: str) -> list[Row]:
    """The rows of every emotion with the same subject, dimension and group, one each.

    Empty unless they are equally large and together all that `row` is about, as their `n` say.
    """
    parts: dict[str, Row] = {}
    for part in scope.all(statistic):
        same = part.key._replace(statistic="", emotion="") == row.key._replace(statistic="", emotion="")
        if same and part.key.emotion and part.key.emotion not in parts:
            parts[part.key.emotion] = part
    sizes = {part.n for part in parts.values()}
    equal = len(parts) > 1 and len(sizes) == 1 and None not in sizes
    known = row.categories in (None, len(parts))
    whole = equal and known and row.n == sum(part.n or 0 for part in parts.values())
    return [parts[emotion] for emotion in sorted(parts)] if whole else []


def _kappas(scope: Scope) -> Iterator[Finding | None]:
    for kappa in scope.all("kappa"):
        accuracy = correct(scope, kappa, "")
        if accuracy is not None and kappa.categories is not None and not kappa.key.emotion:
            n = accuracy.n if accuracy.n == kappa.n else None
            outcome = kappa_from_accuracy(accuracy.interval, kappa.interval, kappa.categories, n)
            yield found("kappa", outcome, scope, kappa, accuracy)


def _counts(scope: Scope) -> Iterator[Finding | None]:
    for row in scope.all(*COUNTED):
        if row.n is not None:
            yield found(
                "grim",
                grim(row.interval, row.n, percent=row.unit == "percent" or row.statistic == "percent_correct"),
                scope,
                row,
            )


def _whole_numbers(scope: Scope) -> Iterator[Finding | None]:
    for row in scope.all("mean", "sd"):
        if row.n is None or row.step is None:
            continue
        if row.key.statistic == "mean":
            yield found("grim", grim(row.interval, row.n, step=row.step, low=_lowest(row)), scope, row)
        else:
            average = scope.get(row.key, "mean")
            known = average.interval if average else None
            outcome = whole_number_sd(row.interval, row.n, known, step=row.step, low=_lowest(row))
            yield found("grim", outcome, scope, row, average)


def _lowest(row: Row) -> float:
    return row.scale[0] if row.scale else 0.0


def _sums(scope: Scope) -> Iterator[Finding | None]:
    for whole in scope.all("accuracy"):
        parts = emotion_parts(scope, whole, "accuracy") if not whole.key.emotion else []
        possible = [part for part in parts if part.n and possible_counts(part.interval, part.n)]
        if parts and len(possible) == len(parts):
            sizes = [part.n or 0 for part in parts]
            yield found(
                "sums", whole_total([part.interval for part in parts], sizes, whole.interval), scope, whole, *parts
            )
        elif parts:
            outcome = mean_of_parts([part.interval for part in parts], whole.interval, "the share of all")
            yield found("sums", outcome, scope, whole, *parts)


def _means(scope: Scope) -> Iterator[Finding | None]:
    for whole in scope.all(*PARTS):
        parts = emotion_parts(scope, whole, whole.key.statistic) if not whole.key.emotion else []
        if parts:
            outcome = mean_of_parts(
                [part.interval for part in parts], whole.interval, f"the {whole.key.statistic} of all"
            )
            yield found("sums", outcome, scope, whole, *parts)


def _right(row: Row) -> Interval:
    """Right answers that a share stands for, as a count where one is possible."""
    n = row.n or 0
    counts = possible_counts(row.interval, n)
    return Interval(float(counts[0]), float(counts[1])) if counts else row.interval * n


def _recalls(scope: Scope, row: Row) -> dict[str, Row]:
    """Recall of every category in a balanced design; empty where one is missing."""
    whole = correct(scope, row, "")
    parts = emotion_parts(scope, whole, "accuracy") if whole is not None else []
    return {part.key.emotion: part for part in parts}


def _most_false(scope: Scope, recalls: dict[str, Row], category: str) -> tuple[float, float, list[Row]]:
    """Most wrong answers that can be `category`; those printed as another answer are out, and come second."""
    free, named, used = 0.0, 0.0, []
    for emotion, recall in recalls.items():
        if emotion == category:
            continue
        wrong = (recall.n or 0) - _right(recall).low
        elsewhere = [
            row for row in scope.all("confusion")
            if row.key._replace(statistic="", answer="") == recall.key._replace(statistic="", answer="")
            and row.key.answer not in ("", category, emotion) and row.n == recall.n
        ]  # fmt: skip
        taken = sum(max(_right(row).low, 0.0) for row in elsewhere)
        used += elsewhere
        named += taken
        free += max(wrong - taken, 0.0)
    return free, named, used


def _f1(scope: Scope) -> Iterator[Finding | None]:
    for row in scope.all("f1"):
        recalls = _recalls(scope, row)
        recall = recalls.get(row.key.emotion) or (correct(scope, row, row.key.emotion) if row.key.emotion else None)
        if recall is None or recall.n is None:
            continue
        if recalls:
            free, named, used = _most_false(scope, recalls, row.key.emotion)
            outcome = f1_from_recall(row.interval, _right(recall), recall.n, free, named)
            others = [one for one in recalls.values() if one is not recall]
            yield found("f1", outcome, scope, row, recall, *used, *others)
        else:
            outcome = f1_from_recall(row.interval, _right(recall), recall.n, float("inf"))
            yield found("f1", outcome, scope, row, recall)


def _macro_f1(scope: Scope) -> Iterator[Finding | None]:
    for row in scope.all("macro_f1"):
        recalls = _recalls(scope, row)
        if not recalls:
            continue
        right = {emotion: _right(one) for emotion, one in recalls.items()}
        n = next(iter(recalls.values())).n or 0
        limits: dict[str, float] = defaultdict(float)
        used: dict[str, Row] = {}
        for emotion in recalls:
            limits[emotion], _, rows = _most_false(scope, recalls, emotion)
            used |= {one.id: one for one in rows}
        wrong = n * len(recalls) - sum(one.low for one in right.values())
        outcome = macro_f1_from_recalls(
            row.interval, list(right.values()), n, [limits[name] for name in recalls], wrong
        )
        yield found("macro_f1", outcome, scope, row, *recalls.values(), *used.values())
