from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.audit.counts import grim, mean_of_parts, possible_counts, whole_number_sd, whole_total
from lib.audit.intervals import rounded

SEEDS = st.integers(0, 2**32 - 1)


def test_worked_example_of_brown_and_heathers():
    """Brown and Heathers (2017): with 28 people, a mean of 5.19 is impossible; 5.18 = 145/28 is possible."""
    assert not grim(rounded(5.19, 2), 28).consistent
    assert grim(rounded(5.18, 2), 28).consistent
    assert "145/28 = 5.1786" in grim(rounded(5.19, 2), 28).arithmetic


@pytest.mark.parametrize(("printed", "decimals", "possible"), [(0.126, 3, False), (0.125, 3, True), (0.121, 3, True)])
def test_accuracies_of_sad_faces(printed, decimals, possible):
    """Manuscript v5 prints .126 of 240; the answer `doubt` was left out, and 30 of 239 is .126."""
    assert grim(rounded(printed, decimals), 240).consistent is possible
    assert grim(rounded(0.126, 3), 239).consistent


def test_percentages_are_shown_as_such():
    said = grim(rounded(71.1, 1) * 0.01, 240, percent=True).arithmetic
    assert "170/240 = 70.8333%" in said and "171/240 = 71.25%" in said and "71.05 to 71.15%" in said


@settings(max_examples=2000)
@given(st.integers(1, 2000), st.floats(0, 1), st.integers(0, 5))
def test_no_count_is_accused(n, share, decimals):
    count = round(share * n)
    printed = rounded(float(f"{count / n:.{decimals}f}"), decimals)
    assert grim(printed, n).consistent
    counts = possible_counts(printed, n)
    assert counts is not None and counts[0] <= count <= counts[1]
    percent = rounded(float(f"{100 * count / n:.{decimals}f}"), decimals) * 0.01
    assert grim(percent, n, percent=True).consistent


def test_parts_must_add_up():
    """Table 2 of v6: Gemini's six accuracies are 1,268 of 1,440, which is .881 and not .874 as v10 prints."""
    gemini = [rounded(value, 3) for value in (1.0, 0.992, 0.971, 0.929, 0.808, 0.583)]
    assert whole_total(gemini, [240] * 6, rounded(0.881, 3)).consistent
    failed = whole_total(gemini, [240] * 6, rounded(0.874, 3))
    assert not failed.consistent and "1,268 of 1,440" in failed.arithmetic
    assert "No count gives" in whole_total([rounded(0.126, 3)], [240], rounded(0.126, 3)).arithmetic


def test_the_mean_of_the_biases():
    """Table 4 of v5: LLaMA's six valence biases average to -.857; Table 3's means 3.71 and 4.60 differ by -.89."""
    biases = [rounded(value, 2) for value in (-2.68, -2.25, -2.04, 1.58, -0.28, 0.53)]
    outcome = mean_of_parts(biases, rounded(3.71, 2) - rounded(4.60, 2), "the difference of the means")
    assert not outcome.consistent and "−0.8567" in outcome.arithmetic
    assert mean_of_parts(biases, rounded(-0.857, 3), "the bias").consistent


@settings(max_examples=2000)
@given(SEEDS, st.integers(2, 60), st.integers(1, 4), st.integers(0, 1), st.integers(1, 9))
def test_no_sd_of_whole_numbers_is_accused(seed, n, decimals, line, width):
    answers = np.random.default_rng(seed).integers(1, 1 + width, n, endpoint=True)
    sd = answers.std(ddof=line)
    printed = rounded(float(f"{sd:.{decimals}f}"), decimals)
    average = rounded(float(f"{answers.mean():.2f}"), 2)
    assert whole_number_sd(printed, n).consistent
    assert whole_number_sd(printed, n, average).consistent


TEN = [(10, 0.31, None, False), (10, 0.32, None, True), (10, 0.32, 1.1, True), (10, 0.32, 1.2, False)]


@pytest.mark.parametrize(("n", "sd", "average", "possible"), TEN)
def test_sds_of_ten_whole_numbers(n, sd, average, possible):
    """One of ten that differs by one gives an SD of .3162 and a mean one tenth from a whole number."""
    known = rounded(average, 2) if average is not None else None
    assert whole_number_sd(rounded(sd, 2), n, known).consistent is possible


def test_sums_and_means_are_those_of_the_answers():
    """25 answers from 1 to 9: sums of 86 and 87 give 3.44 and 3.48; in steps of .5 from -1, 10.5 and 11 of 4."""
    said = grim(rounded(3.456, 3), 25, low=1).arithmetic
    assert "25 answers can give are 86/25 = 3.44 and 87/25 = 3.48; the printed number stands for 3.4555 to" in said
    assert grim(rounded(3.44, 2), 25, low=1).arithmetic == "86 of 25 is rounded to the printed number."
    said = grim(rounded(2.7, 2), 4, step=0.5, low=-1).arithmetic
    assert "10.5/4 = 2.625 and 11/4 = 2.75" in said and "stands for 2.695 to 2.705" in said


def test_sds_and_means_are_shown_as_printed():
    outcome = whole_number_sd(rounded(0.155, 3), 10, rounded(1.5, 1), step=0.5, low=1)
    assert not outcome.consistent
    assert outcome.arithmetic.startswith(
        "No 10 answers in steps of 0.5 from 1 have an SD of 0.1545 to 0.1555 and a mean of 1.45 to 1.55: sum and sum "
        "of squares, counted in steps of 0.5 from 1, would"
    )
    assert (
        "whole numbers have a mean of 1.195 to 1.205"
        in whole_number_sd(rounded(0.3, 1), 3, rounded(1.2, 2), low=1).arithmetic
    )
