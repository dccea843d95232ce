"""Tables and the figure of reliability and mixed models, from small frames whose figures are known."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from table_support import table_header, table_rows

from lib.figures.mixed import mixed_bias_figure
from lib.tables import mixed, reliability

IDS, DIMENSIONS = pl.Enum(["a", "b", "human-null"]), pl.Enum(["valence", "arousal"])
KEYS = {"condition": IDS, "dimension": DIMENSIONS}
NAMES = pl.DataFrame(
    {
        "condition": ["a", "b", "human-null"],
        "short_name": ["A", "B", "One person"],
        "type": ["VLM", "FER", "Person"],
    },
    schema_overrides={"condition": IDS},
)


def _tests(**columns: Any) -> pl.DataFrame:
    n = len(columns["condition"])
    plain: dict[str, Any] = {"dimension": ["valence"] * n, "se": [0.05] * n, "low": [-1.0] * n, "high": [1.0] * n}
    return pl.DataFrame(plain | columns, schema_overrides=KEYS)


@pytest.fixture
def bias() -> pl.DataFrame:
    return _tests(
        condition=["a", "a", "b", "b", "human-null", "human-null"],
        level=["anger", "joy"] * 3,
        estimate=[-1.076, 0.1, -2.0, 1.5, 0.01, None],
        p=[0.001, 0.03, 0.0, 0.0, 0.6, None],
        p_adjusted=[0.002, 0.06, 0.0, 0.0, None, None],
    )


def test_a_bias_shows_its_sign_error_and_mark(bias):
    table = mixed.mixed_bias_table(bias, NAMES, ["joy", "anger"], "tbl-x", width=8, alpha=0.05, notes=["Said."])
    assert table_header(table) == ["Rater", "Joy", "Anger"]
    assert table_rows(table) == [
        ["VLM"], ["A", "+0.10° (0.05)", "−1.08 (0.05)"],
        ["FER"], ["B", "+1.50 (0.05)", "−2.00 (0.05)"],
        ["Person"], ["One person", "–", "+0.01° (0.05)"],
    ]  # fmt: skip
    assert "Said." in table.as_raw_html()


def test_coefficients_are_named_by_what_they_compare():
    frame = _tests(
        condition=["a", "a", "a", "b", "b", "b"],
        term=["rater_type[machine]", "emotion[joy]", "rater_type[machine]:emotion[joy]"] * 2,
        estimate=[-1.0, 9.0, 2.0, 0.5, 9.0, -0.25],
        p=[0.0, 0.0, 0.0, 0.2, 0.0, 0.5],
        p_adjusted=[0.0, None, 0.0, 0.3, None, 0.5],
    )
    table = mixed.mixed_coefficient_table(frame, NAMES, "emotion", ["joy", "anger"], "tbl-x", alpha=0.05)
    assert table_header(table) == ["Rater", "Anger", "Joy − anger"]
    assert [row for row in table_rows(table) if len(row) > 1] == [
        ["A", "−1.00 (0.05)", "+2.00 (0.05)"],
        ["B", "+0.50° (0.05)", "−0.25° (0.05)"],
    ]


def test_demographic_contrasts_stand_below_their_dimension():
    frame = _tests(
        condition=["a", "a", "a"],
        dimension=["valence", "valence", "arousal"],
        term=["rater_type[machine]:race[White]", "rater_type[machine]:sex[w]", "rater_type[machine]:race[White]"],
        estimate=[-0.332, 0.1, 0.4],
        p=[0.0, 0.5, 0.0],
        p_adjusted=[0.0, 0.5, 0.0],
    )
    table = mixed.mixed_demographic_table(frame, NAMES, {"race": ["Black", "White"], "sex": ["m", "w"]}, alpha=0.05)
    assert table_header(table) == ["Rater", "White − Black", "w − m", "White − Black"]
    assert table_rows(table)[1] == ["A", "−0.33 (0.05)", "+0.10° (0.05)", "+0.40 (0.05)"]


def test_terms_show_f_with_their_degrees_of_freedom():
    frame = pl.DataFrame(
        {
            "condition": ["a", "a", "a"],
            "dimension": ["valence"] * 3,
            "term": ["rater_type", "race", "rater_type:race"],
            "df": [1, 2, 2],
            "f": [1234.5, 3.0, 4.056],
            "p": [0.0, 0.1, 0.02],
            "p_adjusted": [0.0, None, 0.08],
        },
        schema_overrides=KEYS,
    )
    table = mixed.mixed_term_table(frame, NAMES, alpha=0.05)
    assert table_header(table) == ["Rater", "Rater (1)", "Rater × race (2)"]
    assert table_rows(table) == [["Valence"], ["A", "1,234", "4.06°"]]


def test_notes_name_singular_and_missing_fits():
    fits = pl.DataFrame(
        {
            "condition": ["a", "b", "human-null"],
            "dimension": ["valence"] * 3,
            "n_observations": [10, None, 12],
            "singular": [True, None, False],
            "notes": ["Singular fit: ...", "Not fitted: too few.", None],
        },
        schema_overrides=KEYS,
    )
    assert mixed.fits_note(fits, NAMES) == "Singular fit, the variance between images being estimated as zero: A."
    assert mixed.not_fitted_note(fits, NAMES) == "B, valence: Not fitted: too few."
    assert mixed.fits_note(fits.tail(1), NAMES) is None
    assert mixed.not_fitted_note(fits.head(1), NAMES) is None
    note = mixed.mark_note(0.05, "Holm's correction", person=False)
    assert note == "° p not below .05 after correction over all machines of the table by Holm's correction."
    assert "held-out person" in mixed.mark_note(0.05, "Holm's correction", person=True)


def _reliability(**columns: Any) -> pl.DataFrame:
    figures = {name: [0.5] for name in ("participant", "image", "residual", "ratio")}
    ends = {f"icc2_{kind}{end}": [0.25] for kind in "1k" for end in ("", "_low", "_high")}
    row = {"dimension": ["valence"], "icc_k": [50.0], "icc_k_rule": ["harmonic"], "reason": [None]} | figures | ends
    return pl.DataFrame(row | columns, schema_overrides={"reason": pl.String})


def test_reliability_shows_intervals_and_components():
    overall = _reliability(icc2_1=[0.4979], icc2_k=[0.98], participant=[0.384])
    within = _reliability(ratio=[9.0031], image=[0.0428])
    alphas = pl.DataFrame({"dimension": ["valence"], "alpha_ordinal": [0.471]})
    table = reliability.reliability_table(overall, within, alphas, [reliability.k_note(overall)])
    assert table_rows(table) == [
        ["Valence", ".498 [.250, .250]", ".980 [.250, .250]", ".471", "0.384", "0.500", "0.500", "0.043", "9.0"]
    ]
    assert "k = 50: harmonic mean of the ratings per image" in table.as_raw_html()
    alone = reliability.reliability_table(overall, within.head(0), alphas)
    assert len(table_rows(alone)[0]) == 7


def test_a_dimension_without_a_fit_has_dashes_and_its_reason():
    none = _reliability(reason=["Too few."])
    figures = [name for name in none.columns if name not in ("dimension", "reason", "icc_k_rule")]
    none = none.with_columns(pl.lit(None, pl.Float64).alias(name) for name in figures)
    alphas = pl.DataFrame({"dimension": ["valence"], "alpha_ordinal": pl.Series([None], dtype=pl.Float64)})
    assert table_rows(reliability.reliability_table(none, none.head(0), alphas)) == [["Valence", *["–"] * 6]]
    assert reliability.fit_notes(none, none.head(0)) == ["Valence: Too few."]
    assert reliability.k_note(none) is None


def test_machines_have_kappa_and_correlations_and_classifiers_a_dash():
    machines = pl.DataFrame(
        {"condition": ["a"], "dimension": ["valence"], "icc2_1": [0.7], "icc2_1_low": [0.6], "icc2_1_high": [0.8]}
        | {"icc2_k": [0.82], "icc2_k_low": [None], "icc2_k_high": [None]},
        schema_overrides=KEYS | {"icc2_k_low": pl.Float64, "icc2_k_high": pl.Float64},
    )
    kappas = pl.DataFrame({"condition": ["a", "b"], "kappa": [0.85, 0.5]}, schema_overrides={"condition": IDS})
    table = reliability.machine_reliability_table(machines, kappas, NAMES)
    assert [row for row in table_rows(table) if len(row) > 1] == [
        ["A", ".850", ".700 [.600, .800]", ".820"], ["B", ".500", "–", "–"], ["One person", "–", "–", "–"],
    ]  # fmt: skip


def test_the_figure_has_a_panel_a_rater_and_a_row_a_level(bias):
    figure = mixed_bias_figure(bias, NAMES, ["joy", "anger"], "Rater minus people", "Simulated data.")
    assert list(figure.data["rater"].unique()) == ["A", "B", "One person"]
    assert len(figure.data) == 5
    assert figure.labels.caption == "Simulated data."
    assert len(figure._repr_mimebundle_()[0]["image/png"]) > 5000
