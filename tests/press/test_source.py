"""Sources: front matter, comments, includes, shortcodes and where each line came from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors import DocumentError
from lib.press.source import read_source


def write(folder, text, name="a.qmd"):
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_front_matter_and_body(tmp_path):
    source = read_source(write(tmp_path, "---\ntitle: T\n---\nOne\n\nTwo\n"))
    assert source.front_matter == {"title": "T"}
    assert source.body == "One\n\nTwo\n"
    assert [line.number for line in source.lines] == [4, 5, 6]


def test_a_document_may_lack_front_matter(tmp_path):
    assert read_source(write(tmp_path, "One\n")).front_matter == {}


def test_open_front_matter_is_refused(tmp_path):
    with pytest.raises(DocumentError, match=r"a\.qmd:1: the front matter is not closed"):
        read_source(write(tmp_path, "---\ntitle: T\n"))


def test_comments_go_but_lines_stay(tmp_path):
    source = read_source(write(tmp_path, "a <!-- x\n{{< nonsense >}}\n--> b\n\n```\n<!-- kept -->\n```\n"))
    assert source.body == "a \n\n b\n\n```\n<!-- kept -->\n```\n"


def test_include_keeps_its_own_lines(tmp_path):
    write(tmp_path, "first\nsecond {{< var x.y >}}\n", "part.md")
    source = read_source(write(tmp_path, "before\n{{< include part.md >}}\nafter\n"))
    places = [(line.file.name, line.number) for line in source.lines if line.words]
    assert places == [("a.qmd", 1), ("part.md", 1), ("part.md", 2), ("a.qmd", 3)]
    (code,) = source.shortcodes.values()
    assert (code.name, code.argument, code.line.number) == ("var", "x.y", 2)


def test_longer_fences_hold_shorter_ones(tmp_path):
    source = read_source(write(tmp_path, "````markdown\n```{python}\n```\n````\n\n{{< var x >}}\n"))
    assert len(source.shortcodes) == 1


def test_missing_file(tmp_path):
    with pytest.raises(DocumentError, match="no such file"):
        read_source(tmp_path / "none.qmd")


@given(st.lists(st.text(alphabet="ab #*_`.,", max_size=20).filter(lambda t: "```" not in t), max_size=8))
def test_text_without_shortcodes_is_untouched(tmp_path_factory, lines):
    text = "start\n" + "".join(f"{line}\n" for line in lines)
    assert read_source(write(tmp_path_factory.mktemp("s"), text)).body == text
