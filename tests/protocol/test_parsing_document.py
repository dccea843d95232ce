"""Every example of `docs/parsing.md` is read as the document says, and it names every stage, flag and reason."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from lib.contracts.study import Study, read_study
from lib.protocol.parsing import FLAGS, REASONS, STAGES, parse_answer

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/parsing.md").read_text(encoding="utf-8")
ALL = ("emotion", "valence", "arousal")


class Example(NamedTuple):
    section: str
    kind: str
    asked: tuple[str, ...]
    answer: str
    server: str
    values: list[str]
    stage: str
    flags: tuple[str, ...]
    reason: str | None


def cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def unwritten(cell: str) -> str:
    if cell == "(nothing)":
        return ""
    marks, inside = re.fullmatch(r"(`+)(.*)\1", cell, re.DOTALL).groups()
    inside = inside[1:-1] if len(marks) > 1 else inside
    return re.sub(
        r"\\(n|\\|u[0-9a-f]{4})",
        lambda found: {"n": "\n", "\\": "\\"}.get(found[1]) or chr(int(found[1][1:], 16)),
        inside,
    )


def examples() -> list[Example]:
    found, section = [], ""
    for line in DOCUMENT.splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        row = cells(line) if line.startswith("|") else []
        if len(row) == 8 and row[1] in {"all", *ALL}:
            kind, asked, answer, server, values, stage, flags, reason = row
            wanted = ALL if asked == "all" else (asked,)
            found.append(
                Example(section, kind, wanted, unwritten(answer), server, values.split(", "), stage,
                        tuple(flags.split(", ")) if flags else (), reason or None)
            )  # fmt: skip
    return found


def study_of(section: str) -> Study:
    paper = read_study(ROOT / "params/study.yaml")
    if section.startswith("Korean"):
        own, people = re.search(r"\((.*); people also (.*)\)", section).groups()
        emotion = paper.emotion.model_copy(update={"categories": tuple(own.split(", ")), "people_also": (people,)})
        return paper.model_copy(update={"emotion": emotion})
    named = re.search(r"`(params/[\w.-]+)`", section)
    return read_study(ROOT / named[1]) if named else paper


def shown(value: str | float | None) -> str:
    return "—" if value is None else f"{value:g}" if isinstance(value, float) else value


EXAMPLES = examples()
STUDIES = {section: study_of(section) for section in {example.section for example in EXAMPLES}}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.kind}: {example.answer[:40]}")
def test_an_example_is_read_as_the_document_says(example: Example) -> None:
    refusal = example.server.removeprefix("refusal: ") if example.server.startswith("refusal: ") else None
    finish = example.server or None if refusal is None else None
    parsed = parse_answer(
        example.answer, example.asked, STUDIES[example.section], finish_reason=finish, refusal=refusal
    )
    assert [shown(value) for value in parsed.values.values()] == example.values
    assert (parsed.stage, parsed.flags, parsed.reason) == (example.stage, example.flags, example.reason)


def test_the_document_has_its_examples() -> None:
    assert len(EXAMPLES) > 150
    assert len(STUDIES) == 3
    assert DOCUMENT.count("\n| ") == len(EXAMPLES) + len(STAGES) + len(FLAGS) + len(REASONS) + 3 + DOCUMENT.count(
        "| kind of answer |"
    )


@pytest.mark.parametrize("known", [STAGES, FLAGS, REASONS], ids=["stages", "flags", "reasons"])
def test_the_document_explains_all_words_that_the_code_uses(known: dict[str, str]) -> None:
    for word, meaning in known.items():
        assert f"| `{word}` | {meaning} |" in DOCUMENT


def test_every_word_has_an_example() -> None:
    assert {flag for example in EXAMPLES for flag in example.flags} == set(FLAGS)
    assert {example.stage for example in EXAMPLES} == set(STAGES)
    assert {example.reason for example in EXAMPLES} - {None} == set(REASONS) - {"too_long"}
