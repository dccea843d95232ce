from __future__ import annotations

import polars as pl
import pytest

from lib.chapters.claims import listed, put_count, put_extremes, put_range, share_in_words
from lib.chapters.claims_categories import claim_confusions, claim_overall, claim_pairs
from lib.chapters.claims_demographics import claim_false_positives
from lib.chapters.claims_dimensions import claim_inversion, claim_values
from lib.chapters.claims_groups import claim_cells, claim_groups
from lib.chapters.claims_omnibus import claim_omnibus
from lib.chapters.claims_stereotypes import claim_variation
from lib.chapters.claims_substitutability import Z_ROW, claim_z_scores
from lib.chapters.scores import LabelScores
from lib.metrics.counts import count_ratings
from lib.metrics.human import describe_people
from lib.metrics.substitutability import VERDICTS
from lib.results import Results

NAMES = pl.DataFrame(
    {
        "condition": ["a", "b", "c", "p"],
        "short_name": ["A", "B", "C", "One person"],
        "name": ["A", "B", "C", "One person"],
        "type": ["VLM", "VLM", "FER", "Person"],
        "thinking": ["yes", "no", "–", "–"],
    }
)


@pytest.fixture
def results() -> Results:
    return Results("test")


def _text(results: Results, key: str) -> str:
    return results.entries[key].text


@pytest.mark.parametrize(
    ("names", "text"), [([], "none"), (["A"], "A"), (["A", "B"], "A and B"), (["A", "B", "C"], "A, B and C")]
)
def test_names_as_running_text(names: list[str], text: str) -> None:
    assert listed(names) == text


def test_counts_are_words_and_can_begin_a_sentence(results: Results) -> None:
    put_count(results, ["x"], ["A", "B"], 8)
    assert [_text(results, f"x.{name}") for name in ("count", "total", "share", "share_start", "names")] == [
        "two", "eight", "two of eight", "Two of eight", "A and B",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("count", "total", "text"),
    [
        (2, 8, "two of eight"),
        (8, 8, "all eight"),
        (0, 8, "none of the eight"),
        (6, 13, "6 of 13"),
        (13, 13, "all 13"),
        (2, 2, "both"),
        (1, 2, "one of two"),
        (0, 2, "neither of the two"),
        (1, 1, "the one"),
        (0, 1, "not the one"),
    ],
)
def test_shares_in_words(count: int, total: int, text: str) -> None:
    assert share_in_words(count, total) == text


def test_ranges_and_extremes_of_nothing_are_nothing(results: Results) -> None:
    put_range(results, ["x", "r"], pl.Series([], dtype=pl.Float64))
    put_extremes(
        results, ["x"], pl.DataFrame({"v": []}, schema={"v": pl.Float64}), "v", columns=["v"], words=("low", "high")
    )
    assert results.entries == {}


def test_ties_are_all_named(results: Results) -> None:
    frame = pl.DataFrame({"name": ["A", "B", "C"], "v": [1.0, 1.0, 1.0]})
    put_extremes(results, ["x"], frame, "v", columns=["name"], words=("low", "high"))
    assert _text(results, "x.low.name") == _text(results, "x.high.name") == "A, B and C"


def test_the_best_of_several_equals_are_joined(results: Results) -> None:
    overall = _overall().with_columns(pl.Series("accuracy", [0.9, 0.9, 0.8, 0.7]))
    claim_overall(results, overall, NAMES)
    assert _text(results, "claims.best.machines.short_name") == "A and B"
    assert _text(results, "claims.worst.machines.short_name") == "C"


def _overall() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "condition": ["a", "b", "c", "p"],
            "accuracy": [0.9, 0.5, 0.8, 0.7],
            "kappa": [0.88, 0.4, 0.76, 0.64],
            "macro_f1": [0.9, 0.45, 0.8, 0.7],
        }
    )


def test_best_worst_and_those_above_the_person(results: Results) -> None:
    claim_overall(results, _overall(), NAMES)
    assert _text(results, "claims.best.machines.short_name") == "A"
    assert _text(results, "claims.worst.vlm.short_name") == "B"
    assert _text(results, "claims.range.vlm.kappa.low") == ".400"
    assert _text(results, "claims.above_person.machines.share") == "two of three"
    assert _text(results, "claims.above_person.vlm.names") == "A"


def test_pairs_give_the_gain_and_its_direction_and_pass_over_absent_conditions(results: Results) -> None:
    per_emotion = pl.DataFrame(
        {
            "condition": ["a", "a", "b", "b"],
            "emotion": ["sad", "joy", "sad", "joy"],
            "accuracy": [0.8, 1.0, 0.1, 0.9],
        }
    )
    scores = LabelScores(_overall(), per_emotion, pl.DataFrame())
    claim_pairs(results, scores, NAMES, {"ab": ("a", "b"), "ba": ("b", "a"), "none": ("a", "z")})
    assert _text(results, "claims.pair.ab.gain_points") == "+40.0"
    assert _text(results, "claims.pair.ba.gain_points") == "−40.0"
    assert _text(results, "claims.pair.ba.direction") == "lower"
    assert _text(results, "claims.pair.ab.largest_gain.emotion") == "sad"
    assert not any(key.startswith("claims.pair.none") for key in results.entries)


def test_the_commonest_confusion_leaves_out_hits_and_missing_answers(results: Results) -> None:
    confusion = pl.DataFrame(
        [
            ("a", "sad", "neutral", 7, 0.7), ("a", "sad", "sad", 3, 0.3), ("a", "joy", "unanswered", 9, 0.9),
            ("b", "sad", "neutral", 2, 0.2), ("b", "joy", "sad", 1, 0.1), ("c", "joy", "sad", 4, 0.4),
        ],
        schema=["condition", "intended", "predicted", "count", "proportion"], orient="row",
    )  # fmt: skip
    claim_confusions(results, confusion, NAMES)
    assert _text(results, "claims.most_confused.a.intended") == "sad"
    assert _text(results, "claims.most_confused.a.percent") == "70.0%"
    assert _text(results, "claims.commonest_confusion.machines.share") == "two of three"
    assert _text(results, "claims.commonest_confusion.fer.intended") == "joy"


def _values() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "condition": ["a", "b", "c"],
            "dimension": ["valence"] * 3,
            "r": [0.9, 0.6, 0.7],
            "mae": [0.2, 5.0, 1.0],
            "rmse": [0.3, 5.1, 1.2],
            "bias": [-0.1, 4.0, 0.5],
            "mae_ratio": [0.2, 5.0, 1.0],
            "machine_sd": [1.0, 2.0, 1.0],
            "people_sd": [1.5, 1.5, 1.5],
        }
    )


def test_closer_than_people_are_and_wider_than_people(results: Results) -> None:
    ratings = pl.DataFrame({"image_id": ["x", "x", "y", "y"], "valence": [1.0, 3.0, 5.0, 7.0]})
    baseline = describe_people(count_ratings(ratings, "valence", pl.Series(range(1, 10), dtype=pl.Float64).to_numpy()))
    assert baseline.loo_mae == 2.0
    claim_values(results, _values(), NAMES, {"valence": baseline})
    assert _text(results, "claims.below_loo.vlm.valence.share") == "one of two"
    assert _text(results, "claims.below_loo.fer.valence.names") == "C"
    assert _text(results, "claims.negative_bias.machines.valence.names") == "A"
    assert _text(results, "claims.wider_than_people.vlm.valence.names") == "B"
    assert _text(results, "claims.farthest.machines.valence.short_name") == "B"


def test_inversion_counts_those_above_every_rival(results: Results) -> None:
    claim_inversion(results, _values(), NAMES)
    assert _text(results, "claims.above_all.vlm.valence.names") == "A"
    assert _text(results, "claims.above_all.fer.valence.share") == "not the one"


def test_gaps_name_the_levels_and_how_far_they_are_apart(results: Results) -> None:
    groups = pl.DataFrame(
        {
            "condition": ["a", "a", "b", "b"],
            "race": ["X", "Y", "X", "Y"],
            "accuracy": [0.9, 0.4, 0.5, 0.6],
        }
    )
    claim_groups(results, groups, NAMES, "race")
    assert _text(results, "claims.gap.race.vlm.largest.short_name") == "A"
    assert _text(results, "claims.gap.race.vlm.largest.points") == "50.0"
    assert _text(results, "claims.gap.race.vlm.largest.worst_level") == "Y"
    assert _text(results, "claims.gap.race.vlm.range.low") == "10.0"
    assert _text(results, "claims.best_level.race.machines.X.share") == "one of two"


def test_a_tie_is_no_levels_win(results: Results) -> None:
    groups = pl.DataFrame(
        {
            "condition": ["a"] * 3 + ["b"] * 3,
            "race": ["X", "Y", "Z"] * 2,
            "accuracy": [0.9, 0.9, 0.4, 0.5, 0.6, 0.6 - 1e-3],
        }
    )
    claim_groups(results, groups, NAMES, "race")
    shares = {level: _text(results, f"claims.best_level.race.vlm.{level}.names") for level in ("X", "Y", "Z", "tied")}
    assert shares == {"X": "none", "Y": "B", "Z": "none", "tied": "A"}
    assert _text(results, "claims.gap.race.vlm.largest.best_level") == "X and Y"


def test_a_level_that_ties_for_the_best_is_not_another_direction(results: Results) -> None:
    cells = pl.DataFrame(
        {
            "condition": ["a"] * 6,
            "race": ["X", "Y", "Z"] * 2,
            "intended": ["sad"] * 3 + ["joy"] * 3,
            "accuracy": [0.9, 0.9, 0.1, 0.2, 0.3, 0.2],
        }
    )
    claim_cells(results, cells, NAMES, "race")
    assert _text(results, "claims.cell_gap.race.vlm.direction_differs.names") == "none"


def test_cells_say_whether_one_level_is_best_throughout(results: Results) -> None:
    cells = pl.DataFrame(
        {
            "condition": ["a"] * 4 + ["b"] * 4,
            "race": ["X", "Y"] * 4,
            "intended": ["sad", "sad", "joy", "joy"] * 2,
            "accuracy": [0.9, 0.1, 0.2, 0.3, 0.9, 0.8, 0.9, 0.8],
        }
    )
    claim_cells(results, cells, NAMES, "race")
    assert _text(results, "claims.cell_gap.race.vlm.largest.emotion") == "sad"
    assert _text(results, "claims.cell_gap.race.vlm.largest.points") == "80.0"
    assert _text(results, "claims.cell_gap.race.vlm.direction_differs.names") == "A"


def test_variation_counts_cells_below_people_and_constant_raters(results: Results) -> None:
    machines = pl.DataFrame(
        {
            "condition": ["a", "a", "b", "b"],
            "dimension": ["valence"] * 4,
            "emotion": ["sad", "joy", "sad", "joy"],
            "sd": [0.0, 1.0, 2.0, 1.0],
            "distinct": [1, 3, 5, 4],
        }
    )
    people = pl.DataFrame({"dimension": ["valence"] * 2, "emotion": ["sad", "joy"], "sd": [1.5, 1.5]})
    claim_variation(results, machines, people, NAMES)
    assert results.entries["claims.variation.vlm.valence.less_than_people.cells"].value == 3
    assert _text(results, "claims.variation.vlm.valence.constant.share") == "one of two"
    assert _text(results, "claims.variation.vlm.valence.smallest.emotion") == "sad"


def test_effects_are_ranked_by_the_measure_that_is_printed(results: Results) -> None:
    anovas = pl.DataFrame(
        {
            "condition": ["a", "b", "a", "b"],
            "dimension": "arousal",
            "term": ["race", "race", "race:emotion", "race:emotion"],
            "f": [50.0, 60.0, 9.0, 20.0],
            "df": [2.0, 2.0, 10.0, 10.0],
            "df_residual": 1000.0,
            "p": 0.001,
            "p_adjusted": 0.001,
            "p_units_adjusted": pl.Series([None] * 4, dtype=pl.Float64),
            "eta_squared": [0.20, 0.10, 0.05, 0.07],
            "partial_eta_squared": [0.09, 0.11, 0.08, 0.17],
        }
    )
    claim_omnibus(results, anovas, NAMES, 0.05)
    assert _text(results, "claims.anova.arousal.race.vlm.largest.short_name") == "A"
    assert results.entries["claims.anova.arousal.race.vlm.largest.eta_squared"].value == 0.20
    assert _text(results, "claims.anova.largest.vlm.short_name") == "B"
    assert _text(results, "claims.anova.largest.vlm.effect") == "race × emotion"
    assert results.entries["claims.anova.largest.vlm.partial_eta_squared"].value == 0.17


def test_combinations_that_could_not_be_tested_are_counted(results: Results) -> None:
    tests = pl.DataFrame(
        {
            "condition": ["a", "a", "b"], "factor": "race", "emotion": ["sad", "happy", "sad"],
            "p_adjusted": [0.01, None, None], "highest_level": ["X", None, None], "highest_rate": [0.3, 0.0, 0.0],
            "lowest_level": ["Y", None, None], "lowest_rate": [0.1, 0.0, 0.0], "cause": ["neither", None, None],
        }
    )  # fmt: skip
    claim_false_positives(results, tests, NAMES, 0.05)
    found = {
        name: results.entries[f"claims.fpr.race.vlm.{name}"].value for name in ("significant", "tests", "untested")
    }
    assert found == {"significant": 1, "tests": 1, "untested": 2}


@pytest.mark.parametrize(
    ("verdicts", "text"),
    [
        ((0, 0, 0), "all three were farther than people"),
        ((0, 1, 2), "one of three was farther than people, one was closer and one was not distinguishable"),
        ((1, 1, 2), "two of three were closer than people and one was not distinguishable"),
        ((2, 2, 2), "all three were not distinguishable from people"),
    ],
)
def test_verdicts_that_nobody_got_are_not_named(results: Results, verdicts: tuple[int, ...], text: str) -> None:
    figures = {name: [1.0, 1.1, 1.2] for name in Z_ROW if name != "short_name"}
    overall = pl.DataFrame(
        {"condition": ["a", "b", "d"], "dimension": "valence", "verdict": [VERDICTS[place] for place in verdicts]}
        | figures
    )
    cells = overall.with_columns(pl.lit("sad").alias("emotion"))
    names = NAMES.with_columns(pl.col("condition").replace("c", "d"), pl.lit("VLM").alias("type"))
    claim_z_scores(results, overall, cells, names)
    assert _text(results, "claims.z.vlm.valence.verdicts") == text
