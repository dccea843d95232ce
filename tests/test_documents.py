"""No statistic is typed into a document: every number in prose comes from the results."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
import yaml

from lib.contracts.condition import read_conditions

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(path for path in ROOT.glob("*/index.qmd") if not path.parent.name.startswith(("cache", "_")))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CAPTION = re.compile(r"^#\|\s*(?:tbl-cap|fig-cap|fig-alt):\s*(.*)$", re.MULTILINE)

# What is no statistic: computed, quoted, addresses, code, labels and citations.
NOT_PROSE = [
    r"\{\{<.*?>\}\}", r"```.*?```", r"`[^`]*`", r"<!--.*?-->", r"\]\([^)]*\)", r"https?://\S+", r"\{[#.][^}]*\}",
    r"\[?-?@[A-Za-z][\w:.-]*", r"^#+\s.*$",
]  # fmt: skip
# Part of a name (GPT-4o, Qwen3-VL, v10.8, 4-bit, FER-2013) or the conventional width of an interval.
NAME = re.compile(r"[A-Za-z][\w.]*(?:-[\w.]+)*|\b\d[\w.]*-[A-Za-z]\w*|\b95%")
NUMBER = re.compile(r"[<>=≈]?\s*[−+-]?\.?\d[\d.,]*\s*%?")
WORDS = "three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen"
THINGS = "conditions|machines|models|VLMs|raters|participants|images|faces|people"
# "Two people" may be any two; from three on it is a count.
COUNTED = re.compile(rf"\b(?:(?:two|{WORDS})\s+(?:of|out of)|(?:{WORDS})\s+(?:\w+\s+)?(?:{THINGS}))\b", re.IGNORECASE)


def known_names() -> list[str]:
    conditions = read_conditions(ROOT / "params/conditions").values()
    names = {name for item in conditions for name in (item.name, item.short_name, item.model)}
    return sorted({"Gemini 2.5 Flash", "Gemini 2.5", *names}, key=len, reverse=True)


def typed_statistics(text: str) -> list[str]:
    """Every number, or counted word, that a reader would take for a result."""
    for pattern in NOT_PROSE:
        text = re.sub(pattern, " ", text, flags=re.DOTALL | re.MULTILINE if pattern != NOT_PROSE[-1] else re.MULTILINE)
    for name in known_names():
        text = text.replace(name, " ")
    counted = [match[0] for match in COUNTED.finditer(text)]
    text = NAME.sub(" ", text)
    return counted + [match[0].strip() for match in NUMBER.finditer(text)]


def prose_of(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    front = re.match(r"\A---\n(.*?)\n---\n", text, re.DOTALL)
    settings = yaml.safe_load(front[1]) if front else {}
    body = text[front.end() :] if front else text
    return "\n\n".join([str(settings.get(key, "")) for key in ("title", "subtitle", "abstract")] + [body])


@pytest.mark.parametrize(
    "text",
    [
        "accuracy was .853", "an r of 0.96", "p < .001", "71.1% of sad faces", "six of eight conditions", "κ = 0.8",
        "1,440 faces", "Thirteen machine conditions", "a bias of −1.28 points", "(95% CI .8 to .9)", "| 0.5 |",
    ],
)  # fmt: skip
def test_a_typed_statistic_is_seen(text: str) -> None:
    assert typed_statistics(text)


@pytest.mark.parametrize(
    "text",
    [
        "Gemini 2.5 Flash and GPT-4o-mini", "see @tbl-accuracy and [@russell1980]", "{{< var a.b2 >}} faces",
        "## 2 Methods",
        "a 95% interval", "supplement v10.8, S2.1", "at 4-bit precision", "`1`",
        "[text](https://doi.org/10.1037/h0077714)",
    ],
)  # fmt: skip
def test_names_references_and_results_are_not_mistaken_for_one(text: str) -> None:
    assert typed_statistics(text) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.parent.name)
def test_documents_type_no_statistic(path: Path) -> None:
    assert typed_statistics(prose_of(path)) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_type_no_statistic_into_text_or_captions(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    text = [cell.source for cell in cells if cell.cell_type == "markdown"]
    captions = [caption for cell in cells if cell.cell_type == "code" for caption in CAPTION.findall(cell.source)]
    assert typed_statistics("\n\n".join(text + captions)) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_without_outputs(path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert cells
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)
