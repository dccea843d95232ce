from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from responses_support import CONDITION, failed, key_of, response, responses

from lib.errors import StoreError
from lib.protocol.question import Stored
from lib.responses.record import HALF_CHARACTER, Response, encode, with_whole_characters
from lib.responses.shard import ALL, Shard
from lib.responses.store import Store, has_responses, open_store, read_store

FILES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True, scope="module")
def no_waiting_for_the_disk() -> Iterator[None]:
    """Thousands of stores are opened here; that lines reach the disk is tested with the writer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda handle: None)
        yield


def write(folder: Path, lines: list[Response] | list[bytes], shard: str = "all") -> Path:
    path = folder / CONDITION / f"{shard}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(line if isinstance(line, bytes) else encode(line) for line in lines))
    return path


def expected(lines: list[Response]) -> dict[str, Stored | None]:
    """What a reader that keeps whole lines in a dictionary would know; None is a failure."""
    known: dict[str, Stored | None] = {}
    for line in lines:
        text, refusal = (
            HALF_CHARACTER.sub("\ufffd", line.text),
            line.refusal and HALF_CHARACTER.sub("\ufffd", line.refusal),
        )
        known[line.key] = None if line.failure else Stored(text, line.finish_reason, refusal)
    return known


def check(store: Store, known: dict[str, Stored | None]) -> None:
    assert store.keys() == set(known)
    assert {key: store.lookup(key) for key in known} == known
    assert {key for key in known if store.failure(key)} == {key for key, stored in known.items() if stored is None}


@given(st.lists(responses(), max_size=12), st.integers(0, 12))
@FILES
def test_what_was_appended_is_known_at_once_and_after_opening_again(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Response], parted: int
) -> None:
    folder = tmp_path_factory.mktemp("store")
    for part in (lines[:parted], lines[parted:]):
        with open_store(folder, CONDITION) as store:
            for line in part:
                store.append(line)
    known = expected(lines)
    for again in (store, read_store(folder, CONDITION)):
        check(again, known) if again is not store else None
    report = read_store(folder, CONDITION).report
    failures = sum(stored is None for stored in known.values())
    assert (report.lines, report.failures, report.answers) == (len(lines), failures, len(known) - failures)
    assert report.repeated == len(lines) - len(known) and not report.warnings()
    assert read_store(folder, CONDITION).spent().get("USD", 0) == sum(line.cost or 0 for line in lines)


@given(st.lists(responses(), max_size=10))
@FILES
def test_an_open_store_knows_what_a_reader_of_its_file_knows(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Response]
) -> None:
    folder = tmp_path_factory.mktemp("store")
    with open_store(folder, CONDITION) as store:
        for number, line in enumerate(lines):
            store.append(line)
            check(store, expected(lines[: number + 1]))
            assert read_store(folder, CONDITION).report == store.report
        assert read_store(folder, CONDITION).spent() == store.spent()


def test_a_file_cut_at_any_byte_keeps_every_whole_line_and_can_be_written_on(tmp_path: Path) -> None:
    lines = [response(1, text="fröhlich \U0001f600", cost=0.5, currency="USD"), failed(2), response(1, text="again")]
    lines += [response(3, text='}\\"{', refusal="no")]
    whole = b"".join(map(encode, lines))
    ends = [len(b"".join(map(encode, lines[:count]))) for count in range(len(lines) + 1)]
    for cut in range(len(whole) + 1):
        folder = tmp_path / str(cut)
        path = write(folder, [whole[:cut]])
        left = max(count for count, end in enumerate(ends) if end - 1 <= cut)  # without its "\n" a line is still whole
        rest = whole[ends[left] : cut]
        reader = read_store(folder, CONDITION)
        check(reader, expected(lines[:left]))
        assert path.read_bytes() == whole[:cut]
        assert [tail.size for tail in reader.report.tails] == ([len(rest)] if rest or cut == ends[left] - 1 else [])
        with open_store(folder, CONDITION) as store:
            check(store, expected(lines[:left]))
            kept = list(path.parent.glob("*.truncated-*"))
            assert [file.read_bytes() for file in kept] == ([rest] if rest else [])
            assert [tail.kept_in for tail in store.report.tails if tail.size] == [file.name for file in kept]
            store.append(response(9))
        check(read_store(folder, CONDITION), expected([*lines[:left], response(9)]))
        assert path.read_bytes() == b"".join(map(encode, [*lines[:left], response(9)]))
        assert not read_store(folder, CONDITION).report.warnings()


@given(st.lists(responses(), min_size=1, max_size=6), st.data())
@FILES
def test_damage_anywhere_is_reported_and_costs_only_the_lines_it_hit(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Response], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("store")
    encoded = [encode(with_whole_characters(line)) for line in lines]
    hit = data.draw(st.integers(0, len(lines) - 1))
    place = data.draw(st.integers(0, len(encoded[hit]) - 2))
    damage = data.draw(st.binary(max_size=6))
    length = data.draw(st.integers(0, 6))
    body = encoded[hit][:-1]
    encoded[hit] = body[:place] + damage + body[place + length :] + b"\n"
    path = write(folder, encoded)
    before = path.read_bytes()
    store = read_store(folder, CONDITION)
    others = expected([line for number, line in enumerate(lines) if number != hit])
    untouched = {key for key in others if key != lines[hit].key}
    assert {key: store.lookup(key) for key in untouched} == {key: others[key] for key in untouched}
    with open_store(folder, CONDITION) as writable:
        kept = b"".join(file.read_bytes() for file in path.parent.glob("*.truncated-*"))
        assert path.read_bytes() + kept == before
        accounted = (
            writable.report.lines + writable.report.fault_count + writable.report.blank + len(writable.report.tails)
        )
        assert accounted == before.count(b"\n")


def test_a_broken_line_before_one_that_is_set_aside_stays_and_is_reported(tmp_path: Path) -> None:
    lines = [encode(response(1)), b"\0\n", b"\0" + encode(response(2))]
    path = write(tmp_path, lines)
    with open_store(tmp_path, CONDITION) as store:
        check(store, expected([response(1)]))
        assert [tail.size for tail in store.report.tails] == [len(lines[2])]
        assert [fault.line for fault in store.report.faults] == [2]
        store.append(response(3))
    assert path.read_bytes() == lines[0] + lines[1] + encode(response(3))
    check(read_store(tmp_path, CONDITION), expected([response(1), response(3)]))


@given(st.binary(max_size=300))
@FILES
def test_any_bytes_at_all_can_be_opened_and_none_are_lost(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("store")
    path = write(folder, [content])
    with open_store(folder, CONDITION) as store:
        store.append(response(1))
        assert store.lookup(key_of(1)) is not None
    kept = b"".join(file.read_bytes() for file in path.parent.glob("*.truncated-*"))
    grown = path.read_bytes().removesuffix(encode(response(1)))
    assert grown + kept in (content, content + b"\n")
    assert read_store(folder, CONDITION).lookup(key_of(1)) is not None


def test_each_line_that_cannot_be_used_is_named_with_file_number_and_reason(tmp_path: Path) -> None:
    good = encode(response(1))
    odd = encode(response(2, condition="another-model"))
    keyless = encode(response(3)).replace(key_of(3).encode(), b"Z" * 64)
    short = encode(response(3)).replace(key_of(3).encode(), key_of(3)[:62].encode() + b" a")
    mistyped = encode(response(4)).replace(b'"text":"', b'"text":7,"x":"')
    deep = b'{"key":' + b"[" * 5000 + b"]" * 5000 + b"}\n"
    lines = [good, b"{broken\n", odd, b"\n", keyless, short, mistyped, b"\xff\xfe\n", deep, b"[]\n", b" \r\n", good]
    path = write(tmp_path, lines)
    store = read_store(tmp_path, CONDITION)
    faults = {fault.line: fault.reason for fault in store.report.faults}
    assert sorted(faults) == [2, 3, 5, 6, 7, 8, 9, 10]
    assert all(fault.file == f"{CONDITION}/all.jsonl" for fault in store.report.faults)
    assert "broken JSON" in faults[2] and "'{broken'" in faults[2]
    assert "another condition: got 'another-model'" in faults[3]
    assert "impossible key: got 'ZZZ" in faults[5] and "impossible key" in faults[6]
    assert "not an answer (Expected `str`, got `int` - at `$.text`)" in faults[7]
    assert "not an answer" in faults[10]
    assert (store.report.lines, store.report.blank, store.report.repeated) == (2, 2, 1)
    assert store.report.warnings()[0].startswith(f"{CONDITION}/all.jsonl: line 2: broken JSON")
    assert "rater responses compact" in store.report.warnings()[-1]
    with open_store(tmp_path, CONDITION) as writable:
        assert writable.report.fault_count == 8
        assert writable.lookup(key_of(3)) is None
    assert path.read_bytes() == b"".join(lines)


def test_fields_of_a_later_version_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    new = encode(response(1)).replace(b"{", b'{"invented_later":{"a":[1,null]},', 1)
    write(tmp_path, [b"\xef\xbb\xbf" + new.replace(b"\n", b"\r\n"), encode(response(2))])
    store = read_store(tmp_path, CONDITION)
    assert store.keys() == {key_of(1), key_of(2)} and not store.report.warnings()


def test_a_thousand_faults_are_counted_and_ten_shown(tmp_path: Path) -> None:
    write(tmp_path, [b"{\n" * 3000, encode(response(1))])
    report = read_store(tmp_path, CONDITION).report
    assert (report.fault_count, len(report.faults), len(report.warnings())) == (3000, 1000, 12)
    assert "2,990 more lines" in report.warnings()[10]


def test_lines_and_blocks_longer_than_what_is_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [response(number, text=str(number) * (number * 40)) for number in range(30)]
    content = [encode(line) for line in lines]
    content.insert(17, b"{oops\n")
    write(tmp_path, content)
    for size in (1, 7, 64, 900, 5000, 1 << 20):
        monkeypatch.setattr("lib.responses.lines.CHUNK", size)
        monkeypatch.setattr("lib.responses.ends.STEP_BACK", size)
        store = read_store(tmp_path, CONDITION)
        check(store, expected(lines))
        assert [fault.line for fault in store.report.faults] == [18]


def test_a_later_shard_or_date_stands_whatever_the_files_are_called(tmp_path: Path) -> None:
    early, late = "2026-11-22T05:00:00+00:00", "2026-11-22T08:00:00+02:00"
    write(tmp_path, [response(1, text="new", asked_at=late), failed(2, asked_at=early), response(3, text="all")])
    write(tmp_path, [response(1, text="old", asked_at=early), response(2, asked_at=late)], "1of2")
    write(tmp_path, [response(1, text="older", asked_at="2025-01-01"), response(3, text="2of2")], "2of2")
    with open_store(tmp_path, CONDITION, Shard(2, 2)) as store:
        for known in (store, read_store(tmp_path, CONDITION)):
            assert known.lookup(key_of(1)) == Stored("new")
            assert known.failure(key_of(2)) is None and known.lookup(key_of(2)) is not None
            assert known.lookup(key_of(3)) == Stored("2of2")
            assert (known.report.lines, known.report.answers, known.report.repeated) == (7, 3, 4)


def test_other_files_of_the_folder_are_not_read(tmp_path: Path) -> None:
    write(tmp_path, [response(1)])
    for name in ("batches", "all.pruned", "01of2", "3of2", "all (copy)"):
        write(tmp_path, [response(2)], name)
    assert read_store(tmp_path, CONDITION).keys() == {key_of(1)}


def test_a_condition_that_was_never_asked_has_no_answers(tmp_path: Path) -> None:
    assert len(read_store(tmp_path, CONDITION)) == 0 and not has_responses(tmp_path, CONDITION)
    assert not (tmp_path / CONDITION).exists()
    with open_store(tmp_path, CONDITION) as store:
        assert store.lookup("no key") is None and not has_responses(tmp_path, CONDITION)
        store.append(response())
        assert has_responses(tmp_path, CONDITION)


@pytest.mark.parametrize("name", ["../elsewhere", "", "a/b", "Upper", "..", "a\0"])
def test_an_id_that_is_no_name_of_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="condition: got"), open_store(tmp_path / "inner", name):
        pass
    assert not list(tmp_path.iterdir())


def test_only_responses_of_the_condition_are_taken(tmp_path: Path) -> None:
    with open_store(tmp_path, CONDITION) as store:
        for wrong in (response(condition="other"), response(key="ab")):
            with pytest.raises(ValueError, match="for the store of"):
                store.append(wrong)
    with pytest.raises(ValueError, match="for the store of"):
        read_store(tmp_path, CONDITION).append(response())
    assert not has_responses(tmp_path, CONDITION)


def test_a_store_that_cannot_be_written_to_is_one_message(tmp_path: Path) -> None:
    (tmp_path / CONDITION).write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="cannot be locked") as caught, open_store(tmp_path, CONDITION):
        pass
    assert "\n" not in str(caught.value)


def test_files_are_closed_with_the_store(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else None
    for _ in range(3):
        with open_store(tmp_path, CONDITION) as store:
            store.append(response())
        read_store(tmp_path, CONDITION)
    if before is not None:
        assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_lines_are_json_that_any_program_reads(tmp_path: Path) -> None:
    with open_store(tmp_path, CONDITION, ALL) as store:
        store.append(response(1, values={"emotion": "happy"}, tokens_in=12))
    line = json.loads((tmp_path / CONDITION / "all.jsonl").read_text(encoding="utf-8"))
    assert line["values"] == {"emotion": "happy"} and line["tokens_in"] == 12
    assert line["key"] == hashlib.sha256(b"1").hexdigest()
    assert msgspec.json.decode(msgspec.json.encode(line), type=Response).key == line["key"]


@given(st.lists(responses(), max_size=14))
@FILES
def test_two_shards_written_in_turns_are_known_to_all(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Response]
) -> None:
    """As two processes do, each asks only about its own part of the questions."""
    folder = tmp_path_factory.mktemp("store")
    with open_store(folder, CONDITION, Shard(2, 1)) as first, open_store(folder, CONDITION, Shard(2, 2)) as second:
        for line in lines:
            (first if int(line.key[0], 16) % 2 else second).append(line)
        check(read_store(folder, CONDITION), expected(lines))
    store = read_store(folder, CONDITION)
    check(store, expected(lines))
    assert store.report.lines == len(lines) and not store.report.warnings()
    with open_store(folder, CONDITION, Shard(3, 2)) as third:
        check(third, expected(lines))
