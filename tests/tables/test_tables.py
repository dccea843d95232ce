"""Each table from small frames whose figures are known: the right cell in the right row."""

from __future__ import annotations

import polars as pl
import pytest
from table_support import table_header, table_rows

from lib.contracts.condition import Condition
from lib.metrics.majority import majority
from lib.tables import categories, demographics, design, dimensions, human, twin, variation

IDS = pl.Enum(["a", "b", "c", "human-null"])
EMOTIONS = pl.Enum(["joy", "anger"])
NAMES = pl.DataFrame(
    {
        "condition": ["a", "b", "c", "human-null"],
        "name": ["Model A", "Model B", "Model C", "One person (held out)"],
        "short_name": ["A", "B", "C", "One person"],
        "type": ["VLM", "VLM", "FER", "Person"],
        "thinking": ["yes", "no", "–", "–"],
    },
    schema_overrides={"condition": IDS},
)


@pytest.fixture
def overall() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "condition": ["a", "b", "c", "human-null"],
            "n": [10, 10, 10, 10],
            "n_answered": [10, 9, 10, 10],
            "accuracy": [0.7, 0.9, 0.7, 0.8],
            "low": [0.5, 0.8, 0.5, 0.6],
            "high": [0.9, 1.0, 0.9, 0.95],
            "kappa": [0.6, 0.88, None, 0.7],
            "macro_f1": [0.65, 0.9, 0.7, 0.8],
        },
        schema_overrides={"condition": IDS},
    )


def test_accuracy_ranks_machines_and_puts_the_person_last(overall: pl.DataFrame) -> None:
    found = table_rows(categories.accuracy_table(overall, NAMES))
    assert [row[0] for row in found] == ["B", "A", "C", "One person"]
    assert found[0] == ["B", "VLM", "no", ".900", "[.800, 1.000]", ".900", ".880"]
    assert found[2][-1] == "–"


def test_equal_accuracies_share_a_rank_and_persons_have_none(overall: pl.DataFrame) -> None:
    found = table_rows(categories.ranking_table(overall, NAMES))
    assert [(row[0], row[1]) for row in found] == [("1", "B"), ("2", "A"), ("2", "C")]


def test_unanswered_labels_are_counted_in_the_note(overall: pl.DataFrame) -> None:
    note = categories.unanswered_note(overall, NAMES, "intended emotion")
    assert note.endswith("count as wrong: B 1; none of the others.")
    complete = overall.with_columns(pl.col("n").alias("n_answered"))
    assert categories.unanswered_note(complete, NAMES, "intended emotion").endswith("count as wrong: none.")


def test_emotions_are_columns_in_their_order() -> None:
    frame = pl.DataFrame(
        {"condition": ["c", "c", "a", "a"], "emotion": ["anger", "joy"] * 2, "f1": [0.1, 0.2, 0.3, None]},
        schema_overrides={"condition": IDS, "emotion": EMOTIONS},
    ).sort("condition", "emotion")
    table = categories.emotion_table(frame, NAMES, "f1", "tbl-emotion-f1")
    assert table_header(table) == ["Rater", "Joy", "Anger"]
    assert table_rows(table) == [["VLM"], ["A", "–", ".300"], ["FER"], ["C", ".200", ".100"]]


@pytest.fixture
def scores() -> pl.DataFrame:
    figures = {
        "n": [9, 10, 10], "n_excluded": [1, 0, 0], "r": [0.5, None, 0.9], "mae": [1.5, 1.0, 0.5],
        "rmse": [2.0, 1.5, 0.6], "bias": [-1.0, 0.5, 0.0], "sd_difference": [1.0, 1.0, 0.7],
        "machine_mean": [4.0, 5.0, 4.5], "machine_sd": [2.0, 1.0, 1.1],
        "people_mean": [5.0, 4.5, 4.5], "people_sd": [1.0, 1.0, 1.0],
        "mae_ratio": [1.5, 1.0, 0.5], "folded_mae": [1.45, 0.9, 0.52],
    }  # fmt: skip
    return pl.DataFrame(
        {"condition": ["a", "b", "c"], "dimension": ["valence"] * 3} | figures,
        schema_overrides={"condition": IDS, "dimension": pl.Enum(["valence"])},
    )


def test_dimension_rows_are_grouped_and_sorted_by_r_with_undefined_last(scores: pl.DataFrame) -> None:
    found = table_rows(dimensions.dimension_table(scores, NAMES, "tbl-valence"))
    assert [row[0] for row in found] == ["VLM", "A", "B", "FER", "C"]
    assert found[1] == ["A", "9", ".500", "1.500", "2.000", "−1.00", "4.00 (2.00)", "5.00 (1.00)"]
    assert found[2][2] == "–"


def test_overview_names_the_dimension(scores: pl.DataFrame) -> None:
    assert table_rows(dimensions.overview_table(scores, NAMES))[0] == ["Valence"]


def test_errors_are_sorted_from_the_smallest(scores: pl.DataFrame) -> None:
    vlms = scores.filter(pl.col("condition") != "c")
    assert [row[0] for row in table_rows(dimensions.error_table(vlms, NAMES, "tbl-valence-mae"))] == ["B", "A"]


def test_correlations_and_folded_errors(scores: pl.DataFrame) -> None:
    assert table_rows(dimensions.correlation_table(scores[2:], NAMES, "tbl-fer-valence")) == [["C", ".900", "0.500"]]
    assert table_rows(dimensions.folded_table(scores[:1], NAMES, "tbl-folded-normal")) == [
        ["A", "−1.00", "1.00", "1.450", "1.500", "0.050"]
    ]


def test_peoples_errors_stand_beside_the_range_of_the_raters(scores: pl.DataFrame) -> None:
    people = pl.DataFrame({"dimension": ["valence", "other"], "loo_mae": [1.0, 1.0], "pairwise_mae": [1.4, 1.4]})
    found = table_rows(dimensions.human_error_table(people, scores, "tbl-human-mae"))
    assert found == [["Valence", "1.000", "1.400", "0.500 to 1.500", "0.500 to 1.500"]]


def test_excluded_images_are_counted_in_the_note(scores: pl.DataFrame) -> None:
    assert dimensions.excluded_note(scores, NAMES).endswith("are left out: A 1; none of the others.")


def test_biases_show_their_sign_and_images_without_emotion_no_column() -> None:
    frame = pl.DataFrame(
        {"condition": ["a", "a", "a"], "emotion": ["joy", "anger", None], "bias": [1.0, -0.25, 0.3]},
        schema_overrides={"condition": IDS, "emotion": EMOTIONS},
    )
    table = dimensions.bias_table(frame, NAMES, "emotion", "tbl-valence-bias", width=8)
    assert table_header(table) == ["Rater", "Joy", "Anger"]
    assert table_rows(table)[1] == ["A", "+1.00", "−0.25"]


def test_people_without_alpha_get_the_reason_as_a_note() -> None:
    frame = pl.DataFrame(
        {
            "dimension": ["valence"], "n_ratings": [1200], "mean": [4.0], "sd": [1.0], "rating_sd": [1.5],
            "alpha_ordinal": [None], "alpha_reason": ["no image was rated twice"], "loo_mae": [None],
            "pairwise_mae": [None],
        },
        schema_overrides={"alpha_ordinal": pl.Float64, "loo_mae": pl.Float64, "pairwise_mae": pl.Float64},
    )  # fmt: skip
    table = human.people_table(frame)
    assert table_rows(table)[0] == ["Valence", "1,200", "4.00", "1.00", "1.50", "–", "–", "–"]
    assert "valence: no image was rated twice." in table.as_raw_html()


def test_peoples_labels_with_and_without_intended_emotions() -> None:
    ratings = pl.DataFrame({"image_id": ["x", "x", "y", "y"], "emotion": ["joy", "joy", "joy", "anger"]})
    intended = pl.DataFrame({"image_id": ["x", "y"], "intended_emotion": ["joy", "anger"]})
    with_intended = human.majority_table(majority(ratings, intended, ["joy", "anger"]))
    assert table_rows(with_intended) == [
        ["Joy", "1", "1.000", "1.000", "1.000", "0"], ["Anger", "1", ".500", ".500", ".500", "1"]
    ]  # fmt: skip
    without = table_rows(human.majority_table(majority(ratings, None, ["joy", "anger"])))
    assert without[:2] == [["Images", "2"], ["Labels", "4"]]


def test_the_held_out_person(scores: pl.DataFrame) -> None:
    found = table_rows(
        human.null_table({"accuracy": 0.75, "kappa": None, "macro_f1": 0.7}, scores[:1], "intended emotion")
    )
    assert found[:3] == [["Emotion label, against the intended emotion"], ["Accuracy", ".750"], ["Cohen's κ", "–"]]
    assert ["Pearson's r", ".500"] in found


def test_variation_puts_people_first_and_counts_distinct_values() -> None:
    kinds = {"dimension": pl.Enum(["valence"]), "emotion": EMOTIONS}
    machines = pl.DataFrame(
        {"condition": ["a", "a"], "dimension": ["valence"] * 2, "emotion": ["joy", "anger"], "sd": [0.0, None]}
        | {"distinct": [1, 1]},
        schema_overrides=kinds | {"condition": IDS, "sd": pl.Float64},
    )
    people = pl.DataFrame(
        {"dimension": ["valence"] * 2, "emotion": ["joy", "anger"], "sd": [1.5, 1.25], "distinct": [9, 8]},
        schema_overrides=kinds,
    )
    assert table_rows(variation.variation_table(machines, people, NAMES)) == [
        ["Valence"], ["People (single ratings)", "1.50 (9)", "1.25 (8)"], ["A", "0.00 (1)", "–"]
    ]  # fmt: skip


@pytest.fixture
def groups() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "condition": ["a", "a", "b", "b", "human-null", "human-null"],
            "race": ["X", "Y"] * 3,
            "n": [5, 4] * 3,
            "accuracy": [0.6, 0.5, 0.9, 0.4, 1.0, 0.0],
            "low": [0.2] * 6,
            "high": [0.95] * 6,
        },
        schema_overrides={"condition": IDS, "race": pl.Enum(["X", "Y"])},
    )


def test_the_most_uneven_machine_comes_first_and_persons_last(groups: pl.DataFrame) -> None:
    found = table_rows(demographics.group_accuracy_table(groups, NAMES, "race", "tbl-accuracy-by-race"))
    assert [row[0] for row in found] == ["B", "A", "One person"]
    assert found[0] == ["B", "VLM", ".900 [.200, .950]", ".400 [.200, .950]", "50.0 pp"]
    assert demographics.group_counts_note(groups, "race") == "Images: X 5, Y 4."


def test_all_factors_side_by_side(groups: pl.DataFrame) -> None:
    frames = {"race": groups, "gender": groups.rename({"race": "gender"})}
    table = demographics.groups_overview_table(frames, {"race": "Race", "gender": "Gender"}, NAMES)
    assert table_header(table)[-4:] == ["X", "Y", "X", "Y"]
    assert table_rows(table)[1] == ["A", ".600", ".500", ".600", ".500"]
    assert "Gender" in table.as_raw_html()


def test_group_biases_of_one_dimension() -> None:
    frame = pl.DataFrame(
        {"condition": ["a"] * 4, "dimension": ["valence", "valence", "arousal", "arousal"]}
        | {"race": ["X", "Y"] * 2, "bias": [0.5, -0.5, 9.0, 9.0]},
        schema_overrides={"condition": IDS, "dimension": pl.Enum(["valence", "arousal"])},
    )
    table = demographics.group_bias_table(
        {"race": frame}, "valence", {"race": "Race"}, NAMES, identifier="tbl-valence-bias-by-group", width=8
    )
    assert table_rows(table)[1] == ["A", "+0.50", "−0.50"]


def test_cells_show_only_the_most_uneven_machines() -> None:
    frame = pl.DataFrame(
        [
            ("a", "X", "joy", 0.9), ("a", "Y", "joy", 0.1), ("a", "X", "anger", 0.5), ("a", "Y", "anger", 0.5),
            ("b", "X", "joy", 0.5), ("b", "Y", "joy", 0.5), ("b", "X", "anger", 0.6), ("b", "Y", "anger", 0.5),
        ],
        schema={"condition": IDS, "race": pl.Enum(["X", "Y"]), "intended": EMOTIONS, "accuracy": pl.Float64},
        orient="row",
    ).with_columns(pl.lit(0.0).alias("low"), pl.lit(1.0).alias("high"))  # fmt: skip
    found = table_rows(demographics.cell_accuracy_table(frame, NAMES, "race", "tbl-accuracy-by-cell", shown=1))
    assert found[0] == ["A"]
    assert [row[0] for row in found[1:]] == ["Joy", "Anger"]
    assert found[1][-1] == "80.0 pp"


def _condition(**changes: object) -> Condition:
    base = {"id": "a", "name": "A", "short_name": "A", "kind": "vlm", "backend": "openai", "model": "m"}
    base |= {"strategy": "context_carry", "prompts": "json", "specification": {"developer": "Somebody"}}
    return Condition.model_validate(base | changes)


def test_conditions_without_predictions_are_marked_only_where_there_are_some() -> None:
    conditions = [_condition(), _condition(id="b", name="B", thinking={"mode": "budget", "budget": 1024})]
    assert table_header(design.conditions_table(conditions))[-1] == "Asked for"
    found = table_rows(design.conditions_table(conditions))
    assert found[1][:2] == ["B", "A"], "the name and the short name that other tables have"
    assert found[1][5] == "yes (up to 1,024 tokens a question)"


def test_thinking_in_words() -> None:
    assert design.thinking_text(_condition(thinking={"mode": "dynamic"})) == "yes (dynamic)"
    assert design.thinking_text(_condition(thinking={"mode": "off", "budget": 0})) == "no (budget of 0)"
    assert design.thinking_text(_condition()) == "no"
    classifier = _condition(kind="fer", strategy="classifier", prompts=None)
    assert design.thinking_text(classifier) == "–"


def test_specifications_leave_unknowns_as_a_dash() -> None:
    found = table_rows(design.specifications_table([_condition()], "tbl-specifications"))
    assert found == [["A", "Somebody", "–", "–", "–", "no", "–"]]


def test_prompts_keep_their_lines_braces_and_brackets() -> None:
    html = design.prompts_table([("Set", "1. emotion", 'Say {"emotion": "<word>"}\nnow & here')]).as_raw_html()
    assert "Say {&quot;emotion&quot;: &quot;&lt;word&gt;&quot;}<br>now &amp; here" in html


def test_the_design_lists_levels_with_their_images_and_ratings() -> None:
    images = pl.DataFrame({"image_id": ["x", "y", "z"], "race": ["B", "A", "A"]})
    ratings = pl.DataFrame({"image_id": ["x", "x", "y"], "participant_id": ["p", "q", "p"]})
    found = table_rows(design.design_table(images, ratings, {"race": "Race"}))
    assert found == [["Study"], ["All", "3", "3"], ["Race"], ["A", "2", "1"], ["B", "1", "2"]]


@pytest.fixture
def deviations() -> pl.DataFrame:
    return pl.DataFrame(
        [
            ("human.valence.mean", "mean", "human", "valence", None, 4.6, 4.61, 0.01, 0.02, True, "kept"),
            ("a.accuracy", "accuracy", "a", None, None, 0.9, 0.8, -0.1, 0.05, False, "kept"),
            ("b.accuracy", "accuracy", "b", None, None, 0.9, None, None, None, None, "superseded"),
        ],
        schema=[
            "target", "quantity", "condition", "dimension", "emotion", "published", "recomputed", "deviation",
            "tolerance", "within_tolerance", "standing",
        ],
        orient="row",
    ).with_columns(
        pl.lit("v5").alias("version"), pl.lit("Table 1").alias("place"), pl.lit(None).alias("detail"),
    )  # fmt: skip


def test_the_twin_beside_what_was_published(deviations: pl.DataFrame) -> None:
    found = table_rows(twin.deviations_table(deviations, NAMES))
    assert found[:2] == [
        ["People"], ["valence, mean", "v5, Table 1", "4.600", "4.610", "+0.010", "0.020", "yes"]
    ]  # fmt: skip
    assert found[3] == ["accuracy", "v5, Table 1", ".900", ".800", "−0.100", ".050", "no"]
    assert found[5] == ["accuracy", "v5, Table 1", ".900", "–", "–", "–", "superseded"]


def test_a_published_limit_is_shown_as_one(deviations: pl.DataFrame) -> None:
    limits = deviations.head(2).with_columns(
        pl.lit("most_values").alias("quantity"),
        pl.Series("published", [6.0, 6.0]),
        pl.Series("recomputed", [5.0, 7.0]),
        pl.Series("deviation", [0.0, 1.0]),
    )
    found = [row for row in table_rows(twin.deviations_table(limits, NAMES)) if len(row) > 1]
    assert [row[2:5] for row in found] == [["at most 6", "5", "kept"], ["at most 6", "7", "+1"]]


def test_contradictions_print_minus_signs_and_leave_other_hyphens() -> None:
    table = twin.contradictions_table([("Bias", "-.349 on [-1, 1]", "machine - people, 1-9", "v10-s5")])
    assert table_rows(table)[-1] == ["Bias", "−.349 on [−1, 1]", "machine - people, 1-9", "v10-s5"]


def test_the_twins_worst_deviation_by_kind_of_figure(deviations: pl.DataFrame) -> None:
    found = table_rows(twin.summary_table(deviations))
    assert found[1] == ["accuracy", "2", "1", "0", "−0.100", ".050", "a.accuracy"]
