"""The laboratory's own ledger: that it is whole, that it is bound, and that it agrees with the other transcription."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lib.build.analyze import Analysis
from lib.chapters.reproduction import reproduce
from lib.chapters.result_expressions import evaluate
from lib.contracts.condition import read_conditions
from lib.contracts.published import read_published
from lib.results import nest
from lib.twin.targets import Target, TwinTargets, read_targets

ROOT = Path(__file__).parents[2]
RATED = ["kappa", "macro_f1", "f1", "r", "mae", "bias", "sd_difference", "folded_mae", "unique_values"]
STATISTICS = {
    "emotion_mean": "mean", "emotion_sd": "sd", "emotion_accuracy": "accuracy", "emotion_f1": "f1",
    "emotion_bias": "bias",
    "group_accuracy": "percent_correct", "group_bias": "bias", "machine_mean": "mean", "machine_sd": "sd",
    "thinking_tokens": "tokens", "most_values": "unique_values", "fewest_values": "unique_values",
    "race_share": "eta_squared", "gender_share": "eta_squared", "race_by_emotion_share": "eta_squared",
    "gender_by_emotion_share": "eta_squared",
}  # fmt: skip
TESTS = {
    "race_share": "race", "gender_share": "gender", "race_by_emotion_share": "race:emotion",
    "gender_by_emotion_share": "gender:emotion",
}  # fmt: skip


@pytest.fixture(scope="module")
def ledger() -> pl.DataFrame:
    return read_published(ROOT / "data/published/ledger.csv")


@pytest.fixture(scope="module")
def targets() -> TwinTargets:
    return read_targets(ROOT / "data/published/twin_targets.yaml")


@pytest.fixture(scope="module")
def lab_results(lab_analysis: Analysis) -> dict[str, Any]:
    """The numbers of all sections for the laboratory's study in small, with all of its conditions."""
    return nest(lab_analysis.entries)


def test_holds_every_version_and_no_row_twice(ledger: pl.DataFrame) -> None:
    counts = dict(ledger["version"].value_counts().iter_rows())
    assert counts == {"v10": 534, "v5": 471, "v6": 187, "pipeline-2026-02": 38, "ablation-plan": 5}
    assert ledger["id"].is_unique().all()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in ledger["id"])


def test_rated_figures_are_of_conditions_that_the_study_has(ledger: pl.DataFrame) -> None:
    known = {*read_conditions(ROOT / "params/conditions"), "human", "vlm"}
    own = ledger.filter(pl.col("statistic").is_in(RATED) & pl.col("quoted_from").is_null())
    assert set(own["subject"]) <= known


def test_every_row_is_bound_or_says_why_not(ledger: pl.DataFrame) -> None:
    unbound = ledger.filter(pl.all_horizontal(pl.col("result", "not_computable", "quoted_from").is_null()))
    assert unbound["id"].to_list() == []


def test_every_result_is_recorded_by_some_section(ledger: pl.DataFrame, lab_results: dict[str, Any]) -> None:
    for name, expression in ledger.select("id", "result").drop_nulls().iter_rows():
        try:
            evaluate(expression, lab_results)
        except Exception as error:  # noqa: BLE001 - whatever it is, the row must be named
            pytest.fail(f"{name}: {error}")
    compared = reproduce(ledger, lab_results)
    assert compared.filter(pl.col("reason") == "no chapter has computed it").height == 0


def test_a_test_has_one_of_each_number_in_one_place(ledger: pl.DataFrame) -> None:
    tests = ledger.filter(
        pl.col("statistic").is_in(["f", "df1", "df2", "p", "eta_squared"]) & pl.col("test").is_not_null()
    )
    keys = ["version", "place", "subject", "dimension", "emotion", "group", "test", "statistic"]
    assert tests.select(keys).is_unique().all()
    tables = tests.filter(pl.col("place").str.contains(r"^Table S5\.\d"))
    sizes = tables.group_by("place", "subject", "test").len()
    assert sizes.height == 64 and set(sizes["len"]) == {5}


def test_printed_omnibus_tables_have_all_machines(ledger: pl.DataFrame) -> None:
    for place in ("Table S5.1", "Table S5.2", "Table S5.3", "Table S5.4", "Table S5", "Table S6", "Table S7"):
        own = ledger.filter(pl.col("place") == place, pl.col("version") == "v10", pl.col("statistic") != "count")
        assert own["subject"].n_unique() == 8, place


def test_agrees_with_the_twin_s_targets(ledger: pl.DataFrame, targets: TwinTargets) -> None:
    """An independent transcription, made for another purpose. Implied figures are printed nowhere."""
    compared = 0
    for target in targets.targets:
        if target.standing == "implied":
            continue
        printed = _rows_of(target, targets, ledger)
        assert not printed.is_empty(), target.key
        assert any(abs(value - abs(target.value)) < 1e-9 for value in _sizes(printed)), (target.key, printed["printed"])
        compared += 1
    assert compared > 300


def _rows_of(target: Target, targets: TwinTargets, ledger: pl.DataFrame) -> pl.DataFrame:
    version = targets.sources[target.source].version
    statistic = STATISTICS.get(target.quantity, target.quantity)
    names = {statistic, f"{statistic}_size", *(["percent_correct"] if statistic == "accuracy" else [])}
    group = (
        f"{target.factor}={target.group}" if target.group else f"outcome={target.outcome}" if target.outcome else None
    )
    wanted = {"dimension": target.dimension, "emotion": target.emotion, "answer": target.answer, "group": group,
              "test": TESTS.get(target.quantity)}  # fmt: skip
    subjects = ["vlm"] if target.quantity in {"most_values", "fewest_values"} else [target.condition]
    if subjects == ["vlm"]:
        wanted["dimension"] = None
    rows = ledger.filter(
        pl.col("version") == version, pl.col("statistic").is_in(names), pl.col("subject").is_in(subjects)
    )
    return rows.filter(*[pl.col(name).eq_missing(pl.lit(value, dtype=pl.String)) for name, value in wanted.items()])


def _sizes(printed: pl.DataFrame) -> list[float]:
    """Without signs (S5.5 prints biases as people - machine) and as shares where percentages are printed."""
    rows = printed.select("value", "unit").iter_rows()
    return [abs(value / 100 if unit == "percent" else value) for value, unit in rows]
