"""Scales that an answer speaks of: the study's own, repeated from the question, and any other."""

from __future__ import annotations

import re

from lib.contracts.study import Scale
from lib.protocol.parsing_words import ENGLISH, ENGLISH_PATTERN, number_word

_NUMBER = rf"(?<![\w.,])(?:[-+]?[0-9]++(?:\.[0-9]++)?|{ENGLISH_PATTERN})(?!\w)"
_TO = r"\s?(?:-|to|and|through|until|up\sto|~|\.\.+|bis|und|à|a|y|에서|부터)\s?"
_MEANS = r"\s?(?:is|=|being|means|meaning|represents|representing|indicates|indicating|stands\sfor|for|as|:)\s?"
_DEGREE = (
    r"(?:(?:the|a|very|extremely|most|least|highly|completely|totally|absolutely|maximally|minimally|purely)\s){0,3}"
)
_EXTREME = (
    r"(?:(?:low|high)(?:est)?|least|most|min(?:imum)?|max(?:imum)?|neutral|midpoint|middle|negative|positive|worst"
    r"|best|"
)
_LEADING = r"(?:of|from|to|up|is|with|between|goes|was|i|use|used)"
_RANGE = rf"{_NUMBER}\s?(?:-|to|through|until|up\sto|~|bis|à)\s?{_NUMBER}"
_OTHER = re.compile(
    rf"\b(?:scales?|range[sd]?|ranging|likert)\b\W{{1,3}}(?:(?:{_LEADING}\W{{1,3}}){{1,3}}(?:{_RANGE}|{_NUMBER})|{_RANGE})"
    rf"|{_NUMBER}[\s-](?:(?:point|likert|rating)\s){{0,2}}(?:scale|range|likert)\b"
    rf"|{_NUMBER}[\s-]points?\s(?:likert\s)?(?:scale|rating|system)|{_NUMBER}-point\b|\(\s?{_RANGE}|\bfrom\s{_RANGE}"
    r"|\b(?:max|maximum|highest|top|total|possible|out\sof)\b(?:\s(?:of|a|is|the|score|rating|value|possible)){0,3}"
    rf"[\s:=]*{_NUMBER}|{_NUMBER}\s(?:is|being|=)\s(?:the\s)?(?:max|maximum|highest|best)\b"
    rf"|{_NUMBER}\s?(?:%|percent\b|per\scent\b|prozent\b|stars?\b|★|‰)(?!\s(?:confiden|certain|sure|probab))|★"
    r"|\b(?:revers\w*|invert\w*|different|other|another)[\s-](?:\w+\s)?(?:scale|coded|scored|scoring)\b"
    r"|\bscale\s(?:is\s)?(?:revers|invert)"
)
_MAY_BE_OTHER = re.compile(
    r"scale|rang|likert|point|\(|from|max|highest|top|total|possible|out of|%|percent|per cent|prozent|star|★|‰"
    r"|revers|invert|best"
)


OWN = "ownscale"
"""Stands in a text for the study's own scale."""
_ANY = re.compile(_NUMBER)
_SHARES = ("%", "percent", "per cent", "prozent", "star", "★", "‰")


class OwnScale:
    """Recognises the study's own scale in an answer that repeats it, and the scales that it is not."""

    def __init__(self, scale: Scale) -> None:
        self._low, self._high = float(scale.low), float(scale.high)
        low, high = _bound(scale.low), _bound(scale.high)
        middle = _bound((scale.low + scale.high) / 2)
        count = round((scale.high - scale.low) / scale.step) + 1
        self._count = float(count)
        points = "|".join(str(number) for number in {count: None, round(scale.high): None} if number > 0)
        words = [word for word, number in ENGLISH.items() if number in {count, scale.high}]
        low_label, high_label = re.escape(scale.low_label.lower()), re.escape(scale.high_label.lower())
        ends = "|".join(
            re.escape(word) for label in (scale.low_label, scale.high_label) for word in label.lower().split()[-1:]
        )
        anchor = rf"(?:{low_label}|{high_label}|{_DEGREE}{_EXTREME}{ends}))(?!\w)"
        lead = r"(?:(?:where|with|\()\s?(?:a\s)?)"
        noted = r"\s?\([^()\n]{0,60}\)"
        self._bounds = [(f"{abs(bound):g}", *_words(bound)) for bound in (scale.low, scale.high)]
        self._echo = re.compile(
            rf"\(?(?<![\w.]){low}{_TO}{high}(?![\w/]|\.\d|-\d)\)?|(?<![\w.]){low}{noted}{_TO}{high}{noted}"
            rf"|(?<![\w.]){low}\W{{1,3}}{low_label}\W{{1,12}}(?:and\s|to\s)?{high}\W{{1,3}}{high_label}"
            rf"|{low_label}\s\(?{low}\)?\W{{1,3}}(?:and\s|to\s)?{high_label}\s\(?{high}\)?(?!\w)"
            rf"|{lead}?(?<![\w.])(?:{low}|{high}){_MEANS}{anchor}"
            rf"(?:[\s,;]{{1,3}}(?:and\s)?(?:{middle}|{high}|{low}){_MEANS}{anchor}){{1,2}}"
            rf"|{lead}(?:{low}|{high}|{middle}){_MEANS}{anchor}"
            rf"|(?<![\w.])(?:{points}|{'|'.join(words) or '-'})"
            r"(?:-point\b(?:\s(?:likert\s|rating\s)?scale\b)?|\spoint\s(?:likert\s)?scale\b)"
        )  # fmt: skip

    def is_stated(self, name: str, value: object) -> bool:
        """Whether a member of an object, such as `max: 9` or `scale: "1-9"`, states this scale."""
        if isinstance(value, float):
            return value in (self._low, self._high, self._count) and not (
                {"min", "minimum"} & {name} and value != self._low
            )
        if not isinstance(value, str):
            return isinstance(value, list) and value == [self._low, self._high]
        text = value.lower().strip()
        return text in {"points", "point"} or self._echo.fullmatch(text) is not None

    def is_another_in(self, text: str) -> bool:
        """Whether a text without the study's own scale states one that is not."""
        if _MAY_BE_OTHER.search(text) is None:
            return False
        return any(self._is_another(found[0]) for found in _OTHER.finditer(text))

    def _is_another(self, stated: str) -> bool:
        numbers = [
            number_word(number.strip()) if number[-1:].isalpha() else float(number) for number in _ANY.findall(stated)
        ]
        if any(sign in stated for sign in _SHARES):
            return self._high != 100 or "star" in stated
        return not numbers or not {self._low, self._high, self._count}.issuperset(numbers)

    def without(self, text: str) -> str:
        """The text without repetitions of the study's own scale."""
        if "point" in text or "where" in text or all(any(word in text for word in bound) for bound in self._bounds):
            return self._echo.sub(f" {OWN} ", text)
        return text


def _words(value: float) -> list[str]:
    return [word for word, number in ENGLISH.items() if number == abs(value) and " " not in word]


def _bound(value: float) -> str:
    sign = r"(?:-|minus\s|negative\s)" if value < 0 else r"\+?"
    words = "".join(f"|{word}" for word in _words(value))
    return rf"(?:{sign}(?:{re.escape(f'{abs(value):g}')}(?:\.0+)?{words}))"
