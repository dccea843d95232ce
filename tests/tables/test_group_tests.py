"""Tables of analyses of variance and of tests between groups, from small frames whose figures are known."""

from __future__ import annotations

from html import unescape
from typing import Any

import polars as pl
import pytest
from table_support import table_rows

from lib.tables.anova import emotion_anova_table, omnibus_table, planned_table, size_table
from lib.tables.demographics import group_accuracy_table
from lib.tables.group_tests import accuracy_model_table, bias_test_table, emotion_test_table, false_positive_table

IDS, EMOTIONS, DIMENSIONS = pl.Enum(["a", "b", "c"]), pl.Enum(["joy", "anger"]), pl.Enum(["valence", "arousal"])
NAMES = pl.DataFrame(
    {
        "condition": ["a", "b", "c"], "name": ["Model A", "Model B", "Model C"], "short_name": ["A", "B", "C"],
        "type": ["VLM", "VLM", "FER"], "thinking": ["yes", "no", "–"],
    },
    schema_overrides={"condition": IDS},
)  # fmt: skip
LABELS = {"race": "Race", "gender": "Gender"}


def effect(condition: str, term: str, f: float | None, p: float | None, **more: Any) -> dict[str, Any]:
    return {
        "condition": condition, "dimension": "valence", "factor": term.split(":", 1)[0], "term": term, "df": 2,
        "df_residual": 1432, "f": f, "p": p, "p_adjusted": p, "eta_squared": 0.016, "partial_eta_squared": 0.063,
    } | more  # fmt: skip


def effects(*found: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(found), schema_overrides={"condition": IDS, "dimension": DIMENSIONS, "f": pl.Float64})


def test_the_largest_f_comes_first_and_machines_of_other_kinds_below() -> None:
    frame = effects(
        effect("a", "race", 3.0, 0.05), effect("a", "race:emotion", 1.65, 0.088, df=10, df_residual=1422),
        effect("b", "race", 48.2, 0.0, df_residual=1431),
        effect("b", "race:emotion", 11.16, 0.0, df=10, df_residual=1422),
        effect("c", "race", 99.0, 0.0), effect("c", "race:emotion", None, None, df=10, df_residual=1422),
        effect("c", "gender", 1.0, 0.3),
    )  # fmt: skip
    table = omnibus_table(frame, NAMES, "race", "Race", identifier="tbl-x", notes=["Simulated data."])
    assert table_rows(table) == [
        ["VLM"],
        ["B", "48.20", ".016", "< .001", "< .001", "11.16", ".016", "< .001", "< .001"],
        ["A", "3.00", ".016", ".050", ".050", "1.65", ".016", ".088", ".088"],
        ["FER"],
        ["C", "99.00", ".016", "< .001", "< .001", "–", ".016", "–", "–"],
    ]
    html = unescape(table.as_raw_html())
    assert "Degrees of freedom: main 2 and 1,432, but 2 and 1,431 for B, interaction 10 and 1,422." in html
    assert "Race, given emotion" in html and "Race × emotion" in html


def test_effects_within_emotions_have_a_row_each() -> None:
    frame = pl.concat(
        effects(effect("a", term, 3.76, 0.0246)).with_columns(pl.lit(emotion).cast(EMOTIONS).alias("emotion"))
        for emotion in ("joy", "anger")
        for term in ("race", "race:gender")
    )
    table = emotion_anova_table(frame, NAMES, LABELS, "tbl-x")
    assert table_rows(table)[1:] == [[emotion, *["3.76", ".063", ".025"] * 2] for emotion in ("Joy", "Anger")]
    assert "Race × Gender" in unescape(table.as_raw_html())


def test_planned_comparisons_mark_the_corrected_p() -> None:
    frame = effects(
        effect("a", "race", 48.2, 0.001), effect("a", "race:emotion", 1.0, 0.4), effect("a", "gender", None, None),
        effect("a", "gender:emotion", 2.0, 0.049),
    )  # fmt: skip
    table = planned_table(frame, NAMES, LABELS, alpha=0.05, identifier="tbl-x")
    assert table_rows(table) == [["Valence"], ["A", "48.20* (.063)", "–", "1.00 (.063)", "2.00* (.063)"]]


def test_sizes_that_are_unknown_are_said() -> None:
    frame = pl.DataFrame(
        {
            "family": ["Toy"], "dimension": ["valence"], "outcome": ["race gap"], "names": ["A, B, C"],
            "unknown": ["Closed"], "n": [3], "rho": [-1.0], "p_rho": [1 / 3], "slope": [-0.2], "p_slope": [1 / 3],
            "smallest_p": [1 / 3], "p_adjusted": [1.0],
        }
    )  # fmt: skip
    table = size_table(frame, "tbl-x")
    assert table_rows(table)[1] == ["Valence", "Race gap", "3", "−1.000", ".333", "1.000", ".333", "−0.20"]
    assert "Toy: A, B, C; size unknown: Closed." in table.as_raw_html()


@pytest.fixture
def biases() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "condition": ["a", "a"], "dimension": ["valence"] * 2, "emotion": ["joy", "anger"], "n": [240, 1],
            "bias": [1.52, -0.1], "sd_difference": [0.5, None], "shapiro_w": [0.95, None], "shapiro_p": [0.0001, None],
            "test": ["Wilcoxon", None], "statistic": [28746.5, None], "p": [0.001, None], "p_bonferroni": [0.06, None],
            "p_fdr_bh": [0.002, None], "p_adjusted": [0.002, None], "dz": [3.04, None], "rank_biserial": [0.9, None],
        },
        schema_overrides={"condition": IDS, "dimension": DIMENSIONS, "emotion": EMOTIONS},
    )  # fmt: skip


def test_bias_tests_in_full_and_in_short(biases: pl.DataFrame) -> None:
    full = table_rows(emotion_test_table(biases, NAMES, "tbl-x"))
    assert full[1] == [
        "Joy",
        "240",
        "+1.52",
        "0.50",
        ".950",
        "< .001",
        "Wilcoxon",
        "28746.50",
        ".001",
        ".060",
        ".002",
        "3.04",
        ".900",
    ]
    assert full[2][4:] == ["–"] * 9
    short = bias_test_table(biases, NAMES, "emotion", widths={"valence": 8}, alpha=0.05, identifier="tbl-x")
    assert table_rows(short) == [["Valence"], ["A", "+1.52* (3.04)", "−0.10 (–)"]]
    strict = biases.with_columns(pl.lit(0.01).alias("p_bonferroni"))
    marked = bias_test_table(strict, NAMES, "emotion", widths={"valence": 8}, alpha=0.05, identifier="tbl-x")
    assert table_rows(marked)[1][1] == "+1.52*† (3.04)"
    assert "background-color: #EFAA75" in short.as_raw_html()


def test_false_positives_leave_out_raters_without_any() -> None:
    rates = pl.DataFrame(
        {
            "condition": ["a", "a", "b", "b"], "race": ["X", "Y"] * 2, "emotion": ["joy"] * 4, "x": [10, 0, 0, 0],
            "n": [100] * 4, "rate": [0.1, 0.0, 0.0, 0.0], "low": [0.06, 0.0, 0.0, 0.0],
            "high": [0.17, 0.04, 0.04, 0.04],
        },
        schema_overrides={"condition": IDS, "emotion": EMOTIONS},
    )  # fmt: skip
    tests = pl.DataFrame(
        {
            "condition": ["a", "b"], "emotion": ["joy"] * 2, "p": [0.001, None], "p_adjusted": [0.002, None],
            "highest_rate": [0.1, 0.0], "lowest_rate": [0.0, 0.0], "cause": ["over-attribution", None],
        },
        schema_overrides={"condition": IDS, "emotion": EMOTIONS},
    )  # fmt: skip
    found = table_rows(false_positive_table(rates, tests, NAMES, "race", identifier="tbl-x"))
    assert found == [
        ["Named joy"],
        ["A", "10.0% [6.0, 17.0]", "0.0% [0.0, 4.0]", "10.0 pp", ".001", ".002", "over-attribution"],
    ]


def test_likelihood_ratios_show_their_degrees_of_freedom() -> None:
    models = pl.DataFrame(
        {"condition": ["a"] * 3, "term": ["race", "race", "race:gender"], "given": ["", "emotion", "race + gender"],
         "chi2": [39.95, 1.5, None], "df": [6, 2, 0], "p_adjusted": [0.001, 0.3, None]},
        schema_overrides={"condition": IDS},
    )  # fmt: skip
    table = accuracy_model_table(models, NAMES, LABELS, alpha=0.05, identifier="tbl-x")
    assert table_rows(table) == [["VLM"], ["A", "39.95* (6)", "1.50 (2)", "–"]]
    assert "Race, given emotion" in table.as_raw_html()


def test_accuracy_tables_can_show_their_tests() -> None:
    groups = pl.DataFrame(
        {"condition": ["a"] * 2, "race": ["X", "Y"], "accuracy": [0.9, 0.5], "low": [0.8, 0.4], "high": [0.95, 0.6]},
        schema_overrides={"condition": IDS},
    )
    tests = pl.DataFrame(
        {"condition": ["a"], "chi2": [8.24], "p": [0.0163], "p_adjusted": [0.2]}, schema_overrides={"condition": IDS}
    )
    found = table_rows(group_accuracy_table(groups, NAMES, "race", "tbl-x", tests=tests))
    assert found[0][-3:] == ["8.24", ".016", ".200"]
