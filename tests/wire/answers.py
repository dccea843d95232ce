"""What the wire server answers: a function of prompt and image, so that tests can check every answer."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass

LISTED = re.compile(r"one (?:from|of): ([^.>\n]+)")
FROM_TO = re.compile(r"(?:from|integer) (-?\d+(?:\.\d+)?)(?: to |-)(-?\d+(?:\.\d+)?)")
ASKED = re.compile(r'"(\w+)": "?<([^>]*)>')


def draw(*parts: object) -> int:
    """A number of 64 bits that only depends on `parts`."""
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=8).digest(), "big")


def _value(name: str, hint: str, prompt: str, image: str | None) -> str | float:
    """One value: a category where `hint` lists some, else a whole number of the scale that `hint` or `prompt` name."""
    chance = draw(name, prompt, image)
    listed = LISTED.search(hint)
    if listed:
        categories = [word.strip() for word in listed.group(1).split(",")]
        return categories[chance % len(categories)]
    scale = FROM_TO.search(hint) or FROM_TO.search(prompt)
    low, high = (float(bound) for bound in scale.groups()) if scale else (1.0, 9.0)
    return round(low + chance % int(high - low + 1))


def expected(prompt: str, image: str | None) -> dict[str, str | float]:
    """What the server answers to `prompt` about the image of that SHA-256 (None without image), by step.

    A plain question for a category is the step `emotion`, one for a number is `valence` or `arousal` by its words.
    """
    if "JSON object" in prompt:
        before, _, demand = prompt.partition("JSON object")
        hints = {name: before if "answer" in hint else hint for name, hint in ASKED.findall(demand)}
        return {name: _value(name, hint, prompt, image) for name, hint in hints.items()}
    if LISTED.search(prompt):
        return {"emotion": _value("emotion", prompt, prompt, image)}
    name = "arousal" if re.search(r"intense|activat|arous", prompt, re.IGNORECASE) else "valence"
    return {name: _value(name, prompt, prompt, image)} if FROM_TO.search(prompt) else {}


def answer_text(prompt: str, image: str | None) -> str:
    """The text of the answer: JSON where JSON was asked for, else one bare word or number."""
    values = expected(prompt, image)
    if "JSON object" in prompt:
        return json.dumps(values)
    return str(next(iter(values.values()), "I see a face."))


@dataclass(frozen=True)
class Usage:
    """What an answer cost, as a right reader of the server's report should count it; None is what it does not say."""

    tokens_in: int | None
    tokens_out: int | None
    tokens_thinking: int | None


def usage_of(prompt: str, image: str | None, thinking: int | None) -> Usage:
    """Tokens of one answer, thinking apart: none (None), at most `thinking`, or freely (-1)."""
    free = 20 + draw("thinking", prompt, image) % 180
    thought = 0 if thinking is None else free if thinking < 0 else min(free, thinking)
    return Usage(20 + len(prompt) // 4 + (258 if image else 0), 1 + len(answer_text(prompt, image)) // 3, thought)


def thoughts_of(prompt: str, image: str | None) -> str:
    """What the machine says that it thought."""
    return f"Let me look at the face ({draw('thoughts', prompt, image) % 1000})."


def log_probabilities_of(text: str, top: int) -> list[list[tuple[str, float]]]:
    """The `top` likeliest tokens for each token of `text` (a token is four characters here), the likeliest first."""
    tokens = [text[at : at + 4] for at in range(0, len(text), 4)]
    return [[(token if rank == 0 else f"{token}~{rank}", -0.125 - rank) for rank in range(top)] for token in tokens]
