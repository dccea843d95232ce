from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from fer_support import classifier_condition
from scipy.special import softmax

from lib.contracts.classifier import Classifier
from lib.fer.network import NetworkError
from lib.fer.outputs import outputs_as_text

LABELS = ["neutral", "happy", "sad", "angry", "fear", "disgust", "surprise"]
LOGITS = np.array([[0.5, 2.0, -1.0, 0.1, 0.0, -3.0, 1.0], [50.0, -50.0, 0.0, 1.0, 2.0, 3.0, 4.0]], np.float32)


def described(**changes: Any) -> Classifier:
    found = classifier_condition(classifier=changes).classifier
    assert found is not None
    return found


def read(texts: list[str]) -> tuple[np.ndarray, list[dict[str, float]]]:
    decoded = [json.loads(text) for text in texts]
    return np.array([[one["labels"][name] for name in LABELS] for one in decoded]), [one["values"] for one in decoded]


def test_logits_become_probabilities_in_the_labels_order() -> None:
    found, values = read(outputs_as_text({"logits": LOGITS}, described()))
    np.testing.assert_allclose(found, softmax(LOGITS.astype(float), axis=1), atol=5e-7)
    assert values == [{}, {}]


def test_probabilities_stay_what_they_are() -> None:
    given = softmax(LOGITS.astype(float), axis=1)
    found, _ = read(outputs_as_text({"out": given}, described(scores={"are": "probabilities"})))
    np.testing.assert_allclose(found, given, atol=5e-7)


def test_values_may_stand_behind_the_scores_or_in_outputs_of_their_own() -> None:
    behind = described(values={"valence": {"index": 7}, "arousal": {"index": 8}})
    rows = np.hstack([LOGITS, [[0.25, -0.5], [1.0, 0.0]]])
    found, values = read(outputs_as_text({"logits": rows}, behind))
    assert values == [{"arousal": -0.5, "valence": 0.25}, {"arousal": 0.0, "valence": 1.0}]
    np.testing.assert_allclose(found, softmax(LOGITS.astype(float), axis=1), atol=5e-7)
    before = described(scores={"first": 2}, values={"valence": {"index": 0}, "arousal": {"index": 1}})
    swapped = np.hstack([[[0.25, -0.5], [1.0, 0.0]], LOGITS])
    assert read(outputs_as_text({"logits": swapped}, before))[1] == values
    own = described(scores={"output": "expression"}, values={"valence": {"output": "v"}, "arousal": {"output": "a"}})
    outputs = {"v": np.array([0.25, 1.0]), "a": np.array([[-0.5], [0.0]]), "expression": LOGITS[:, :, None]}
    assert read(outputs_as_text(outputs, own))[1] == values


@pytest.mark.parametrize(
    ("outputs", "changes", "says"),
    [
        (
            {"o": LOGITS[:, :6]},
            {},
            "output 'o' has 6 numbers an image, but classifier names 7 labels from the column 0",
        ),
        ({"o": np.hstack([LOGITS, LOGITS[:, :1]])}, {}, "has 8 numbers"),
        ({"o": LOGITS}, {"values": {"valence": {"index": 3}}}, "7 labels from the column 0 on and 1 values"),
        ({"o": LOGITS}, {"values": {"valence": {"index": 9}}}, "7 labels from the column 0 on and 1 values"),
        ({"o": LOGITS}, {"values": {"valence": {"output": "v"}}}, "valence: got output 'v', but there are o"),
        ({"o": LOGITS, "v": LOGITS}, {"values": {"valence": {"output": "v", "index": 7}}}, "got index 7, but"),
        ({"o": LOGITS}, {"scores": {"output": "p"}}, "scores: got output 'p'"),
        ({"o": LOGITS}, {"scores": {"are": "probabilities"}}, "do not add up to 1; if they are logits"),
        ({"o": softmax(LOGITS, axis=1)}, {}, "add up to 1 already; set classifier.scores.are to probabilities"),
        ({"o": np.full((1, 7), np.nan)}, {}, r"no number \(NaN or infinite\)"),
        ({"o": np.full((1, 7), np.nan)}, {"scores": {"are": "probabilities"}}, r"no number \(NaN or infinite\)"),
        ({"o": LOGITS, "v": np.full((2, 1), np.inf)}, {"values": {"valence": {"output": "v"}}}, "no number"),
    ],
)
def test_outputs_that_are_not_what_was_said_are_refused(
    outputs: dict[str, np.ndarray], changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(NetworkError, match=says):
        outputs_as_text(outputs, described(**changes))
