"""Number words: English in running text, and those of some other languages where they are the whole answer."""

from __future__ import annotations

import re

_UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

ENGLISH: dict[str, float] = {word: float(number) for number, word in enumerate(_UNITS + _TEENS)}
ENGLISH |= {word: float(10 * number) for number, word in enumerate(_TENS, start=2)}
ENGLISH |= {f"{ten} {unit}": ENGLISH[ten] + ENGLISH[unit] for ten in _TENS for unit in _UNITS[1:]}
ENGLISH |= {"hundred": 100.0, "one hundred": 100.0, "a hundred": 100.0}

_OTHERS = (
    "_ eins zwei drei vier fünf sechs sieben acht neun zehn",
    "zéro un deux trois quatre cinq six sept huit neuf dix",
    "cero uno dos tres cuatro cinco seis siete ocho nueve diez",
    "zero uno due tre quattro cinque sei sette otto nove dieci",
    "zero um dois três quatro cinco seis sete oito nove dez",
    "nul een twee drie vier vijf zes zeven acht negen tien",
    "영 하나 둘 셋 넷 다섯 여섯 일곱 여덟 아홉 열",
    "공 일 이 삼 사 오 육 칠 팔 구 십",
    "零 一 二 三 四 五 六 七 八 九 十",
    "〇 _ 两 _ _ _ _ _ _ _ _",
)
ANY: dict[str, float] = {
    word: float(number) for words in _OTHERS for number, word in enumerate(words.split()) if word != "_"
} | ENGLISH
"""All words; the counted words of these languages never contradict each other."""

_TEN = "|".join(_TENS)
_UNIT = "|".join(_UNITS[1:])
_BELOW_20 = "|".join(sorted(_UNITS + _TEENS, key=len, reverse=True))
ENGLISH_PATTERN = (
    rf"(?:(?:{_TEN})(?:[ -](?:{_UNIT}))?|(?:one |a )?hundred|{_BELOW_20})"
    rf"(?: point (?:{'|'.join(_UNITS)})\b)?"
)
_SIGNED = re.compile(r"(minus|negative|plus|moins|menos|meno|마이너스|负|マイナス)[\s-]*(.+)", re.DOTALL)
_NEGATIVE = frozenset({"minus", "negative", "moins", "menos", "meno", "마이너스", "负", "マイナス"})


def number_word(text: str) -> float | None:
    """Give the number that a short text names as a word, such as `minus three` or `sieben`; None where it does not."""
    if len(text) > 40:
        return None
    text = text.casefold().strip()
    signed = _SIGNED.fullmatch(text)
    if signed:
        text = signed[2]
    whole, _, decimal = text.replace("-", " ").partition(" point ")
    value = ANY.get(whole)
    if value is None or (decimal and decimal not in _UNITS):
        return None
    value += _UNITS.index(decimal) / 10 if decimal else 0
    return -value if signed and signed[1] in _NEGATIVE else value
