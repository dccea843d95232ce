from __future__ import annotations

from pathlib import Path

import pytest

from lib.roots import ROOT_VARIABLE, root_above, root_or_here


@pytest.fixture(autouse=True)
def no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ROOT_VARIABLE, raising=False)


def test_the_root_holds_the_site_and_the_parameters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = tmp_path / "project" / "site"
    below.mkdir(parents=True)
    (below / "_quarto.yml").touch()
    assert root_above(below) is None
    monkeypatch.chdir(below)
    assert root_or_here() == below
    (tmp_path / "project/_quarto.yml").touch()
    (tmp_path / "project/params").mkdir()
    assert root_above(below) == root_or_here() == tmp_path / "project"


def test_the_environment_says_it_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path / "a" / ".."))
    assert root_above(tmp_path / "elsewhere") == tmp_path
