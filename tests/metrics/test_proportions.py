from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from lib.errors import DataError
from lib.metrics.logistic import likelihood_ratio
from lib.metrics.proportions import compare_shares, fisher_exact, share_tests, wilson_intervals

REFERENCE = Path(__file__).parents[1] / "reference"
R = json.loads((REFERENCE / "proportions_expected.json").read_text(encoding="utf-8"))
LABELS = pl.read_csv(REFERENCE / "proportions_labels.csv")
RACE, GENDER, EMOTION = ("race",), ("gender",), ("emotion",)
MODELS: dict[str, Any] = {
    "race": ([], [RACE]),
    "race_emotion": ([EMOTION], [RACE, EMOTION]),
    "race_by_emotion": ([RACE, EMOTION], [RACE, EMOTION, ("race", "emotion")]),
    "race_by_gender": ([RACE, GENDER], [RACE, GENDER, ("race", "gender")]),
    "three": (
        [GENDER, EMOTION, RACE],
        [RACE, GENDER, EMOTION, ("race", "gender"), ("gender", "emotion")],
    ),
}


@pytest.mark.parametrize("name", R["shares"])
def test_shares_as_r(name: str) -> None:
    expected = R["shares"][name]
    found = vars(compare_shares(expected["x"], expected["n"]))
    for figure in ("chi2", "df", "p_chi2", "chi2_yates", "p_yates", "cramers_v", "smallest_expected", "p_fisher"):
        want = expected.get(figure)
        want = None if want in ([], {}) else want
        assert found[figure] == (None if want is None else pytest.approx(want, rel=1e-9)), figure
    ends = np.column_stack(wilson_intervals(np.array(expected["x"]), np.array(expected["n"]), 0.9))
    assert ends == pytest.approx(np.array(expected["wilson"]), rel=1e-9, abs=1e-12)


def test_the_method_fits_the_table() -> None:
    assert compare_shares([418, 431], [480, 480]).method == "chi-square"
    rare = compare_shares([0, 4, 1], [40, 40, 38])
    assert rare.method == "Fisher's exact" and rare.p == rare.p_fisher
    wide = compare_shares([1] * 9 + [3], [100] * 10)
    assert (wide.method, wide.p_fisher, wide.p) == ("chi-square, small expected counts", None, wide.p_chi2)


def test_shares_that_cannot_differ_are_undefined() -> None:
    for x, n in (([5, 5], [5, 5]), ([0, 0], [5, 5]), ([3], [5]), ([3, 0], [5, 0])):
        found = compare_shares(x, n)
        assert (found.chi2, found.p, found.method) == (None, None, None)
    with pytest.raises(DataError, match=r"got \[6\] of \[5\]"):
        compare_shares([6], [5])


def test_an_exact_p_of_equal_shares_is_one() -> None:
    assert fisher_exact(np.array([5, 5]), np.array([10, 10])) == pytest.approx(1)


def test_share_tests_keep_their_groups() -> None:
    counts = pl.DataFrame({"condition": ["a", "a", "b", "b"], "correct": [3, 9, 5, 5], "n": [12, 11, 10, 10]})
    found = share_tests(counts, ["condition"], "correct")
    assert found["condition"].to_list() == ["a", "b"]
    assert found["p_chi2"].to_list() == pytest.approx([R["shares"]["two_small"]["p_chi2"], 1.0])


@pytest.mark.parametrize("model", MODELS)
class TestLikelihoodRatio:
    def test_as_r_without_separation(self, model: str) -> None:
        expected = R["logistic"]["without_happy"][model]
        found = likelihood_ratio(LABELS.filter(pl.col("emotion") != "happy"), "correct", *MODELS[model])
        assert (found.df, found.df_nominal, found.n_separated) == (expected["df"], expected["df"], 0)
        assert found.chi2 == pytest.approx(expected["chi2"], rel=1e-9)
        assert found.p == pytest.approx(expected["p"], rel=1e-9)

    def test_an_emotion_that_is_always_right(self, model: str) -> None:
        whole = R["logistic"]["all"][model]
        found = likelihood_ratio(LABELS, "correct", *MODELS[model])
        assert found.chi2 == pytest.approx(whole["chi2"], rel=1e-9)
        assert found.df_nominal == whole["df"]
        if EMOTION in MODELS[model][0]:
            without = R["logistic"]["without_happy"][model]
            assert found.n_separated == LABELS.filter(pl.col("emotion") == "happy")["correct"].count()
            assert (found.df, found.p) == (without["df"], pytest.approx(without["p"], rel=1e-9))


def test_nothing_to_learn_is_undefined_and_mistakes_are_named() -> None:
    right = LABELS.with_columns(pl.lit(1).alias("correct"))
    found = likelihood_ratio(right, "correct", [], [RACE])
    assert (found.chi2, found.p, found.df, found.df_nominal, found.n_separated) == (None, None, 0, 2, right.height)
    with pytest.raises(DataError, match="must be 0 or 1"):
        likelihood_ratio(LABELS.with_columns(pl.int_range(pl.len()).alias("correct")), "correct", [], [RACE])
    with pytest.raises(DataError, match="nested"):
        likelihood_ratio(LABELS, "correct", [GENDER], [RACE])


@pytest.mark.slow
def test_the_likelihood_ratio_keeps_its_level_beside_a_separated_emotion() -> None:
    generator = np.random.default_rng(11)
    frame = LABELS.drop_nulls()
    chance = frame["emotion"].replace_strict({"angry": 0.5, "fear": 0.7, "happy": 1.0, "sad": 0.3}).to_numpy()
    small = 0
    for _ in range(1000):
        drawn = frame.with_columns(pl.Series("correct", (generator.random(frame.height) < chance).astype(int)))
        p = likelihood_ratio(drawn, "correct", [EMOTION], [RACE, EMOTION]).p
        small += p is not None and p < 0.05
    assert 0.033 < small / 1000 < 0.07


@pytest.mark.slow
@pytest.mark.parametrize(("share", "n"), [(0.05, 400), (0.3, 80), (0.85, 480)])
def test_wilson_intervals_cover(share: float, n: int) -> None:
    drawn = np.random.default_rng(5).binomial(n, share, 20_000)
    low, high = wilson_intervals(drawn, np.full(drawn.size, n), 0.9)
    assert ((low <= share) & (share <= high)).mean() == pytest.approx(0.9, abs=0.025)
