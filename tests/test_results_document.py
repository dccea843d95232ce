"""`docs/results.md` names every key of `results.json`, and no key that is not there."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "cache/results.json"
PATTERN = re.compile(r"`([^`]+)`")
ALTERNATIVES = re.compile(r"\{([^{}]*)\}")
CONDITIONAL = re.compile(r"\b(where|absent|only)\b", re.IGNORECASE)
STARS = {"*", "…"}
Path_ = tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One pattern with all its alternatives written out, and what the document says of it."""

    pattern: str
    meaning: str


def expand(text: str) -> list[str]:
    """`a.{b,c}` as `a.b` and `a.c`; spaces in braces do not count."""
    found = ALTERNATIVES.search(text)
    if found is None:
        return [text]
    choices = [choice.strip() for choice in found[1].split(",")]
    return [whole for choice in choices for whole in expand(text[: found.start()] + choice + text[found.end() :])]


def documented() -> list[Row]:
    rows = []
    for line in (ROOT / "docs/results.md").read_text(encoding="utf-8").splitlines():
        if not line.startswith("| `"):
            continue
        keys, _, meaning = line.removeprefix("| ").partition(" | ")
        rows += [Row(pattern, meaning) for text in PATTERN.findall(keys) for pattern in expand(text)]
    return rows


def paths(branch: Any, before: Path_ = ()) -> list[Path_]:
    """Keys in parts; a list of rows (an analysis of variance) is one key."""
    if not isinstance(branch, dict):
        return [before]
    return list(itertools.chain.from_iterable(paths(value, (*before, name)) for name, value in branch.items()))


def names(tree: dict[str, Any]) -> dict[str, set[str]]:
    """What the placeholders may stand for in these results."""
    emotions = {"all", *tree["human"]["emotion"].get("per_emotion", {})}
    return {
        "<id>": set(tree["conditions"]),
        "<dim>": set(tree["design"]["dimensions"]),
        "<emotion>": emotions | {answer for row in tree["conditions"].values() for answer in row.get("confusion", {})},
        "<kind>": {"vlm", "fer", "machines"},
    }


def part_matcher(part: str, known: dict[str, set[str]]) -> str:
    pieces = re.split(r"(<[^>]+>)", part)
    choices = {name: "(?:" + "|".join(map(re.escape, sorted(values))) + ")" for name, values in known.items() if values}
    return "".join(choices.get(piece, ".+") if piece.startswith("<") else re.escape(piece) for piece in pieces)


def matcher(pattern: str, known: dict[str, set[str]]) -> re.Pattern[str]:
    """Parts are joined by a character that no name has, since ids may hold dots."""
    parts = [r"[\s\S]+" if part in STARS else part_matcher(part, known) for part in pattern.split(".")]
    return re.compile("\x1f".join(parts).replace(".+", "[^\x1f]+"))


def shape(path: str, joint: str) -> tuple[str, int]:
    """The first part and the number of parts, which a pattern without a star has in common with its keys."""
    parts = path.split(joint)
    return parts[0], len(parts)


def unmatched(tree: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Keys that no pattern covers, and patterns without a condition that cover no key; claims are left out."""
    keys = ["\x1f".join(path) for path in paths(tree) if path[0] != "claims"]
    alike: dict[tuple[str, int], list[str]] = {}
    for key in keys:
        alike.setdefault(shape(key, "\x1f"), []).append(key)
    rows = [row for row in documented() if not row.pattern.startswith("claims")]
    known = names(tree)
    compiled = [(row, matcher(row.pattern, known)) for row in rows]
    left, used = set(keys), set()
    for row, pattern in compiled:
        candidates = keys if STARS & set(row.pattern) else alike.get(shape(row.pattern, "."), [])
        covered = {key for key in candidates if pattern.fullmatch(key)}
        left -= covered
        used |= {row.pattern} if covered else set()
    idle = [row.pattern for row in rows if row.pattern not in used and not CONDITIONAL.search(row.meaning)]
    return sorted(key.replace("\x1f", ".") for key in left), idle


def test_alternatives_are_written_out() -> None:
    assert expand("a.{b, c}{,_low}.<id>") == ["a.b.<id>", "a.b_low.<id>", "a.c.<id>", "a.c_low.<id>"]


def test_a_placeholder_stands_for_one_part_and_a_star_for_the_rest() -> None:
    known = {"<id>": {"gemini-2.5-flash"}}
    assert matcher("conditions.<id>.kappa", known).fullmatch("conditions\x1fgemini-2.5-flash\x1fkappa")
    assert not matcher("conditions.<id>.kappa", known).fullmatch("conditions\x1fother\x1fkappa")
    assert not matcher("a.<b>", known).fullmatch("a\x1fb\x1fc")
    assert matcher("a.*", known).fullmatch("a\x1fb\x1fc")


@pytest.mark.skipif(not RESULTS.is_file(), reason="nothing was built yet: make paper")
def test_every_key_is_documented_and_every_documented_key_is_there() -> None:
    undocumented, idle = unmatched(json.loads(RESULTS.read_text(encoding="utf-8")))
    assert undocumented == []
    assert idle == []
