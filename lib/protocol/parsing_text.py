"""An answer's text made plain: thinking cut out, fences opened, digits and quotes of all scripts as ASCII ones."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

Value = str | float | None


class Reading(NamedTuple):
    """What one place of an answer says: a value, or the reason why it is none."""

    value: Value = None
    reason: str | None = None
    flags: tuple[str, ...] = ()


NOTHING = Reading(None, "no_answer")
SEVERAL = Reading(None, "several_candidates")
UNUSABLE = Reading(None, "unusable_value")
UNKNOWN = Reading(None, "unknown_category")
OTHER_SCALE = Reading(None, "other_scale")
DOUBTFUL = Reading(None, "doubtful")
MISSING = Reading(None, "missing_key")
NEGATED = Reading(None, "negated")


class Mention(NamedTuple):
    """A place of a sentence that names a category or number, without or with a reading, or only in order to deny it."""

    start: int
    end: int
    reading: Reading | None
    denied: bool = False


_RIVALS = frozenset({"unknown_category", "other_scale", "doubtful"})


def agree(readings: list[Reading]) -> Reading:
    """One reading of several: identical values are one, different ones none, and an unknown category is a rival."""
    if len(readings) < 2:
        return readings[0] if readings else NOTHING
    values = {reading.value for reading in readings if reading.value is not None}
    if len(values) > 1 or any(reading.reason == "several_candidates" for reading in readings):
        return SEVERAL
    rivals = [reading for reading in readings if reading.reason in _RIVALS]
    if not values:
        reasoned = [reading for reading in readings if reading.reason not in {None, "no_answer"}]
        return reasoned[0] if reasoned else NOTHING
    return SEVERAL if rivals else next(reading for reading in readings if reading.value is not None)


_TAG = re.compile(
    r"(?P<open>[<\[◁](?:think(?:ing)?|thoughts?|reasoning)[>\]▷]|<\|channel\|?>(?:analysis|thought)(?:<\|message\|>)?)"
    r"|[<\[◁]/(?:think(?:ing)?|thoughts?|reasoning)[>\]▷]|<\|channel\|>final(?:<\|message\|>)?|<channel\|>",
    re.IGNORECASE,
)
_SPECIAL = re.compile(r"<\|[a-z_]{1,30}\|>|</?s>|<(?:eos|bos|pad|end_of_turn|start_of_turn)>", re.IGNORECASE)


def without_thinking(text: str) -> tuple[str, bool, bool]:
    """Cut thinking out of a text; give what is left, whether there was any, and whether it was not finished.

    A closing tag alone ends thinking that the chat template began. An opening tag within thinking opens nothing.
    """
    kept: list[str] = []
    position, inside, found = 0, False, False
    for tag in _TAG.finditer(text):
        found = True
        if tag["open"] is None:
            kept = kept if inside else []
            inside = False
        elif not inside:
            kept.append(text[position : tag.start()])
            inside = True
        position = tag.end()
    if not found:
        return text, False, False
    return "\n".join(kept) + ("" if inside else text[position:]), True, inside


_LANGUAGE = re.compile(r"[ \t]*+[\w.+-]{0,20}[ \t]*+(?:\r?\n|$)|[ \t]*+json[c5l]?\b", re.IGNORECASE)


def with_fences_as(mark: str, text: str, is_data: Callable[[str], bool]) -> tuple[str, list[str]]:
    """A text with a mark in place of every Markdown fence that holds data, and the insides of those fences.

    A fence that is not closed reaches to the end.
    """
    fence = "```" if "```" in text else "~~~"
    pieces, insides = text.split(fence), []
    for place in range(1, len(pieces), 2):
        inside = pieces[place][_language_end(pieces[place]) :]
        if is_data(inside.strip()):
            insides.append(inside.strip())
            inside = f" {mark}"
        pieces[place] = inside
    return "\n".join(pieces), insides


def without_fences(text: str) -> str:
    """The text with its fences' marks replaced by line breaks."""
    for fence in ("```", "~~~"):
        if fence in text:
            pieces = text.split(fence)
            pieces[1::2] = [piece[_language_end(piece) :] for piece in pieces[1::2]]
            text = "\n".join(pieces)
    return text


def _language_end(inside: str) -> int:
    found = _LANGUAGE.match(inside)
    if found is None or not inside[found.end() :].strip():
        return 0
    return found.end()


_PLAIN: dict[int, str | None] = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5E)}
_PLAIN |= dict.fromkeys(map(ord, "‐‑‒–−﹣－"), "-") | dict.fromkeys(map(ord, "—―"), " - ")
_PLAIN |= dict.fromkeys(map(ord, "〜～"), "~") | {ord("＂"): "＂", ord("＇"): "＇"}
_PLAIN |= (
    dict.fromkeys(map(ord, "\u0085\u2028\u2029"), "\n")
    | dict.fromkeys(map(ord, "。｡"), ". ")
    | {ord("…"): "...", ord("٫"): "."}
)
_PLAIN |= {ord("⁄"): "/", ord("、"): ",", ord("؛"): ";", ord("→"): ":", ord("⇒"): ":", ord("’"): "'"}
_UNSEEN = [0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF]
_PLAIN |= dict.fromkeys([*_UNSEEN, 0xFE0F], None)
_UNSEEN_WITHIN = re.compile(rf"(?<=\w)[{''.join(map(chr, _UNSEEN))}]+(?=\w)")
_QUOTES = dict.fromkeys(map(ord, "“”„‟«»「」『』〝〞〟❝❞＂"), '"') | dict.fromkeys(map(ord, "‘‚‛‹›＇"), "'")
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")
_DECOMPOSED = re.compile(r"\w[\u0300-\u036f\u3099\u309a]{1,8}|[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?")
_SINGLE_QUOTED = re.compile(r"(?<!\w)'[^'\n]{1,60}'(?!\w)")


def plain(text: str) -> tuple[str, tuple[str, ...]]:
    """Digits, dashes and quotes of all scripts as ASCII ones, and the flags `digits` and `quotes` where it matters.

    What cannot be seen is dropped, but parts two words where it stands between them. Not NFKC as a whole: that would
    make 72 of 7² and 71⁄2 of 7½. Apostrophes are not worth a flag.
    """
    flags: tuple[str, ...] = ()
    if not text.isascii():
        parted = _UNSEEN_WITHIN.sub(" ", text)
        western = _OTHER_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), parted)
        flags = () if western == parted else ("digits",)
        bare = _DECOMPOSED.sub(lambda letter: unicodedata.normalize("NFC", letter[0]), western.translate(_PLAIN))
        text = bare.translate(_QUOTES)
        flags += () if text == bare else ("quotes",)
    if "'" in text and "quotes" not in flags and _SINGLE_QUOTED.search(text):
        flags += ("quotes",)
    if "<" in text:
        text = _SPECIAL.sub(" ", text)
    return text.replace("\r", "\n"), flags


_REFUSED_BY_SERVER = frozenset(
    {"safety", "content_filter", "prohibited_content", "blocklist", "spii", "recitation", "refusal", "model_armor"}
    | {"image_safety", "image_prohibited_content", "image_recitation", "jailbreak"}
)
_CUT_SHORT = frozenset({"length", "max_tokens", "max_output_tokens", "model_length"})
_MAY_REFUSE = re.compile(
    r"sorry|unable|not (?:able|comfortable|allowed|permitted|possible)|can(?:not|'t| not)|could(?:n't| not)|won't"
    r"|will not|decline|as an? (?:ai|art|lang|large)|apolog|impossible|my guide|our guide|my polic|our polic"
    r"|죄송|없|leid|nicht|siento|puedo|désol|peux pas|dispiace|non posso|desculpe|não posso"
    r"|抱歉|[对對]不起|[无無]法|申し訳|できません"
)
_REFUSAL = re.compile(
    r"\b(?:i(?:'m|\sam)\s(?:\w{1,20}\s){0,2}?(?:sorry|unable|not (?:able|comfortable|allowed|permitted))\b"
    r"|(?:i|we)\s(?:\w{1,20}\s)?(?:can(?:no|')t|can not|could(?:n't| not)|won't|will not|decline)\b"
    r"|as an? (?:ai|artificial|(?:large )?language model)\b|apologi[sz]e\b|my apologies\b|unable to\b"
    r"|(?:cannot|can't|can not|not possible to|impossible to) (?:be )?(?:assist|help|determin|identif|provid|comply"
    r"|analy|process|judg|assess|rate|infer|recogni|see|tell|view)|against (?:my|our) (?:guidelines|polic)"
    r"|tut mir leid\b|kann (?:ich )?(?:\w{1,20} ){0,3}nicht\b|lo siento\b|no puedo\b|désolée?\b|je ne peux pas\b"
    r"|mi dispiace\b|non posso\b|desculpe\b|não posso\b)"
    r"|죄송|[할릴알] 수 ?[가는]? ?없|抱歉|[对對]不起|[无無]法|申し訳|できません"
)


class Ending(NamedTuple):
    """What the server said of an answer's end."""

    refused: bool = False
    cut_short: bool = False


ORDINARY = Ending()


def ending(finish_reason: str | None, refusal: str | None) -> Ending:
    """Whether the server refused, and whether the answer reached its longest length, however the client spells it."""
    if finish_reason is None and not refusal:
        return ORDINARY
    reason = (finish_reason or "").casefold().rpartition(".")[2]
    return Ending(bool(refusal) or reason in _REFUSED_BY_SERVER, reason in _CUT_SHORT)


def sounds_refused(text: str) -> bool:
    """Whether a text has one of the phrases with which machines decline."""
    text = text.lower()
    return _MAY_REFUSE.search(text) is not None and _REFUSAL.search(text) is not None
