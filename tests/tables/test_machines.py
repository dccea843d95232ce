from __future__ import annotations

import polars as pl
from table_support import table_header, table_rows

from lib.tables.machines import attribution_table, forced_table, gains_table, ranks_table, slopes_table

IDS = pl.Enum(["a", "b", "human-null"])
NAMES = pl.DataFrame(
    {"condition": ["a", "b", "human-null"], "name": ["Model A", "Model B", "One person"]}
    | {"short_name": ["A", "B", "One person"], "type": ["VLM", "FER", "Person"]},
    schema_overrides={"condition": IDS},
)


def test_machines_stand_by_their_first_rank_and_the_person_last() -> None:
    rows = [
        ("a", "emotion", "kappa", 0.6, 2.0, 1.0, 2.0), ("a", "valence", "mae", 0.9, 1.0, None, None),
        ("b", "emotion", "kappa", 0.7, 1.0, 1.0, 2.0), ("human-null", "emotion", "kappa", 0.8, 1.5, 1.0, 3.0),
    ]  # fmt: skip
    columns = ["condition", "scale", "measure", "value", "rank", "rank_low", "rank_high"]
    ranks = pl.DataFrame(rows, schema=columns, orient="row", schema_overrides={"condition": IDS})
    table = ranks_table(ranks, NAMES, ["A note."])
    assert table_header(table) == ["Rater", "κ with people", "Emotion: κ", "Valence: MAE"]
    assert table_rows(table) == [
        ["B", ".700", "1 [1, 2]", "–"],
        ["A", ".600", "2 [1, 2]", "1"],
        ["One person", ".800", "1.5 [1, 3]", "–"],
    ]
    unlabelled = ranks_table(ranks.filter(measure="mae"), NAMES)
    assert table_header(unlabelled) == ["Rater", "Valence: MAE"] and table_rows(unlabelled) == [["A", "1"]]


def test_only_verdicts_are_shown_by_factor_and_emotion() -> None:
    figures = {
        "hits": (0.125, 0.05, 0.2), "false_alarms": (0.1, None, None), "named": (-0.1, -0.2, 0.0),
        "sensitivity": (-1.0, -2.0, 0.004), "criterion": (None, None, None),
    }  # fmt: skip
    ends = {
        f"{name}_{end}": [value] * 4
        for name, values in figures.items()
        for end, value in zip(("difference", "low", "high"), values, strict=True)
    }
    about = {
        "condition": ["a", "a", "b", "b"], "factor": ["age", "race", "race", "race"], "first": ["old", "X", "X", "X"],
        "second": ["young", "Y", "Y", "Y"], "emotion": ["sad", "sad", "joy", "sad"],
        "verdict": ["both", "over-attribution", "none", "inaccuracy"],
    }  # fmt: skip
    contrasts = pl.DataFrame(about | ends, schema_overrides={"condition": IDS, "criterion_difference": pl.Float64})
    cells = ["+12.5 [+5.0, +20.0]", "+10.0", "−10.0 [−20.0, 0.0]", "−1.00 [−2.00, 0.00]", "–"]
    assert table_rows(attribution_table(contrasts, NAMES, {"race": "Race", "age": "Age"})) == [
        ["Race: named sad"],
        ["A", "X − Y", *cells, "over-attribution"],
        ["B", "X − Y", *cells, "inaccuracy"],
        ["Age: named sad"],
        ["A", "old − young", *cells, "both"],
    ]
    nothing = attribution_table(contrasts.filter(verdict="none"), NAMES, {"race": "Race", "age": "Age"})
    assert table_rows(nothing) == []


def test_what_thinking_spares() -> None:
    gains = pl.DataFrame(
        {
            "first": ["a", "a"], "second": ["b", "b"], "differ_in": ["thinking"] * 2, "measure": ["emotion", "valence"],
            "n": [1440, 1439], "gain": [0.1, -0.2], "gain_low": [0.05, None], "gain_high": [0.15, None],
            "gain_p_adjusted": [0.0001, None], "slope": [0.0123, None], "slope_low": [-0.01, None],
            "slope_high": [0.03, None], "slope_p_adjusted": [0.5, None],
        }
    )  # fmt: skip
    assert table_rows(gains_table(gains, NAMES)) == [
        ["A, beside B: thinking"],
        ["Emotion label", "1,440", "+0.100 [+0.050, +0.150]", "< .001", "+0.012 [−0.010, +0.030]", ".500"],
        ["Valence rating", "1,439", "−0.200", "–", "–", "–"],
    ]


def test_answers_to_the_same_image() -> None:
    slopes = pl.DataFrame(
        {
            "condition": ["a", "c.temperature.t10"], "measure": ["arousal", "emotion"], "n": [50, 0],
            "n_images": [10, 0],
            "slope": [-0.25, None], "low": [-0.5, None], "high": [-0.1, None], "rank": [-0.3, None], "p": [0.01, None],
            "p_adjusted": [0.02, None],
        }
    )  # fmt: skip
    assert table_rows(slopes_table(slopes, {"a": "A"})) == [
        ["A"],
        ["Arousal rating", "50", "10", "−0.250 [−0.500, −0.100]", "−.300", ".010", ".020"],
        ["c.temperature.t10"],
        ["Emotion label", "0", "0", "–", "–", "–", "–"],
    ]


def test_thinking_that_was_cut_off() -> None:
    rows = [("a", "all", "all", 20, 0.25, 0.1, 0.4, 0.03), ("a", "all", "joy", 0, None, None, None, None)]
    columns = ["condition", "step", "part", "n", "share", "low", "high", "p"]
    forced = pl.DataFrame(rows, schema=columns, orient="row", schema_overrides={"condition": IDS})
    table = forced_table(forced, NAMES)
    assert table_header(table) == ["Step", "Answers", "All", "Joy", "p"]
    assert table_rows(table) == [["A"], ["All", "20", "25.0% [10.0, 40.0]", "–", ".030"]]
