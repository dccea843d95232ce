"""What raw outputs of a classifier mean: mapping and scales hold for every study and every output."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from fer_support import classifier_condition
from hypothesis import given
from hypothesis import strategies as st
from protocol_support import ask_through, make_item, make_study

from lib.contracts.study import Scale
from lib.errors import ParameterError
from lib.protocol.classifier import (
    FORMS,
    ClassifierReader,
    expression,
    to_scale,
    write_outputs,
)
from lib.protocol.coordinates import COORDINATES
from lib.protocol.plan import Plan
from lib.protocol.question import Stored

STUDY = make_study()
SEVEN = ["neutral", "happy", "sad", "angry", "fear", "disgust", "surprise"]
PAPER = ("happy", "sad", "angry", "fear", "disgust", "neutral")
ALL = ("emotion", "valence", "arousal")


def reader(**classifier: Any) -> ClassifierReader:
    steps = ["emotion", *classifier.get("values", {}), *classifier.get("derived", ())]
    return ClassifierReader(STUDY, classifier_condition(classifier=classifier, steps=steps))


def text(values: dict[str, float] | None = None, **likely: float) -> str:
    """Outputs in which the named labels have these probabilities and the others share the rest."""
    rest = [label for label in SEVEN if label not in likely]
    share = (1 - sum(likely.values())) / len(rest) if rest else 0
    return write_outputs({label: likely.get(label, share) for label in SEVEN}, values or {})


def test_the_likeliest_label_is_the_emotion() -> None:
    for label in SEVEN[:-1]:
        parsed = reader().read(text(**{label: 0.6}), ("emotion",))
        assert parsed.values == {"emotion": label}
        assert (parsed.stage, parsed.flags, parsed.reason) == ("json", (), None)


@pytest.mark.parametrize(
    ("becomes", "emotion", "flags", "reason"),
    [
        ("drop", "fear", ("dropped",), None),
        ("unparsed", None, (), "unknown_category"),
        ("happy", "happy", (), None),
        ("fear", "fear", (), None),
    ],
)
def test_what_surprise_becomes_is_a_parameter(
    becomes: str, emotion: str | None, flags: tuple[str, ...], reason: str | None
) -> None:
    parsed = reader(mapping={"surprise": becomes}).read(text(surprise=0.5, fear=0.3), ("emotion",))
    assert parsed.values == {"emotion": emotion}
    assert (parsed.flags, parsed.reason, parsed.stage) == (flags, reason, "json" if emotion else "none")


def test_labels_of_one_category_count_together() -> None:
    both = reader(mapping={"surprise": "happy"})
    parsed = both.read(text(sad=0.4, happy=0.3, surprise=0.3), ("emotion",))
    assert parsed.values == {"emotion": "happy"}
    assert both.probabilities(text(sad=0.4, happy=0.3, surprise=0.3)) == pytest.approx(
        {"happy": 0.6, "sad": 0.4, "angry": 0, "fear": 0, "disgust": 0, "neutral": 0}
    )


def test_unparsed_labels_count_each_by_itself() -> None:
    labels = [*SEVEN, "contempt"]
    aside = reader(labels=labels, mapping={"surprise": "unparsed", "contempt": "unparsed"})
    shares = dict.fromkeys(labels, 0.0) | {"surprise": 0.3, "contempt": 0.3, "happy": 0.4}
    assert aside.read(write_outputs(shares, {}), ("emotion",)).values == {"emotion": "happy"}


def test_labels_mean_the_category_of_the_same_expression() -> None:
    labels = ["Anger", "Contempt", "Disgust", "Fear", "Happiness", "Neutral", "Sadness", "Surprise"]
    becomes = reader(labels=labels, mapping={"Contempt": "drop", "Surprise": "fear"}).becomes
    assert list(becomes.values()) == ["angry", "drop", "disgust", "fear", "happy", "neutral", "sad", "fear"]
    with_surprise = make_study(emotion={"categories": ["surprised", "happy"], "people_also": []})
    mapped = classifier_condition(classifier={"labels": ["joy", "surprise"], "mapping": {"surprise": "drop"}})
    assert ClassifierReader(with_surprise, mapped).becomes == {"joy": "happy", "surprise": "surprised"}


def test_a_category_of_the_label_s_own_name_goes_before_its_other_forms() -> None:
    study = make_study(emotion={"categories": ["anger", "angry"]})
    condition = classifier_condition(classifier={"labels": ["angry", "anger"], "mapping": {}})
    assert ClassifierReader(study, condition).becomes == {"angry": "angry", "anger": "anger"}


@pytest.mark.parametrize(
    ("classifier", "says"),
    [
        ({"mapping": {}}, r"says nothing of the label 'surprise', which is no category .* Add `surprise: drop`"),
        (
            {"mapping": {}, "labels": ["bored", "happy", "surprise"]},
            r"of the labels 'bored', 'surprise', which are .* Add `bored: drop`, .* so for each of them\.",
        ),
        ({"mapping": {"surprise": "hapy"}}, r"mapping\.surprise: got 'hapy' \(did you mean 'happy'\?\)"),
        ({"labels": ["a", "b"], "mapping": {"a": "drop", "b": "unparsed"}}, r"no label becomes a category"),
        (
            {"labels": ["happy", "bored"], "mapping": {"bored": "drop"}, "derived": ["valence"]},
            r"derived: got 'valence', but nothing is known of where 'bored' lies on it;.*coordinates\.valence\.bored\)",
        ),
    ],
)
def test_a_mapping_that_leaves_a_label_open_is_refused(classifier: dict[str, Any], says: str) -> None:
    with pytest.raises(ParameterError, match=rf"^tiny: classifier.*{says}"):
        reader(**classifier)


@given(st.data())
def test_every_mapping_is_total_and_its_shares_add_up(data: st.DataObject) -> None:
    labels = data.draw(st.lists(st.sampled_from([*FORMS, "boredom", "pain"]), min_size=2, max_size=8, unique=True))
    free = st.sampled_from([*PAPER, "drop", "unparsed"])
    mapping = {label: data.draw(free) for label in labels if label not in PAPER or data.draw(st.booleans())}
    weights = data.draw(st.lists(st.integers(0, 1000), min_size=len(labels), max_size=len(labels)).filter(any))
    probabilities = {label: weight / sum(weights) for label, weight in zip(labels, weights, strict=True)}
    condition = classifier_condition(classifier={"labels": labels, "mapping": mapping})
    try:
        made = ClassifierReader(STUDY, condition)
    except ParameterError as error:
        assert "no label becomes a category" in str(error)
        return
    assert set(made.becomes) == set(labels)
    said = write_outputs(probabilities, {})
    parsed, shares = made.read(said, ("emotion",)), made.probabilities(said)
    kept = [label for label in labels if made.becomes[label] != "drop"]
    aside = [label for label in kept if made.becomes[label] == "unparsed"]
    total = sum(json.loads(said)["labels"][label] for label in kept)
    if shares is None:
        assert total == 0 and parsed.values["emotion"] is None
        return
    assert sum(shares.values()) == pytest.approx(1 - sum(json.loads(said)["labels"][one] for one in aside) / total)
    assert all(0 <= share <= 1 for share in shares.values())
    emotion = parsed.values["emotion"]
    assert emotion in PAPER or parsed.reason == "unknown_category"
    if emotion is not None:
        assert shares[str(emotion)] == max(shares.values()) and shares[str(emotion)] > 0


@given(st.floats(-1, 1), st.floats(-1, 1), st.integers(-100, 100), st.integers(1, 100))
def test_scales_keep_ends_order_and_middle(one: float, other: float, low: int, width: int) -> None:
    scale = Scale(low=low, high=low + width, step=width, low_label="a", high_label="b")
    first, second = to_scale(one, -1, 1, scale), to_scale(other, -1, 1, scale)
    assert to_scale(-1, -1, 1, scale) == low
    assert math.isclose(to_scale(1, -1, 1, scale), low + width, abs_tol=1e-9)
    assert math.isclose(to_scale(0, -1, 1, scale), low + width / 2, abs_tol=1e-9)
    assert first <= second if one <= other else first >= second


@pytest.mark.parametrize(("raw", "value"), [(-1, 1), (-0.5, 3), (0, 5), (0.25, 6), (1, 9)])
def test_native_values_come_onto_the_papers_scale(raw: float, value: float) -> None:
    # Manuscript v5, section 3.4: v = (raw + 1) / 2 x 8 + 1.
    assert to_scale(raw, -1, 1, STUDY.dimensions["valence"]) == value == (raw + 1) / 2 * 8 + 1


def test_values_of_the_model_are_read_and_brought_back_to_the_scale() -> None:
    made = reader(values={"valence": {"index": 7}, "arousal": {"index": 8, "low": 0, "high": 4}})
    parsed = made.read(text({"valence": 0.5, "arousal": 5.0}, sad=0.9), ALL)
    assert parsed.values == {"emotion": "sad", "valence": 7.0, "arousal": 9.0}
    assert parsed.flags == ("clamped",)
    lacking = made.read(text({"valence": 0.5}, sad=0.9), ALL)
    assert lacking.values == {"emotion": "sad", "valence": 7.0, "arousal": None}
    assert lacking.reason == "missing_key"


def test_derived_values_are_the_mean_place_of_the_labels_and_say_so() -> None:
    made = reader(derived=["valence", "arousal"])
    parsed = made.read(text(happy=0.5, sad=0.5), ALL)
    # Russell and Mehrabian (1977): happy .81, .51; sad -.63, -.27.
    assert parsed.values["valence"] == pytest.approx(5 + 4 * (0.81 - 0.63) / 2)
    assert parsed.values["arousal"] == pytest.approx(5 + 4 * (0.51 - 0.27) / 2)
    assert parsed.flags == ("derived",)
    surprised = made.read(text(surprise=1.0, happy=0.0, neutral=0.0), ALL)
    assert surprised.values["valence"] == pytest.approx(5 + 4 * 0.40)


def test_coordinates_of_the_condition_go_before_those_that_are_known_and_change_no_question() -> None:
    own = {"valence": {"surprise": -0.2, "bored": -0.65}}
    changes = {"labels": ["happy", "surprise", "bored"], "mapping": {"surprise": "drop", "bored": "drop"},
               "derived": ["valence", "arousal"]}  # fmt: skip
    with pytest.raises(ParameterError, match="nothing is known of where 'bored' lies"):
        reader(**changes, coordinates=own)  # arousal is still lacking
    made = reader(**changes, coordinates=own | {"arousal": {"bored": -0.62}})
    shares = {"happy": 0.5, "surprise": 0.25, "bored": 0.25}
    parsed = made.read(write_outputs(shares, {}), ALL)
    assert parsed.values["valence"] == pytest.approx(5 + 4 * (0.5 * 0.81 - 0.25 * 0.2 - 0.25 * 0.65))
    assert parsed.values["arousal"] == pytest.approx(5 + 4 * (0.5 * 0.51 + 0.25 * 0.67 - 0.25 * 0.62))
    described = classifier_condition(classifier=changes, steps=ALL).classifier
    with_own = classifier_condition(classifier=changes | {"coordinates": {"valence": {"bored": 0}}}, steps=ALL)
    assert described.identity() == with_own.classifier.identity()


def test_coordinates_are_within_the_range_that_they_are_scaled_from() -> None:
    for places in COORDINATES.values():
        assert set(places) == set(FORMS)
        assert all(-1 <= place <= 1 for place in places.values())
    assert [expression(name) for name in ("Happiness", "JOY", "surprised", "other")] == [
        "happy", "happy", "surprise", "other",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "said",
    ["", "happy", '{"emotion": "happy"}', "[]", "null", '{"labels": {}}', '{"labels": {"happy": 1}}', "{" * 5000,
     '{"labels": null}', "\ud800", text(happy=0.5).replace("0.5", "0.9"), text(happy=0.5).replace("0.5", "-0.5")],
)  # fmt: skip
def test_what_is_no_output_of_these_labels_has_no_value(said: str) -> None:
    made = reader()
    parsed = made.read(said, ("emotion",))
    assert (parsed.values, parsed.stage, parsed.reason) == ({"emotion": None}, "none", "unusable_value")
    assert made.probabilities(said) is None


@given(st.text())
def test_reading_is_total(said: str) -> None:
    assert reader().read(said, ("emotion",)).reason == "unusable_value"


@pytest.mark.parametrize("bad", [math.nan, math.inf, -0.2, 1.2])
def test_numbers_that_are_no_probabilities_are_not_written(bad: float) -> None:
    with pytest.raises(ValueError, match=r"no number|outside 0 to 1"):
        write_outputs({"a": bad, "b": 0.5}, {})
    with pytest.raises(ValueError, match="no number"):
        write_outputs({"a": 0.5, "b": 0.5}, {"valence": math.nan})


def test_outputs_are_written_in_one_way() -> None:
    assert write_outputs({"b": 0.25, "a": 0.7500000004}, {"valence": -1 / 3}) == (
        '{"labels":{"a":0.75,"b":0.25},"values":{"valence":-0.333333}}'
    )


def test_labels_beside_one_that_is_nearly_certain_keep_their_order() -> None:
    sure = {"surprise": 1 - 3e-9, "fear": 2e-9, "happy": 1e-9}
    said = write_outputs(dict.fromkeys(SEVEN, 0.0) | sure, {})
    assert reader().read(said, ("emotion",)).values == {"emotion": "fear"}
    only = write_outputs(dict.fromkeys(SEVEN, 0.0) | {"surprise": 1.0}, {})
    assert reader().read(only, ("emotion",)).reason == "unknown_category"


def test_one_question_without_words_asks_for_everything() -> None:
    plan = Plan(STUDY, classifier_condition(classifier={"derived": ["valence", "arousal"]}, steps=ALL))
    replayed, asked = ask_through(plan, make_item(), lambda _: text(angry=0.8))
    assert [(question.step, question.prompt, question.with_image) for question in asked] == [("all", "", True)]
    assert replayed.values["emotion"] == "angry" and set(replayed.values) == set(ALL)
    assert plan.longest_prompts() == {"all": ""}
    assert plan.longest_side is None


def key_of(**classifier: Any) -> str:
    steps = classifier.pop("steps", ["emotion"])
    plan = Plan(STUDY, classifier_condition(classifier=classifier, steps=steps))
    (asked,) = ask_through(plan, make_item(), lambda _: Stored(text(happy=0.5)))[1]
    return asked.key


def test_what_outputs_mean_is_no_part_of_the_question_and_what_they_depend_on_is() -> None:
    key = key_of()
    rated = {"steps": list(ALL), "derived": ["valence", "arousal"]}
    for same in ({"mapping": {"surprise": "fear"}}, rated, {"batch": 2, "threads": 3}, {"weights": "other.onnx"},
                 {"package": "fer"}):  # fmt: skip
        assert key_of(**same) == key
    for other in ({"sha256": "0" * 64}, {"labels": [*SEVEN[1:], SEVEN[0]]}, {"input": {"size": [64, 64]}},
                  {"input": {"size": [32, 32], "box": [0.2, 0.2, 0.8, 0.8]}},
                  {"scores": {"are": "probabilities"}}):  # fmt: skip
        assert key_of(**other) != key
    valued = {"values": {"valence": {"index": 7}}, "steps": ["emotion", "valence"]}
    assert key_of(**valued) != key
    assert key_of(**valued) == key_of(**valued | {"values": {"valence": {"index": 7, "low": 0, "high": 2}}})
