"""Examples of the documents are what they claim to be: files that are read, Python that runs, commands that exist."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from lib.cli.main import app
from lib.contracts.ablation import Ablation, merged, read_ablation
from lib.contracts.condition import Condition, read_condition
from lib.contracts.known_conditions import KnownConditions
from lib.contracts.study import Study, read_study

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "data/README.md", *(ROOT / "docs").glob("*.md")])
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in DOCUMENTS}
COMMAND = re.compile(r"^(?: {4})?(?:\.venv/bin/)?rater ((?:[a-z]|-m ).*)$", re.MULTILINE)


def blocks(language: str) -> list[Any]:
    found = [
        pytest.param(block, id=f"{name}-{number}")
        for name, text in TEXTS.items()
        for number, block in enumerate(re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    ]
    assert found
    return found


def commands() -> list[str]:
    lines = {line for text in TEXTS.values() for line in COMMAND.findall(text)}
    return sorted(re.split(r" {2,}#| #", line)[0].strip() for line in lines)


@cache
def program() -> Any:
    return typer.main.get_command(app)


@pytest.mark.parametrize("block", blocks("yaml"))
def test_a_file_that_is_shown_is_read(block: str, tmp_path: Path) -> None:
    """A condition or an ablation whole, a study file whole or in part: then the rest is the example's."""
    content = yaml.safe_load(block)
    if content.keys() <= Study.model_fields.keys():
        example = yaml.safe_load((ROOT / "params/example.yaml").read_text(encoding="utf-8"))
        (tmp_path / "study.yaml").write_text(yaml.safe_dump(merged(example, content)), encoding="utf-8")
        assert read_study(tmp_path / "study.yaml").id
        return
    path = tmp_path / f"{content['id']}.yaml"
    path.write_text(block, encoding="utf-8")
    read: Condition | Ablation
    if "backend" in content:
        read = read_condition(path)
        assert read.asks
    else:
        read = read_ablation(path)
        assert read.base is not None and read.varied(KnownConditions(ROOT, None).find(read.base))


@pytest.mark.parametrize("block", blocks("python"))
def test_python_that_is_shown_compiles_and_names_what_there_is(block: str) -> None:
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("lib."):
            module = importlib.import_module(node.module)
            assert not [alias.name for alias in node.names if not hasattr(module, alias.name)]


@pytest.mark.parametrize("line", commands())
def test_a_command_that_is_shown_is_understood(line: str) -> None:
    command = program()
    words = shlex.split(line)
    while hasattr(command, "commands"):
        verb, *words = words
        command = command.commands[verb]
    command.make_context("rater", words)  # refuses what it does not know
