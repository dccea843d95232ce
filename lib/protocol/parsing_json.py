"""Finding a step's value in a JSON answer: its key, other keys, arrays and objects one level down."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from lib.protocol.parsing_clauses import SYNONYMS
from lib.protocol.parsing_sentences import is_taken_back
from lib.protocol.parsing_vocabulary import words_in

Pairs = tuple[tuple[str, Any], ...]

ANSWER_KEYS = frozenset(
    {"answer", "final_answer", "response", "result", "output", "prediction", "value", "rating", "score", "level"}
    | {"label", "category", "class", "classification", "expression", "facial_expression", "name"}
)
"""Keys that stand for the value asked for where one step was asked, and within an object given as a value."""

_QUALIFIERS = words_in("""
    a the my of in for this face facial person s primary main dominant overall predicted prediction detected
    perceived identified final expressed displayed shown apparent estimated expression rating score level label
    value category class classification name answer response result output emotion emotional your image is chosen
    selected best most likely
    """)
"""Words that a longer key may have beside the name of a step and still mean it."""

_CONTAINERS = ANSWER_KEYS | words_in("""
    results responses outputs answers data analysis predictions face faces person people subject image images
    ratings emotion emotions assessment evaluation json emotion_analysis facial_analysis facial_expression_analysis
    expressions
    """)
"""Keys under which an answer may lie one level down."""

_SCALES = words_in("scale max maximum min minimum range total denominator unit units bound bounds limits")
_OUT_OF = frozenset({"out_of", "of", "points", "max_score", "highest", "lowest", "low", "high"})
_REPEATS = words_in("answer final_answer result prediction output response rating score label category class")
_NEGATIVE = words_in("""
    not wrong incorrect invalid false negated negation reversed reverse inverted inverse opposite corrected
    correction revised example placeholder template hypothetical retracted changed percent percentage
    normalized normalised
    """)
_SURENESS = frozenset({"confidence", "certainty", "probability", "likelihood"})
_OTHERS = frozenset({"confidence", "intensity", "reason", "reasoning", "explanation", "probability", "cues"})

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
        given = [
            value for key, value in data if key == step or (key != step and step in key.lower() and _name(key) == step)
        ]
        if given:
            return Found(given)
    pairs, bare = _members(data)
    flags = ("array",) if isinstance(data, list) else ()
    if alone and bare and not pairs:
        return Found(bare, flags)
    if bare and pairs:
        return None
    inner = [pair for key, value in pairs if _name(key) in _CONTAINERS for pair in _members(value)[0]]
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
    containing = [value for key, value in free if _means(key, step)]
    if containing or not alone:
        return containing
    names = SYNONYMS.get(step, ())
    return [value for key, value in free if key in ANSWER_KEYS or key in names]


def _means(key: str, step: str) -> bool:
    return f"_{step}_" in f"_{key}_" and _QUALIFIERS.issuperset(
        f"_{key}_".replace(f"_{step}_", "_").strip("_").split("_")
    )


def inside(value: Pairs, step: str) -> tuple[list[Any], list[tuple[str, Any]]]:
    """The values under telling keys of an object that is itself given as a value, and its other members."""
    named = [(_name(key), element) for key, element in value]
    telling = {key for key, _ in named if key in ANSWER_KEYS or key == step}
    return [element for key, element in named if key in telling], [pair for pair in named if pair[0] not in telling]


def beside(data: Pairs | list[Any], steps: frozenset[str]) -> list[tuple[str, Any]]:
    """The members of an object, and of those within it, whose keys are not just the names of steps."""
    if isinstance(data, tuple) and steps.issuperset([key for key, _ in data]):
        return []
    pairs, _ = _members(data)
    pairs = pairs + [pair for key, value in pairs if _name(key) not in steps for pair in _members(value)[0]]
    return [(name, value) for key, value in pairs if (name := _name(key)) not in steps]


def is_scale(name: str) -> bool:
    """Whether a key states a scale."""
    return name in _OUT_OF or not _SCALES.isdisjoint(name.split("_"))


def takes_back(name: str, value: object) -> bool:
    """Whether a member beside a value takes it back: one that is false, or `note: "no, sad"`."""
    if value is False or (value is True and not _NEGATIVE.isdisjoint(name.split("_"))):
        return True
    if value == 0 and not _SURENESS.isdisjoint(name.split("_")):
        return True
    if not isinstance(value, str) or name in ANSWER_KEYS:
        return False
    return any(is_taken_back(part) for part in value.lower().split("\n"))


def is_rival(name: str, step: str, asked: bool) -> bool:
    """Whether a key could mean a step, too: `emotion2`, `corrected_emotion`; a second one beside the first is none."""
    words = name.split("_")
    if not _OTHERS.isdisjoint(words) or (asked and "secondary" in words):
        return False
    return step in name or name in _REPEATS or "correction" in words


def _name(key: str) -> str:
    return "_".join(_WORDS.findall(key[:80].casefold()))
