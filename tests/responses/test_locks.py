from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from responses_support import CONDITION, key_of, response

from lib.errors import StoreError
from lib.responses.locks import NO_LOCKS, held, is_held
from lib.responses.shard import ALL, Shard, parse_shard
from lib.responses.store import open_store, read_store

HOLD = """
import sys
from pathlib import Path
from lib.responses.store import open_store
from lib.responses.shard import parse_shard
with open_store(Path(sys.argv[1]), sys.argv[2], parse_shard(sys.argv[3])):
    print("held", flush=True)
    sys.stdin.read()
"""


class Other:
    """Another process that has a shard until it is told to end, or is killed."""

    def __init__(self, folder: Path, shard: str, condition: str = CONDITION) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(folder), condition, shard],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip
        assert self.process.stdout and self.process.stdout.readline() == "held\n"

    def __enter__(self) -> Other:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def refusal(folder: Path, shard: Shard | None, condition: str = CONDITION) -> str:
    with pytest.raises(StoreError) as caught, held(folder / condition, shard):
        pass
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_second_process_on_one_shard_or_with_other_shards_is_told_who_has_it(tmp_path: Path) -> None:
    with Other(tmp_path, "2of4") as other:
        said = refusal(tmp_path, Shard(4, 2))
        assert f"process {other.process.pid} on {os.uname().nodename} since 20" in said
        assert "asks its shard 2of4. Wait until it ends" in said
        for shard in (ALL, Shard(8, 2)):
            assert f"asks its shard 2of4, another way of sharing than {shard.name}" in refusal(tmp_path, shard)
        assert "2of4" in refusal(tmp_path, None)
        with open_store(tmp_path, CONDITION, Shard(4, 1)), open_store(tmp_path, "other-model"):
            assert is_held(tmp_path / CONDITION, Shard(4, 1)) and is_held(tmp_path / CONDITION, Shard(4, 2))
        assert not is_held(tmp_path / CONDITION, Shard(4, 1))


def test_a_killed_process_holds_nothing_though_its_file_is_there(tmp_path: Path) -> None:
    with Other(tmp_path, "all") as other:
        other.process.kill()
        other.process.wait()
        assert (tmp_path / CONDITION / "all.lock").read_text().startswith('{"pid":')
        assert not is_held(tmp_path / CONDITION, ALL)
        for shard in (ALL, Shard(4, 1), None):
            with held(tmp_path / CONDITION, shard) as locked:
                assert locked


def test_who_rewrites_a_condition_keeps_all_others_out(tmp_path: Path) -> None:
    with held(tmp_path / CONDITION, None):
        for shard in (ALL, Shard(4, 1), None):
            assert "is rewriting its files" in refusal(tmp_path, shard)
    with open_store(tmp_path, CONDITION):
        pass


def test_one_process_cannot_open_a_shard_twice_either(tmp_path: Path) -> None:
    with open_store(tmp_path, CONDITION):
        assert f"process {os.getpid()} on" in refusal(tmp_path, ALL)


def test_looking_whether_a_lock_is_held_takes_it_from_nobody(tmp_path: Path) -> None:
    with open_store(tmp_path, CONDITION):
        pass
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from lib.responses.locks import is_held\nfrom lib.responses.shard import ALL\n"
        "print('on', flush=True)\n"
        "while True: is_held(Path(sys.argv[1]), ALL)"
    )
    looking = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / CONDITION)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    try:
        assert looking.stdout and looking.stdout.readline() == b"on\n"
        for _ in range(100):
            with held(tmp_path / CONDITION, ALL):
                pass
    finally:
        looking.kill()
        looking.communicate()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_disk_without_locks_is_said_and_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(handle: int, kind: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", refuse)
    with open_store(tmp_path, CONDITION) as store:
        store.append(response(1))
        assert store.report.warnings() == [NO_LOCKS]
    assert read_store(tmp_path, CONDITION).lookup(key_of(1)) is not None


def test_a_system_without_locks_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.responses.locks.HAS_LOCKS", False)
    with open_store(tmp_path, CONDITION) as store:
        assert store.report.notes == [NO_LOCKS]


@pytest.mark.parametrize(
    "name", ["", "0of4", "5of4", "1of0", "of", "1of", "01of4", "1of4 ", "one", "../all", "1of99999"]
)
def test_impossible_shards_are_refused(name: str) -> None:
    with pytest.raises(StoreError, match="shard: got"):
        parse_shard(name)


def test_shards_share_all_items_by_content() -> None:
    from lib.protocol.question import Item
    from lib.responses.shard import shards

    items = [Item(f"image-{number}", sha256=key_of(number)) for number in range(1440)]
    counts = [sum(shard.takes(item) for item in items) for shard in shards(4)]
    assert sum(counts) == 1440 and min(counts) > 300
    assert all(sum(shard.takes(item) for shard in shards(7)) == 1 for item in items[:50])
    renamed = Item("another name", sha256=key_of(1))
    assert [shard.takes(renamed) for shard in shards(4)] == [shard.takes(items[1]) for shard in shards(4)]
    labels = [Item("a", label="happy"), Item("b", label="happy")]
    assert len({tuple(shard.takes(item) for shard in shards(4)) for item in labels}) == 1
    assert [parse_shard(shard.name) for shard in (*shards(3), ALL)] == [*shards(3), ALL]
