"""Categories in answers: the study's own words, by exact match, by three letters, or inflected within a sentence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from lib.protocol.parsing_text import NOTHING, UNKNOWN, Mention, Reading, plain
from lib.protocol.parsing_vocabulary import KOREAN_ENDINGS

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
    r"\"?\s?(?:is|are|was|does|do|did|seems?|would|can|could)\s?(?:not\b|n't\b|never\b)"
    r"|\"?\s(?:is|was|would\sbe)\s(?:\w+ly\s)?(?:wrong|incorrect|false|untrue|unlikely|out)\b|\"?\s?[:=]\s?(?:false|no|0)\b"
    r"|[가-힣]{0,2}지[는도]?\s?않[가-힣]*|[가-힣]{0,3}[이가은는]?\s?(?:아니|아닌|아닙|아님|없)[가-힣]*"
    r"|(?:では|じゃ|で)?(?:ない|なく|ありません)|(?:そう)?では(?:ない|ありません)"
)
_NOT_WITHIN = re.compile(r"지[는도]?\s?않|아니|아닌|아닙|아님|없")
_LIST_ON = re.compile(r"[\s,/]*(?:\b(?:or|nor|and|oder|noch|und|ou|ni|nem|o|e|y|et)\b)?\s*")
_MARKED = re.compile(
    r"[^\w\s\x00.,;:\"'*`()\[\]{}|#$\\!\u0300-\u036f\u263a\ufe0f\U0001f600-\U0001f642-]|!\s*\w|[=?/<>]|\[\s\]"
)
_NEAR = 80
_AFTER = 24
_MOST = 200
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
        self.key = "categories"
        starts = [name[:3] for name in labels]
        self._starts = {
            name[:3]: (name, reading)
            for name, reading in self._exact.items()
            if starts.count(name[:3]) == 1 and len(name) >= 3 and " " not in name and not _UNSPACED.search(name)
        }
        self._pattern = self._words_pattern(labels)
        between = r"\W{1,4}(?:(?:or|and)\W{1,2})?"
        self._offer = re.compile(between.join(map(re.escape, own.values())) + _END)

    def plainest(self) -> dict[str, str | float]:
        """The answers of one word that need no reading."""
        plain_ones = (name for name in self._verbatim if _WORD.fullmatch(_normal(name)))
        return {
            text: name for name in plain_ones for text in (name, name.capitalize(), f"{name}.", f"{name.capitalize()}.")
        }

    def whole(self, text: str) -> Reading | None:
        """Read a text that is a category or another single word; None where it is more."""
        reading = self._verbatim.get(text)
        if reading is not None:
            return reading
        name = _normal(text) if len(text) <= _NEAR else ""
        if not name:
            return NOTHING if len(text) <= _NEAR else None
        if _MARKED.search(text):
            return None
        return self._exact.get(name) or (self._one_word(name) if _WORD.fullmatch(name) else None)

    def mentions(self, text: str) -> list[Mention]:
        """All categories that a sentence in small letters names."""
        found: list[Mention] = []
        denied, before = False, 0
        for match in self._pattern.finditer(text):
            reading: Reading | None = self._named(_normal(match[0][: _NEAR + 1]))
            if reading is NOTHING:
                continue
            carried = denied and _LIST_ON.fullmatch(text[before : match.start()][: _NEAR // 2]) is not None
            end, denied = _denied(text, match)
            denied, before = denied or carried, match.end()
            if not denied and _HANGUL.match(match[0]) and not self._plain_ending(match[0]):
                reading = None
            found.append(Mention(match.start(), end, reading, denied))
            if len(found) > _MOST:
                return [*found, Mention(end, end, None)]
        return found

    def _one_word(self, word: str) -> Reading | None:
        asian = _HANGUL.match(word) or _UNSPACED.search(word)
        if asian and any(mention.reading is not NOTHING for mention in self.mentions(word)):
            return None
        reading = NOTHING if asian else self._named(word)
        if reading is not NOTHING:
            return reading
        name, start = self._starts.get(word[:3], ("", UNKNOWN))
        return start._replace(flags=("three_letters",)) if start is not UNKNOWN and _is_like(word, name) else UNKNOWN

    def _plain_ending(self, word: str) -> bool:
        return any(word.startswith(name) and word[len(name) :] in KOREAN_ENDINGS for name in self._exact)

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


def _denied(text: str, match: re.Match[str]) -> tuple[int, bool]:
    """Where a category with its denial ends, and whether it is denied."""
    after = _NOT_AFTER.match(text[match.end() : match.end() + _AFTER])
    end = match.end() + (after.end() if after else 0)
    if after or _NOT_BEFORE.search(text[max(0, match.start() - _NEAR) : match.start()]):
        return end, True
    hangul = _HANGUL.match(match[0])
    return end, hangul is not None and _NOT_WITHIN.search(text, match.start() + 1, match.end() + 8) is not None


def _is_like(word: str, name: str) -> bool:
    """Whether a word that begins like a category is it cut short or, if it is long, with one letter astray."""
    if name.startswith(word):
        return True
    if len(name) < 5 or abs(len(word) - len(name)) > 1:
        return False
    same = next((place for place, (ours, theirs) in enumerate(zip(name, word, strict=False)) if ours != theirs), None)
    if same is None:
        return True
    swapped = word[:same] + word[same + 1 : same + 2] + word[same : same + 1] + word[same + 2 :]
    return (
        name in {swapped}
        or name[same + 1 :] == word[same + 1 :]
        or name[same:] == word[same + 1 :]
        or (name[same + 1 :] == word[same:])
    )


def _normal(text: str) -> str:
    text = text.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFKC", plain(text)[0])
    return _SPACES.sub(" ", _EDGES.sub("", text.casefold()))
