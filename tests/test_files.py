from __future__ import annotations

import errno
from pathlib import Path

import pytest

from lib.errors import BackendUnavailableError, BuildError
from lib.files import checked_sha256, sha256_file, write_aside, write_json, write_text


def test_text_is_written_and_hashed(tmp_path: Path) -> None:
    path = write_text(tmp_path / "deep/er/a.txt", "abc")
    # FIPS 180-2, example B.1.
    assert sha256_file(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert [item.name for item in path.parent.iterdir()] == ["a.txt"]


def test_a_full_disk_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.txt", "old")

    def fill_up(temporary: Path) -> None:
        temporary.write_text("half", encoding="utf-8")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(
        BuildError, match=r"a\.txt: cannot be written \(No space left on device\)\. Free some disk space"
    ):
        write_aside(path, fill_up)
    assert path.read_text(encoding="utf-8") == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]


def test_an_interruption_leaves_the_old_file(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.txt", "old")

    def interrupted(temporary: Path) -> None:
        temporary.write_text("half", encoding="utf-8")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_aside(path, interrupted)
    assert path.read_text(encoding="utf-8") == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_that_cannot_be_made_is_named_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be", encoding="utf-8")
    with pytest.raises(BuildError, match=r"make .*cache writable"):
        write_text(tmp_path / "cache/a.txt", "x")


def test_json_refuses_what_json_has_not(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert not list(tmp_path.iterdir())


def test_weights_of_another_hash_than_declared_are_refused_with_both(tmp_path: Path) -> None:
    right, wrong = "a" * 64, "0" * 64
    for declared in (None, right):
        assert checked_sha256(right, declared, "condition c: classifier.sha256", tmp_path) == right
    with pytest.raises(
        BackendUnavailableError, match=rf"^condition c: classifier\.sha256: got '{wrong}', but .* has {right}\. Put the"
    ):
        checked_sha256(right, wrong, "condition c: classifier.sha256", tmp_path)
