from __future__ import annotations

import polars as pl
import pytest
from table_support import table_rows

from lib.tables.calibration import calibration_table, fallback_note, hybrid_note, hybrid_table
from lib.tables.intervals import estimates
from lib.tables.thinking import load_table, pairs_table, steps_table, tokens_table
from lib.tables.variation import indices_table, variation_table, yardstick_note

IDS = pl.Enum(["a", "b", "f"])
DIMENSION = pl.Enum(["valence"])
NAMES = pl.DataFrame(
    {"condition": ["a", "b", "f"], "name": ["Model A", "Model B", "Model F"], "short_name": ["A", "B", "F"]}
    | {"type": ["VLM", "VLM", "FER"]},
    schema_overrides={"condition": IDS},
)


def test_an_estimate_without_interval_has_no_brackets() -> None:
    frame = pl.DataFrame({"x": [1.0, 2.0, None], "x_low": [0.5, None, None], "x_high": [1234.0, None, None]})
    assert estimates(frame, "x", 0).to_list() == ["1 [0, 1,234]", "2", "–"]
    assert estimates(frame.rename(lambda name: name.replace("x", "rho")), "rho")[0] == "1.000 [.500, 1234.000]"


def test_pairs_show_points_with_signs_and_discordant_images() -> None:
    effects = pl.DataFrame(
        {
            "first": ["a"] * 2, "second": ["b"] * 2, "differ_in": ["thinking"] * 2, "emotion": ["all", "sad"],
            "first_accuracy": [0.8, 0.5], "second_accuracy": [0.7, 0.55], "difference": [0.1, -0.05],
            "low": [0.02, -0.2], "high": [0.18, 0.1], "first_only": [12, 1], "second_only": [2, 3],
            "p_exact": [0.0001, 0.625], "p_adjusted": [0.0002, None],
        }
    )  # fmt: skip
    assert table_rows(pairs_table(effects, NAMES)) == [
        ["A minus B: thinking"],
        ["All", ".800", ".700", "+10.0 [+2.0, +18.0]", "12 / 2", "< .001", "< .001"],
        ["Sad", ".500", ".550", "−5.0 [−20.0, +10.0]", "1 / 3", ".625", "–"],
    ]


@pytest.fixture
def summary() -> pl.DataFrame:
    parts = ["all", "correct", "wrong", "sad", "joy"]
    frame = pl.DataFrame({"condition": ["a"] * 10, "step": ["all"] * 5 + ["valence"] * 5, "part": parts * 2})
    means = pl.Series("mean", [1000.0, 900, 1200, 1300, 800, 10, 9, 12, 13, 8])
    return frame.with_columns(
        means, (means - 5).alias("mean_low"), (means + 5).alias("mean_high"),
        pl.col("condition").cast(IDS), pl.col("step").cast(pl.Enum(["all", "emotion", "valence"])),
    )  # fmt: skip


def test_tokens_come_in_the_order_of_the_emotions_with_the_largest_ratio(summary: pl.DataFrame) -> None:
    ratios = pl.DataFrame(
        {"condition": ["a"] * 3, "ratio": ["wrong_to_correct", "sad_to_joy", "calm_to_joy"]}
        | {"over": ["wrong", "sad", "calm"], "value": [1.333, 1.625, 1.2], "low": [1.2, 1.5, None]}
        | {"high": [1.4, 1.7, None]},
        schema_overrides={"condition": IDS},
    )
    found = table_rows(tokens_table(summary, ratios, NAMES, ["joy", "sad", "calm"]))
    assert found == [["A", "1,000", "900", "1,200", "800", "1,300", "1.33 [1.20, 1.40]", "1.62 [1.50, 1.70]"]]


def test_steps_are_columns(summary: pl.DataFrame) -> None:
    found = table_rows(steps_table(summary, NAMES, ["joy", "sad"]))
    assert found[:3] == [["Model A"], ["All", "10 [5, 15]"], ["Right label", "9 [4, 14]"]]
    assert [row[0] for row in found[4:]] == ["Joy", "Sad"]


def test_load_has_a_column_a_measure() -> None:
    load = pl.DataFrame(
        {"condition": ["a"] * 2, "measure": ["emotion", "valence"], "value": [0.3, None], "low": [0.1, None]}
        | {"high": [0.5, None], "n": [20, 18]},
        schema_overrides={"condition": IDS},
    )
    assert table_rows(load_table(load, NAMES)) == [["A", "20", ".300 [.100, .500]", "–"]]


def test_variation_adds_bits_and_image_means() -> None:
    kinds = {"dimension": DIMENSION, "emotion": pl.Enum(["joy"])}
    one = pl.DataFrame(
        {"dimension": ["valence"], "emotion": ["joy"], "sd": [1.5], "distinct": [9], "entropy": [2.26]},
        schema_overrides=kinds,
    )
    machine = one.with_columns(
        pl.lit("a").cast(IDS).alias("condition"), sd=0.0, distinct=pl.lit(1, pl.Int64), entropy=0.0
    )
    table = variation_table(machine, one, NAMES, means=one.with_columns(sd=0.3))
    assert [row[1] for row in table_rows(table)[1:]] == ["1.50 (9, 2.3)", "0.30 (9, 2.3)", "0.00 (1, 0.0)"]


def test_indices_show_intervals_and_the_note_their_yardsticks() -> None:
    indices = pl.DataFrame(
        {"condition": ["a"], "dimension": ["valence"], "n": [10], "within_sd": [0.5], "person_within_sd": [1.4]}
        | {"means_within_sd": [0.3]}
        | {f"{name}{end}": [None if end and name == "polarity" else 0.25]
           for name in ("collapse", "collapse_means", "polarity", "sd_ratio") for end in ("", "_low", "_high")},
        schema_overrides={"condition": IDS, "dimension": DIMENSION},
    )  # fmt: skip
    assert table_rows(indices_table(indices, NAMES))[1] == [
        "A", "10", "0.50", "0.25 [0.25, 0.25]", "0.25 [0.25, 0.25]", "0.25", "0.25 [0.25, 0.25]"
    ]  # fmt: skip
    assert yardstick_note(indices).endswith("image means are: valence 1.40 and 0.30.")
    assert yardstick_note(indices.head(0)) is None


def test_calibration_sets_the_ways_side_by_side_and_counts_fallbacks() -> None:
    frame = pl.DataFrame(
        {
            "condition": ["a"] * 3 + ["f"] * 3, "dimension": ["valence"] * 6,
            "by": ["predicted", "intended", "none"] * 2,
            "mae_before": [1.8] * 6, "mae_after": [0.5, 0.4, 0.6, 0.7, 0.65, 0.8], "mae_label_mean": [0.55] * 6,
            "reduction": [1.3] * 6, "reduction_low": [1.2] * 6, "reduction_high": [1.4] * 6, "r_before": [0.9] * 6,
            "r_after": [0.95, None, 0.9, 0.9, 0.9, 0.9], "mae_ratio_after": [0.4] * 6, "n_mean": [2, 0, 0, 0, 0, 0],
            "n_overall": [1, 0, 0, 0, 0, 0],
        },
        schema_overrides={"condition": IDS, "dimension": DIMENSION},
    )  # fmt: skip
    found = table_rows(calibration_table(frame.reverse(), NAMES))
    assert [row[0] for row in found] == ["Valence", "A", "F"]
    assert found[1][1:4] == ["1.800", "0.500", "1.300 [1.200, 1.400]"]
    assert found[1][6:8] == ["0.400", "0.600"]
    assert fallback_note(frame, NAMES) == (
        "Images for whose label no line could be fitted, and which got a mean instead: A valence 3."
    )
    assert fallback_note(frame.tail(3), NAMES) is None


def test_the_hybrid_names_its_classifier_and_its_parts() -> None:
    frame = pl.DataFrame(
        {
            "condition": ["a"], "fer": ["f"], "dimension": ["valence"], "accuracy": [0.9], "accuracy_vlm": [0.8],
            "mae": [0.4], "r": [0.9], "mae_vlm": [0.5], "r_vlm": [None], "mae_fer": [None], "mae_label": [0.45],
            "r_label": [0.8], "gain": [0.1], "gain_low": [0.05], "gain_high": [0.15], "intensity": [0.05],
            "intensity_low": [None], "intensity_high": [None],
        },
        schema_overrides={"condition": IDS, "dimension": DIMENSION, "r_vlm": pl.Float64, "mae_fer": pl.Float64},
    )  # fmt: skip
    assert table_rows(hybrid_table(frame, NAMES))[1] == [
        "A", "0.400", ".900", "0.500", "–", "0.450", ".800", "0.100 [0.050, 0.150]", "0.050"
    ]  # fmt: skip
    assert hybrid_note(frame, NAMES) == (
        "Labels are those of F, the most accurate classifier: accuracy .900, that of the models .800 to .800. "
        "It gives no values of its own."
    )
    assert hybrid_note(frame.with_columns(mae_fer=0.7), NAMES).endswith("calibrated in the same way: valence 0.700.")
    assert hybrid_note(frame.head(0), NAMES) is None
