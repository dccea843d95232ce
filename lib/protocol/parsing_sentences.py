"""Sentences of an answer, and what may stand around a value in them.

A clause gives a value as the answer where all its words are known (`parsing_vocabulary`). An explanation may be in any
words, as long as it begins like one and holds nothing that takes a value back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lib.protocol.parsing_vocabulary import (
    ASIAN,
    ASKING,
    CONNECTORS,
    CONTRAST,
    NEGATORS,
    OPENERS,
    PLAIN,
    SPOILERS,
    words_in,
)

Words = frozenset[str]

_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_ABBREVIATION = re.compile(r"\b(?:e\.\s?g|i\.\s?e|cf|vs|fig|ex|no|nr|vol|ch|p|pp|z\.\s?b|p\.\s?ex|ej)\.")
_SURE = re.compile(r"\b(?:no|without(?:\sany|\sa)?)\sdoubt\b")
_LEAD_IN = re.compile(r"[:：]([\s*_\"'`>-]*\n[\s>]*|[*_]{1,3}[\s>]*\n[\s>]*)")
_STRUCK = re.compile(r"~~(?!~)(?:[^~\n]{0,200}~~)?|<(?:del|strike)>[^<]{0,200}(?:</(?:del|strike)>)?|<!--|\[\s\]")
_XML = re.compile(r"<(/?)([a-z]{2,20}(?:_[a-z]{2,20}){0,2})>")
_MARKER = re.compile(r"^[ \t]*+(?:[(\[]?[a-z][.)\]]|#{1,6}|[•*]|[->](?=[ \t]++[^\d.]))[ \t]++(?=\S)", re.MULTILINE)
_NUMBERED = re.compile(r"^[ \t]*+([0-9]{1,2})[.)][ \t]++(?=[^\W\d]|[*_\"'`])", re.MULTILINE)
_END = re.compile(r"(?:[.!?]+[\"'*_`)\]]*(?=\s|$)|[;\n]|\.{2,})\s*+")
_CLOSER = re.compile(
    r"thank(?:s| you)\b.{0,60}|(?:i )?hope (?:this|that|it)\b.{0,40}|(?:please )?(?:let me know|feel free)\b.{0,80}"
    r"|(?:is there anything|would you like|do you (?:want|need|have)|can i help|how (?:else )?can i)\b.{0,80}"
    r"|(?:you(?:'re| are) )?welcome|(?:i'm |i am |i'd be )?(?:happy|glad) to (?:help|assist)\b.{0,40}"
)
_DENIES = re.compile(
    r"(?:\b(?:is|was|are|am|it's|that's|this's)\s(?:\w+ly\s)?not|n't)\s*(?:$|[.,;!)]|(?:so|it|true|right|correct|the|my|an?\sanswer"
    r"|an?\srating|what|how|really|quite|exactly|sure|certain)\b)"
    r"|\bnot\s(?:really|quite|exactly|sure|certain|so|this|that|it|at\sall)\b|\bnot\s*$"
    r"|(?:^|[,;:>(-]\s*)no\b(?=\s*(?:[,.;:!)-]|$|(?:wait|not|it|i|that|the|this|he|she|they|sorry|longer|way)\b))"
    r"|\b(?:change|changed|changing)\s(?:my|of)|\btak(?:e|en|ing)\s(?:that|it|this)?\s?back|\bsecond\sthoughts?\b"
    r"|\bon\sreflection\b|\bthen\sagain\b|\bmy\sbad\b|\bscratch\sthat\b"
    r"|아니|않|정정|수정|취소|다시|사실은|만약|예를|예시|질문|틀[렸리]|[不没沒無无非]|如果|例如|比如|[错錯]|更正|ない|違|訂正|もし|例えば|たとえば"
)
_MODAL = frozenset({"would", "can", "will"})
_BARRED = words_in("to would can will or could should may might must people")
_DENYING = words_in("not no change changed changing take taking taken second reflection again bad scratch")
_CONTRASTING = PLAIN | CONTRAST
_CHANGED = re.compile(
    r"\b(?:wait|correction|corrected|oops|mistake|mistaken|wrong|incorrect|scratch\sthat|never\s?mind|change\smy|changed\smy"
    r"|on\ssecond\sthought|take\sthat\sback|ignore|disregard|placeholder|example|hypothetical|actually|opposite|revers\w+|invert\w+"
    r"|sorry|rejected|invalid|retracted)\b|^\s*no\b\s*(?:[,.:;!-]|$|wait\b|not\b)"
)
_ODD = re.compile(
    r"[^\w\s!-~\u00a0-\u00bf\u2010-\u2027\u2030-\u205e\u3000-\u303f\uff00-\uffef\u0300-\u036f\u263a\u2639\u2705\u2713\u2714"
    r"\U0001f44d\U0001f600-\U0001f642\ufe0f\x00]"
)
_BREAK = re.compile(r"[,(\[:|{]|(?:^|\s)-|--")
_AND = re.compile(r"and\s(?:is|has|the|her|his|their|appears|seems|looks|she|he|they|it|its)\b")
_NON_LATIN = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7a3]")
_YOU = re.compile(r"\s*you\s")


class Sentence:
    """One sentence, or a part of a line before a semicolon, of an answer in small letters.

    Attributes
    ----------
    body : str
        Without the mark that ends it.
    asks : bool
        It ends with a question mark or begins like a question.
    line : bool
        It is a line of its own.
    goes_on : bool
        The line before ended without a mark, so that this may be its second half.
    found : dict
        What was found in it for one step and serves for others: names of steps, numbers by scale.
    """

    __slots__ = ("asks", "body", "found", "goes_on", "line", "quiet", "spoiled", "words")

    def __init__(self, body: str, mark: str, line: bool, goes_on: bool) -> None:
        self.body = body
        self.line = line
        self.goes_on = goes_on
        self.words = words_of(body)
        self.found: dict[object, Any] = {}
        first = self.words[0] if self.words else ""
        self.asks = "?" in mark or (first in ASKING and not body.startswith("if "))
        self.spoiled = is_spoiled(body, self.words)
        self.quiet = _closes(body) or (not self.asks and is_quiet(body, self.words, self.spoiled))

    @property
    def to_you(self) -> bool:
        """It speaks to the one who asked, as the question does that an answer repeats."""
        return _YOU.match(self.body) is not None


def sentences(text: str) -> list[Sentence]:
    """Split an answer in small letters, without marks of lists, into its sentences."""
    found: list[Sentence] = []
    position, starts, open_before = 0, True, False
    for body, mark in _pieces(text):
        ends_line = "\n" in mark or not mark or position + len(body) + len(mark) >= len(text)
        position += len(body) + len(mark)
        if body.strip(" \t*_`\"'") or "?" in mark:
            found.append(Sentence(body, mark, starts and ends_line, starts and open_before))
            open_before = (
                not re.search(r"[.!?:;,{|]", mark.strip() + body.rstrip(" *_`\"'")[-1:]) and mark.count("\n") < 2
            )
        starts = "\n" in mark
    return found


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    for end in _END.finditer(text):
        yield text[position : end.start()], end[0]
        position = end.end()
    if position < len(text):
        yield text[position:], ""


def tidy(text: str) -> str:
    """Make lines that lead in one with what they lead to, and drop marks of lists, options and headings."""
    if "doubt" in text:
        text = _SURE.sub("surely", text)
    if "." in text:
        text = _ABBREVIATION.sub(lambda found: found[0].replace(".", "").replace(" ", "") + " ", text)
    if "~~" in text or "<" in text or "[" in text:
        text = _XML.sub(_untagged, _STRUCK.sub(" struck ", text))
    if "\n" in text:
        text = _LEAD_IN.sub(": ", text)
    numbered = _NUMBERED.findall(text)
    if numbered[:2] == ["1", "2"]:
        text = _NUMBERED.sub("", text)
    return _MARKER.sub("", text)


def words_of(text: str) -> list[str]:
    """The words of a text in small letters."""
    return _WORD.findall(text)


def is_closed(text: str, allowed: Words, words: list[str] | None = None) -> bool:
    """Whether a text has no other words than the allowed ones."""
    if not text.isascii() and _NON_LATIN.search(text):
        text, words = ASIAN.sub(" ", text), None
        if _NON_LATIN.search(text):
            return False
    return allowed.issuperset(words_of(text) if words is None else words)


def is_spoiled(text: str, words: list[str]) -> bool:
    """Whether a text holds what takes a value back, doubts it, or makes an example of it."""
    return not SPOILERS.isdisjoint(words) or _denies(text, words) or _is_odd(text)


def is_taken_back(text: str) -> bool:
    """Whether a note beside a value speaks of a change of mind."""
    return _CHANGED.search(text) is not None


def is_quiet(text: str, words: list[str] | None = None, spoiled: bool | None = None, denies: bool = False) -> bool:
    """Whether a text can only be an explanation; `denies` says that another value follows, which it denies."""
    words = words_of(text) if words is None else words
    if denies:
        return SPOILERS.isdisjoint(NEGATORS.symmetric_difference(words) - NEGATORS)
    if not words:
        return not _is_odd(text)
    if spoiled is None:
        spoiled = is_spoiled(text, words)
    if not spoiled:
        known = words[0] in OPENERS or _NON_LATIN.match(words[0])
        return bool(known) or sum(word in PLAIN for word in words) * 2 >= len(words)
    return _CONTRASTING.issuperset(words) and not _denies(text, words) and not _is_odd(text)


def explains(text: str, nouns: Words, first: Words | None, *, denies: bool) -> bool:
    """Whether what follows a value in its sentence belongs to it or explains it.

    Known words come first (`nouns`; the very first of them must be in `first`, where given); then a comma, a dash, a
    bracket or a word such as `because`, and an explanation. `denies`: another value follows, denied.
    """
    words = words_of(text)
    if not words:
        return not _is_odd(text)
    at_once = words[0].isascii() and not _BREAK.search(text[: text.index(words[0])])
    barred = words[0] in _BARRED or (first is not None and words[0] not in first)
    if at_once and barred and not (denies and words[0] in NEGATORS):
        return False
    if is_closed(text, nouns, words):
        return not _MODAL & {*words} and not _denies(text, words) and not _is_odd(text)
    for found in _WORD.finditer(text):
        connects = found[0] in CONNECTORS or (denies and found[0] in NEGATORS)
        if connects or _BREAK.search(text[: found.start()]) or _AND.match(text, found.start()):
            return is_quiet(text[found.start() :], denies=denies)
        if found[0] not in nouns:
            return False
    return False


def _denies(text: str, words: list[str]) -> bool:
    if text.isascii() and _DENYING.isdisjoint(words) and "n't" not in text:
        return False
    return _DENIES.search(text) is not None


def _is_odd(text: str) -> bool:
    return not text.isascii() and _ODD.search(text) is not None


def _closes(body: str) -> bool:
    return _CLOSER.fullmatch(body.strip(" *_")) is not None


def _untagged(tag: re.Match[str]) -> str:
    known = PLAIN.issuperset(tag[2].split("_"))
    return tag[0] if not known else "\n" if tag[1] else f"\n{tag[2].replace('_', ' ')}: "
