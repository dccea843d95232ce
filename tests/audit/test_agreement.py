from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score

from lib.audit.agreement import f1_from_recall, kappa_from_accuracy, macro_f1_from_recalls, possible_kappa
from lib.audit.intervals import Interval, rounded

# Table S1 of supplement v10.8 and Table 1 of the changes from v5 to v6: accuracy, kappa, and whether kappa is possible.
PRINTED = [
    ("PosterV2", 0.899, 0.878, True), ("Gemini NoThink", 0.878, 0.853, True), ("MobileViT", 0.875, 0.848, False),
    ("Gemini", 0.874, 0.848, True), ("EfficientNet", 0.854, 0.823, False), ("Gemma3-27B", 0.831, 0.798, True),
    ("GPT-4o-mini", 0.807, 0.768, True), ("Qwen3-VL", 0.800, 0.761, True), ("BEiT", 0.766, 0.713, False),
    ("Gemma3-12B", 0.759, 0.711, True), ("EmoNet", 0.731, 0.665, False), ("Gemma3-4B", 0.724, 0.668, True),
    ("LLaMA", 0.613, 0.536, True),
    ("v6 Gemini", 0.881, 0.855, False), ("v6 GPT-4o-mini", 0.812, 0.766, False), ("v6 Qwen3-VL", 0.806, 0.764, False),
    ("v6 Gemma3-4B", 0.726, 0.646, False), ("v6 LLaMA", 0.613, 0.458, False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "accuracy", "kappa", "possible"), PRINTED)
def test_published_kappas(name, accuracy, kappa, possible):
    for n in (None, 1440):
        assert kappa_from_accuracy(rounded(accuracy, 3), rounded(kappa, 3), 6, n).consistent is possible


def test_the_sentence_has_the_arithmetic():
    said = kappa_from_accuracy(rounded(0.875, 3), rounded(0.848, 3), 6, 1440).arithmetic
    assert (
        "at most 1/6" in said and "0.85 to 0.8537" in said and "0.8475 to 0.8485" in said and "does not agree" in said
    )
    assert "No count out of 240" in kappa_from_accuracy(rounded(0.126, 3), rounded(0.5, 1), 6, 240).arithmetic


def test_both_ends_are_reached():
    """All wrong answers within the classes: (a - 1/k)/(1 - 1/k); all of them outside: a(1 - 1/k)/(1 - a/k)."""
    intended = [0, 0, 1, 1]
    assert possible_kappa(Interval(0.75, 0.75), 2).low == pytest.approx(cohen_kappa_score(intended, [0, 0, 1, 0]))
    assert possible_kappa(Interval(0.75, 0.75), 2).high == pytest.approx(cohen_kappa_score(intended, [0, 0, 1, 9]))


@settings(max_examples=1000)
@given(st.integers(0, 2**32 - 1), st.integers(2, 8), st.integers(1, 30), st.integers(1, 4), st.floats(0, 1))
def test_no_answers_in_a_balanced_design_are_accused(seed, classes, size, decimals, skill):
    draw = np.random.default_rng(seed)
    intended = np.repeat(np.arange(classes), size)
    answers = np.where(draw.random(intended.size) < skill, intended, draw.integers(-1, classes, intended.size))
    shares = np.bincount(answers + 1, minlength=classes + 1)[1:] / intended.size
    accuracy, chance = float((answers == intended).mean()), float(shares.sum() / classes)
    if chance == 1:
        return
    kappa = (accuracy - chance) / (1 - chance)
    found = [rounded(float(f"{value:.{decimals}f}"), decimals) for value in (accuracy, kappa)]
    assert kappa_from_accuracy(*found, classes, intended.size).consistent
    right = [Interval(*[float(((answers == one) & (intended == one)).sum())] * 2) for one in range(classes)]
    wrong = float((answers != intended).sum())
    f1 = f1_score(intended, answers, labels=list(range(classes)), average=None, zero_division=0.0)
    limits = [wrong - (size - one.low) for one in right]
    macro = rounded(float(f"{f1.mean():.{decimals}f}"), decimals)
    assert macro_f1_from_recalls(macro, right, size, limits, wrong).consistent
    one = rounded(float(f"{f1[0]:.{decimals}f}"), decimals)
    assert f1_from_recall(one, right[0], size, limits[0]).consistent


def test_f1_of_sad_and_macro_f1_of_llama():
    """Manuscript v5: 22 of 240 sad faces right, F1 .092, macro F1 .402; disgust is angry, sad is neutral."""
    sad = Interval(22, 22)
    assert f1_from_recall(rounded(0.092, 3), sad, 240, 339).consistent
    closed = f1_from_recall(rounded(0.092, 3), sad, 240, 104, named=398)
    assert not closed.consistent and "0.1202" in closed.arithmetic
    right = [Interval(float(count), float(count)) for count in (240, 240, 157, 2, 221, 22)]
    wrong = 1440.0 - 882
    limits = [wrong - (240 - one.low) for one in right]
    assert not macro_f1_from_recalls(rounded(0.402, 3), right, 240, limits, wrong).consistent


def test_the_lower_bound_of_macro_f1_is_reached_where_wrong_answers_can_lie_there():
    """Two classes of two: all right but one answer; macro F1 is .733 wherever it lies."""
    right = [Interval(2, 2), Interval(1, 1)]
    exact = (f1_score([0, 0, 1, 1], [0, 0, 1, 0], average="macro"),)
    assert macro_f1_from_recalls(rounded(exact[0], 3), right, 2, [1, 0], 1).consistent
    assert not macro_f1_from_recalls(rounded(exact[0] - 0.01, 3), right, 2, [1, 0], 1).consistent
