from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.errors import DataError, ParameterError
from lib.metrics.anova import compare_models, factorial_anova, has_empty_cells
from lib.metrics.designs import collect_cells, orthonormal

REFERENCE = Path(__file__).parents[1] / "reference"
R = json.loads((REFERENCE / "anova_expected.json").read_text(encoding="utf-8"))
BIAS = pl.read_csv(REFERENCE / "anova_bias.csv", schema_overrides={"bias": pl.Float64})
DESIGNS = ["complete", "unbalanced", "missing", "empty", "single"]
FIGURES = ["df", "df_residual", "sum_of_squares", "f", "p", "eta_squared", "partial_eta_squared", "n"]
RACE, GENDER, EMOTION = ("race",), ("gender",), ("emotion",)
MODELS = {
    "main": ([EMOTION], [RACE, EMOTION]),
    "interaction": ([RACE, EMOTION], [RACE, EMOTION, ("race", "emotion")]),
    "three": ([RACE, GENDER, ("race", "gender")], [RACE, GENDER, ("race", "gender"), EMOTION]),
}


def design(name: str) -> pl.DataFrame:
    return BIAS.filter(pl.col("design") == name)


def assert_as_r(found: dict[str, Any], expected: dict[str, Any]) -> None:
    for name in FIGURES:
        assert found[name] == pytest.approx(expected[name], rel=1e-9, abs=1e-14), name


@pytest.mark.parametrize("name", DESIGNS)
class TestAgainstR:
    @pytest.mark.parametrize("model", MODELS)
    def test_nested_models(self, name: str, model: str) -> None:
        assert_as_r(vars(compare_models(design(name), "bias", *MODELS[model])), R[name][model])

    @pytest.mark.parametrize("table", ["type1", "type2", "type3", "type1_emotion", "type2_emotion"])
    def test_factorial_designs(self, name: str, table: str) -> None:
        expected, sums = R[name][table], int(table[4])
        crossed = ["race", "emotion"] if table.endswith("_emotion") else ["race", "gender"]
        found = factorial_anova(design(name), "bias", crossed, "I" * sums)  # type: ignore[arg-type]
        assert found["term"].to_list() == list(expected)
        for row in found.iter_rows(named=True):
            assert_as_r(row, expected[row["term"]])


def test_excluded_rows_are_counted() -> None:
    frame = design("missing").with_columns(
        pl.when(pl.col("race") == "Korean").then(None).otherwise("race").alias("race")
    )
    effect = compare_models(frame, "bias", [], [RACE])
    known = frame.drop_nulls(["bias", "race"]).height
    assert (effect.n, effect.n_excluded) == (known, frame.height - known)
    nan = frame.with_columns(pl.col("bias").fill_null(float("nan")))
    assert compare_models(nan, "bias", [], [RACE]) == effect


def test_an_empty_cell_is_refused_by_name_where_the_test_would_depend_on_it() -> None:
    frame = design("empty")
    with pytest.raises(DataError, match="got none for race Korean, gender Woman"):
        factorial_anova(frame.filter(pl.col("emotion") != "angry"), "bias", ["race", "gender"], "III")
    assert has_empty_cells(frame, "bias", ["race", "emotion"])
    assert not has_empty_cells(design("single"), "bias", ["race", "gender", "emotion"])


def test_all_types_agree_in_a_balanced_design() -> None:
    first, second, third = (
        factorial_anova(design("complete"), "bias", ["race", "gender"], kind) for kind in ("I", "II", "III")
    )
    assert np.allclose(first["f"].to_numpy(), second["f"].to_numpy(), rtol=1e-12)
    assert np.allclose(first["f"].to_numpy(), third["f"].to_numpy(), rtol=1e-12)


def test_what_is_undefined_is_none() -> None:
    frame = pl.DataFrame({"race": ["a", "a", "b", "b"], "bias": [1.0, 1.0, 2.0, 2.0]})
    exact = compare_models(frame, "bias", [], [RACE])
    assert (exact.f, exact.p, exact.eta_squared) == (None, None, 1.0)
    constant = compare_models(frame.with_columns(pl.lit(3.0).alias("bias")), "bias", [], [RACE])
    assert (constant.f, constant.eta_squared, constant.partial_eta_squared) == (None, None, None)
    one_level = compare_models(frame.with_columns(pl.lit("a").alias("race")), "bias", [], [RACE])
    assert (one_level.df, one_level.f) == (0, None)
    saturated = compare_models(frame[::2], "bias", [], [RACE])
    assert (saturated.df_residual, saturated.f) == (0, None)


def test_mistakes_are_named() -> None:
    with pytest.raises(DataError, match=r"got \('gender',\)"):
        compare_models(design("complete"), "bias", [GENDER], [RACE])
    with pytest.raises(DataError, match="'age'"):
        compare_models(design("complete"), "bias", [], [("age",)])
    with pytest.raises(DataError, match="got 0 rows"):
        compare_models(design("complete").head(0), "bias", [], [RACE])
    with pytest.raises(ParameterError, match="'IV'"):
        factorial_anova(design("complete"), "bias", ["race"], "IV")  # type: ignore[arg-type]


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.floats(-5, 5), st.floats(0.1, 100))
def test_f_does_not_change_with_unit_or_origin(seed: int, shift: float, scale: float) -> None:
    frame = design("unbalanced").sample(fraction=1, shuffle=True, seed=seed)
    moved = frame.with_columns(pl.col("bias") * scale + shift)
    first, second = (compare_models(own, "bias", *MODELS["interaction"]) for own in (design("unbalanced"), moved))
    assert second.f == pytest.approx(first.f, rel=1e-8)


def test_cells_hold_all_values_and_the_basis_is_orthonormal() -> None:
    cells = collect_cells(design("unbalanced"), "bias", ["race", "emotion"])
    assert cells.n_values == design("unbalanced").height
    columns = np.array([[1.0, 1, 0, 1], [1, 1, 0, 2], [1, 0, 1, 3], [1, 0, 1, 4]])
    basis, kept = orthonormal(columns)
    assert kept == [0, 1, 3]
    assert np.allclose(basis.T @ basis, np.eye(3), atol=1e-14)


@pytest.mark.slow
def test_the_test_keeps_its_level_without_an_effect() -> None:
    generator, frame = np.random.default_rng(7), design("empty")
    small = 0
    for _ in range(1000):
        moved = frame.with_columns(pl.Series("bias", generator.normal(size=frame.height)))
        p = compare_models(moved, "bias", *MODELS["interaction"]).p
        small += p is not None and p < 0.05
    assert 0.03 < small / 1000 < 0.07
