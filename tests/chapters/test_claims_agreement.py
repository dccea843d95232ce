from __future__ import annotations

import polars as pl
import pytest

from lib.chapters.claims_agreement import claim_alpha, claim_best, claim_pairs, claim_person
from lib.results import Results

NAMES = pl.DataFrame(
    {
        "condition": ["a", "b", "c", "human-null"],
        "short_name": ["A", "B", "C", "One person"],
        "type": ["VLM", "VLM", "FER", "Person"],
    }
)
PAIRS = pl.DataFrame(
    {
        "rater_a": ["a", "a", "b"],
        "rater_b": ["b", "c", "c"],
        "difference": [0.01, 0.2, 0.19],
        "p_adjusted": [0.6, 0.001, 0.002],
        "kappa": [0.9, 0.4, 0.6],
    }
)
BESIDE = pl.DataFrame(
    {"condition": ["a", "b", "c"], "difference": [0.02, 0.01, -0.1], "p_adjusted": [0.04, 0.3, 0.0001]}
)
KAPPAS = pl.DataFrame({"condition": ["a", "b", "c", "human-null"], "kappa": [0.7, 0.8, 0.3, 0.6]})


@pytest.fixture
def results() -> Results:
    return Results("test")


def _text(results: Results, key: str) -> str:
    return results.entries[f"claims.agreement.{key}"].text


def test_pairs_that_differ_are_counted_and_those_that_do_not_named(results: Results) -> None:
    claim_pairs(results, PAIRS, NAMES, 0.05)
    assert _text(results, "level") == ".05"
    assert _text(results, "pairs.machines.differ.share_start") == "Two of three"
    assert _text(results, "pairs.machines.alike.names") == "A and B"
    assert _text(results, "pairs.vlm.differ.share") == "not the one"
    assert "claims.agreement.pairs.fer.differ.count" not in results.entries
    assert (_text(results, "least_alike.machines.first"), _text(results, "least_alike.machines.second")) == ("A", "C")
    assert _text(results, "most_alike.machines.kappa") == ".900"


def test_the_best_two_are_compared_the_right_way_round(results: Results) -> None:
    claim_best(results, PAIRS, KAPPAS, NAMES, 0.05)
    assert (_text(results, "best_two.machines.first"), _text(results, "best_two.machines.second")) == ("B", "A")
    assert _text(results, "best_two.machines.difference_points") == "−1.0"
    assert _text(results, "best_two.machines.verb") == "do not differ"
    assert "claims.agreement.best_two.fer.verb" not in results.entries


def test_machines_are_sorted_by_the_test_beside_the_person(results: Results) -> None:
    claim_person(results, BESIDE, NAMES, 0.05)
    assert _text(results, "best_person.machines.names") == "A"
    assert _text(results, "best_person.machines.p_adjusted") == ".040"
    assert _text(results, "best_person.machines.difference_points") == "+2.0"
    assert _text(results, "above_person.machines.names") == "A"
    assert _text(results, "like_person.machines.names") == "B"
    assert _text(results, "below_person.machines.names") == "C"
    assert _text(results, "above_person.machines.share") == "one of three"
    assert _text(results, "below_person.vlm.share") == "neither of the two"
    assert _text(results, "best_person.fer.difference_points") == "−10.0"


def test_a_machine_without_a_test_cannot_be_told(results: Results) -> None:
    claim_person(results, BESIDE.with_columns(p_adjusted=pl.lit(None, pl.Float64)), NAMES, 0.05)
    assert _text(results, "like_person.machines.share") == "all three"


def test_without_a_person_or_a_second_machine_nothing_is_claimed(results: Results) -> None:
    claim_best(results, PAIRS.head(0), KAPPAS.head(1), NAMES, 0.05)
    claim_pairs(results, PAIRS.head(0), NAMES, 0.05)
    claim_person(results, BESIDE.head(0), NAMES, 0.05)
    assert list(results.entries) == ["claims.agreement.level"]


@pytest.mark.parametrize(("low", "apart"), [(0.4, "yes"), (0.15, "no")])
def test_alphas_are_apart_where_their_intervals_are(results: Results, low: float, apart: str) -> None:
    alphas = pl.DataFrame(
        {
            "dimension": ["emotion", "valence", "arousal"], "level": ["nominal", "ordinal", "ordinal"],
            "alpha": [0.9, 0.47, 0.13], "low": [0.8, low, 0.1], "high": [1.0, 0.5, 0.2],
        }
    )  # fmt: skip
    claim_alpha(results, alphas)
    assert _text(results, "alpha.highest.dimension") == "valence"
    assert _text(results, "alpha.lowest.alpha") == ".130"
    assert _text(results, "alpha.apart") == apart


def test_no_alpha_no_claim(results: Results) -> None:
    claim_alpha(
        results, pl.DataFrame(schema={"level": pl.String, "alpha": pl.Float64, "low": pl.Float64, "high": pl.Float64})
    )
    assert results.entries == {}
