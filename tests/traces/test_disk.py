from __future__ import annotations

from pathlib import Path

import pytest

from lib.errors import BuildError
from lib.traces.choosing import parse_choice
from lib.traces.disk import (
    MEMORY,
    RESERVE,
    Shape,
    bytes_of_question,
    free_bytes,
    memory_of_question,
    refuse_if_full,
    side_by_side,
    size_text,
)  # fmt: skip

LARGE = Shape(layers=28, heads=28, width=3584, seeing=28, places=256, vision=0, answer=20, longest=256)


def test_bytes_follow_from_the_shape() -> None:
    maps = 28 * 256 * (28 + 20) * 2
    assert maps < bytes_of_question(parse_choice("attention"), LARGE) < maps * 1.1
    two, all_of_them = (bytes_of_question(parse_choice(text), LARGE) for text in ("attention:3+4", "attention"))
    assert two < all_of_them / 10
    assert bytes_of_question(parse_choice("hidden"), LARGE) == pytest.approx(2 * 5 * 3584 * 2, rel=0.05)


def test_long_answers_are_asked_for_one_at_a_time() -> None:
    choice = parse_choice("all")
    assert memory_of_question(choice, LARGE) > 400e6 and side_by_side(choice, LARGE) == 1
    short = Shape(layers=28, heads=28, width=3584, seeing=28, places=256, vision=0, answer=8, longest=8)
    assert 1 < side_by_side(choice, short) <= MEMORY / memory_of_question(choice, short)


def test_a_disk_that_will_be_full_is_refused_with_both_figures() -> None:
    refuse_if_full("c", 10, RESERVE + 10, "as expected")
    with pytest.raises(BuildError, match=r"c: --traces: .*takes 2.5 GB \(as expected\), and 1.2 GB are free"):
        refuse_if_full("c", 2_500_000_000, 1_200_000_000, "as expected")


def test_the_disk_of_a_folder_to_be_is_looked_at(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "a/b") == pytest.approx(free_bytes(tmp_path), rel=0.2)
    assert [size_text(size) for size in (12, 1_500, 999_960, 3.456e9)] == ["12 bytes", "1.5 kB", "1 MB", "3.46 GB"]
