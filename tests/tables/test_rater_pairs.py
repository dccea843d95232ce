"""Tables of pairs from small frames whose figures are known: the right sign in the right place."""

from __future__ import annotations

import polars as pl
import pytest
from table_support import table_rows

from lib.tables.agreement import beside_table, kappa_table, weighted_table
from lib.tables.rater_pairs import mark_note, pair_list_table, pair_matrix_table

IDS = pl.Enum(["b", "a", "human-null"])
NAMES = pl.DataFrame(
    {"condition": ["b", "a", "human-null"], "short_name": ["B", "A", "One person"], "type": ["VLM", "FER", "Person"]},
    schema_overrides={"condition": IDS},
)
KAPPAS = pl.DataFrame(
    {
        "condition": ["b", "a", "human-null"], "n": [10, 10, 10], "n_unanswered": [0, 1, 0], "kappa": [0.5, 0.7, 0.9],
        "se": [0.1] * 3, "low": [0.3, 0.5, None], "high": [0.7, 0.9, None], "z": [5.0, 7.0, 9.0],
        "p_adjusted": [0.02, 0.0001, None],
    },
    schema_overrides={"condition": IDS},
)  # fmt: skip
PAIRS = pl.DataFrame(
    {
        "rater_a": ["a", "a", "b"], "rater_b": ["b", "human-null", "human-null"], "difference": [0.1, -0.2, None],
        "b": [3, 1, 0], "c": [2, 3, 0], "chi2_corrected": [0.0, 0.25, None], "p_corrected": [1.0, 0.617, None],
        "p_exact": [1.0, 0.625, None], "p_adjusted": [0.04, 0.7, None], "kappa": [0.25, 0.5, None],
    }
)  # fmt: skip


def test_raters_are_ranked_and_the_person_stands_last() -> None:
    rows = table_rows(kappa_table(KAPPAS, NAMES, 0.9))
    assert [row[0] for row in rows] == ["A", "B", "One person"]
    assert rows[0][4:] == [".700", ".100", "[.500, .900]", "7.00", "< .001"]
    assert rows[2][6] == "–"


def test_the_square_has_differences_above_and_kappas_below() -> None:
    rows = table_rows(pair_matrix_table(PAIRS, KAPPAS, NAMES, 0.05))
    assert rows == [
        ["1 A", "", "+10.0*", "−20.0"],
        ["2 B", ".250", "", "–"],
        ["3 One person", ".500", "–", ""],
    ]
    assert mark_note(0.05, "Holm's correction").startswith("* p < .05")


def test_a_rater_without_pairs_has_no_place_in_the_square() -> None:
    assert table_rows(pair_matrix_table(PAIRS.head(1), KAPPAS, NAMES, 0.05)) == [
        ["1 A", "", "+10.0*"],
        ["2 B", ".250", ""],
    ]


def test_machines_beside_the_person_are_ranked_and_judged() -> None:
    beside = pl.DataFrame(
        {
            "condition": ["b", "a"], "n": [10, 10], "accuracy": [0.6, 0.9], "person": [0.7, 0.7],
            "difference": [-0.1, 0.2], "low": [None, 0.05], "high": [None, 0.35], "t": [None, 3.0], "p": [None, 0.01],
            "p_adjusted": [None, 0.02],
        },
        schema_overrides={"condition": IDS},
    )  # fmt: skip
    rows = table_rows(beside_table(beside, NAMES, 0.95, 0.05))
    assert rows[0][:7] == ["A", "FER", "10", ".900", ".700", "+20.0", "[+5.0, +35.0]"]
    assert rows[0][7:] == ["3.00", ".010", ".020", "more accurate"]
    assert rows[1][:7] == ["B", "VLM", "10", ".600", ".700", "−10.0", "–"] and rows[1][-1] == "–"
    judged = [(0.02, "less accurate"), (0.2, "cannot be told")]
    for p, verdict in judged:
        assert table_rows(beside_table(beside.with_columns(p_adjusted=pl.lit(p)), NAMES, 0.95, 0.05))[1][-1] == verdict


def test_the_list_turns_pairs_into_the_order_of_the_names() -> None:
    rows = table_rows(pair_list_table(PAIRS, NAMES))
    assert rows[0] == ["B", "A", "−10.0", "2", "3", "0.00", "1.000", "1.000", ".040", ".250"]
    assert rows[1][:3] == ["B", "One person", "–"]
    assert rows[2][:5] == ["A", "One person", "−20.0", "1", "3"]


@pytest.mark.parametrize("absent", [False, True])
def test_machines_without_a_weighted_kappa_are_named(absent: bool) -> None:
    weighted = pl.DataFrame(
        {
            "condition": ["b", "b", "a", "a"], "dimension": ["valence"] * 4, "weights": ["linear", "quadratic"] * 2,
            "kappa": [0.3, 0.4, None if absent else 0.1, None if absent else 0.2], "low": [0.2] * 4, "high": [0.5] * 4,
            "reason": [None, None, "x" if absent else None, "x" if absent else None],
        },
        schema_overrides={"condition": IDS},
    )  # fmt: skip
    table = weighted_table(weighted, NAMES, 0.95)
    assert ("Not computed" in table.as_raw_html()) is absent
    assert ["B", ".300 [.200, .500]", ".400 [.200, .500]"] in table_rows(table)
