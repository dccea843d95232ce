"""What the overview of ablations says was measured, and on what."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from lib.chapters.lacking import lacking
from lib.chapters.measured import ablations_overview, measured_note, measured_on
from lib.contracts.known_conditions import KnownConditions
from lib.contracts.study import read_study
from lib.study_data import StudyData

ROOT = Path(__file__).parents[2]
STUDY = read_study(ROOT / "params/demo.yaml").model_copy(update={"machines": (), "factors": {}})
WHO = ("pocket-rater", "face-api-drawn")
IMAGES = pl.DataFrame({"image_id": [f"i{number}" for number in range(8)], "intended_emotion": ["happy"] * 8})


def answers(count: int, repeats: int = 1, tokens: int = 0) -> pl.DataFrame:
    rows = [(f"i{number}", repeat, "happy", 5.0, 5.0, tokens) for number in range(count) for repeat in range(repeats)]
    columns = ["image_id", "repeat", "emotion", "valence", "arousal", "thinking_tokens"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def study(*, variants: dict[str, int], traced: dict[str, int], twin: bool = False, tokens: int = 0) -> StudyData:
    known = KnownConditions(ROOT, "params/library", WHO)
    source = SimpleNamespace(
        study=STUDY, conditions=known.own, uses_twin=twin, simulated_note=None, available=list(WHO), answered=[],
        ablated=list(variants), known=known, condition=known.find,
    )  # fmt: skip
    ratings = IMAGES.select("image_id", participant_id=pl.lit("p"), emotion=pl.lit("happy"), valence=5.0, arousal=5.0)
    data = StudyData.__new__(StudyData)
    predictions = dict.fromkeys(WHO, answers(8, tokens=tokens))
    data.__dict__ |= {
        "source": source, "study": STUDY, "inputs": {}, "images": IMAGES, "ratings": ratings, "conditions": known.own,
        "repeated_predictions": predictions, "predictions": predictions,
        "variants": {name: answers(count) for name, count in variants.items()},
        "_traced": {kind: {WHO[0]: answers(traced[kind])} if kind in traced else {} for kind in
                    ("logits", "hidden", "attention")},
    }  # fmt: skip
    return data


@pytest.fixture(autouse=True)
def in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StudyData, "project", property(lambda data: data.source))


def test_the_images_that_all_ways_were_asked_about_are_counted() -> None:
    data = study(variants={f"{WHO[0]}.temperature.{way}": count for way, count in (("t0", 6), ("t10", 4))}, traced={})
    assert measured_on(data, "temperature") == {WHO[0]: 4} and measured_on(data, "quantisation") == {}
    assert measured_note(data, "temperature") == "Measured on Pocket rater (4 images)."
    assert lacking(data, "ablation temperature") is None and lacking(data, "ablation quantisation") is not None


def test_traces_and_whatever_has_answered_count_by_their_own_measure() -> None:
    data = study(variants={}, traced={"hidden": 3})
    assert measured_on(data, "hidden-states") == {WHO[0]: 3} and measured_on(data, "attention") == {}
    assert measured_on(data, "models") == dict.fromkeys(WHO, 8) and measured_on(data, "thinking") == {}
    assert measured_on(study(variants={}, traced={}, tokens=5), "thinking") == dict.fromkeys(WHO, 8)


def test_the_overview_names_every_file_and_says_how_to_ask_what_is_missing() -> None:
    data = study(variants={f"{WHO[0]}.retest-r3.again": 8, f"{WHO[0]}.retest-r3.backwards": 5}, traced={})
    overview = ablations_overview(data)
    files = {path.stem for path in (ROOT / "params/ablations").glob("*.yaml")}
    assert set(overview["ablation"]) == files | {"retest"} and overview["ablation"].n_unique() == overview.height
    letters = overview["letter"].drop_nulls().to_list()
    assert letters == sorted(letters) and overview["letter"][1 : 1 + len(letters)].to_list() == letters
    rows = {row["ablation"]: row for row in overview.iter_rows(named=True)}
    assert rows["retest"]["measured"] == "Pocket rater (5 images)"
    assert rows["models"]["measured"] == "Pocket rater, face-api (8 images)"
    assert rows["label-alone"]["measured"] is None
    assert rows["label-alone"]["ask"] == "ablate label-alone -m <condition>"
    assert rows["attention"]["ask"] == "ablate attention -m <condition>"
    assert rows["real-faces"]["ask"] == "ablate real-faces -m <condition>" and rows["real-faces"]["measured"] is None
    assert rows["thinking"]["ask"] == "infer -m <condition>"


def test_what_a_twin_answers_is_called_simulated() -> None:
    data = study(variants={}, traced={}, twin=True)
    rows = {row["ablation"]: row["measured"] for row in ablations_overview(data).iter_rows(named=True)}
    assert rows["models"] == "simulated answers of Pocket rater, face-api (8 images)"
    assert {name for name, measured in rows.items() if measured} == {"models", "false-positives"}
    assert measured_note(data, "models").startswith("Simulated answers of ")
