"""Numbers in answers: on the scale, or not an answer at all."""

from __future__ import annotations

import math
import re

from lib.contracts.study import Scale
from lib.protocol.parsing_scales import OwnScale
from lib.protocol.parsing_text import OTHER_SCALE, SEVERAL, UNUSABLE, Mention, Reading
from lib.protocol.parsing_vocabulary import AFTER_NUMBER, COUNTED, FACES
from lib.protocol.parsing_words import ENGLISH_PATTERN, number_word

_TOKEN = r"[-+]?(?:[0-9]++(?:[.,][0-9]++)*+|\.[0-9]++)(?:e[-+]?[0-9]++)?"
_SUFFIX = r"(?:점|点|分)?(?:입니다|이에요|예요|이다|です|だ)?"
_SHARE = (
    r"\s?(?:points?\s|marks?\s)?\(?(?:/|(?:out\s)?of\s(?:a\s|the\s)?(?:(?:possible|maximum|total|max)\s){0,2}(?:of\s)?"
    r"|von\s|sur\s|su\s|de\s)\s?"
    rf"(?P<bottom>[0-9]+(?:\.[0-9]+)?|{ENGLISH_PATTERN})(?![\w/])"
)


def _finding(number: str) -> re.Pattern[str]:
    return re.compile(
        r"(?P<chain>(?<![\w.,/])[0-9]++(?P<between>[-/.:])[0-9]++(?:(?P=between)[0-9]++)++|(?<![\w.,/])[0-9]{1,2}:[0-9]{2}(?!\d))"
        rf"|(?<![\w.,/])(?P<sign>(?:minus|negative|plus)\s)?(?P<number>{number})"
        rf"{_SUFFIX}(?!\w|-[^\W\d_])(?P<half>\sand\sa\shalf\b)?(?:{_SHARE})?"
        r"|(?P<odd>[0-9][\w.,:/-]*+)"
    )


_FIND, _FIND_DIGITS = _finding(f"{_TOKEN}|{ENGLISH_PATTERN}"), _finding(_TOKEN)
_SPELLED = re.compile(
    r"\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thir|fif|twenty|forty|eighty|hundred|a\shundred)"
)
_NEXT = re.compile(r"[\s-]+([^\W\d_]+(?:-[^\W\d_]+)*)(?:\s([^\W\d_]+))?")
_DENIED = re.compile(r"(?:\b(?:not|never|cannot|nicht)|n't)\b(?:(?!\bbut\b)[^.,;:\n])*$")
_NO_PRONOUN = re.compile(r"(?:\b(?:this|that|no|any|some|every|each|another|other|which|only|right|first|last)\s)$")
_PLACE = re.compile(
    r"[0-9]|zero|one|two|three|four|five|six|seven|eight|nine|te|eleven|twelve|twenty|thirty|forty|hundred"
)
_NO_NUMBER = re.compile(r"[\s\"':=]*+[-+]?(?:nan|inf(?:inity)?|null|none|true|false|n/?a)\b")
_SIMPLE = re.compile(r"[-+]?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_SHARE_ALONE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?)\s?(?:/|out\sof)\s?([0-9]{1,3})\.?")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_PERCENT = re.compile(r"\s?(?:%|percent\b)")
_MOST = 200


class Numbers:
    """Reads the numbers of one scale."""

    def __init__(self, scale: Scale) -> None:
        self.low, self.high, self.step = float(scale.low), float(scale.high), float(scale.step)
        self.scale = OwnScale(scale)
        self.key = (self.low, self.high, self.step)

    def plainest(self) -> dict[str, str | float]:
        """The answers of one number that need no reading."""
        values = (
            self.low + place * self.step for place in range(min(101, round((self.high - self.low) / self.step) + 1))
        )
        return {f"{value:g}": value for value in values if value == round(value) and not self._ambiguous(f"{value:g}")}

    def take(self, value: float, flags: tuple[str, ...] = ()) -> Reading:
        """Bring a number onto the scale: clamped (flag), between two steps kept (flag)."""
        if not math.isfinite(value):
            return UNUSABLE
        if value < self.low or value > self.high:
            return Reading(self.low if value < self.low else self.high, None, (*flags, "clamped"))
        steps = (value - self.low) / self.step
        if abs(steps - round(steps)) > 1e-9:
            flags = (*flags, "decimal")
        return Reading(value + 0.0, None, flags)

    def whole(self, text: str) -> Reading | None:
        """Read a text that is a number and nothing else; None where it is not."""
        if _SIMPLE.fullmatch(text) and not self._ambiguous(text):
            return self.take(float(text))
        share = _SHARE_ALONE.fullmatch(text)
        if share and float(share[2]) == self.high:
            return self.take(float(share[1]))
        word = number_word(text.strip(" .,!*_\"'`()[]"))
        if word is not None:
            return self.take(word, ("number_word",))
        return UNUSABLE if _NO_NUMBER.match(text.lower()) else None

    def mentions(self, text: str) -> list[Mention]:
        """All numbers of a sentence in small letters that could be a rating; a thing's count or age is none."""
        found: list[Mention] = []
        if not _PLACE.search(text):
            return found
        for match in (_FIND if _SPELLED.search(text) else _FIND_DIGITS).finditer(text):
            if match["number"] is None:
                if not text[match.start() - 1 : match.start()].isalpha() or not match.start():
                    found.append(Mention(match.start(), match.end(), None))
            elif not (_counts(match, text) or _pronoun(match, text)):
                denied = ("n" in text) and _DENIED.search(text[max(0, match.start() - 40) : match.start()]) is not None
                percent = _PERCENT.match(text, match.end()) if self.high == 100 else None
                end = percent.end() if percent else match.end()
                found.append(Mention(match.start(), end, self._reading(match), denied))
            if len(found) > _MOST:
                return [*found, Mention(match.end(), match.end(), None)]
        return found

    def may_go_on(self, value: float) -> bool:
        """Whether a number that ends with a cut-off answer could have had more digits."""
        longer = (math.copysign(abs(value) * 10 + digit, value) for digit in range(10))
        return self.step < 1 or any(self.low <= number <= self.high for number in longer)

    def _reading(self, found: re.Match[str]) -> Reading | None:
        if self._on_other_scale(found):
            return OTHER_SCALE
        word = found["number"][-1:].isalpha()
        value = number_word(found["number"]) if word else self._number(found["number"])
        if value is None:
            return SEVERAL
        if not word and self._ambiguous(found["number"]):
            return None if _YEAR.fullmatch(found["number"]) else SEVERAL
        value += 0.5 if found["half"] else 0
        sign = (found["sign"] or "").strip().casefold()
        if not sign and self.low < 0 and _after_bullet(found):
            return SEVERAL
        return self.take(-value if sign in {"minus", "negative"} else value, ("number_word",) if word or sign else ())

    def _ambiguous(self, token: str) -> bool:
        """Whether a number could be a year, or have its thousands set apart: 7.000 as 7,000."""
        whole, _, places = token.lstrip("+-").partition(".")
        if len(places) == 3:
            return whole.strip("0") != "" and len(whole) < 4
        return self.high < 1900 and _YEAR.fullmatch(token) is not None

    def _on_other_scale(self, found: re.Match[str]) -> bool:
        end = found.end("number")
        if self.high != 100 and found.string[end : end + 2].lstrip().startswith("%"):
            return True
        bottom = found["bottom"]
        if bottom is None:
            return False
        highest = float(bottom) if bottom[0].isdigit() else number_word(bottom)
        return highest is None or abs(highest - self.high) > 1e-9

    def _number(self, token: str) -> float | None:
        if "," not in token:
            return float(token) if token.count(".") < 2 else None
        before, _, after = token.partition(",")
        if not after.isdigit() or "." in before or not before.lstrip("+-").isdigit():
            return None
        if len(after) == 3 and before.lstrip("+-") != "0":
            return None
        listed = self.low <= float(before) <= self.high and self.low <= float(after) <= self.high
        return None if listed else float(f"{before}.{after}")


def _after_bullet(found: re.Match[str]) -> bool:
    before = found.string[max(0, found.start() - 8) : found.start()]
    return before.endswith(" ") and before.rstrip(" ").endswith("-")


def _counts(found: re.Match[str], text: str) -> bool:
    """Whether a number counts things: two people, 30 years, 2 raised corners."""
    if found["bottom"] is not None:
        return False
    following = _NEXT.match(text, found.end())
    if following is None:
        return False
    first, second = following[1], following[2]
    return first in COUNTED or first.startswith("year") or (first in FACES - AFTER_NUMBER and second in COUNTED)


def _pronoun(found: re.Match[str], text: str) -> bool:
    if found["number"] != "one" or found["bottom"] is not None:
        return False
    if text[found.end() : found.end() + 1] not in {"", ".", ",", "!"}:
        return True
    return _NO_PRONOUN.search(text[max(0, found.start() - 12) : found.start()]) is not None
