"""What `README.md` and `docs/asking.md` say about asking is what the commands take, and the files are there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from lib.cli.main import app
from lib.contracts.condition import Condition, Decoding, read_conditions
from lib.contracts.prompts import PromptSet
from lib.contracts.study import Asking

ROOT = Path(__file__).parents[1]
TEXTS = {
    name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/asking.md", "docs/backends.md")
}
BLOCK = re.compile(r"```bash\n(.*?)```", re.DOTALL)
COMMANDS = sorted({
    line.partition(" #")[0].strip().removeprefix(".venv/bin/")
    for text in TEXTS.values()
    for block in BLOCK.findall(text)
    for line in block.splitlines()
    if re.match(r"(\.venv/bin/)?rater ", line)
})  # fmt: skip


@pytest.mark.parametrize("line", COMMANDS)
def test_a_printed_command_is_understood(line: str) -> None:
    _, verb, *words = shlex.split(line)
    command = typer.main.get_command(app).commands[verb]  # type: ignore[attr-defined]
    command.make_context(verb, words)  # refuses what it does not know


def test_conditions_that_are_named_are_there() -> None:
    known = {*read_conditions(ROOT / "params/conditions"), *read_conditions(ROOT / "params/library")}
    named = {name for line in COMMANDS for name in re.findall(r"-m (\S+)", line)}
    assert named
    assert named <= known


def test_every_key_of_a_condition_is_explained() -> None:
    section = TEXTS["docs/asking.md"].partition("## How a machine is asked")[2].partition("\n## ")[0]
    of_classifiers_and_local_models = {"classifier", "local"}  # docs/fer.md, docs/local.md
    keys = {*Condition.model_fields, *Decoding.model_fields, *Asking.model_fields, *PromptSet.model_fields}
    assert not [key for key in keys - of_classifiers_and_local_models if not re.search(rf"[`{{ ]{key}[`:]", section)]


def test_files_that_are_named_are_there() -> None:
    named = re.findall(r"`((?:params|docs)/[\w./-]+\.\w+)`", TEXTS["docs/asking.md"])
    assert len(named) > 5
    assert not [name for name in named if not (ROOT / name).is_file()]


def test_the_snakefile_has_the_rule_that_is_named() -> None:
    assert "snakemake inference " in TEXTS["docs/asking.md"]
    assert "\nrule inference:" in (ROOT / "Snakefile").read_text(encoding="utf-8")
