"""The small site as a whole: what is written, the same twice, never half."""

import hashlib

import pytest

from lib.errors import DocumentError
from lib.press.render import render_document, render_notebook, render_site, write_whole
from lib.press.verify import verify, verify_site


def test_outputs_stand_where_quarto_puts_them(site):
    pages = sorted(path.relative_to(site / "_output").as_posix() for path in (site / "_output").rglob("*.*"))
    assert pages == [
        "cache/notebooks/scores.html",
        "index.html",
        "manuscript/index.docx",
        "manuscript/index.html",
        "manuscript/index.pdf",
        "supplementary/index.docx",
        "supplementary/index.html",
        "supplementary/index.pdf",
    ]


def test_formats_agree_and_everything_resolves(site):
    assert verify_site(site / "_output") == []


def test_same_sources_give_the_same_bytes(site, tmp_path):
    render_site(site, tmp_path)
    for page in (site / "_output").rglob("*.*"):
        again = tmp_path / page.relative_to(site / "_output")
        assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(page.read_bytes()).digest(), page


def test_renders_the_asked_formats_in_order(project):
    source = project / "supplementary/index.qmd"
    paths = render_document(source, ["typst", "html"], project, project / "out")
    assert [path.relative_to(project).as_posix() for path in paths] == [
        "out/supplementary/index.pdf",
        "out/supplementary/index.html",
    ]
    assert verify(paths) == []


def test_refuses_an_unknown_format(project):
    with pytest.raises(DocumentError, match="unknown format, got 'pdf'"):
        render_document(project / "index.qmd", ["pdf"], project, project / "out")


def test_a_failing_document_leaves_the_old_pages(project):
    source, output = project / "manuscript/index.qmd", project / "_output"
    paths = render_document(source, [], project, output)
    before = [path.read_bytes() for path in paths]
    source.write_text(source.read_text("utf-8") + "\n{{< var none >}}\n", "utf-8")
    with pytest.raises(DocumentError):
        render_document(source, [], project, output)
    assert [path.read_bytes() for path in paths] == before


def test_write_whole_leaves_nothing_aside_when_it_fails(tmp_path):
    target = tmp_path / "page.html"
    target.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(target, b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_notebook_page_is_written_to_its_place(project):
    page = render_notebook(project / "cache/notebooks/scores.ipynb", project, project / "out")
    assert page == project / "out/cache/notebooks/scores.html"


def test_a_missing_page_of_the_site_is_refused(project):
    (project / "index.qmd").unlink()
    with pytest.raises(DocumentError, match=r"index\.qmd: no such file"):
        render_site(project)


@pytest.mark.parametrize(
    "settings", ["website: {title: T, repo-url: x}", "execute: {enabled: true}", "theme: x", "- a"]
)
def test_unknown_site_settings_are_refused(project, settings):
    (project / "_quarto.yml").write_text(settings, "utf-8")
    with pytest.raises(DocumentError, match=r"_quarto\.yml: "):
        render_site(project)
