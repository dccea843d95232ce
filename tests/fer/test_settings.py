from __future__ import annotations

from typing import Any

import pytest
from fer_support import classifier_condition

from lib.backends.registry import check_settings
from lib.contracts.condition import read_conditions
from lib.errors import ParameterError
from lib.fer.emotiefflib import EIGHT, MODELS, convention
from lib.project import find_root

IMAGE = {"size": [224, 224], "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
RATING = {
    "labels": list(EIGHT),
    "input": IMAGE,
    "mapping": {"Surprise": "drop", "Contempt": "drop"},
    "values": {"valence": {"index": 8}, "arousal": {"index": 9}},
}
EFFICIENT = {"backend": "emotiefflib", "model": "enet_b0_8_va_mtl"}


def test_every_classifier_that_comes_along_is_described_in_full() -> None:
    root = find_root()
    found = [*read_conditions(root / "params/conditions").values(), *read_conditions(root / "params/library").values()]
    classifiers = [one for one in found if one.kind == "fer"]
    assert {one.id for one in classifiers} >= {
        "posterv2", "mobilevit", "efficientnet-b0", "beit", "emonet", "face-api", "fer",
    }  # fmt: skip
    for condition in classifiers:
        check_settings(condition)
    # Manuscript v5, section 3.4: which of the paper's five give valence and arousal, from -1 to 1.
    rating = {one.id for one in classifiers if one.classifier and one.classifier.values}
    assert rating == {"mobilevit", "efficientnet-b0", "emonet"}
    for one in classifiers:
        for place in one.classifier.values.values() if one.classifier else ():
            assert (place.low, place.high) == (-1, 1)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"classifier": {"input": None}}, r"classifier\.input: is missing"),
        ({"backend": "image-classification"}, r"classifier\.input: is given, but the model's own image processor"),
        ({"decoding": {"temperature": 0.7}}, r"decoding\.temperature: got 0\.7, but a classifier draws nothing"),
        ({"thinking": {"mode": "dynamic"}}, r"a classifier does not think"),
        (EFFICIENT | {"model": "enet_b9"}, r"model: got 'enet_b9'; EmotiEffLib has enet_b0_8_best_vgaf"),
        (EFFICIENT, r"classifier\.labels: got \[neutral, happy, .*\], but enet_b0_8_va_mtl has \[Anger, Contempt"),
        (EFFICIENT | {"classifier": RATING | {"labels": list(EIGHT[::-1])}}, r"classifier\.labels: got \[Surprise"),
        (
            EFFICIENT | {"classifier": RATING | {"input": IMAGE | {"size": [112, 112]}}},
            r"input\.size: got \[112, 112\]",
        ),
        (EFFICIENT | {"classifier": RATING | {"values": {"valence": {"index": 9}}}}, r"values \(index, low, high\)"),
    ],
)
def test_a_description_that_cannot_be_right_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ParameterError, match=f"^condition tiny: {says}|^condition tiny: .*{says}"):
        check_settings(classifier_condition(**changes))


def test_a_classifier_without_description_says_where_to_put_it() -> None:
    bare = classifier_condition().model_copy(update={"classifier": None})
    with pytest.raises(ParameterError, match=r"classifier: is missing, so nothing says what the model tiny takes"):
        check_settings(bare)


def test_what_temperature_a_file_leaves_unsaid_does_not_matter() -> None:
    check_settings(classifier_condition(decoding={}))
    check_settings(classifier_condition(**EFFICIENT, classifier=RATING))


def test_conventions_are_those_of_the_package() -> None:
    # emotiefflib 1.1.1, facial_analysis.py: EmotiEffLibRecognizerBase.__init__.
    assert [convention(name).side for name in MODELS] == [224, 224, 260, 224, 260, 112, 224]
    assert [len(convention(name).labels) for name in MODELS] == [8, 8, 8, 8, 7, 8, 8]
    assert [name for name in MODELS if convention(name).rates] == ["enet_b0_8_va_mtl", "mbf_va_mtl", "mobilevit_va_mtl"]
