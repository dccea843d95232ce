"""What `docs/stimuli-sets.md` says is what the commands take, and every flag and finding is explained there."""

from __future__ import annotations

import re
import shlex

import pytest
import typer
from stimuli_support import ROOT

from lib.cli.main import app
from lib.stimuli.design_report import KINDS
from lib.stimuli.transform_checks import FLAGS

TEXT = (ROOT / "docs/stimuli-sets.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^rater stimuli (.*?)(?:\s+#.*)?$", TEXT, re.MULTILINE)


@pytest.mark.parametrize("line", COMMANDS)
def test_a_printed_command_is_understood(line: str) -> None:
    verb, *words = shlex.split(line)
    group = typer.main.get_command(app).commands["stimuli"]  # type: ignore[attr-defined]
    group.commands[verb].make_context(verb, words)  # refuses what it does not know


def test_every_flag_and_every_finding_is_explained() -> None:
    assert len(COMMANDS) > 8
    for name in (*FLAGS, *KINDS):
        assert f"`{name}`" in TEXT, name
