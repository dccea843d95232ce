"""Categories in answers: the study's own words, by exact match, by three letters, or inflected within a sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from lib.protocol.parsing_text import NOTHING, SEVERAL, UNKNOWN, Reading, plain

_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_SPACES = re.compile(r"[\s_-]+")
_WORD = re.compile(r"[^\W\d_][\w\u0300-\u036f]*(?:['-][^\W\d_][\w\u0300-\u036f]*)*")
_INFLECTIONS = frozenset(
    {"", "y", "ry", "er", "ered", "e", "d", "ed", "ened", "dened", "ness", "iness", "ful", "fulness", "ing", "s", "es"}
    | {"ity", "ety", "uous", "ous", "ied", "ment", "ement"}
)
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]+")
_COPULA = re.compile(r"(?<=.)(?:입니다|이에요|예요|이다|임)$")
_NOT_BEFORE = re.compile(
    r"(?:\b(?:not|no|never|neither|nor|without|non|un|cannot|lacks?|lacking|absence|hardly|nicht|kein\w*|weder|noch|ohne"
    r"|pas|sans|sin|senza|não|sem|안)\b|n't\b|\b(?:rather|other|less) than\b|\binstead of\b|\bunlike\b|\bopposed to\b"
    r"|\banything but\b|\bfar from\b|\bopposite of\b)"
    r"(?:[\s-]+(?!(?:but|however|just|only|doubt|question|rather|sondern|mais|sino|ma)\b)[^\W\d_]{1,30}){0,6}[\s-]*$"
    r"|\bi(?:'m|\sam|'d\sbe|\swould\sbe)\s(?:very\s|quite\s|always\s)?$|[不没沒無无非未][很太是有像]{0,2}$"
)
_NOT_AFTER = re.compile(
    r"\s?(?:is|are|was|does|do|did|seems?|would|can|could)\s?(?:not\b|n't\b|never\b)"
    r"|[가-힣]{0,2}지[는도]?\s?않|[가-힣]{0,3}[이가은는]?\s?(?:아니|아닌|아닙|아님|없)"
    r"|(?:では|じゃ|で)?(?:ない|なく|ありません)|(?:そう)?では(?:ない|ありません)"
)
_NOT_WITHIN = re.compile(r"지[는도]?\s?않|아니|아닌|아닙|아님|없")
_LIST_ON = re.compile(r"[\s,/]*(?:\b(?:or|nor|and|oder|noch|und|ou|ni|nem|o|e|y|et)\b)?\s*")
_NEAR = 80
_END = r"(?![^\W_])"


class Categories:
    """Reads the categories that machines may give; `others` are labels of the study that they may not give."""

    def __init__(self, categories: Iterable[str], others: Iterable[str] = ()) -> None:
        own = {_normal(category): category for category in categories}
        labels = own | {_normal(label): None for label in others if _normal(label) not in own}
        self._exact: dict[str, Reading] = {
            name: UNKNOWN if category is None else Reading(category) for name, category in labels.items()
        }
        self._verbatim = {category: Reading(category) for category in own.values()}
        starts = [name[:3] for name in labels]
        self._starts = {
            name[:3]: (name, reading)
            for name, reading in self._exact.items()
            if starts.count(name[:3]) == 1 and len(name) >= 3 and " " not in name and not _UNSPACED.search(name)
        }
        self._pattern = self._words_pattern(labels)
        between = r"\W{1,4}(?:(?:or|and)\W{1,2})?"
        self._offer = re.compile(between.join(map(re.escape, own.values())) + _END)

    def read(self, text: str) -> Reading:
        """Read a text given as the answer: one of the categories, a word that begins like one, or a phrase."""
        reading = self._verbatim.get(text)
        if reading is not None:
            return reading
        if len(text) <= _NEAR:
            name = _normal(text)
            reading = self._exact.get(name)
            if reading is not None or not name:
                return reading or NOTHING
            if _WORD.fullmatch(name):
                return self._one_word(name)
        reading = self.anywhere(text.lower())
        return UNKNOWN if reading is NOTHING and len(text) <= _NEAR and len(text.split()) <= 3 else reading

    def whole(self, text: str) -> Reading:
        """Read a line or a bold text that is one of the categories, perhaps inflected, and nothing else."""
        name = _normal(text[:_NEAR])
        return self._named(name) if len(text) <= _NEAR else NOTHING

    def anywhere(self, text: str) -> Reading:
        """Read a sentence: the only category that it names without denying it."""
        found: set[str | None] = set()
        denied, before = False, 0
        for match in self._pattern.finditer(text):
            reading = self._named(_normal(match[0][: _NEAR + 1]))
            if reading is NOTHING:
                continue
            carried = denied and _LIST_ON.fullmatch(text[before : match.start()][: _NEAR // 2]) is not None
            before = match.end()
            denied = carried or _denied(text, match)
            if not denied:
                found.add(reading.value if isinstance(reading.value, str) else None)
                if len(found) > 1:
                    return SEVERAL
        if not found:
            return Reading(None, "negated") if before else NOTHING
        value = found.pop()
        return UNKNOWN if value is None else Reading(value)

    def _one_word(self, word: str) -> Reading:
        asian = _HANGUL.match(word) or _UNSPACED.search(word)
        reading = self.anywhere(word) if asian else self._named(word)
        if reading is not NOTHING:
            return reading
        _, start = self._starts.get(word[:3], ("", UNKNOWN))
        if start is UNKNOWN or (asian and _NOT_WITHIN.search(word)):
            return UNKNOWN
        return start._replace(flags=("three_letters",))

    def _named(self, word: str) -> Reading:
        """The category that a word or phrase is, as it stands or inflected; not by three letters alone."""
        if len(word) > _NEAR:
            return NOTHING
        reading = self._exact.get(word) or self._exact.get(_COPULA.sub("", word))
        if reading is not None:
            return reading
        if not word.isascii():
            for name, longer in self._exact.items():
                if len(name) > 1 and word.startswith(name) and (_HANGUL.match(name) or _UNSPACED.search(name)):
                    return longer
        name, start = self._starts.get(word[:3], ("", NOTHING))
        differs = (place for place, (ours, theirs) in enumerate(zip(name, word, strict=False)) if ours != theirs)
        same = next(differs, min(len(name), len(word)))
        tails = ((name[cut:], word[cut:]) for cut in range(3, same + 1))
        return start if any(a in _INFLECTIONS and b in _INFLECTIONS for a, b in tails) else NOTHING

    def without_offer(self, text: str) -> str:
        """The text without a repetition of all categories in their order, as the question offers them."""
        return self._offer.sub(" ", text)

    def _words_pattern(self, labels: Iterable[str]) -> re.Pattern[str]:
        names = sorted(labels, key=len, reverse=True)
        hangul = [name for name in names if _HANGUL.fullmatch(name)]
        bounded = [r"[\s_-]".join(map(re.escape, name.split(" "))) + _END for name in names]
        bounded += [f"{name}[가-힣]*" for name in hangul if len(name) > 1]
        bounded += [f"{name}(?:입니다|이에요|예요|이다|임){_END}" for name in hangul if len(name) == 1]
        bounded += [re.escape(start) + r"[^\W\d_]*" for start in self._starts if not _HANGUL.match(start)]
        unspaced = [re.escape(name) for name in names if _UNSPACED.search(name) and len(name) > 1]
        return re.compile("|".join([*unspaced, rf"(?<![^\W_])(?:{'|'.join(bounded)})"]))


def _denied(text: str, match: re.Match[str]) -> bool:
    if _NOT_BEFORE.search(text[max(0, match.start() - _NEAR) : match.start()]):
        return True
    hangul = _HANGUL.match(match[0])
    after = match.start() + 1 if hangul else match.end()
    return _NOT_AFTER.match(text[match.end() : match.end() + 20]) is not None or (
        hangul is not None and _NOT_WITHIN.search(text, after, match.end() + 8) is not None
    )


def _normal(text: str) -> str:
    text = text.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFKC", plain(text)[0])
    return _SPACES.sub(" ", _EDGES.sub("", text.casefold()))
