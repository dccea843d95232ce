from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from responses_support import CONDITION, key_of, response

from lib.errors import StoreError
from lib.responses.record import Response, encode
from lib.responses.store import open_store, read_store
from lib.responses.writer import Writer

ROOT = Path(__file__).parents[2]
WRITE = """
import sys
from pathlib import Path
sys.path.insert(0, "tests")
from responses_support import CONDITION, key_of, response
from lib.responses.shard import parse_shard
from lib.responses.store import open_store
with open_store(Path(sys.argv[1]), CONDITION, parse_shard(sys.argv[2])) as store:
    for number in range(int(sys.argv[3]), 10_000_000, int(sys.argv[4])):
        if store.lookup(key_of(number)) is None:
            store.append(response(number, text="x" * (number % 3000)))
            print(number, flush=True)
"""


def start(folder: Path, shard: str = "all", first: int = 0, step: int = 1) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITE, str(folder), shard, str(first), str(step)],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that share what was imported")
def test_fifty_kills_at_random_moments_lose_nothing_that_was_written(tmp_path: Path) -> None:
    """Each child says after an append which question it was; the parent kills it at a random moment."""
    moments = random.Random(4)
    told: set[int] = set()
    for _ in range(50):
        source, sink = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(source)
            try:
                with open_store(tmp_path, CONDITION) as store:
                    for number in range(len(store), 1_000_000):
                        assert store.lookup(key_of(number)) is None
                        store.append(response(number, text="x" * (number % 3000)))
                        os.write(sink, b"%d\n" % number)
            finally:
                os._exit(1)
        os.close(sink)
        first = os.read(source, 1)
        time.sleep(moments.random() * 0.005)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(source, "rb") as stream:
            said = first + stream.read()
        told |= {int(line) for line in said.split(b"\n")[:-1]}
    with open_store(tmp_path, CONDITION) as store:
        assert {key_of(number) for number in told} <= store.keys()
        assert store.report.repeated == 0 and store.report.fault_count == 0
        assert len(store) <= len(told) + 50
    for line in (tmp_path / CONDITION / "all.jsonl").read_bytes().splitlines():
        msgspec.json.decode(line, type=Response)


def test_two_processes_on_two_shards_do_not_disturb_each_other(tmp_path: Path) -> None:
    writers = [start(tmp_path, f"{number}of2", number, 2) for number in (1, 2)]
    try:
        said = [[int(writer.stdout.readline()) for _ in range(300)] for writer in writers if writer.stdout]
        read_store(tmp_path, CONDITION)  # also while they write
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
    store = read_store(tmp_path, CONDITION)
    assert store.report.repeated == 0 and store.report.fault_count == 0
    assert {key_of(number) for numbers in said for number in numbers} <= store.keys()


def test_a_full_disk_ends_with_one_message_and_no_half_line(tmp_path: Path) -> None:
    """The limit on a file's size makes the system write a part of a line first, as a full disk does."""
    script = """
import resource, sys
from pathlib import Path
sys.path.insert(0, "tests")
from responses_support import CONDITION, response
from lib.errors import StoreError
from lib.responses.store import open_store
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
with open_store(Path(sys.argv[1]), CONDITION) as store:
    for number in range(100):
        try:
            store.append(response(number))
        except StoreError as error:
            print(number, error)
            try:
                store.append(response(number + 1))
            except StoreError as again:
                print(number, again)
            break
"""
    ran = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    first, second = ran.stdout.splitlines()
    number = int(first.split()[0])
    assert (
        first == second and "all.jsonl: cannot be written (File too large). All answers up to here are kept." in first
    )
    assert not ran.stderr
    content = (tmp_path / CONDITION / "all.jsonl").read_bytes()
    assert content == b"".join(encode(response(earlier)) for earlier in range(number)) and number > 5
    assert 5000 - len(encode(response(number))) < len(content) <= 5000
    with open_store(tmp_path, CONDITION) as store:
        assert len(store) == number and not store.report.warnings()
        store.append(response(number))


def test_a_disk_that_takes_half_a_line_and_then_fails_keeps_the_earlier_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    with open_store(tmp_path, CONDITION) as store:
        store.append(response(1))
        answers = iter([lambda handle, data: real(handle, data[:10])])

        def fail(handle: int, data: bytes) -> int:
            for answer in answers:
                return answer(handle, data)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "write", fail)
        with pytest.raises(StoreError, match="No space left on device"):
            store.append(response(2))
        assert store.lookup(key_of(2)) is None and store.report.lines == 1
        monkeypatch.undo()
        with pytest.raises(StoreError, match="No space left on device"):
            store.append(response(3))
    assert (tmp_path / CONDITION / "all.jsonl").read_bytes() == encode(response(1))


def test_ctrl_c_within_a_line_leaves_no_part_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    with open_store(tmp_path, CONDITION) as store:
        store.append(response(1))
        parts = iter([10])

        def interrupted(handle: int, data: bytes) -> int:
            for size in parts:
                return real(handle, data[:size])
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.append(response(2))
        monkeypatch.undo()
        store.append(response(3, text="x" * 1000))
        assert store.lookup(key_of(3)) is not None
    assert (tmp_path / CONDITION / "all.jsonl").read_bytes() == encode(response(1)) + encode(
        response(3, text="x" * 1000)
    )


def test_the_disk_is_told_once_a_second_at_most_and_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[float] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(time.monotonic()))
    monkeypatch.setattr("lib.responses.writer.SYNC_EVERY", 0.2)
    writer = Writer(tmp_path / "all.jsonl")
    until = time.monotonic() + 0.7
    while time.monotonic() < until:
        writer.write(b"{}\n")
    writer.close()
    assert 3 <= len(synced) <= 6
    assert all(later - earlier > 0.15 for earlier, later in pairwise(synced[:-1]))


def test_a_disk_that_fails_when_told_to_keep_lines_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(handle: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    writer = Writer(tmp_path / "all.jsonl")
    writer.write(b"{}\n")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StoreError, match="Input/output error"):
        writer.flush()
    with pytest.raises(StoreError, match="Input/output error"):
        writer.write(b"{}\n")
    writer.close()
    other = Writer(tmp_path / "other.jsonl")
    other.write(b"{}\n")
    with pytest.raises(StoreError, match="Input/output error"):
        other.close()


def test_a_writer_that_wrote_nothing_starts_no_thread(tmp_path: Path) -> None:
    with open_store(tmp_path, CONDITION):
        assert not list(Path(tmp_path / CONDITION).glob("*.truncated*"))
    assert (tmp_path / CONDITION / "all.jsonl").read_bytes() == b""
