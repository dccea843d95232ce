"""Whether the clause around a category or number gives it as the answer, and to which step it belongs."""

from __future__ import annotations

import re
from typing import NamedTuple

from lib.protocol.parsing_sentences import Sentence, explains, is_closed, is_quiet, is_spoiled, words_of
from lib.protocol.parsing_text import Mention
from lib.protocol.parsing_vocabulary import (
    AFTER_NUMBER,
    CLAIMS,
    COMMON,
    FACES,
    LABELS,
    NUMBERS,
    PEOPLE,
    PLAIN,
    RATING,
    SAYING,
    words_in,
)

EXPLICIT, LINE, LOOSE = 2, 1, 0
"""How firmly a value is given: said to be the answer, alone on a line or in bold, or within a sentence."""

SYNONYMS = {"valence": ("pleasantness",), "arousal": ("intensity", "activation", "activation level")}
"""Other names that the questions give to the well-known dimensions."""

_POINTER = (
    r"[\"'`*_\\]*+(?P<noted>\s?\((?=[^()\n]{0,60}\)))?(?:[^()\n]{0,60}\))?[\"'`*_\\]*+(?:\s(?:rating|score|level|value|label|ownscale)\b)*+"
    r"[\"'`*_\\]*+(?:\s*+(?P<sign>[:=|]|->|=>|-\s(?=[^\W\d]))|\s(?:shown\s|expressed\s|displayed\s|conveyed\s|depicted\s)?"
    r"(?P<verb>(?:is|are|was|of|would\sbe|(?:appears|seems)\sto\sbe)\b)|\s(?P<number>[-+]?[0-9]))?"
)
_DELIMITER = re.compile(r"[,(\[]|(?<!\w)\{|\s-\s(?=\w)")
_SEPARATOR = re.compile(r"(?:[:=|]|->|=>|\s-)[\s\"'`*_\\$(\[>|#]*+$")
_GOOD_BEFORE = re.compile(r"[\w\x00.,;:|()\[\]{#\\$\ue000-]|(?<![!<>≠~=])=|(?<=[-=])>")
_REVERSED = re.compile(r"[!<>≠~]=|[≠✗✘❌%]")
_LEAVE = " \t\n\"'`*_"
_NOT_TO = re.compile(
    r"\b(?:by|than|in|on|from|into|to|through|who|which|scale|number|of\s(?:the|all)|one|per):?[\s\"'`*_]*$"
)
_BAD_AFTER = re.compile(r"[\"'`*_\s)}\]$]*(?:[/=+<>&%@^~]|\?|-+(?=[^\W\d]|\s*$)|'[^\W\d])")
_BAD_AFTER_WORD = re.compile(rf"{_BAD_AFTER.pattern}|\s*[:=]?\s*[0-9]")
_LOOKING = re.compile(r"-(?:looking|faced)\b")
_WOULD = re.compile(
    r"(?<!\bi)(?<!answer)(?<!emotion)(?<!expression)(?<!rating)(?<!score)(?<!it)(?<!that)(?<!this)(?<!choice)\swould\b|(?<!\bi)\swill\b"
)
_POINTS_AT = re.compile(r"\b(?:it|this|that)(?:'s|\s(?:is|as|at|would\sbe))\b|\bit\s*$")
_SAYS = re.compile(
    r"\b(?:i|i'd|i'll|let's|let\sme)\s(?:\w+\s){0,2}?(?:say|rate|choose|pick|select|answer|go\swith|give|assign|classify|score)\b"
    r"|\b(?:answer|expression|label|category|class|classification|prediction|response|result|choice|rating|score)\b"
    r"[^.]{0,40}\b(?:is|of|as|be)\b|boxed|\b(?:rating|score)\s*$"
)
_WITH = re.compile(r"\b(?:an?|one|any|some)\s(?:\w+\s)?option\b|\b(?:answer|respond|reply)\swith\b")
_APPROXIMATE = words_in("a an about around approximately roughly maybe probably perhaps so about ca circa ownscale say")
_GROUNDS = words_in("based looking judging considering given")
_SELF = frozenset({"i", "i'm", "i'd", "i'll", "we", "ich", "je", "let's"})


class Key(NamedTuple):
    """The name of a step in a sentence; `points` says that a value may follow, `sign` that a colon or the like does."""

    start: int
    end: int
    step: str
    points: bool
    sign: bool


class Place(NamedTuple):
    """Where a value stands: its sentence and the one before, its neighbours, and the step's name that points to it."""

    part: Sentence
    before: Sentence | None
    mention: Mention
    following: Mention | None
    begin: int
    """Where the mention before ends."""
    key: Key | None
    number: bool
    is_object: bool


class Clauses:
    """Judges clauses for a study with these dimensions."""

    def __init__(self, dimensions: tuple[str, ...]) -> None:
        names = {name: name for name in ("emotion", *dimensions)}
        for step in dimensions:
            names |= {word: step for word in SYNONYMS.get(step, ()) if word not in names}
        self._steps = {_letters(name): step for name, step in names.items()}
        ordered = sorted(names, key=len, reverse=True)
        pattern = "|".join(r"[\s_-]?".join(map(re.escape, re.split(r"[\s_]", name))) for name in ordered)
        self._key = re.compile(rf"(?<![^\W_])(?P<name>{pattern})(?![^\W_]){_POINTER}")
        names_of = frozenset(word for name in names for word in re.split(r"[\s_]", name))
        self._emotion = COMMON | FACES | names_of
        self._number = NUMBERS | PEOPLE | names_of
        self._label = COMMON | PEOPLE | NUMBERS | names_of
        self._telling = LABELS | RATING | names_of

    def keys(self, part: Sentence) -> list[Key]:
        """The names of steps in a sentence, in order."""
        if "keys" not in part.found:
            part.found["keys"] = self._keys(part.body)
        keys: list[Key] = part.found["keys"]
        return keys

    def _keys(self, body: str) -> list[Key]:
        return [
            Key(
                found.start(),
                found.end(),
                self._steps[_letters(found["name"])],
                any(found[part] is not None for part in ("noted", "sign", "verb", "number")),
                found["sign"] is not None,
            )
            for found in self._key.finditer(body)
        ]

    @staticmethod
    def key_before(keys: list[Key], place: int, step: str) -> Key | None:
        """The nearest name before a place that points to it; the word emotion points to a number only by a colon."""
        for key in reversed(keys):
            if key.start < place and key.points and (key.sign or key.step == step or key.step != "emotion"):
                return key
        return None

    def level(self, place: Place, keys: list[Key]) -> int | None:
        """How firmly a sentence gives a value as the answer; None where it does not."""
        part, mention, following = place.part, place.mention, place.following
        if mention.reading is None or part.asks or _is_second_half(place):
            return None
        lead, clause = _parted(part.body, place.begin, mention.start, place.key)
        end = following.start if following else len(part.body)
        cut = next((other.start for other in keys if mention.end <= other.start < end and other.points), end)
        tail = part.body[mention.end : cut]
        given = self._is_led(place, clause) and self._follows_on(place, lead, clause) and self._goes_out(place, tail)
        if not given or (cut < end and part.spoiled):
            return None
        if place.is_object or place.key is not None or _SEPARATOR.search(clause) or _SAYS.search(clause):
            return EXPLICIT
        return LINE if _stands_out(part, mention) else LOOSE

    def _is_led(self, place: Place, clause: str) -> bool:
        """Whether the clause before a value is one that gives a value."""
        bare, words = clause.rstrip(_LEAVE), words_of(clause)
        dashed = place.number and (bare.endswith("--") or clause.endswith("-"))
        good = not bare or _GOOD_BEFORE.match(bare, len(bare) - 1) or (place.number and bare[-1] in "~≈")
        if dashed or not good or _REVERSED.search(clause) or _WITH.search(clause):
            return False
        separated = _SEPARATOR.search(clause) is not None
        frame = self._number if place.number else self._emotion
        if not is_closed(clause, self._label if separated or place.is_object else frame, words):
            return False
        if not words or place.is_object or not words[0].isascii():
            return True
        if separated:
            if place.number and _NOT_TO.search(_SEPARATOR.sub("", clause)):
                return False
            return "ownscale" in words or not self._telling.isdisjoint(words)
        return place.key is not None or _predicates(clause, words, place.number)

    @staticmethod
    def _follows_on(place: Place, lead: str, clause: str) -> bool:
        """Whether what stands before the clause of a value in its sentence leads to it."""
        words, before = words_of(clause), words_of(lead)
        if not SAYING.isdisjoint(words) and _SELF.isdisjoint(words) and _SELF.isdisjoint(before):
            return False
        if not before:
            return True
        if place.key is not None:
            return not is_spoiled(lead, before)
        if words and not _APPROXIMATE.issuperset(words):
            return is_quiet(lead)
        grounds = before[0] in _GROUNDS and is_quiet(lead) and is_closed(lead, NUMBERS | FACES | _GROUNDS)
        return grounds or is_closed(lead, NUMBERS - PEOPLE if place.number else COMMON | PEOPLE)

    def _goes_out(self, place: Place, tail: str) -> bool:
        """Whether what follows a value in its sentence leaves it the answer."""
        denies = place.following is not None and place.following.denied
        tail = _LOOKING.sub("", tail, count=1) if tail.startswith("-") else tail
        if (_BAD_AFTER if place.number else _BAD_AFTER_WORD).match(tail) and not (denies and tail[:1] == "/"):
            return False
        first = AFTER_NUMBER if place.number else None
        return explains(tail, self._number if place.number else self._emotion, first, denies=denies)


def _is_second_half(place: Place) -> bool:
    """Whether the line before goes on in this one with words that could turn it round."""
    if not place.part.goes_on or place.before is None or place.is_object or place.key is not None:
        return False
    return not is_closed(place.before.body, PLAIN)


def _stands_out(part: Sentence, mention: Mention) -> bool:
    before, after = part.body[: mention.start], part.body[mention.end :]
    if any(before.endswith(mark) and after.startswith(mark) for mark in ("**", "__")):
        return True
    return part.line and not words_of(before) and not words_of(after)


def _predicates(clause: str, words: list[str], number: bool) -> bool:
    """Whether a clause without a label says that what follows is the value."""
    if number:
        cued = not RATING.isdisjoint(words) or _POINTS_AT.search(clause) is not None
        return _NOT_TO.search(clause) is None and (cued or _APPROXIMATE.issuperset(words))
    if not _SELF.isdisjoint(words) and CLAIMS.isdisjoint(words):
        return False
    return _WOULD.search(f" {clause}") is None and ("can" not in words or "as" in words or "see" in words)


def _parted(body: str, begin: int, end: int, key: Key | None) -> tuple[str, str]:
    """What stands before the clause of a value in its sentence, and the clause up to the value."""
    until = key.start if key is not None and key.start >= begin else end
    cut = begin
    for found in _DELIMITER.finditer(body, begin, until):
        cut = found.end()
    return body[begin:cut], body[cut:end]


def _letters(key: str) -> str:
    return re.sub(r"[\s_-]", "", key.casefold())
