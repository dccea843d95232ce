"""Realistic answers of machines and mutations of them, for the fuzz of the parser; the same for one seed."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

from lib.contracts.study import Study
from lib.protocol.parsing import FLAGS, REASONS, Parsed

ANSWERS = [
    '{"emotion": "happy"}',
    '{"valence": 7}',
    '{"arousal": 5}',
    '{"emotion": "sad", "valence": 2, "arousal": 4}',
    '```json\n{"emotion": "fear", "valence": 3, "arousal": 8}\n```',
    'Sure!\n```\n{"emotion": "angry"}\n```\nDone.',
    "{'emotion': 'disgust', 'valence': 2}",
    "{“emotion”: “neutral”}",
    '{"result": {"emotion": "sad", "valence": 2}}',
    '[{"emotion": "sad"}, {"valence": 2}]',
    '["sad", 2, 5]',
    '{"emotion": null, "valence": true}',
    '{"valence": NaN}',
    '{"valence": "7/9"}',
    '{"valence": "6-7", "arousal": -1e999}',
    '{"emotion": "surprised"}',
    '{"answer": "happy"}',
    "Happy",
    "neutral.",
    "Disgusted",
    "7",
    "7.5",
    "6-7",
    "seven",
    "minus three",
    "7/9",
    "7 out of 10",
    "٧",
    "７",
    "5점입니다",
    "Emotion: happy, Valence: 7, Arousal: 5",
    "- **Emotion**: Sad\n- **Valence**: 2/9\n- **Arousal**: 5",
    "| emotion | angry |\n| valence | 2 |",
    "The background is neutral, the person is angry.",
    "Answer: **fear**",
    "Rate from 1 to 9 where 1 is very unpleasant and 9 is very pleasant. I'd say 7",
    "On a scale of 1 to 9, 4.",
    "I would rate the pleasantness of this facial expression as a 7, since the man smiles.",
    "\\boxed{8}",
    "not happy",
    "The person is neither happy, sad, nor angry.",
    '<think>Happy? Or 3?</think>{"emotion": "sad"}',
    "hm</think>4",
    "<think>1 2 3",
    "I'm sorry, I can't tell whether the person is happy.",
    "죄송합니다.",
    "행복해 보입니다",
    "행복하지 않다",
    "",
    "From happy, sad, angry, fear, disgust, neutral I choose sad.",
    "1. Mouth\n2. Eyes\nRating: 7",
    "-0.25",
    "− 0,5",
    "«sad»",
    "「행복」",
    "他不高兴",
    '"{\\"emotion\\": \\"sad\\"}"',
    '{"emotion": "happy", "val',
    "<answer>3</answer>",
]
PIECES = [
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "`",
    "```",
    "```json\n",
    "\n",
    "\n\n",
    " ",
    "  ",
    ":",
    ",",
    ".",
    "-",
    "/",
    "\\",
    "|",
    "*",
    "**",
    "(",
    ")",
    "<think>",
    "</think>",
    "<|im_end|>",
    "not ",
    "no ",
    "or ",
    "and ",
    "to ",
    "of ",
    "out of 9",
    "/9",
    " 1-9 ",
    "1 to 9",
    "-3 to 3",
    "emotion",
    "valence",
    "arousal",
    '"emotion": ',
    "Valence: ",
    "answer: ",
    "happy",
    "SAD",
    "ang",
    "fearful",
    "disgust",
    "discuss",
    "neutral",
    "surprised",
    "행복",
    "슬픔",
    "지 않",
    "7",
    "10",
    "-2",
    "0.25",
    "1e999",
    "99999999999999999999",
    "NaN",
    "Infinity",
    "null",
    "true",
    "seven",
    "minus ",
    " and a half",
    "%",
    "“",
    "”",
    "«",
    "」",
    "’",
    "\x00",
    "\ud800",
    "\u200b",
    "\ufeff",
    "\u0301",
    "٣",
    "９",
    "²",
    "½",
    "😊",
    "İ",
    "ß",
    "—",
    "–",
    "−",
    "I'd say ",
    "I cannot ",
    "\\u0037",
    "\r\n",
    "\t",
]
ENDS = [None, None, None, "stop", "length", "STOP", "MAX_TOKENS", "SAFETY", "content_filter", ""]


def mutated(seed: int, number: int) -> Iterator[str]:
    """Give `number` answers, each with none to five changes: cut out, put in, doubled, crossed, or a changed letter."""
    dice = random.Random(seed)
    chance, answers, pieces = dice.random, ANSWERS, PIECES
    for _ in range(number):
        text = answers[int(chance() * len(answers))]
        for _ in range(int(chance() * 6)):
            place, change = int(chance() * (len(text) + 1)), chance()
            if change < 0.4:
                text = text[:place] + pieces[int(chance() * len(pieces))] + text[place:]
            elif change < 0.6:
                text = text[:place] + text[place + 1 + int(chance() * 8) :]
            elif change < 0.7:
                text = text[:place] + text[max(0, place - 12) :]
            elif change < 0.85:
                other = answers[int(chance() * len(answers))]
                text = text[:place] + other[int(chance() * len(other)) :]
            else:
                text = text[:place] + chr(int(chance() ** 4 * 0x110000)) + text[place + 1 :]
        yield text


def wrong(parsed: Parsed, wanted: tuple[str, ...], study: Study) -> str | None:
    """Say what a result breaks of what every result must hold; None where it holds all."""
    read = [step for step, value in parsed.values.items() if value is not None]
    faults = {
        "the steps are not those wanted": tuple(parsed.values) != wanted,
        "no category, or off the scale": not all(_allowed(parsed.values[step], step, study) for step in read),
        "a reason, though all was read, or none": (parsed.reason is None) != (len(read) == len(wanted)),
        "a stage, though nothing was read, or none": (parsed.stage == "none") == bool(read),
        "unknown reason": parsed.reason is not None and parsed.reason not in REASONS,
        "flags unknown or out of order": not (
            set(parsed.flags) <= set(FLAGS) and list(parsed.flags) == sorted(set(parsed.flags))
        ),
    }
    return next((fault for fault, holds in faults.items() if holds), None)


def _allowed(value: str | float | None, step: str, study: Study) -> bool:
    if step == "emotion":
        return value in study.emotion.categories
    scale = study.dimensions[step]
    return isinstance(value, float) and scale.low <= value <= scale.high and (value != 0 or math.copysign(1, value) > 0)
