from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lib.audit.intervals import Interval, rounded
from lib.audit.significance import (
    eta_from_f,
    main_and_interaction,
    nested_df,
    p_from_statistic,
    p_of_statistic,
    partial_eta,
    same_rest,
    stars_from_p,
    t_from_estimate,
    unexplained_after_others,
)

BELOW_001 = Interval(0, 0.001)


def test_p_values_of_r():
    """R 4.2.2: pf(3, 2, 1432, lower = FALSE), pchisq(8.24, 2, lower = FALSE), 2 * pnorm(-1.96), 2 * pt(-2, 10)."""
    exact = {
        ("f", 3.0, (2, 1432)): 0.050100084, ("chi2", 8.24, (2,)): 0.016244514,
        ("z", 1.96, ()): 0.049995790, ("t", 2.0, (10,)): 0.073388035,
    }  # fmt: skip
    for (kind, value, df), p in exact.items():
        assert p_of_statistic(kind, Interval(value, value), df).low == pytest.approx(p, rel=1e-6)


def test_published_tests():
    """Tables S5.1 to S5.3 and section S5.5.1 of supplement v10.8."""
    assert p_from_statistic(rounded(0.050, 3), "f", rounded(3.00, 2), (2, 1432)).consistent
    assert p_from_statistic(rounded(0.016, 3), "chi2", rounded(8.24, 2), (2,)).consistent
    assert p_from_statistic(BELOW_001, "f", rounded(174.62, 2), (1, 1433)).consistent
    assert not p_from_statistic(rounded(0.061, 3), "f", rounded(3.00, 2), (2, 1432)).consistent


def test_a_t_without_df_may_have_any():
    """2 * pt(-4, 1) is .156 in R and 2 * pnorm(-4) is .00006: nothing from one to the other is accused."""
    assert p_from_statistic(rounded(0.15, 2), "t", rounded(-4.0, 1)).consistent
    assert p_from_statistic(BELOW_001, "t", rounded(-42.73, 2)).consistent
    assert not p_from_statistic(rounded(0.20, 2), "t", rounded(-4.0, 1)).consistent
    assert not p_from_statistic(BELOW_001, "t", rounded(0.5, 1)).consistent


@settings(max_examples=1000)
@given(st.floats(0.001, 300), st.integers(1, 20), st.integers(1, 3000), st.integers(0, 3), st.integers(1, 4))
def test_no_computed_p_is_accused(value, df1, df2, decimals, p_decimals):
    found = rounded(float(f"{value:.{decimals}f}"), decimals)
    for kind, df, p in (
        ("f", (df1, df2), stats.f.sf(value, df1, df2)), ("chi2", (df1,), stats.chi2.sf(value, df1)),
        ("t", (df2,), 2 * stats.t.sf(value, df2)), ("t", (), 2 * stats.t.sf(value, df2)),
        ("z", (), 2 * stats.norm.sf(value)),
    ):  # fmt: skip
        assert p_from_statistic(rounded(float(f"{p:.{p_decimals}f}"), p_decimals), kind, found, df).consistent
    f = np.array(value)
    partial = float(f * df1 / (f * df1 + df2))
    assert eta_from_f(rounded(float(f"{partial:.3f}"), 3), found, (df1, df2), partial=True).consistent


def test_stars():
    assert stars_from_p(BELOW_001, 3).consistent and not stars_from_p(BELOW_001, 1).consistent
    assert stars_from_p(rounded(0.050, 3), 0).consistent and stars_from_p(rounded(0.050, 3), 1).consistent
    assert not stars_from_p(rounded(0.041, 3), 0).consistent and not stars_from_p(rounded(0.061, 3), 1).consistent


def test_eta_of_the_total_is_at_most_the_partial_one():
    f, df = rounded(48.20, 2), (2.0, 1432.0)
    assert partial_eta(f, df).low == pytest.approx(0.0630, abs=5e-4)
    assert eta_from_f(rounded(0.016, 3), f, df, partial=False).consistent
    assert not eta_from_f(rounded(0.064, 3), f, df, partial=False).consistent
    assert not eta_from_f(rounded(0.016, 3), f, df, partial=True).consistent


def test_nested_models_of_table_s5_1():
    """Gemma3-27B's valence: race F(2,1432) 48.20, eta squared .016; race x emotion F(10,1422) 11.16, .017."""
    main = (rounded(0.016, 3), rounded(48.20, 2), (2.0, 1432.0))
    interaction = (rounded(0.017, 3), rounded(11.16, 2), (10.0, 1422.0))
    assert main_and_interaction(main, interaction).consistent
    wrong = (rounded(0.027, 3), rounded(11.16, 2), (10.0, 1422.0))
    assert not main_and_interaction(main, wrong).consistent
    assert nested_df((2.0, 1432.0), (10.0, 1422.0)).consistent
    assert not nested_df((2.0, 1432.0), (10.0, 1420.0)).consistent


def test_race_and_gender_leave_what_emotion_leaves():
    """Gemma3-27B's valence in Tables S5.1 and S5.3."""
    race = unexplained_after_others(
        (rounded(0.016, 3), rounded(48.20, 2), (2.0, 1432.0)), (rounded(0.017, 3), rounded(11.16, 2), (10.0, 1422.0))
    )
    gender = unexplained_after_others(
        (rounded(0.004, 3), rounded(23.64, 2), (1.0, 1433.0)), (rounded(0.031, 3), rounded(41.21, 2), (5.0, 1428.0))
    )
    assert same_rest(("race", race), ("gender", gender)).consistent
    assert not same_rest(("race", race), ("gender", gender + 0.1)).consistent


def test_t_is_the_coefficient_by_its_standard_error():
    assert t_from_estimate(rounded(-2.05, 2), rounded(-0.41, 2), rounded(0.20, 2)).consistent
    assert not t_from_estimate(rounded(-2.5, 1), rounded(-0.41, 2), rounded(0.20, 2)).consistent
