"""Model matrices beside R's rules: order of terms and columns, coding, columns that are dropped."""

from __future__ import annotations

from itertools import product

import numpy as np
import polars as pl
import pytest
from mixed_support import EXPECTED, FACES, MODELS, listed

from lib.errors import ParameterError
from lib.metrics.designs import crossed_terms, independent_columns
from lib.metrics.mixed_design import make_design


def _cross(**levels: list[str]) -> pl.DataFrame:
    return pl.DataFrame(list(product(*levels.values())), schema=list(levels), orient="row")


def test_terms_are_in_the_order_of_r():
    # R: attr(terms(~ a * b * c * d), "term.labels")
    assert [":".join(term) for term in crossed_terms(["a", "b", "c", "d"])] == [
        "", "a", "b", "c", "d", "a:b", "a:c", "b:c", "a:d", "b:d", "c:d", "a:b:c", "a:b:d", "a:c:d", "b:c:d", "a:b:c:d",
    ]  # fmt: skip


def test_treatment_coding_compares_with_the_alphabetically_first_level():
    design = make_design(_cross(rater=["vlm", "human"], emotion=["sad", "angry", "happy"]), ["rater", "emotion"])
    assert design.columns == (
        "(Intercept)", "rater[vlm]", "emotion[happy]", "emotion[sad]", "rater[vlm]:emotion[happy]",
        "rater[vlm]:emotion[sad]",
    )  # fmt: skip
    assert design.aliased == ()
    by_row = {
        tuple(row): values for row, values in zip(design.combinations.rows(), design.matrix.tolist(), strict=True)
    }
    assert by_row["human", "angry"] == [1, 0, 0, 0, 0, 0]
    assert by_row["vlm", "sad"] == [1, 1, 0, 1, 0, 1]


def test_sum_coding_gives_the_last_level_minus_one():
    design = make_design(_cross(a=["x", "y", "z"]), ["a"], "sum")
    assert design.columns == ("(Intercept)", "a[x]", "a[y]")
    assert design.matrix.tolist() == [[1, 1, 0], [1, 0, 1], [1, -1, -1]]


def test_an_unknown_coding_is_refused():
    with pytest.raises(ParameterError, match="got 'helmert'"):
        make_design(_cross(a=["x", "y"]), ["a"], "helmert")  # type: ignore[arg-type]


@pytest.mark.parametrize("case", sorted(EXPECTED["one_intercept"]))
def test_the_same_columns_are_dropped_as_by_lme4(case):
    name, model = case.rsplit("_", 1)
    rows = FACES.filter(pl.col("design") == name).drop_nulls()
    design = make_design(rows.select(MODELS[model]).unique(), MODELS[model])
    assert list(design.aliased) == listed(EXPECTED["one_intercept"][case]["dropped"])
    assert np.linalg.matrix_rank(design.matrix) == design.matrix.shape[1]


def test_empty_cells_do_drop_columns_in_the_fixtures():
    assert len(listed(EXPECTED["one_intercept"]["empty_cells_full"]["dropped"])) == 6


def test_a_column_that_is_a_sum_of_earlier_ones_is_not_independent():
    a, b = np.array([1.0, 0, 1, 0]), np.array([0, 1.0, 1, 0])
    assert independent_columns(np.column_stack([a, b, a + b, a - 2 * b, np.ones(4)])).tolist() == [
        True, True, False, False, True,
    ]  # fmt: skip


def test_without_factors_there_is_an_intercept_alone():
    design = make_design(pl.DataFrame({"": [""]}), [])
    assert (design.columns, design.matrix.tolist()) == (("(Intercept)",), [[1.0]])
