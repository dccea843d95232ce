from __future__ import annotations

import pytest

from lib.errors import LONGEST_LINE, named_line, one_line


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (ValueError("first\n\n  second\tthird"), "first second third"),
        ("  a\r\nb ", "a b"),
        (KeyError("name"), "'name'"),
        (MemoryError(), "MemoryError"),
        ("", ""),
    ],
)
def test_what_others_say_is_on_one_line(said: Exception | str, line: str) -> None:
    assert one_line(said) == line


def test_a_long_text_is_cut_and_says_so() -> None:
    assert one_line("x" * LONGEST_LINE) == "x" * LONGEST_LINE
    cut = one_line("x" * (LONGEST_LINE + 1))
    assert (len(cut), cut[-2:]) == (LONGEST_LINE, "x…")


def test_an_exception_is_named_by_its_kind() -> None:
    assert named_line(KeyError("a\nb")) == r"KeyError: 'a\nb'"
    assert named_line(RuntimeError("a\nb")) == "RuntimeError: a b"
