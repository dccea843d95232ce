"""Pages of another study join the site once they are there, follow its changes, and say where they are."""

from __future__ import annotations

import pytest

from lib.build.beside import copy_beside, page_beside, studies_beside, write_beside
from lib.project import Project, open_project


@pytest.fixture
def project(built) -> Project:
    return open_project(built.study, built.root)


def test_the_pages_of_another_study_join_the_site_once_they_are_made(built, project) -> None:
    built.steps("paper")  # whatever another test has left to do
    assert studies_beside(project) == {}
    other = open_project("params/demo.yaml", built.root)
    page = other.output / "report/index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<p>measured</p>", encoding="utf-8")
    (page.parent / "old.html").write_text("soon gone", encoding="utf-8")

    assert built.steps("paper") == {"pages of demo"}
    there = page_beside(project, other)
    assert there.relative_to(project.output).as_posix() == "studies/demo/report/index.html"
    assert there.read_text(encoding="utf-8") == "<p>measured</p>"
    write_beside(project)
    text = (project.cache / "includes/beside.md").read_text(encoding="utf-8")
    assert f"[{other.study.title}](studies/demo/report/index.html)" in text and other.study.simulated in text
    assert built.steps("paper") == set()

    page.write_text("<p>measured again</p>", encoding="utf-8")
    (page.parent / "old.html").unlink()
    assert built.steps("paper") == {"pages of demo"}
    assert there.read_text(encoding="utf-8") == "<p>measured again</p>" and not there.with_name("old.html").exists()


def test_a_page_that_is_gone_is_named_no_more(built, project) -> None:
    page = open_project("params/demo.yaml", built.root).output / "report/index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("<p>measured</p>", encoding="utf-8")
    copy_beside(project, "demo")
    page.unlink()
    write_beside(project)
    assert (project.cache / "includes/beside.md").read_text(encoding="utf-8").strip() == ""
