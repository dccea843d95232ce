from __future__ import annotations

from pathlib import Path

import pytest
from responses_support import CONDITION, failed, key_of, response

from lib.errors import BuildError, StoreError
from lib.responses.record import Response, encode
from lib.responses.report import StoreReport
from lib.responses.shard import Shard
from lib.responses.standing import read_lines
from lib.responses.store import open_store, read_store
from lib.responses.upkeep import compact, prune

LATER = "2026-11-23T05:00:00+00:00"
PAID = {"cost": 0.5, "currency": "USD"}


def write(folder: Path, lines: list[Response | bytes], shard: str = "all") -> Path:
    path = folder / CONDITION / f"{shard}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(line if isinstance(line, bytes) else encode(line) for line in lines))
    return path


def known(folder: Path) -> dict[str, object]:
    store = read_store(folder, CONDITION)
    questions = store.keys()
    return {key: store.lookup(key) or store.failure(key) for key in questions}


def test_compacting_leaves_the_line_that_stands_and_a_copy_and_all_spending(tmp_path: Path) -> None:
    lines = [
        failed(1, **PAID),
        response(2, text="a", **PAID),
        b"\n",
        response(1, **PAID),
        response(2, text="b", **PAID),
    ]
    path = write(tmp_path, lines)
    before, whole = known(tmp_path), path.read_bytes()
    done = compact(tmp_path, CONDITION)
    assert (done.kept, done.removed, done.blank, done.set_aside) == (2, 2, 1, 0)
    assert path.read_bytes() == encode(response(1, **PAID)) + encode(response(2, text="b", **PAID))
    assert known(tmp_path) == before
    assert read_store(tmp_path, CONDITION).spent() == {"USD": 2.0}
    assert (path.parent / "all.jsonl.before-compact").read_bytes() == whole
    assert done.copies == ["all.jsonl.before-compact"] and done.files == ["all.jsonl"]
    again = compact(tmp_path, CONDITION)
    assert (again.kept, again.removed, again.files) == (2, 0, [])
    assert read_store(tmp_path, CONDITION).spent() == {"USD": 2.0}


def test_a_second_compacting_keeps_the_first_copy_and_discard_keeps_none(tmp_path: Path) -> None:
    path = write(tmp_path, [response(1), response(1, text="b")])
    compact(tmp_path, CONDITION)
    with open_store(tmp_path, CONDITION) as store:
        store.append(response(1, text="c"))
    assert compact(tmp_path, CONDITION).copies[0].startswith("all.jsonl.before-compact-")
    with open_store(tmp_path, CONDITION) as store:
        store.append(response(1, text="d"))
    assert compact(tmp_path, CONDITION, discard=True).copies == []
    assert len(list(path.parent.glob("*before-compact*"))) == 2
    assert path.read_bytes() == encode(response(1, text="d"))


def test_of_several_shards_only_the_file_with_the_line_that_stands_keeps_one(tmp_path: Path) -> None:
    whole = write(tmp_path, [response(1, text="new", asked_at=LATER), response(2), response(3)])
    half = write(tmp_path, [response(1, text="old"), response(2, text="new", asked_at=LATER)], "1of2")
    before = known(tmp_path)
    assert compact(tmp_path, CONDITION).removed == 2
    assert whole.read_bytes() == encode(response(1, text="new", asked_at=LATER)) + encode(response(3))
    assert half.read_bytes() == encode(response(2, text="new", asked_at=LATER))
    assert known(tmp_path) == before


def test_lines_that_cannot_be_used_stop_compacting_or_are_set_aside_word_for_word(tmp_path: Path) -> None:
    bad = [b"{broken\n", encode(response(5, condition="other")), b'{"key":"' + key_of(6).encode() + b'"}\n']
    path = write(tmp_path, [response(1), bad[0], bad[1], response(1), bad[2], response(2)])
    before = path.read_bytes()
    with pytest.raises(StoreError, match="3 lines cannot be used") as caught:
        compact(tmp_path, CONDITION)
    assert "line 2: broken JSON" in str(caught.value) and "--set-aside" in str(caught.value)
    assert path.read_bytes() == before and len(list(path.parent.glob("*.jsonl*"))) == 1
    done = compact(tmp_path, CONDITION, set_aside=True)
    assert (done.kept, done.removed, done.set_aside) == (2, 1, 3)
    kept = list(path.parent.glob("*.set-aside-*"))
    assert [file.read_bytes() for file in kept] == [b"".join(bad)]
    assert not read_store(tmp_path, CONDITION).report.warnings()


def test_more_faults_than_a_report_keeps_are_all_set_aside(tmp_path: Path) -> None:
    path = write(tmp_path, [b"{\n" * 1500, response(1)])
    assert compact(tmp_path, CONDITION, set_aside=True).set_aside == 1500
    assert path.read_bytes() == encode(response(1))


def test_a_tail_that_was_cut_off_is_set_aside_first(tmp_path: Path) -> None:
    path = write(tmp_path, [response(1), response(1, text="b"), b'{"key":'])
    done = compact(tmp_path, CONDITION)
    assert done.report.tails[0].kept_in in {file.name for file in path.parent.iterdir()}
    assert path.read_bytes() == encode(response(1, text="b"))


def test_nothing_is_rewritten_while_a_run_goes_on(tmp_path: Path) -> None:
    with open_store(tmp_path, CONDITION, Shard(2, 1)) as store:
        store.append(response(1))
        for work in (lambda: compact(tmp_path, CONDITION), lambda: prune(tmp_path, CONDITION, list)):
            with pytest.raises(StoreError, match="asks its shard 1of2"):
                work()
        assert prune(tmp_path, CONDITION, list, dry_run=True).removed == 1


def test_pruning_moves_lines_of_other_questions_out_and_can_be_tried_first(tmp_path: Path) -> None:
    lines = [response(1, **PAID), response(2, **PAID), b"{broken\n", response(1, text="b"), response(3)]
    path = write(tmp_path, lines)
    before = path.read_bytes()
    tried = prune(tmp_path, CONDITION, lambda: [key_of(1), key_of(9)], dry_run=True)
    assert (tried.kept, tried.removed, tried.files) == (2, 2, []) and path.read_bytes() == before
    assert tried.report.fault_count == 1
    done = prune(tmp_path, CONDITION, lambda: {key_of(1), key_of(9)})
    assert (done.kept, done.removed, done.copies) == (2, 2, ["all.pruned.jsonl"])
    assert path.read_bytes() == encode(lines[0]) + b"{broken\n" + encode(lines[3])
    pruned = path.parent / "all.pruned.jsonl"
    assert pruned.read_bytes() == encode(lines[1]) + encode(lines[4])
    store = read_store(tmp_path, CONDITION)
    assert store.keys() == {key_of(1)} and store.spent() == {"USD": 1.0}
    prune(tmp_path, CONDITION, list)
    assert pruned.read_bytes().endswith(encode(lines[0]) + encode(lines[3])) and path.read_bytes() == b"{broken\n"
    assert read_store(tmp_path, CONDITION).spent() == {"USD": 1.0}


def test_a_disk_that_fails_while_rewriting_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, [response(1, **PAID), response(1, text="b", **PAID)])
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lib.responses.upkeep._write_lines", fail)
    with pytest.raises(BuildError, match="No space left on device"):
        compact(tmp_path, CONDITION)
    monkeypatch.undo()
    assert path.read_bytes() == before
    compact(tmp_path, CONDITION)
    assert read_store(tmp_path, CONDITION).spent() == {"USD": 1.0}, "an interrupted removal counts once"


def test_a_condition_without_answers_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="has no stored answers"):
        compact(tmp_path, CONDITION)
    assert not (tmp_path / CONDITION).exists()


def test_reading_all_fields_is_stricter_than_a_run(tmp_path: Path) -> None:
    path = write(tmp_path, [encode(response(1)).replace(b'"model":"m",', b""), response(2)])
    report = StoreReport()
    assert [line.number for line in read_lines(path, CONDITION, report)] == [2]
    assert "missing required field `model`" in report.faults[0].reason
    assert read_store(tmp_path, CONDITION).lookup(key_of(1)) is not None
