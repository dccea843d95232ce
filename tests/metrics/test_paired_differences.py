from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import ParameterError
from lib.metrics.multiplicity import adjust
from lib.metrics.paired_differences import paired_test, paired_tests_by

REFERENCE = Path(__file__).parents[1] / "reference"
R = json.loads((REFERENCE / "paired_differences_expected.json").read_text(encoding="utf-8"))
DIFFERENCES = pl.read_csv(REFERENCE / "paired_differences.csv")


def sample(name: str) -> pl.Series:
    return DIFFERENCES.filter(pl.col("sample") == name)["difference"]


@pytest.mark.parametrize("name", R["samples"])
def test_as_r(name: str) -> None:
    expected = R["samples"][name]
    found = paired_test(sample(name), confidence=0.9)
    for figure in ("n", "bias", "sd_difference", "low", "high", "dz"):
        assert getattr(found, figure) == pytest.approx(expected[figure], rel=1e-9), figure
    assert found.shapiro_w == pytest.approx(expected["shapiro_w"], rel=1e-9)
    assert found.shapiro_p == pytest.approx(expected["shapiro_p"], rel=1e-9)
    normal = expected["shapiro_p"] >= 0.05
    assert found.test == ("t" if normal else "Wilcoxon")
    assert found.statistic == pytest.approx(expected["t" if normal else "v"], rel=1e-9)
    assert found.p == pytest.approx(expected["t_p" if normal else "w_p"], rel=1e-9)
    by_ranks = paired_test(sample(name), confidence=0.9, alpha=1.1)
    assert by_ranks.statistic == pytest.approx(expected["v"], rel=1e-9)
    assert by_ranks.p == pytest.approx(expected["w_p"], rel=1e-9)
    plain = paired_test(sample(name), confidence=0.9, alpha=1.1, method="asymptotic", continuity=False)
    assert plain.p == pytest.approx(expected["plain_p"], rel=1e-9)
    by_t = paired_test(sample(name), confidence=0.9, alpha=0)
    assert (by_t.statistic, by_t.p) == pytest.approx((expected["t"], expected["t_p"]), rel=1e-9)


def test_corrections_as_r() -> None:
    found = [paired_test(sample(name), confidence=0.95).p for name in R["samples"]]
    assert found == pytest.approx(R["p"], rel=1e-9)
    assert adjust(found, "bonferroni") == pytest.approx(R["bonferroni"], rel=1e-9)
    assert adjust(found, "fdr_bh") == pytest.approx(R["fdr_bh"], rel=1e-9)


def test_missing_pairs_are_counted_and_what_is_undefined_is_none() -> None:
    found = paired_test(pl.Series([0.5, None, float("nan"), 1.0, 2.0]), confidence=0.95)
    assert (found.n, found.n_excluded) == (3, 2)
    one = paired_test(pl.Series([0.5]), confidence=0.95)
    assert (one.n, one.bias, one.low, one.test, one.dz) == (1, 0.5, None, None, None)
    none = paired_test(pl.Series([None, None], dtype=pl.Float64), confidence=0.95)
    assert (none.n, none.n_excluded, none.bias) == (0, 2, None)
    same = paired_test(pl.Series([1.0] * 8), confidence=0.95)
    assert (same.sd_difference, same.dz, same.shapiro_p, same.test) == (0, None, None, "Wilcoxon")
    zero = paired_test(pl.Series([0.0] * 8), confidence=0.95)
    assert (zero.test, zero.p, zero.rank_biserial) == (None, None, None)
    with pytest.raises(ParameterError, match="'normal'"):
        paired_test(pl.Series([1.0]), confidence=0.95, method="normal")  # type: ignore[arg-type]


def test_beyond_the_reach_of_shapiro_and_wilk_means_are_tested() -> None:
    many = pl.Series(np.random.default_rng(2).exponential(size=5001))
    found = paired_test(many, confidence=0.95)
    assert (found.test, found.shapiro_p) == ("t", None)


@given(st.lists(st.floats(-9, 9), min_size=3, max_size=60, unique=True))
def test_the_sign_of_the_differences_turns_the_effects_and_keeps_p(values: list[float]) -> None:
    found, turned = (paired_test(pl.Series(own), confidence=0.95) for own in (values, [-item for item in values]))
    if found.rank_biserial is not None and turned.rank_biserial is not None:
        assert turned.rank_biserial == pytest.approx(-found.rank_biserial)
        assert -1 <= found.rank_biserial <= 1
    assert turned.bias == pytest.approx(-(found.bias or 0), abs=1e-12)


def test_groups_are_tested_apart() -> None:
    frame = pl.DataFrame({"emotion": ["a"] * 60 + ["b"] * 80 + [None] * 2, "people_mean": [0.0] * 142}).with_columns(
        pl.Series("machine", [*sample("normal"), *sample("skewed"), 1, 2], dtype=pl.Float64)
    )
    found = paired_tests_by(frame, ["emotion"], confidence=0.95)
    assert found["emotion"].to_list() == ["a", "b"]
    assert found["p"].to_list() == pytest.approx([R["samples"]["normal"]["t_p"], R["samples"]["skewed"]["w_p"]])


@pytest.mark.slow
def test_the_interval_of_the_mean_covers() -> None:
    generator = np.random.default_rng(3)
    covered = 0
    for _ in range(1500):
        found = paired_test(pl.Series(generator.normal(0.4, 1.2, 30)), confidence=0.9)
        assert found.low is not None and found.high is not None
        covered += found.low <= 0.4 <= found.high
    assert 0.88 < covered / 1500 < 0.92
