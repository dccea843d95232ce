"""Rows of a table of printed statistics, and the sets of rows that are held against each other."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from lib.audit.intervals import Interval, rounded

HUMAN = "human"
"""The subject of people's own figures."""
SAME = {"percent_correct": "accuracy", "recall": "accuracy"}
"""Statistics that are another one under another name; in keys they have its name."""
NOTED = {
    "count", "percent", "ratio", "difference", "percentage_points", "percent_change", "percentile", "error_share",
    "agreement_rate", "icc", "variance", "variance_ratio", "speed", "bias_gap",
}  # fmt: skip
"""Statistics of which only `note` says what they are: two of them are the same number only if their notes are."""
WORDS = {
    "f1": "F1", "macro_f1": "macro F1", "mae": "MAE", "rmse": "RMSE", "sd": "SD", "sd_difference": "SD of differences",
    "folded_mae": "folded-normal MAE", "bias_size": "size of the bias", "f": "F", "chi2": "chi-square",
    "loo_mae": "leave-one-out MAE", "pairwise_mae": "pairwise MAE", "mae_ratio": "MAE ratio", "sd_ratio": "SD ratio",
    "icc": "ICC", "ccc": "CCC",
}  # fmt: skip
"""Statistics that are not called as the format calls them, in words."""
WHOLE = {"count", "unique_values"}
"""Numbers of things: a printed whole number is no rounded one."""
SHARES = {
    "accuracy", "precision", "f1", "macro_f1", "kappa", "confusion", "false_positive_rate",
    "agreement_rate", "error_share",
}  # fmt: skip
ACROSS = "across versions"


class Key(NamedTuple):
    """What a number is about; empty text where a column is empty."""

    subject: str
    dimension: str
    emotion: str
    answer: str
    group: str
    test: str
    note: str
    statistic: str


@dataclass(frozen=True)
class Row:
    """One printed statistic, as `lib.contracts.published.read_published` gives it."""

    id: str
    version: str
    place: str
    key: Key
    statistic: str
    printed: str
    value: float
    decimals: int
    relation: str
    unit: str
    n: int | None
    categories: int | None
    scale: tuple[float, float] | None
    step: float | None
    quoted: bool
    superseded_by: str
    sources: tuple[str, ...]
    operation: str
    tested_after: str

    @property
    def interval(self) -> Interval:
        """What the printed number stands for; shares printed in per cent as 0 to 1."""
        percent = self.unit == "percent" or self.statistic == "percent_correct"
        scale = 0.01 if percent and self.key.statistic in SHARES else 1.0
        least = 0.0 if self.key.statistic == "p" else float("-inf")
        if self.relation in ("<", "<="):
            return Interval(least, self.value * scale)
        if self.relation in (">", ">="):
            return Interval(self.value * scale, 1.0 if self.key.statistic == "p" else float("inf"))
        if self.statistic in WHOLE and self.value.is_integer():
            return Interval(self.value, self.value)
        return rounded(self.value, self.decimals) * scale

    @property
    def exact(self) -> bool:
        """Whether the number stands for itself: no limit, no `about`, no end of a range."""
        return self.relation == "="

    @property
    def stars(self) -> int:
        """Stars of significance behind the number."""
        return self.printed.count("*")

    @property
    def name(self) -> str:
        """The number in words, for a sentence."""
        return self.called({})

    def called(self, names: Mapping[str, str]) -> str:
        """The number in words, with a name in place of the subject's id where there is one."""
        key = self.key
        about = [part for part in (key.emotion, key.answer and f"as {key.answer}", key.group) if part]
        parts = [
            names.get(key.subject, key.subject),
            key.dimension,
            WORDS.get(self.statistic, self.statistic.replace("_", " ")),
            f"({', '.join(about)})" if about else "",
        ]
        return " ".join(part for part in parts if part)


@dataclass
class Scope:
    """Rows that describe one data set: those of one version, or the latest that no later one replaces."""

    name: str
    rows: dict[Key, Row]

    def get(self, key: Key, statistic: str, **changed: str) -> Row | None:
        """The row of another statistic about the same thing; None if none is printed as a plain number."""
        row = self.rows.get(key._replace(statistic=statistic, **changed))
        return row if row is not None and row.exact else None

    def all(self, *statistics: str) -> Iterator[Row]:
        """All plain numbers of some statistics, in the file's order."""
        return (row for row in self.rows.values() if row.key.statistic in statistics and row.exact)


def read_rows(frame: pl.DataFrame) -> list[Row]:
    """Rows of the checked table, in its order."""
    return [_row(item) for item in frame.iter_rows(named=True)]


def scopes(rows: Iterable[Row]) -> list[Scope]:
    """One scope a version, in the order of their numbers, then one across versions if there are several.

    Of a number that a version prints twice, the one that is not a quotation counts, then the one with most decimals
    (`lib.audit.versions` holds them against each other). Across versions, the last version that prints it counts;
    rows that name their successor are left out.
    """
    by_version: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_version[row.version].append(row)
    ordered = sorted(by_version, key=natural_order)
    found = [Scope(version, best_rows(by_version[version])) for version in ordered]
    if len(found) > 1:
        latest: dict[Key, Row] = {}
        for scope in found:
            latest.update({key: row for key, row in scope.rows.items() if not row.superseded_by})
        found.append(Scope(ACROSS, latest))
    return found


def best_rows(rows: Iterable[Row]) -> dict[Key, Row]:
    """One row a key: not quoted before quoted, exact before limits, most decimals, tables before text, the first."""
    best: dict[Key, Row] = {}
    for row in rows:
        before = best.get(row.key)
        if before is None or _rank(row) > _rank(before):
            best[row.key] = row
    return best


def natural_order(version: str) -> tuple[tuple[int, int | str], ...]:
    """Sort `v10` behind `v6`: numbers by size, the rest by letter."""
    parts = re.split(r"(\d+)", version)
    return tuple((1, int(part)) if part.isdigit() else (0, part) for part in parts)


def _rank(row: Row) -> tuple[bool, bool, float, bool]:
    width = row.interval.high - row.interval.low
    return (not row.quoted, row.exact, -round(width, 9), "table" in row.place.lower())


def _row(item: dict[str, object]) -> Row:
    text = {name: str(value) if value is not None else "" for name, value in item.items()}
    low, high = item["scale_low"], item["scale_high"]
    return Row(
        id=text["id"], version=text["version"], place=f"{text['document']}, {text['place']}".strip(", "),
        key=Key(
            text["subject"], text["dimension"], text["emotion"], text["answer"], text["group"], text["test"],
            text["note"] if text["statistic"] in NOTED else "", SAME.get(text["statistic"], text["statistic"]),
        ),
        statistic=text["statistic"],
        printed=text["printed"], value=float(item["value"]), decimals=int(item["decimals"]),  # type: ignore[arg-type, call-overload]
        relation=text["relation"], unit=text["unit"], n=item["n"], categories=item["categories"],  # type: ignore[arg-type]
        scale=(low, high) if low is not None and high is not None else None,  # type: ignore[arg-type]
        step=item["step"], quoted=bool(text["quoted_from"]), superseded_by=text["superseded_by"],  # type: ignore[arg-type]
        sources=tuple(text["from"].split()), operation=text["operation"], tested_after=text["tested_after"],
    )  # fmt: skip
