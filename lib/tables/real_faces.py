"""Tables of machines on two sets of images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl
from great_tables import GT

from lib.formats import ABSENT, bounded, capitalised, plus_signed
from lib.tables.style import plain_table, short_names

ACCURACY = "accuracy"


def second_set_table(
    sets: pl.DataFrame, machines: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()
) -> GT:
    """Every machine on both sets, and how far it changed beyond one other machine.

    Parameters
    ----------
    sets, machines
        `lib.chapters.real_faces.set_differences` and `machine_differences`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    short, rows = short_names(names), []
    keys = ["ablation", "condition", "outcome"]
    beyond = {tuple(row[key] for key in keys): row for row in machines.iter_rows(named=True)}
    for row in sets.filter(pl.col("factor").is_null()).iter_rows(named=True):
        other = beyond.get(tuple(row[key] for key in keys))
        rows.append(
            {
                "group": f"{row['title']}: {_outcome(row)}",
                "who": short[row["condition"]],
                "n": f"{row['n_first']:,} / {row['n_second']:,}",
                **_figures(row),
                "beyond": f"{_interval(other)} (beside {short[other['against']]})" if other else ABSENT,
            }
        )
    labels = {
        "who": "Machine", "n": "Images", "first": "First set", "second": "Second set", "difference": "Difference",
        "beyond": "Difference beyond another machine's",
    }  # fmt: skip
    schema = dict.fromkeys(["group", *labels], pl.String)
    return plain_table(pl.DataFrame(rows, schema=schema), "tbl-second-set", labels, notes, groups="group")


def second_groups_table(sets: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Differences between groups of images on the first set, and how far they differ on the second.

    Parameters
    ----------
    sets
        `lib.chapters.real_faces.set_differences`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Paragraphs below the table.
    """
    short, rows = short_names(names), dict[tuple[str, ...], dict[str, str]]()
    order = ["ablation", pl.col("condition").cast(names["condition"].dtype)]
    between = sets.drop_nulls("reference").sort(order, maintain_order=True)
    outcomes = {row["outcome"]: _outcome(row) for row in between.unique("outcome", maintain_order=True).to_dicts()}
    for row in between.iter_rows(named=True):
        cells = rows.setdefault(
            tuple(row[name] for name in ("ablation", "condition", "factor", "group")),
            {
                "head": f"{row['title']}: {short[row['condition']]}",
                "groups": f"{row['group']} − {row['reference']}",
            },
        )
        cells |= {f"{row['outcome']} first": _number(row, row["first"]), f"{row['outcome']} change": _interval(row)}
    labels = {"groups": "Groups"}
    for outcome, said in outcomes.items():
        labels |= {f"{outcome} first": f"{capitalised(said)}, first set", f"{outcome} change": "second minus first"}
    schema = dict.fromkeys(["head", *labels], pl.String)
    return plain_table(pl.DataFrame([*rows.values()], schema=schema), "tbl-second-groups", labels, notes, groups="head")


def second_set_notes(first: str, sets: pl.DataFrame, confidence: float) -> list[str]:
    """What the two sets are, and what the figures are of.

    Parameters
    ----------
    first
        The title of the first set's study.
    sets
        `lib.chapters.real_faces.set_differences`.
    confidence
        Level of the intervals.
    """
    second = ", ".join(sets["title"].unique(maintain_order=True))
    return [
        f"First set: {first}. Second set: {second}. Accuracy is against the intended emotion; no answer counts as "
        "wrong. Bias is machine minus people, on images that people have rated.",
        f"Differences: second minus first set, with {confidence:.0%} bootstrap intervals over images, those of one "
        "person together where the study tells persons apart, and, of bias over all images and groups, raters; with "
        "few persons in a group they are too narrow. The sets are compared as they are composed. Where all images of a "
        "group are right in one set, samples of them are too, so that intervals of "
        "accuracy are then too narrow.",
    ]


def _outcome(row: Mapping[str, object]) -> str:
    return ACCURACY if row["outcome"] == ACCURACY else f"bias of {row['outcome']}"


def _figures(row: Mapping[str, object]) -> dict[str, str]:
    shown = {name: _number(row, row[name], plain=row["outcome"] == ACCURACY) for name in ("first", "second")}
    return shown | {"difference": _interval(row)}


def _interval(row: Mapping[str, object]) -> str:
    value, low, high = (_number(row, row[f"difference{end}"]) for end in ("", "_low", "_high"))
    return value if row["difference_low"] is None else f"{value} [{low}, {high}]"


def _number(row: Mapping[str, object], value: object, *, plain: bool = False) -> str:
    if not isinstance(value, float):
        return ABSENT
    if plain:
        return bounded(value)
    return plus_signed(value, 3 if row["outcome"] == ACCURACY else 2)
