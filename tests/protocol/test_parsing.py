"""Answers that are easily misread: what must be read, and above all what must not."""

from __future__ import annotations

from pathlib import Path

import pytest

from lib.contracts.study import Study, read_study
from lib.protocol.parsing import Parsed, parse_answer

ROOT = Path(__file__).parents[2]
PAPER = read_study(ROOT / "params/study.yaml")
ALL = ("emotion", "valence", "arousal")
ASK_EMOTION = (
    "What is the facial expression in this image?\n"
    "Choose one from: happy, sad, angry, fear, disgust, neutral. Answer with a single word only."
)
ASK_VALENCE = (
    "You identified this face as happy.\nHow pleasant is this facial expression?\n"
    "Rate from 1 to 9 where 1 is very unpleasant and 9 is very pleasant.\nAnswer with a single number only."
)
ASK_AROUSAL = (
    "You identified this face as happy with pleasantness 7 out of 9.\n"
    "How intense or activated is the emotion in this face?\n"
    "Rate from 1 to 9 where 1 is very calm and 9 is very excited.\nAnswer with a single number only."
)
ASK_ALL = (
    "Analyze the facial expression in this image.\n\nRespond with ONLY a JSON object (no other text):\n"
    '{"emotion": "<one of: happy, sad, angry, fear, disgust, neutral>", '
    '"valence": <integer 1-9, 1=very unpleasant, 9=very pleasant>, '
    '"arousal": <integer 1-9, 1=very calm, 9=very excited>}'
)


def study_with(
    categories: tuple[str, ...], low: float = 1, high: float = 9, step: float = 1, people_also: tuple[str, ...] = ()
) -> Study:
    scale = {"low": low, "high": high, "step": step, "low_label": "unpleasant", "high_label": "pleasant"}
    return Study.model_validate(
        {
            "id": "other",
            "title": "Another study",
            "files": {"ratings": "ratings.csv"},
            "emotion": {"categories": categories, "people_also": people_also},
            "dimensions": {"valence": scale, "arousal": scale, "self_arousal": scale},
        }
    )


def emotion(text: str, study: Study = PAPER) -> str | float | None:
    return parse_answer(text, ("emotion",), study).values["emotion"]


def valence(text: str, study: Study = PAPER) -> str | float | None:
    return parse_answer(text, ("valence",), study).values["valence"]


def parsed(text: str, step: str = "valence") -> Parsed:
    return parse_answer(text, (step,), PAPER)


@pytest.mark.parametrize("text", [
    "happily smiling people", "The man is fearless.", "I would discuss the display.", "feature by feature",
    "at an angle", "He sits in the saddle.", "This happens often here.", "The opposite of happy", "Anything but happy",
    "far from happy", "This face shows no fear or anger.", "It isn't sad.", "The man doesn't look particularly happy.",
    "unhappy", "joyful", "non-neutral", "not neutral", "He is afraid.", "terrified", "I'm happy to help with that.",
    "expressionless", "C", "3", "I am not sure whether the person is happy.", "without any disgust", "lack of anger",
    "Answer: neither", "Happy isn't right; sad", "not only happy", "disappointed", "disguised", "angle", "fearless",
    "hap\u200bpy", "~~happy~~", "[ ] happy", "Happy people smile.", "People say happy", "I am feeling happy",
])  # fmt: skip
def test_no_category_is_seen_where_none_is_meant(text: str) -> None:
    assert emotion(text) is None


@pytest.mark.parametrize("text", [
    "fear or disgust", "Fear, disgust", "fearful-disgusted", "Neutral/Happy", "The sad woman is angry.",
    "Happy? No, sad.", "The emotion is a mix of fear and sadness.", "Primary: Fear. Secondary: disgust.",
    "Answer: fear or disgust", "1) sad 2) happy", "**happy** or **sad**", "sad\nor maybe\nangry",
    "It is fear or surprise.", '"happy" or "sad"', '{"primary_emotion": "happy", "secondary_emotion": "sad"}',
    '{"emotion": "happy and surprised"}', "[happy, sad]", "Emotion: angry, neutral background",
])  # fmt: skip
def test_two_categories_are_none(text: str) -> None:
    assert parsed(text, "emotion").reason == "several_candidates"
    assert emotion(text) is None


@pytest.mark.parametrize(("text", "category"), [
    ("Sadly, the person looks neutral.", "neutral"), ("I'm happy to help! The person is sad.", "sad"),
    ("The happy-looking man", "happy"), ("I don't think he is sad; angry.", "angry"),
    ("no doubt happy", "happy"),
    ("Emotion: Fear (secondary: disgust)", "fear"), ("The options are happy and sad. The answer is sad.", "sad"),
    ("Emotion\nSad", "sad"), ("# Sad", "sad"), ("The emotion of the woman is sadness", "sad"),
    ("Her anger is apparent.", "angry"), ("(c) angry", "angry"), ("Emotion → fear", "fear"),
    ("EMOTION - fear", "fear"), ("Emotion — fear", "fear"), ('{"sad"}', "sad"), ("{sad", "sad"),
    ("There is no anger, only sadness.", "sad"), ("Emotion:\n\n**Sad**", "sad"), ("`happy`", "happy"),
    ("\x00happy\x00", "happy"), (ASK_EMOTION + "\nsad", "sad"), (ASK_EMOTION + " sad", "sad"), (ASK_EMOTION, None),
    (ASK_ALL, None),
])  # fmt: skip
def test_a_category_is_found_where_it_is_meant(text: str, category: str | None) -> None:
    assert emotion(text) == category


@pytest.mark.parametrize("text", [
    "The image shows 2 people.", "two people", "The man is 30 years old.", "at 10:30", "In 2024 it was so.",
    "7/9/2024", "3.4.5", "x7", "7x", "0x7", "7ish", "VII", "7 8", "1 2 3 4 5 6 7 8 9", "at least 5", "It's above 5",
    "less than 5", "> 7", "it is not a 7", "I would not say 7.", "one of the happiest", "It is 5 feet away.",
    "rated by 2 people", "I see 2 eyes and 1 mouth.", "7²", "7 / 9 = 0.78", "No. 7", "7+", "7-", "€7",
    "rate it as high as 9", "I give 2 reasons: it is 7.", "2024", "emotion: happy (7)",
    "Arousal is 5", "with an arousal of 5 out of 9", "Emotion: 7", "Not 7 but 5",
    "The rating would be closer to 7 than 6.", ASK_VALENCE, ASK_VALENCE.replace("\n", " "), ASK_ALL,
    "self arousal: 2" * 2,
])  # fmt: skip
def test_no_number_is_seen_where_none_is_meant(text: str) -> None:
    assert valence(text) is None


@pytest.mark.parametrize("text", [
    "6 to 7", "6 – 7", "6—7", "7, maybe 8", "I rate it between 6 and 7.", "somewhere around 6.5 to 7", "seven (8)",
    "7\n8", "1-9", "Answer: 6-8", "**6** or **7**", "1, 2, 3, 4, 5, 6, 7, 8, 9",
    "Score: 3/9 for pleasantness, 4/9 for intensity", "7,5", '{"valence": [6, 7]}', '{"valence": "6 or 7"}',
    "Valence: 6\nValence: 7", "7,000", "7.000",
    "1,000", "5 is neutral, and this is 7.", "Pleasantness: 8\nConfidence: 9", "choose 2 or 3",
])  # fmt: skip
def test_two_numbers_are_none(text: str) -> None:
    assert parsed(text).reason == "several_candidates"
    assert valence(text) is None


@pytest.mark.parametrize(("text", "number"), [
    ("On a scale from 1 to 9, with 1 being very unpleasant and 9 being very pleasant, I rate this face as a 7.", 7),
    ("1 (very unpleasant) to 9 (very pleasant): 7", 7), ("1=very unpleasant, 9=very pleasant\n7", 7), ("(1-9) 7", 7),
    ("Rating: 3 (where 1 is very unpleasant and 9 is very pleasant)", 3), ("On the 9-point scale: 7", 7), ("9", 9),
    ("1.", 1), ("I'd say 5, which is the midpoint of 1 and 9", 5), ("7 of max 9", 7),
    ("It isn't 7, it is 5.", 5), ("Rating: 7\nReason: 2 eyes", 7), ("I see 2 people. Rating 7", 7),
    ("I give 2 reasons. It is 7.", 7), ("$7$", 7), ("#7", 7), ("7 of the 9 points", 7),
    ("Options: 1 2 3. I choose 2.", 2), ("seven out of nine", 7), ("7—very pleasant", 7), ("7 – good", 7),
    ("The intensity is 5 and the valence is 7.", 7), ("Emotion: happy. I would rate it 7", 7),
    ("valence score of 7.25", 7.25), ("Arousal: 5, valence: 7", 7), ("Valence:\n7\n\nArousal:\n5", 7),
    ("Valence: **7** (moderately pleasant)", 7), ("**7/9**", 7), ("valence=7", 7), ("valence (1-9) = 7", 7),
    ("Valence(1=low, 9=high): 7", 7), ("7 sur 9", 7), ("評価: 7点です", 7), ("𝟕", 7), ("7.0", 7),
    ("+7", 7), ("007", 7), ("1e0", 1), ("6 (six)", 6), ("twenty-one", 9), ("seven point five", 7.5), ("七", 7),
    (ASK_VALENCE + "\n7", 7), (ASK_VALENCE + " 7", 7),
])  # fmt: skip
def test_a_number_is_found_where_it_is_meant(text: str, number: float) -> None:
    assert valence(text) == number


def test_the_scale_and_the_earlier_answer_of_a_repeated_question_are_no_answer() -> None:
    for joint in ("\n", " "):
        assert parse_answer(ASK_AROUSAL.replace("\n", joint), ("arousal",), PAPER).values == {"arousal": None}
        answered = f"{ASK_AROUSAL}{joint}5".replace("\n", joint)
        assert parse_answer(answered, ("arousal",), PAPER).values == {"arousal": 5}
    answered = f'{ASK_ALL}\n{{"emotion": "sad", "valence": 2, "arousal": 5}}'
    assert list(parse_answer(answered, ALL, PAPER).values.values()) == ["sad", 2, 5]


@pytest.mark.parametrize(("text", "value"), [
    ("7", None), ("75", 75), ("100", 100), ("1000", 100), ("Score: 7", None), ("Score: 75.", 75),
    ('{"valence": 7}', 7),
])  # fmt: skip
def test_a_number_at_the_end_of_a_cut_off_answer_may_lack_digits(text: str, value: float | None) -> None:
    parsed = parse_answer(text, ("valence",), study_with(("joy", "anger"), 0, 100), finish_reason="length")
    assert parsed.values["valence"] == value
    assert parsed.reason == (None if value else "truncated")


@pytest.mark.parametrize("finish", ["length", "MAX_TOKENS", "max_tokens", "FinishReason.MAX_TOKENS"])
def test_servers_spell_a_cut_off_answer_in_many_ways(finish: str) -> None:
    assert parse_answer("", ("emotion",), PAPER, finish_reason=finish).reason == "truncated"
    assert parse_answer("sad", ("emotion",), PAPER, finish_reason=finish).values == {"emotion": "sad"}


@pytest.mark.parametrize(
    "finish", ["SAFETY", "content_filter", "PROHIBITED_CONTENT", "FinishReason.SPII", "RECITATION"]
)
def test_servers_spell_a_refusal_in_many_ways(finish: str) -> None:
    assert parse_answer("", ("emotion",), PAPER, finish_reason=finish).reason == "refusal"
    assert parse_answer("She seems happy", ("emotion",), PAPER, finish_reason=finish).reason == "refusal"
    assert parse_answer('{"emotion": "sad"}', ("emotion",), PAPER, finish_reason=finish).values == {"emotion": "sad"}


@pytest.mark.parametrize("text", [
    "I'm sorry, but I can't help with identifying emotions such as happy or sad.",
    "As an AI, I cannot feel whether he is sad.", "I am unable to determine if the person is angry.",
    "Es tut mir leid, das kann ich nicht beurteilen: neutral?", "Lo siento, no puedo decir si está sad.",
    "죄송하지만 알 수 없습니다.", "抱歉，我无法判断。", "申し訳ありませんが、できません。",
])  # fmt: skip
def test_a_refusal_that_names_categories_is_a_refusal(text: str) -> None:
    assert parsed(text, "emotion").reason == "refusal"


@pytest.mark.parametrize(("text", "category"), [
    ("anger", "anger"), ("anguish", "anguish"), ("ang", None), ("angered", None), ("angry", None), ("joyful", "joy"),
    ("joi", None), ("disdain", None), ("disgusted", None), ("disgust", "disgust"),
])  # fmt: skip
def test_categories_that_share_three_letters_are_read_only_as_they_stand(text: str, category: str | None) -> None:
    assert emotion(text, study_with(("anger", "anguish", "joy", "disgust"), people_also=("disdain",))) == category


@pytest.mark.parametrize(("text", "category"), [
    ("Very_Happy", "very happy"), ("The person has mixed feelings.", "mixed feelings"),
    ("mixed-feelings", "mixed feelings"), ("very", None), ("happy", None), ("not very happy", None),
])  # fmt: skip
def test_categories_of_several_words(text: str, category: str | None) -> None:
    assert emotion(text, study_with(("very happy", "a little sad", "mixed feelings"))) == category


@pytest.mark.parametrize(("categories", "text", "category"), [
    (("froh", "wütend"), "WÜTEND", "wütend"), (("froh", "wütend"), "wu\u0308tend", "wütend"),
    (("froh", "wütend"), "nicht froh", None), (("froh", "traurig"), "Sie ist nicht traurig, sondern froh.", "froh"),
    (("froh", "traurig"), "weder froh noch traurig", None), (("高兴", "悲伤"), "他很高兴。", "高兴"),
    (("高兴", "悲伤"), "他不高兴", None), (("高兴", "悲伤"), "高兴和悲伤", None),
    (("幸せ", "悲しい"), "この人は幸せそうです", "幸せ"), (("幸せ", "悲しい"), "幸せではない", None),
    (("행복", "화"), "화면", None), (("행복", "화"), "화입니다", "화"),
    (("행복", "슬픔"), "\u1112\u1162\u11bc\u1107\u1169\u11a8", "행복"), (("행복", "슬픔"), "행복하지않다", None),
    (("행복", "슬픔"), "슬픔이 없는 행복", "행복"), (("행복", "슬픔"), '{"emotion": "행복한 표정"}', "행복"),
])  # fmt: skip
def test_categories_in_other_languages(categories: tuple[str, ...], text: str, category: str | None) -> None:
    assert emotion(text, study_with(categories)) == category


@pytest.mark.parametrize(("text", "number"), [
    ("-3", -3), ("–3", -3), ("−3", -3), ("- 3", None), ("Valence: - 2", None), ("+2", 2), ("minus three", -3),
    ("negative 2", -2), ("2/3", 2), ("-3 to 3", None), ("-2 to -1", None), ("-2 on a scale from -3 to 3", -2),
    ("valence:-2", -2), ("valence -2", -2), ('{"valence": "−2"}', -2), ("-3 (unpleasant) to 3 (pleasant): 1", 1),
    ("3.5", 3), ("-7", -3), ("-0", 0), ("self arousal: 2", None),
])  # fmt: skip
def test_scales_with_negative_numbers(text: str, number: float | None) -> None:
    assert valence(text, study_with(("joy", "anger"), -3, 3)) == number


@pytest.mark.parametrize(("text", "number"), [
    ("0.25", 0.25), (".5", 0.5), ("0,5", 0.5), ("1/4", None), ("1/1", 1), ("0 to 1", None), ("75%", None), ("one", 1),
    ("0.5/1", 0.5),
])  # fmt: skip
def test_scales_between_zero_and_one(text: str, number: float | None) -> None:
    assert valence(text, study_with(("joy", "anger"), 0, 1, 0.25)) == number


@pytest.mark.parametrize(("text", "number"), [
    ("75%", 75), ("seventy-five", 75), ("one hundred", 100), ("75/100", 75), ("7/10", None), ("70-80", None),
    ("1,000", None),
])  # fmt: skip
def test_scales_up_to_a_hundred(text: str, number: float | None) -> None:
    assert valence(text, study_with(("joy", "anger"), 0, 100)) == number


@pytest.mark.parametrize(("text", "value"), [
    ("self-arousal: 1, arousal: 2", 2), ("self arousal: 1", None), ('{"self_arousal": 1}', None),
    ('{"arousal_rating": 2}', 2),
])  # fmt: skip
def test_a_step_whose_name_is_within_another_ones(text: str, value: float | None) -> None:
    assert parse_answer(text, ("arousal",), study_with(("joy", "anger"))).values == {"arousal": value}


def test_studies_do_not_share_what_was_made_ready_for_them() -> None:
    for round_ in range(130):
        study = study_with(("joy", f"anger{round_}"), high=9 + round_)
        assert emotion(f"anger{round_}", study) == f"anger{round_}"
        assert valence('{"valence": 1000}', study) == 9 + round_
