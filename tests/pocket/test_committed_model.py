"""The pocket rater as it is committed: small, real, and what its card says of it, on people it has never seen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lib.drawing.design import plan_faces
from lib.files import sha256_file
from lib.project import open_project

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "data/models/pocket-rater"
EVERY = 25  # of 1,440 faces, those of a person in a row: all emotions, races and genders come up
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def figures(request: pytest.FixtureRequest) -> dict:
    pytest.importorskip("torch", reason="needs the extra local (make local)")
    pytest.importorskip("transformers", reason="needs the extra local (make local)")
    from lib.pocket import evaluation
    from lib.pocket.evaluation import Exam, evaluate

    patch = pytest.MonkeyPatch()
    patch.setattr(evaluation, "SOME", 12)
    request.addfinalizer(patch.undo)
    exam = Exam(open_project(root=ROOT), MODEL, plan_faces(40)[::EVERY], ROOT / "data/stimuli/drawn", lambda *_: None)
    return evaluate(exam, ["pocket-rater", "pocket-rater-json", "pocket-rater-text-only"], ["4bit"])


def test_it_is_small_safe_and_the_one_that_the_card_describes() -> None:
    assert sum(path.stat().st_size for path in MODEL.iterdir()) <= 8_000_000
    assert {path.suffix for path in MODEL.iterdir()} <= {".safetensors", ".json", ".jinja", ".md"}
    card = (MODEL / "README.md").read_text(encoding="utf-8")
    assert sha256_file(MODEL / "model.safetensors") in card
    assert "What it must not be used for" in card and "no evidence" in card


@pytest.mark.parametrize("condition", ["pocket-rater", "pocket-rater-json"])
def test_it_recognises_people_it_has_never_seen(figures: dict, condition: str) -> None:
    measured = figures[condition]
    assert measured["faces"] == len(range(0, 1440, EVERY)) and measured["read"] == 1
    assert measured["accuracy"] > 0.9 and min(measured["accuracy_by_group"].values()) > 0.7
    (row,) = re.findall(r"\| all \| ([\d.]+)% \| ([\d.]+)% \|", (MODEL / "README.md").read_text(encoding="utf-8"))
    whole = float(row[condition.endswith("json")]) / 100
    assert abs(measured["accuracy"] - whole) < 4.5 * (whole * (1 - whole) / measured["faces"]) ** 0.5 + 0.01


def test_its_ratings_follow_the_face_and_not_only_the_label(figures: dict) -> None:
    for dimension in ("valence", "arousal"):
        follows = [
            abs(value) for value in figures["pocket-rater"][dimension]["intensity"].values() if value is not None
        ]
        assert len(follows) == 5 and sum(follows) / 5 > 0.3


def test_temperature_and_precision_show(figures: dict) -> None:
    assert figures["drawn"]["changed"]["valence"] > 0.2
    assert figures["4bit"]["expected_apart"] > 0.05
