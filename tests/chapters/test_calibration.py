from __future__ import annotations

import polars as pl
import pytest

from lib.chapters.calibration import calibration_frame, folded_answers, hybrid_frame
from lib.chapters.claims_calibration import claim_calibration, claim_hybrid
from lib.chapters.people import human_baselines
from lib.chapters.units import unit_of_faces
from lib.results import Results
from lib.study_data import StudyData

NAMES = pl.DataFrame(
    {"condition": ["a", "b", "f"], "short_name": ["A", "B", "F"], "type": ["VLM", "VLM", "FER"]},
)


def test_all_images_of_one_identity_share_a_fold(lab_project, small_project, bare_project) -> None:
    for project, unit in ((lab_project, "identity"), (small_project, "actor")):
        data = StudyData(project)
        assert unit_of_faces(data) == unit
        folds = folded_answers(data).join(data.images.select("image_id", unit), on="image_id")
        assert set(folds.group_by(unit).agg(pl.col("fold").n_unique())["fold"]) == {1}
    assert unit_of_faces(StudyData(bare_project)) is None
    assert folded_answers(StudyData(bare_project)).is_empty()


def test_three_ways_of_calibrating_start_from_the_same_errors(lab_project) -> None:
    data = StudyData(lab_project)
    found = calibration_frame(data, folded_answers(data), human_baselines(data))
    own = found.filter((pl.col("condition") == "emonet") & (pl.col("dimension") == "valence"))
    assert own["by"].to_list() == ["predicted", "intended", "none"]
    assert own["mae_before"].n_unique() == own["n"].n_unique() == 1
    assert own["mae_after"].n_unique() == 3
    assert (own.select(pl.sum_horizontal("n_line", "n_mean", "n_overall")).to_series() == own["n"]).all()
    person = human_baselines(data)["valence"].loo_mae
    assert own["mae_ratio_after"][0] == pytest.approx(own["mae_after"][0] / person)


def test_the_hybrid_takes_the_most_accurate_classifier_and_every_model(lab_project) -> None:
    data = StudyData(lab_project)
    shares = {"posterv2": 0.9, "emonet": 0.95, "mobilevit": 0.5, "gemma3-4b": 0.99}
    accuracy = pl.DataFrame({"condition": list(shares), "accuracy": list(shares.values())})
    found = hybrid_frame(data, folded_answers(data), accuracy)
    assert found["fer"].unique().to_list() == ["emonet"]
    kinds = {name: item.kind for name, item in data.conditions.items()}
    assert {kinds[name] for name in found["condition"].cast(pl.String)} == {"vlm"}
    assert found["accuracy"].unique().to_list() == [0.95]
    assert found["mae_fer"].null_count() == 0
    without = hybrid_frame(data, folded_answers(data), accuracy.filter(pl.col("condition") == "posterv2"))
    assert without["mae_fer"].null_count() == without.height > 0


@pytest.mark.parametrize("shape", ["bare_project", "classifier_project"])
def test_without_values_there_are_no_rows(shape: str, request: pytest.FixtureRequest) -> None:
    data = StudyData(request.getfixturevalue(shape))
    answers = folded_answers(data)
    assert calibration_frame(data, answers, human_baselines(data)).is_empty()
    accuracy = pl.DataFrame({"condition": ["machine-1"], "accuracy": [0.5]})
    assert hybrid_frame(data, answers, accuracy).is_empty()


def _calibration() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "condition": ["a", "b", "f"], "dimension": ["valence"] * 3, "by": ["predicted"] * 3,
            "mae_before": [1.8, 1.4, 1.0], "mae_after": [0.5, 0.9, 0.8], "mae_label_mean": [0.6, 0.8, 0.9],
            "reduction": [1.3, 0.5, 0.2], "reduction_low": [1.2, 0.4, -0.1], "reduction_high": [1.4, 0.6, 0.3],
            "beyond_label": [0.1, -0.1, 0.1], "beyond_label_low": [0.05, -0.2, 0.0],
            "beyond_label_high": [0.15, -0.05, 0.2], "loo_mae": [1.2] * 3,
        }
    )  # fmt: skip


def test_claims_set_models_beside_classifiers_and_a_person() -> None:
    results = Results("calibration")
    claim_calibration(results, _calibration(), NAMES)
    texts = {key: entry.text for key, entry in results.entries.items()}
    assert texts["claims.calibration.machines.valence.reduced.names"] == "A and B"
    assert texts["claims.calibration.vlm.valence.within_fer_before.names"] == "none"
    assert texts["claims.calibration.vlm.valence.within_fer_after.share"] == "both"
    assert texts["claims.calibration.machines.valence.below_loo_before.names"] == "F"
    assert texts["claims.calibration.machines.valence.beyond_label.names"] == "A"
    assert texts["claims.calibration.machines.valence.noise.names"] == "B"
    assert texts["claims.calibration.vlm.valence.most.short_name"] == "A"
    assert texts["claims.calibration.fer_raw.valence.high"] == "1.000"


def test_claims_within_an_emotion_take_the_lines_by_intended_emotion() -> None:
    results = Results("calibration")
    by_intended = _calibration().with_columns(by=pl.lit("intended"), beyond_label=pl.Series([0.02, 0.01, 0.05]))
    claim_calibration(results, pl.concat([_calibration(), by_intended]), NAMES)
    texts = {key: entry.text for key, entry in results.entries.items()}
    path = "claims.calibration.machines.valence.beyond_emotion"
    assert (texts[f"{path}.names"], texts[f"{path}.low"], texts[f"{path}.high"]) == ("A", "0.010", "0.050")
    assert texts["claims.calibration.machines.valence.beyond_label.names"] == "A"


def test_claims_about_the_hybrid() -> None:
    hybrid = pl.DataFrame(
        {
            "condition": ["a", "b"], "fer": ["f", "f"], "dimension": ["valence"] * 2, "accuracy": [0.9, 0.9],
            "accuracy_vlm": [0.95, 0.7], "mae": [0.4, 0.5], "mae_vlm": [0.5, 0.45], "mae_label": [0.6, 0.6],
            "gain_low": [0.05, -0.1], "gain_high": [0.15, -0.02], "intensity_low": [0.1, -0.1],
            "intensity_high": [0.3, 0.2],
        }
    )  # fmt: skip
    results = Results("calibration")
    claim_hybrid(results, hybrid, NAMES)
    texts = {key: entry.text for key, entry in results.entries.items()}
    assert texts["claims.hybrid.short_name"] == "F"
    assert texts["claims.hybrid.more_accurate.names"] == "B"
    assert texts["claims.hybrid.valence.closer.names"] == "A"
    assert texts["claims.hybrid.valence.farther.names"] == "B"
    assert texts["claims.hybrid.valence.adds.share"] == "one of two"
    claim_hybrid(Results("calibration"), hybrid.head(0), NAMES)
