"""Tables of limits, correlations, z-scores and ceilings from small frames: the right text in the right row."""

from __future__ import annotations

import polars as pl
from table_support import table_rows

from lib.metrics.substitutability import VERDICTS
from lib.tables.agreement_limits import bland_altman_table, correlations_table
from lib.tables.dimensions import human_error_table
from lib.tables.style import estimate_and_interval
from lib.tables.substitutability import (
    ceiling_table,
    excluded_panels_note,
    person_figures_note,
    z_emotion_table,
    z_table,
)

IDS = pl.Enum(["a", "b", "c", "human-null"])
NAMES = pl.DataFrame(
    {
        "condition": ["a", "b", "c", "human-null"],
        "name": ["Model A", "Model B", "Model C", "One person (held out)"],
        "short_name": ["A", "B", "C", "One person"],
        "type": ["VLM", "VLM", "Machine", "Person"],
        "thinking": ["yes", "no", "–", "–"],
    },
    schema_overrides={"condition": IDS},
)
KINDS = {"condition": IDS, "dimension": pl.Enum(["valence", "arousal"]), "emotion": pl.Enum(["joy", "anger"])}


def z_scores() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "condition": ["a", "b", "c", "human-null"],
            "dimension": ["valence"] * 4,
            "n": [10, 9, 0, 10],
            "n_excluded": [0, 1, 10, 0],
            "n_panels_excluded": [0, 3, 0, 0],
            "machine": [1.3, 0.5, None, 0.8],
            "people": [0.8, 0.8, None, 0.8],
            "difference": [0.5, -0.3, None, 0.0],
            "difference_low": [0.4, -0.4, None, -0.1],
            "difference_high": [0.6, -0.2, None, 0.1],
            "ratio": [1.625, 0.625, None, 1.0],
            "ratio_low": [1.5, 0.5, None, None],
            "ratio_high": [1.7, 0.7, None, None],
            "inside": [0.9, 0.99, None, 0.94],
            "people_inside": [0.94, 0.94, None, 0.94],
            "p_adjusted": [0.0004, 0.03, None, 0.9],
            "verdict": [VERDICTS[0], VERDICTS[1], None, VERDICTS[2]],
        },
        schema_overrides={"condition": IDS, "dimension": KINDS["dimension"]},
    )


def test_z_scores_are_grouped_and_sorted_from_the_nearest() -> None:
    found = table_rows(z_table(z_scores(), NAMES, "tbl-valence-z"))
    assert [row[0] for row in found] == ["VLM", "B", "A", "Machine", "C", "Person", "One person"]
    assert found[1] == [
        "B", "9", "0.50", "0.80", "−0.30 [−0.40, −0.20]", "0.62", "99.0%", "94.0%", ".030", VERDICTS[1],
    ]  # fmt: skip
    assert found[2][-2] == "< .001"
    assert found[4][1:] == ["0", *["–"] * 8]
    assert found[6][5] == "1.00"  # no interval


def test_images_and_panels_left_out_are_counted() -> None:
    assert excluded_panels_note(z_scores(), NAMES).endswith(": B 1 and 3; C 10 and 0 (images, panels).")
    assert excluded_panels_note(z_scores()[:1], NAMES).endswith("on both sides: none.")


def test_emotions_are_columns_with_marks_and_people_on_top() -> None:
    frame = pl.DataFrame(
        {
            "condition": ["a", "a", "b", "b", "human-null"],
            "dimension": ["valence"] * 5,
            "emotion": ["joy", "anger", "joy", "anger", "joy"],
            "machine": [1.3, 0.4, 0.9, None, 0.8],
            "people": [0.8, 0.7, 0.8, None, 0.9],
            "verdict": [VERDICTS[0], VERDICTS[1], VERDICTS[2], None, VERDICTS[2]],
        },
        schema_overrides=KINDS,
    )
    assert table_rows(z_emotion_table(frame, NAMES)) == [
        ["Valence"],
        ["People, left out in turn", "–", "0.80", "0.70"],
        ["A", "VLM", "1.30*", "0.40†"],
        ["B", "VLM", "0.90", "–"],
        ["One person", "Person", "0.80", "–"],
    ]


def test_ceilings_have_a_column_for_each_measure_and_dimension() -> None:
    frame = pl.DataFrame(
        {
            "condition": ["a", "a", "a", "c"],
            "dimension": [None, "valence", "valence", None],
            "measure": ["accuracy", "mae", "r", "accuracy"],
            "machine": [0.8, 1.5, 0.9, 0.7],
            "person": [0.7, 1.0, 0.6, 0.7],
            "ratio": [1.143, 1.5, 1.5, 1.0],
            "low": [1.1, 1.4, 1.3, None],
            "high": [1.2, 1.6, 1.7, None],
        },
        schema_overrides={
            "condition": IDS,
            "dimension": KINDS["dimension"],
            "measure": pl.Enum(["accuracy", "r", "mae"]),
        },
    )
    assert table_rows(ceiling_table(frame, NAMES)) == [
        ["VLM"],
        ["A", "1.14 [1.10, 1.20]", "1.50 [1.30, 1.70]", "1.50 [1.40, 1.60]"],
        ["Machine"],
        ["C", "1.00", "–", "–"],
    ]
    assert person_figures_note(frame) == "A person: Accuracy .700, Valence r .600, Valence MAE 1.000."
    assert person_figures_note(frame.head(0)) == ""


def limits() -> pl.DataFrame:
    figures = {
        "n": [10, 1], "bias": [-1.0, 0.5], "bias_low": [-1.2, None], "bias_high": [-0.8, None],
        "sd_difference": [1.0, None], "loa_lower": [-2.96, None], "loa_lower_low": [-3.5, None],
        "loa_lower_high": [-2.5, None], "loa_upper": [0.96, None], "loa_upper_low": [0.5, None],
        "loa_upper_high": [1.5, None], "inside": [0.9, None], "proportional_slope": [0.3, None],
        "proportional_low": [0.2, None], "proportional_high": [0.4, None],
    }  # fmt: skip
    keys = {"condition": ["a", "c"], "dimension": ["valence"] * 2}
    return pl.DataFrame(keys | figures, schema_overrides={"condition": IDS, "dimension": KINDS["dimension"]})


def test_limits_stand_with_their_intervals_and_undefined_ones_as_dashes() -> None:
    found = table_rows(bland_altman_table(limits(), NAMES))
    assert found[1] == [
        "A", "VLM", "10", "−1.00 [−1.20, −0.80]", "1.00", "−2.96 [−3.50, −2.50]", "0.96 [0.50, 1.50]", "90.0%",
        "0.30 [0.20, 0.40]",
    ]  # fmt: skip
    assert found[2] == ["C", "Machine", "1", "0.50", *["–"] * 5]


def test_correlations_are_sorted_by_concordance_with_undefined_last() -> None:
    figures = {name: [None, 0.5, 0.7] for name in ("r", "r_low", "r_high", "rho", "rho_low", "rho_high")}
    frame = pl.DataFrame(
        {"condition": ["a", "b", "c"], "dimension": ["valence"] * 3, "n": [5, 5, 5]}
        | figures
        | {"ccc": [None, 0.2, 0.4], "ccc_low": [None, 0.1, 0.3], "ccc_high": [None, 0.3, 0.5]},
        schema_overrides={"condition": IDS, "dimension": KINDS["dimension"]},
    )
    found = table_rows(correlations_table(frame, NAMES))
    assert found[1:3] == [
        ["B", "VLM", "5", ".500 [.500, .500]", ".500 [.500, .500]", ".200 [.100, .300]"],
        ["A", "VLM", "5", "–", "–", "–"],
    ]


def test_peoples_errors_show_their_intervals_where_known() -> None:
    people = pl.DataFrame(
        {"dimension": ["valence"], "loo_mae": [1.0], "pairwise_mae": [1.4], "loo_mae_low": [0.9], "loo_mae_high": [1.1]}
    )
    scores = pl.DataFrame({"dimension": ["valence"], "mae": [1.2], "mae_ratio": [1.2]})
    found = table_rows(human_error_table(people, scores, "tbl-human-mae"))[0]
    assert found[1:3] == ["1.000 [0.900, 1.100]", "1.400"]


def test_an_interval_needs_both_ends() -> None:
    row = {"r": 0.5, "r_low": 0.4, "r_high": 0.6, "slope": 1.0, "x_low": 0.5, "x_high": None}
    assert estimate_and_interval(row, "r") == ".500 [.400, .600]"
    assert estimate_and_interval(row, "slope", "x") == "1.00"
    assert estimate_and_interval({"r": None}, "r") == "–"
