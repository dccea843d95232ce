from __future__ import annotations

from typing import Any

import pytest

from lib.chapters.result_expressions import MissingResultError, evaluate, find_values
from lib.errors import DataError

TREE: dict[str, Any] = {
    "conditions": {
        "gemini-2.5-flash": {"type": "VLM", "kappa": 0.8, "valence": {"mae": 2.0, "bias": -1.5}},
        "gemma3-4b": {
            "type": "VLM",
            "kappa": 0.6,
            "valence": {
                "mae": 1.0,
                "bias": None,
                "anova": [
                    {"factor": "race", "term": "race", "df": 2, "f": 3.5},
                    {"factor": "race", "term": "race:emotion", "df": 10, "f": 1.5},
                ],
                "mixed": [
                    {"model": "emotion", "term": "rater_type[machine]", "p": 0.5},
                    {"model": "emotion", "term": "rater_type[machine]:emotion[happy]", "p": 0.04},
                ],
            },
        },
        "emonet": {"type": "FER", "kappa": 0.7, "valence": {"mae": 0.5}},
    },
    "human": {"valence": {"loo_mae": 1.25, "label": "pleasant"}},
    "zero": 0,
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("conditions.gemini-2.5-flash.kappa", 0.8),
        ("human.valence.loo_mae", 1.25),
        ("zero", 0.0),
        ("abs(conditions.gemini-2.5-flash.valence.bias)", 1.5),
        ("conditions.gemini-2.5-flash.valence.mae / human.valence.loo_mae", 1.6),
        ("conditions.gemini-2.5-flash.kappa - conditions.gemma3-4b.kappa", 0.2),
        ("1 - 0.25 - .5", 0.25),
        ("2 * 3 + 4", 10.0),
        ("2 * (3 + 4)", 14.0),
        ("100 * conditions.gemma3-4b.kappa - 50", 10.0),
        ("min(conditions.{vlm}.kappa)", 0.6),
        ("max(conditions.{*}.valence.mae)", 2.0),
        ("max(conditions.{fer}.kappa)", 0.7),
        ("min(conditions.{gemini-2.5-flash,emonet}.kappa)", 0.7),
        ("min(conditions.{vlm}.kappa, .1)", 0.1),
        ("below(.75, conditions.{*}.kappa)", 2.0),
        ("max(abs(conditions.{vlm}.kappa - conditions.{vlm}.valence.mae))", 1.2),
        ("max(conditions.{vlm}.kappa - .5)", 0.3),
        ("conditions.gemma3-4b.valence.anova[factor=race,term=race].f", 3.5),
        ("conditions.gemma3-4b.valence.anova[factor=race,term=race:emotion].df", 10.0),
        ("conditions.gemma3-4b.valence.mixed[model=emotion,term=rater_type[machine]].p", 0.5),
        ("conditions.gemma3-4b.valence.mixed[model=emotion,term=rater_type[machine]:emotion[happy]].p", 0.04),
    ],
)
def test_values_by_hand(expression: str, value: float) -> None:
    assert evaluate(expression, TREE) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    "expression",
    ["conditions.gemma3-4b.valence.bias", "abs(conditions.gemma3-4b.valence.bias)",
     "max(conditions.{vlm}.valence.bias)",
     "1 / zero", "below(1, conditions.{vlm}.valence.bias)", "conditions.gemma3-4b.valence.bias + 1"],
)  # fmt: skip
def test_what_is_null_stays_null(expression: str) -> None:
    assert evaluate(expression, TREE) is None


@pytest.mark.parametrize(
    "expression",
    ["conditions.gemma3-4b.kapa", "conditions.nobody.kappa", "conditions.{nobody,emonet}.kappa", "zero.{*}.kappa",
     "conditions.gemma3-4b.valence.anova[term=gender].f", "conditions.gemma3-4b.valence.anova[factor=race].f",
     "conditions.emonet.valence.anova[term=race].f", "min(conditions.{machine}.kappa)"],
)  # fmt: skip
def test_a_key_that_is_not_there_is_told_apart_from_null(expression: str) -> None:
    with pytest.raises(MissingResultError, match="result '"):
        evaluate(expression, TREE)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("human.valence.label", "got 'pleasant', which is no number"),
        ("human.valence", "which is no number"),
        ("conditions.{vlm}.kappa", "got 2 numbers"),
        ("median(conditions.{vlm}.kappa)", "got 'median', expected a key. Functions: abs, min, max, below"),
        ("min(conditions.{vlm}.kappa", r"a '\)' is missing"),
        ("conditions.{vlm}.kappa + conditions.{gemini-2.5-flash,gemma3-4b,emonet}.kappa", "got 2 and 3 numbers"),
        ("zero zero", "'zero' too much"),
        ("zero & zero", "got ' & zero', which cannot be read"),
        ("", "got 'nothing', expected a key"),
    ],
)
def test_a_bad_expression_says_what_is_wrong(expression: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        evaluate(expression, TREE)


def test_an_id_with_dots_is_found_whatever_stands_beside_it() -> None:
    tree = {"a": {"b": {"x": 1}, "b.c": {"x": 2}}}
    assert find_values("a.b.x", tree) == [1.0]
    assert find_values("a.b.c.x", tree) == [2.0]
