"""Numbers in answers: on the scale, or not an answer at all."""

from __future__ import annotations

import math
import re

from lib.contracts.study import Scale
from lib.protocol.parsing_text import NOTHING, SEVERAL, UNUSABLE, Reading, agree
from lib.protocol.parsing_words import ENGLISH_PATTERN, number_word

_TOKEN = r"[-+]?(?:[0-9]++(?:[.,][0-9]++)*+|\.[0-9]++)(?:e[-+]?[0-9]++)?"
_SUFFIX = r"(?:점|点|分)?(?:입니다|이에요|예요|이다|です|だ)?"
_NUMBER = (
    rf"(?<![\w.,/])(?P<sign>(?:minus|negative|plus)\s)?(?P<number>{_TOKEN}|{ENGLISH_PATTERN})"
    rf"{_SUFFIX}(?!\w|-[^\W\d_])(?P<half>\sand\sa\shalf\b)?"
)
_SHARE = (
    r"\s?(?:/|(?:out\s)?of\s(?:a\s)?(?:possible\s|maximum\s)?|von\s|sur\s|su\s|de\s)\s?"
    rf"(?P<bottom>[0-9]+(?:\.[0-9]+)?|{ENGLISH_PATTERN})(?![\w/])"
)
_AFTER = (
    r"(?=[^\S\n]*+(?:$|[;!?()\]}\"'*_`|\n<\\%$]|[.,:](?![0-9])|-+(?:\s|$)|[-~](?=[0-9])"
    r"|(?:on|from|because|as|since|for|in|due|given|based|which|and|with|to|or|points?|here|overall)\b))"
)
_HEDGE = (
    r"(?:about|around|approximately|approx|roughly|maybe|probably|perhaps|likely|an?|the|is|was|be|would|of|at|as|to|score"
    r"|rating|rate|rated|rating|value|level|it's|its|it|i'd|i'll|i|say|give|between|from|this|choose|my|answer|final|on|scale)\b"
)
_BEFORE = rf"(?:{_HEDGE}|[\s:=,*_\"'`|~≈(\[#$\\]|[-=]+>)*+"
_STRONG = r"(?:say|rate|rated|rating|score|scored|give|giving|assign|choose|pick|select|answer|go\swith|estimate)"
_WEAK = r"(?:is|be|as|of|at|an?|around|about|approximately)"
_LEADING = re.compile(rf"{_BEFORE}{_NUMBER}(?:{_SHARE})?{_AFTER}")
_LABELLED = re.compile(rf"[^\n:=0-9]{{1,40}}[:=]{_BEFORE}{_NUMBER}(?:{_SHARE})?{_AFTER}")
_WHOLE_LINE = re.compile(rf"(?:[^\n:=0-9]{{1,40}}[:=])?{_BEFORE}{_NUMBER}(?:{_SHARE})?[\s.,!?*_\"'`)\]}}|~$\\%]*+")
_CUED = re.compile(rf"\b(?:(?P<strong>{_STRONG}\b[^.;\n0-9]{{0,30}}?)|{_WEAK}\s){_NUMBER}(?:{_SHARE})?{_AFTER}")
_ON_SCALE = re.compile(rf"{_NUMBER}(?:{_SHARE}|\son\s(?:a|the|this)\b[^.\n]{{0,20}}?\bscale){_AFTER}")
_JOINED = re.compile(
    r"\s*+(?:-|~|,|;|\(|\.\.+|(?:to|or|and|through|bis|oder|또는)\b)"
    rf"(?:\s*+(?:or|maybe|perhaps|possibly|even|about|around|up|to|an?)\b)*+\s*+{_NUMBER}(?:{_SHARE})?{_AFTER}"
)
_DENIED = re.compile(r"(?:\b(?:not|never|cannot)|n't)\b(?:(?!\bbut\b)[^.,;:\n])*$")
_TO_YOU = re.compile(r"(?:^|(?<=[.!?\n]))\s*+you\s[^.!?\n]*+")
_LAST_SENTENCE = re.compile(rf"[.!?]\s{_NUMBER}(?:{_SHARE})?[\s.]*+$")
_SHARED = re.compile(r"/|of |von |sur |su |de |scale")
_PLACE = re.compile(r"[0-9]|zero|one|two|three|four|five|six|seven|eight|nine|te|eleven|twelve|twenty|hundred")
_LISTED = re.compile(r"^[ \t]*+(?:[0-9]{1,2}[.)]|[-•*])[ \t]++", re.MULTILINE)
_NO_NUMBER = re.compile(r"[\s\"':=]*+[-+]?(?:nan|inf(?:inity)?|null|none|true|false|n/?a)\b")
_BULLET = re.compile(r"^[ \t]*+-[ \t]++[0-9.]", re.MULTILINE)
_SIMPLE = re.compile(r"[-+]?[0-9]{1,15}(?:\.[0-9]{1,15})?")


class Numbers:
    """Reads the numbers of one scale."""

    def __init__(self, scale: Scale) -> None:
        self.low, self.high, self.step = float(scale.low), float(scale.high), float(scale.step)
        self._bottom, self._top = f"{abs(self.low):g}", f"{abs(self.high):g}"
        low, high = _bound(self.low), _bound(self.high)
        to = r"\s?(?:-|to|and|through|until|up\sto|~|bis|und|à|a|y|에서|부터)\s?"
        label_low, label_high = re.escape(scale.low_label.lower()), re.escape(scale.high_label.lower())
        noted = r"\s?\([^()\n]{0,60}\)"
        self._echo = re.compile(
            rf"\(?(?<![\w.]){low}{to}{high}(?![\w./])\)?|(?<![\w.]){low}{noted}{to}{high}{noted}"
            rf"|(?<![\w.]){low}\W{{1,3}}{label_low}\W{{1,12}}(?:and\s|to\s)?{high}\W{{1,3}}{label_high}"
            rf"|{label_low}\s\(?{low}\)?\W{{1,3}}(?:and\s|to\s)?{label_high}\s\(?{high}\)?(?!\w)"
            r"|(?<![\w.])[0-9]{1,3}(?:-point\b|\spoint\sscale\b)"
        )  # fmt: skip

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

    def read(self, text: str, anywhere: bool = True) -> Reading:
        """Read a text given as the answer; `anywhere` also takes numbers that its words point at."""
        if _SIMPLE.fullmatch(text):
            return self.take(float(text))
        text = text.strip().lower()
        word = number_word(text.strip(" .,!?*_\"'`()[]"))
        if word is not None:
            return self.take(word, ("number_word",))
        if _NO_NUMBER.match(text):
            return UNUSABLE
        if self.low < 0 and _BULLET.search(text):
            return SEVERAL
        clean = self._without_echo(text)
        if clean != text and not re.search(r"\w", clean):
            return SEVERAL
        readings = self._at_the_ends(clean)
        if anywhere and not (readings and _WHOLE_LINE.fullmatch(clean.strip())):
            readings += self._pointed_at(clean, strongly=bool(readings))
        return agree(readings)

    def whole(self, text: str) -> Reading:
        """Read a line or a bold text that is a number and nothing else."""
        found = _WHOLE_LINE.fullmatch(self._without_echo(text.strip()))
        return self._reading(found) if found else NOTHING

    def may_go_on(self, value: float) -> bool:
        """Whether a number that ends with a cut-off answer could have had more digits."""
        longer = (math.copysign(abs(value) * 10 + digit, value) for digit in range(10))
        return self.step < 1 or any(self.low <= number <= self.high for number in longer)

    def _without_echo(self, text: str) -> str:
        if "point" in text or (self._bottom in text and self._top in text):
            text = self._echo.sub(" ", text)
        markers = [found[0].strip() for found in _LISTED.finditer(text)]
        if markers and (markers[0] in {"-", "•", "*"} or markers[:2] in (["1.", "2."], ["1)", "2)"])):
            text = _LISTED.sub("", text)
        return _TO_YOU.sub(" ", text) if "you " in text else text

    def _at_the_ends(self, text: str) -> list[Reading]:
        readings = []
        first = _LEADING.match(text) or _LABELLED.match(text)
        if first:
            readings.append(self._with_next(first, text))
        sentence = _LAST_SENTENCE.search(text, max(0, len(text) - 40))
        if sentence:
            readings.append(self._reading(sentence))
        head, _, last = text.rpartition("\n")
        if head:
            alone = self.whole(last)
            readings += [] if alone is NOTHING else [alone]
        return readings

    def _pointed_at(self, text: str, strongly: bool) -> list[Reading]:
        """Numbers that the words of a sentence point at; `strongly` leaves out what only `is` or `of` points at."""
        readings: dict[Reading, None] = {}
        if not _PLACE.search(text):
            return []
        for pattern in (_CUED, _ON_SCALE):
            if pattern is _ON_SCALE and not _SHARED.search(text):
                continue
            for found in pattern.finditer(text):
                reading = self._with_next(found, text)
                weak = pattern is _CUED and found["strong"] is None
                if weak and (strongly or "clamped" in reading.flags):
                    continue
                denied = _DENIED.search(text[max(0, found.start() - 40) : found.start()])
                if not denied and not _pronoun(found, text):
                    readings[reading] = None
                if len(readings) > 3:
                    return list(readings)
        return list(readings)

    def _with_next(self, found: re.Match[str], text: str) -> Reading:
        reading = self._reading(found)
        following = None if found["bottom"] else _JOINED.match(text, found.end())
        return agree([reading, self._reading(following)]) if following else reading

    def _reading(self, found: re.Match[str]) -> Reading:
        if self._on_other_scale(found):
            return Reading(None, "other_scale")
        word = found["number"][-1:].isalpha()
        value = number_word(found["number"]) if word else self._number(found["number"])
        if value is None:
            return SEVERAL
        value += 0.5 if found["half"] else 0
        sign = (found["sign"] or "").strip().casefold()
        return self.take(-value if sign in {"minus", "negative"} else value, ("number_word",) if word or sign else ())

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
        if not after.isdigit() or "." in before:
            return None
        whole = before.lstrip("+-")
        if len(after) == 3 and whole != "0":
            return float(before + after)
        listed = self.low <= float(before) <= self.high and self.low <= float(after) <= self.high
        return None if listed else float(f"{before}.{after}")


def _bound(value: float) -> str:
    sign = "-" if value < 0 else r"\+?"
    return rf"{sign}{re.escape(f'{abs(value):g}')}(?:\.0+)?"


def _pronoun(found: re.Match[str], text: str) -> bool:
    return found["number"].casefold() == "one" and text[found.end() : found.end() + 1] not in {"", ".", ",", "!"}
