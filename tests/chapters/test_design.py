from __future__ import annotations

from lib.chapters.design import (
    carried_steps,
    pipeline_lines,
    prompts_in_use,
    record_analysis,
    record_asking,
    record_conditions,
    record_counts,
    record_scales,
)
from lib.chapters.notes import missing_note
from lib.contracts.study import Asking
from lib.results import Results
from lib.study_data import StudyData


def test_counts_and_levels(lab_project) -> None:
    results = Results("design")
    record_counts(results, StudyData(lab_project))
    texts = {key: entry.text for key, entry in results.entries.items()}
    assert texts["design.images"] == "72"
    assert texts["design.images_per_participant"] == "30"
    assert texts["design.factors.race.levels"] == "Black, Caucasian and Korean"
    assert texts["design.images_by.race.Korean"] == "24"
    assert texts["design.images_by.emotion.sad"] == "12"
    assert results.entries["design.simulated"].value is True
    assert (
        results.entries["design.ratings_per_image_low"].value < results.entries["design.ratings_per_image_high"].value
    )


def test_scales_with_a_true_minus_sign(bare_project) -> None:
    results = Results("design")
    record_scales(results, StudyData(bare_project))
    assert results.entries["design.dimensions.valence.low"].text == "−1"
    assert results.entries["design.emotion.people_also"].text == "other"


def test_the_parameters_of_the_analysis_in_words(lab_project) -> None:
    results, data = Results("design"), StudyData(lab_project)
    analysis = data.study.analysis.model_copy(update={"bootstrap_draws": 2000})
    data.study = data.study.model_copy(update={"analysis": analysis})
    record_analysis(results, data)
    texts = {key.removeprefix("design.analysis."): entry.text for key, entry in results.entries.items()}
    assert texts == {
        "draws": "2,000",
        "unit": "images",
        "confidence_percent": "95%",
        "level": ".05",
        "correction": "the false discovery rate of Benjamini and Hochberg",
        "pairs": "eight",
        "held_out_draws": "50",
    }


def test_how_machines_are_asked_in_words(lab_project) -> None:
    data = StudyData(lab_project)
    results = Results("design")
    record_asking(results, data)
    texts = {key.removeprefix("design.asking."): entry.text for key, entry in results.entries.items()}
    assert texts == {
        "strategies": "context carry and single question",
        "unparsed": "the steps whose questions repeat that answer are not asked",
        "longest_side": "as they are",
    }
    data.study = data.study.model_copy(update={"asking": Asking(longest_side=1024, unparsed="without_context")})
    other = Results("design")
    record_asking(other, data)
    assert other.entries["design.asking.longest_side"].value == 1024
    assert other.entries["design.asking.longest_side"].text.startswith("with at most 1,024 pixels")
    assert "without earlier answers" in other.entries["design.asking.unparsed"].text
    headings = [heading for heading, _, _ in prompts_in_use(data)]
    assert headings.count("Context carry, prompt set json, without context") == 2


def test_conditions(lab_project) -> None:
    results = Results("design")
    record_conditions(results, StudyData(lab_project))
    texts = {key: entry.text for key, entry in results.entries.items()}
    assert (texts["design.conditions"], texts["design.vlms_in_words"], texts["design.fers_in_words"]) == (
        "13", "eight", "five",
    )  # fmt: skip
    assert texts["design.fers_that_rate"] == "three"
    assert texts["conditions.qwen3-vl-4b-thinking.thinking"] == "yes (up to 1,024 tokens a question)"


def test_only_conditions_with_predictions_are_counted(lab_project) -> None:
    data = StudyData(lab_project)
    absent = ("gemma3-4b", "emonet")
    data.conditions = {name: item for name, item in data.conditions.items() if name not in absent}
    results = Results("design")
    record_conditions(results, data)
    texts = {key: entry.text for key, entry in results.entries.items()}
    assert (texts["design.conditions"], texts["design.vlms_in_words"], texts["design.fers_that_rate"]) == (
        "11", "seven", "two",
    )  # fmt: skip
    assert texts["design.conditions_missing"] == "2"
    assert "4B" not in texts["design.vlms_names"].replace("VL-4B", "") and "EmoNet" not in texts["design.fers_names"]
    assert texts["conditions.emonet.type"] == "FER"
    boxes = pipeline_lines(data)[1]
    assert (len(boxes["VLMs"]), len(boxes["FER classifiers"])) == (7, 4)
    note = missing_note(data)
    assert note is not None and data.project.conditions["emonet"].name in note


def test_prompts_are_the_laboratorys_word_for_word(lab_project) -> None:
    # supplement v10.8, S2.1, step 1
    step = carried_steps(StudyData(lab_project))["emotion"]
    assert step == (
        "What is the facial expression in this image?\n"
        "Choose one from: happy, sad, angry, fear, disgust, neutral.\n"
        'Respond with ONLY a JSON object: {"emotion": "<your answer>"}'
    )
    prompts = prompts_in_use(StudyData(lab_project))
    assert len(prompts) == 7  # three steps in JSON, three in plain words, one question for everything
    assert prompts[1][2].startswith("You identified this face as {emotion}.")


def test_the_pipeline_leaves_out_raters_that_are_not_there(bare_project) -> None:
    images, raters, compared = pipeline_lines(StudyData(bare_project))
    assert images == ["15 images"]
    assert list(raters) == ["People"]
    assert not any("group" in line for line in compared)
