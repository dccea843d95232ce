"""Finding a step's value in a JSON answer: its key, other keys, arrays and objects one level down."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

Pairs = tuple[tuple[str, Any], ...]

ANSWER_KEYS = frozenset(
    {"answer", "final_answer", "response", "result", "output", "prediction", "value", "rating", "score", "level"}
    | {"label", "category", "class", "classification", "expression", "facial_expression", "name"}
)
"""Keys that stand for the value asked for where one step was asked, and within an object given as a value."""

_DEEPEST = 64
_WORDS = re.compile(r"[^\W_]+")
_decode = json.JSONDecoder(object_pairs_hook=tuple, parse_int=float, strict=False).decode


class Found(NamedTuple):
    """The values at a step's key, and how they were found."""

    values: list[Any]
    flags: tuple[str, ...] = ()


def decode(text: str) -> Pairs | list[Any] | None:
    """Decode a JSON object (as pairs, so that a key given twice is seen) or array; None where it is neither.

    What is nested deeper than any answer is not decoded, so that no text can exhaust the stack.
    """
    if text[:1] not in {"{", "[", '"'} or text.count("{") + text.count("[") > _DEEPEST:
        return None
    try:
        data = _decode(text)
        if isinstance(data, str) and data.lstrip()[:1] in {"{", "["}:
            data = _decode(data)
    except ValueError:
        return None
    return data if isinstance(data, (tuple, list)) else None


def find(data: Pairs | list[Any], step: str, steps: frozenset[str], alone: bool) -> Found | None:
    """Find the values for `step`; None where the answer has no key for it.

    `steps` are all steps of the study: the key of another one never stands for this one. `alone` says that only this
    step was asked, so that a key such as `answer`, an only member or a bare value can only be meant for it.
    """
    if isinstance(data, tuple):
        given = [value for key, value in data if key == step]
        if given:
            return Found(given)
    pairs, bare = _members(data)
    flags = ("array",) if isinstance(data, list) else ()
    if alone and bare and not pairs:
        return Found(bare, flags)
    inner = [pair for _, value in pairs for pair in _members(value)[0] if isinstance(value, (tuple, list))]
    places: tuple[tuple[list[tuple[str, Any]], tuple[str, ...]], ...] = ((pairs, ()), (inner, ("nested",)))
    for candidates, more in places:
        exact = [value for key, value in candidates if key == step] or [
            value for key, value in candidates if _name(key) == step
        ]
        if exact:
            return Found(exact, flags + more)
    for candidates, more in places:
        others = _under_other_keys(candidates, step, steps, alone)
        if others:
            return Found(others, (*flags, *more, "other_key"))
    return None


def _members(data: object) -> tuple[list[tuple[str, Any]], list[Any]]:
    if isinstance(data, tuple):
        return list(data), []
    if not isinstance(data, list):
        return [], []
    pairs = [pair for element in data if isinstance(element, tuple) for pair in element]
    return pairs, [element for element in data if not isinstance(element, (tuple, list))]


def _under_other_keys(pairs: list[tuple[str, Any]], step: str, steps: frozenset[str], alone: bool) -> list[Any]:
    named = [(_name(key), value) for key, value in pairs]
    free = [(key, value) for key, value in named if key not in steps]
    containing = [value for key, value in free if f"_{step}_" in f"_{key}_"]
    if containing or not alone:
        return containing
    answers = [value for key, value in free if key in ANSWER_KEYS]
    if answers:
        return answers
    return [free[0][1]] if len(named) == len(free) == 1 and not isinstance(free[0][1], (tuple, list)) else []


def inside(value: Pairs, step: str) -> list[Any]:
    """The values that an object, itself given as a value, may mean: those under telling keys, else all."""
    named = [(_name(key), element) for key, element in value]
    telling = [element for key, element in named if key in ANSWER_KEYS or key == step]
    return telling or [element for _, element in named]


def _name(key: str) -> str:
    return "_".join(_WORDS.findall(key[:80].casefold()))
