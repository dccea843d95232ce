"""Reading one number exactly as a document prints it: `.950`, `< .001***`, `−1.28`, `1.26×`, `1,440`, `55.4%`."""

from __future__ import annotations

import re
from dataclasses import dataclass

RELATIONS = {"=": "=", "<": "<", ">": ">", "≤": "<=", "<=": "<=", "≥": ">=", ">=": ">=", "~": "~", "≈": "~"}
SUFFIXES = {
    "%": "percent",
    "%p": "percentage_points",
    "pp": "percentage_points",
    "×": "times",
    "x": "times",
    "-fold": "times",
}
PATTERN = re.compile(
    r"(?P<relation><=|>=|[=<>≤≥~≈])?\s*"
    r"(?P<sign>[+\-−–])?\s*"
    r"(?P<whole>\d{1,3}(?:,\d{3})+|\d*)(?:\.(?P<fraction>\d+))?\s*"
    r"(?P<suffix>%p|%|pp|×|x|-fold)?\s*"
    r"\*{0,4}"
)


@dataclass(frozen=True)
class PrintedNumber:
    """What a printed number says: its value, how many decimals it shows, its relation, and the unit behind it."""

    value: float
    decimals: int
    relation: str
    unit: str | None


def parse_printed(text: str) -> PrintedNumber | None:
    """Read a printed number; None if it is none.

    Parameters
    ----------
    text
        The number as it stands in the document: with or without leading zero, true minus sign or hyphen, plus sign,
        thousands commas, `<`, `~`, percent sign, `×` and stars of significance. A printed range is two numbers.

    Examples
    --------
    >>> parse_printed("< .001***")
    PrintedNumber(value=0.001, decimals=3, relation='<', unit=None)
    >>> parse_printed("−1.280").value, parse_printed("1,440").value, parse_printed("+8.1%p").unit
    (-1.28, 1440.0, 'percentage_points')
    """
    match = PATTERN.fullmatch(text.strip())
    if match is None or not (match["whole"] or match["fraction"]):
        return None
    size = float(f"{match['whole'].replace(',', '') or '0'}.{match['fraction'] or '0'}")
    negative = match["sign"] not in {None, "+"}
    return PrintedNumber(
        value=-size if negative else size,
        decimals=len(match["fraction"] or ""),
        relation=RELATIONS[match["relation"] or "="],
        unit=SUFFIXES.get(match["suffix"] or ""),
    )
