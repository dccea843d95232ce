"""Dimensions and substitutability of a small study in memory: keys, frames, and what a study may lack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from tests_support import CONDITION, SMALL_STUDY, small_images, small_predictions, small_ratings

from lib.chapters.claims_substitutability import claim_limits
from lib.contracts.condition import Condition
from lib.contracts.predictions import HUMAN_NULL
from lib.contracts.study import Study
from lib.metrics.human_null import hold_out
from lib.metrics.substitutability import VERDICTS
from lib.results import Results, nest
from lib.sections.dimensions import dimensions_section
from lib.sections.substitutability import substitutability_section
from lib.study_data import IMAGES, RATINGS, REMAINING_RATINGS, CheckedStudy, StudyData, predictions_name

Section = Callable[[StudyData, Results], dict[str, pl.DataFrame]]
SECTIONS: list[Section] = [dimensions_section, substitutability_section]


def study_in_memory(machines: int = 2, **analysis: object) -> StudyData:
    """The small study: two scales, three emotions, cells and answers missing."""
    study = Study.model_validate(SMALL_STUDY | {"analysis": {"bootstrap_draws": 200} | analysis})
    held = hold_out(small_ratings(), study.emotion.people_categories, study.analysis.seed, study.machine_dimensions)
    images = small_images().rename({"emotion": "intended_emotion"}).with_columns(pl.lit(None, pl.String).alias("file"))
    frames = {IMAGES: images, RATINGS: small_ratings(), REMAINING_RATINGS: held.remaining_ratings}
    frames[predictions_name(HUMAN_NULL)] = held.predictions
    conditions = {}
    for number in range(machines):
        name = f"machine-{number}"
        kind = {"kind": "fer", "strategy": "classifier", "prompts": None} if number else {}
        conditions[name] = Condition.model_validate({**CONDITION, "id": name, "short_name": name} | kind)
        answers = small_predictions(number + 1).with_columns(
            pl.lit(name).alias("condition"),
            pl.lit(0, pl.Int64).alias("repeat"),
            pl.col("emotion").is_not_null().alias("valid"),
            pl.lit(None, pl.Int64).alias("thinking_tokens"),
        )
        frames[predictions_name(name)] = answers
    return StudyData(CheckedStudy(study, conditions, frames))


def computed(section: Section, data: StudyData) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    """The section's frames and its numbers as they stand in results.json."""
    results = Results("test")
    frames = section(data, results)
    return frames, nest(results.entries.values())


@pytest.fixture(scope="module")
def data() -> StudyData:
    return study_in_memory()


@pytest.fixture(scope="module")
def dimensions(data: StudyData) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    return computed(dimensions_section, data)


@pytest.fixture(scope="module")
def substitutability(data: StudyData) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    return computed(substitutability_section, data)


def row_of(frame: pl.DataFrame, condition: str, dimension: str) -> dict[str, Any]:
    kept = frame.filter(
        (pl.col("condition").cast(pl.String) == condition) & (pl.col("dimension").cast(pl.String) == dimension)
    )
    return kept.row(0, named=True)


def test_recorded_figures_are_those_of_the_frames(dimensions: Any) -> None:
    frames, tree = dimensions
    own = tree["conditions"]["machine-0"]["valence"]
    scores = row_of(frames["dimension_scores"], "machine-0", "valence")
    limits = row_of(frames["limits_of_agreement"], "machine-0", "valence")
    for name in ("r", "r_low", "rho", "ccc", "ccc_high", "mae", "bias"):
        assert own[name] == scores[name], name
    for name in ("loa_lower", "loa_upper_pair_high", "proportional_slope", "proportional_p", "bias_low"):
        assert own[name] == limits[name], name
    assert own["bias"] == pytest.approx(limits["bias"]) and own["n"] == limits["n"] == 22
    assert own["loa_lower"] < own["bias"] < own["loa_upper"]
    assert own["loa_inside_percent"] == pytest.approx(100 * limits["inside"])


def test_the_persons_figures_are_means_over_draws_without_p(dimensions: Any) -> None:
    frames, tree = dimensions
    person = row_of(frames["limits_of_agreement"], HUMAN_NULL, "valence")
    scores = row_of(frames["dimension_scores"], HUMAN_NULL, "valence")
    assert person["bias"] == pytest.approx(scores["bias"]) and person["proportional_p"] is None
    assert set(tree["conditions"][HUMAN_NULL]["valence"]) >= {"rho", "ccc_low", "loa_upper"}
    assert "mae" not in tree["conditions"][HUMAN_NULL]["valence"]  # recorded by the human section


@pytest.mark.parametrize("unit", ["image", "participant"])
def test_peoples_errors_have_intervals_for_both_units(unit: str) -> None:
    frames, tree = computed(dimensions_section, study_in_memory(resample=unit))
    assert frames["human_errors"]["dimension"].to_list() == ["valence", "arousal"]
    own = tree["human"]["valence"]
    assert own["loo_mae_low"] < own["loo_mae_high"] < own["pairwise_mae_high"]


def test_statements_about_limits_follow_the_frames(dimensions: Any) -> None:
    frames, tree = dimensions
    limits, claims = frames["limits_of_agreement"], tree["claims"]["limits"]["machines"]["valence"]
    rows = [row_of(limits, f"machine-{number}", "valence") for number in (0, 1)]
    widths = [row["loa_upper"] - row["loa_lower"] for row in rows]
    assert claims["loa_width"] == {"low": min(widths), "high": max(widths)}
    assert claims["widest"]["short_name"] == f"machine-{widths.index(max(widths))}"
    person = row_of(limits, HUMAN_NULL, "valence")
    assert person["proportional_slope"] > 0  # by noise alone, hence no machine is compared with 0
    steeper = [row for row in rows if row["proportional_low"] > person["proportional_high"]]
    assert (claims["steeper"]["count"], claims["steeper"]["total"]) == (len(steeper), 2)
    flatter = [row for row in rows if row["proportional_high"] < person["proportional_low"]]
    assert claims["flatter"]["count"] == len(flatter)


@pytest.mark.parametrize(("slope", "word"), [(0.1, "steeper"), (0.25, "neither"), (0.5, "neither"), (1.2, "flatter")])
def test_slopes_are_compared_with_the_persons(slope: float, word: str) -> None:
    limits = pl.DataFrame(
        {
            "condition": ["a", "person"], "dimension": ["valence"] * 2, "loa_lower": [-1.0] * 2, "loa_upper": [1.0] * 2,
            "bias_low": [-0.1] * 2, "bias_high": [0.1] * 2, "proportional_slope": [0.6, slope],
            "proportional_low": [0.3, slope - 0.1], "proportional_high": [0.9, slope + 0.1],
        }
    )  # fmt: skip
    names = pl.DataFrame({"condition": ["a", "person"], "short_name": ["A", "P"], "type": ["VLM", "Person"]})
    scores = pl.DataFrame({"condition": ["a"], "dimension": ["valence"], "rho": [0.5], "ccc": [0.5]})
    results, alone = Results("test"), Results("test")
    claim_limits(results, scores, limits, names)
    told = nest(results.entries.values())["claims"]["limits"]["vlm"]["valence"]
    assert {name: told[name]["count"] for name in ("steeper", "flatter")} == {
        name: int(name == word) for name in ("steeper", "flatter")
    }
    claim_limits(alone, scores, limits.head(1), names)
    assert "claims.limits.vlm.valence.steeper.count" not in alone.entries


def test_z_scores_are_recorded_overall_and_by_emotion(substitutability: Any) -> None:
    frames, tree = substitutability
    own, row = tree["conditions"]["machine-1"]["valence"]["z"], row_of(frames["z_scores"], "machine-1", "valence")
    for name in ("machine", "people", "difference", "ratio_high", "p_adjusted", "verdict", "n", "n_panels"):
        assert own[name] == row[name], name
    assert own["n"] == sum(own[emotion]["n"] for emotion in ("joy", "anger", "calm")) == 22
    assert own["n_panels"] == sum(own[emotion]["n_panels"] for emotion in ("joy", "anger", "calm"))
    assert own["verdict"] == VERDICTS[0]  # it answers at random
    assert own["machine"] == pytest.approx(
        sum(own[emotion]["machine"] * own[emotion]["n"] for emotion in ("joy", "anger", "calm")) / own["n"]
    )


def test_the_person_is_no_test_of_a_machine(substitutability: Any) -> None:
    frames, _ = substitutability
    person = row_of(frames["z_scores"], HUMAN_NULL, "valence")
    assert person["p_adjusted"] == person["p"] and person["difference_low"] < 0.2 and person["difference_high"] > -0.2
    by_emotion = frames["z_scores_by_emotion"].filter(pl.col("condition").cast(pl.String) != HUMAN_NULL)
    assert (by_emotion["p_adjusted"] >= by_emotion["p"]).all()


def test_ceilings_set_each_machine_against_a_person(substitutability: Any, dimensions: Any) -> None:
    frames, tree = substitutability
    ratios = frames["ceilings"]
    assert ratios.height == 2 * 5 and HUMAN_NULL not in ratios["condition"].cast(pl.String)
    own = tree["conditions"]["machine-0"]
    mae = ratios.filter(pl.col("measure") == "mae")
    scores = row_of(dimensions[0]["dimension_scores"], "machine-0", "valence")
    assert row_of(mae, "machine-0", "valence")["ratio"] == pytest.approx(scores["mae_ratio"])
    assert own["valence"]["mae_ratio_low"] < scores["mae_ratio"] < own["valence"]["mae_ratio_high"]
    person = row_of(dimensions[0]["dimension_scores"], HUMAN_NULL, "valence")
    assert row_of(ratios.filter(pl.col("measure") == "r"), "machine-0", "valence")["person"] == pytest.approx(
        person["r"]
    )
    assert own["accuracy_ratio_low"] < own["accuracy_ratio"] < own["accuracy_ratio_high"]
    assert own["valence"]["r_ratio"] == pytest.approx(scores["r"] / person["r"])


def test_statements_about_z_scores_follow_the_verdicts(substitutability: Any) -> None:
    frames, tree = substitutability
    claims = tree["claims"]["z"]["machines"]["valence"]
    machines = [row_of(frames["z_scores"], f"machine-{number}", "valence") for number in (0, 1)]
    for verdict, word in zip(VERDICTS, ("farther", "closer", "not_distinguishable"), strict=True):
        assert claims[word]["count"] == sum(row["verdict"] == verdict for row in machines)
    assert claims["range"]["high"] == claims["farthest"]["machine"] == max(row["machine"] for row in machines)
    cells = frames["z_scores_by_emotion"].filter(
        (pl.col("dimension").cast(pl.String) == "valence") & (pl.col("condition").cast(pl.String) != HUMAN_NULL)
    )
    assert claims["cells"] == {"farther": (cells["verdict"] == VERDICTS[0]).sum(), "total": 6}
    means = cells.group_by("emotion").agg(pl.col("difference").mean()).sort("difference")
    assert claims["hardest_emotion"]["emotion"] == means["emotion"][-1]
    assert tree["claims"]["ceiling"]["fer"]["accuracy"]["lowest"]["short_name"] == "machine-1"


def test_resampling_participants_leaves_estimates_without_intervals() -> None:
    frames, tree = computed(substitutability_section, study_in_memory(resample="participant"))
    own = tree["conditions"]["machine-0"]["valence"]
    assert own["z"]["difference"] is not None and own["r_ratio"] is not None
    assert (own["z"]["difference_low"], own["z"]["p"], own["z"]["verdict"], own["r_ratio_low"]) == (None,) * 4
    assert "farther" not in tree["claims"]["z"]["vlm"]["valence"]
    assert frames["z_scores"]["p_adjusted"].null_count() == frames["z_scores"].height


def test_without_a_held_out_person_only_errors_have_a_ceiling() -> None:
    frames, tree = computed(substitutability_section, study_in_memory(human_null=False))
    assert set(frames["ceilings"]["measure"].cast(pl.String)) == {"mae"}
    assert HUMAN_NULL not in tree["conditions"] and "accuracy_ratio" not in tree["conditions"]["machine-0"]


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("person", [True, False])
def test_without_machines_frames_keep_their_columns(
    section: Section, person: bool, dimensions: Any, substitutability: Any
) -> None:
    full = (dimensions if section is dimensions_section else substitutability)[0]
    bare, tree = computed(section, study_in_memory(machines=0, human_null=person))
    for name, frame in full.items():
        assert bare[name].columns == frame.columns, name
        if name != "human_errors" and not person:
            assert bare[name].is_empty(), name
    assert set(tree.get("conditions", {})) == ({HUMAN_NULL} if person else set())


@pytest.mark.parametrize("section", SECTIONS)
def test_twice_the_same(section: Section, dimensions: Any, substitutability: Any) -> None:
    frames, tree = dimensions if section is dimensions_section else substitutability
    again, numbers = computed(section, study_in_memory())
    assert numbers == tree
    assert all(again[name].equals(frames[name]) for name in frames)
