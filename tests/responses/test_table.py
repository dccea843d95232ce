from __future__ import annotations

from pathlib import Path

import msgspec
import polars as pl
import pytest
from responses_support import CONDITION, failed, response

from lib.errors import StoreError
from lib.responses.record import Response
from lib.responses.report import StoreReport
from lib.responses.shard import Shard
from lib.responses.store import open_store
from lib.responses.table import RESPONSES_SCHEMA, responses_table, write_table


def test_every_line_is_a_row_with_all_fields(tmp_path: Path) -> None:
    late = response(
        2, text="b", asked_at="2027-01-01T00:00:00+00:00", values={"emotion": "happy", "valence": 7.5},
        flags=("clamped",), log_probabilities=[[("ha", -0.5)]], tokens_in=7, cost=0.5, currency="USD", repeat=3,
    )  # fmt: skip
    with open_store(tmp_path, CONDITION) as store:
        for line in (failed(1), response(1), late):
            store.append(line)
    with open_store(tmp_path, CONDITION, Shard(2, 1)) as store:
        store.append(response(2, text="a"))
    (tmp_path / CONDITION / "all.jsonl").open("ab").write(b"{broken\n{}\n")
    report = StoreReport()
    table = responses_table(tmp_path, CONDITION, report)
    assert table.schema == pl.Schema(RESPONSES_SCHEMA)
    assert report.fault_count == 2
    assert table.select("file", "line", "text", "superseded", "failure_kind").rows() == [
        ("all.jsonl", 1, "", True, "timeout"),
        ("all.jsonl", 2, response(1).text, False, None),
        ("all.jsonl", 3, "b", False, None),
        ("1of2.jsonl", 1, "a", True, None),
    ]
    row = table.row(2, named=True)
    assert row["values"] == '{"emotion":"happy","valence":7.5}' and row["log_probabilities"] == '[[["ha",-0.5]]]'
    assert (row["flags"], row["cost"], row["repeat"], row["tokens_in"]) == (["clamped"], 0.5, 3, 7)
    fields = {field.name for field in msgspec.structs.fields(Response)} - {"failure"}
    assert fields <= set(RESPONSES_SCHEMA), "a new field of the record belongs into the table, too"
    path = write_table(table, tmp_path / "out.parquet")
    assert pl.read_parquet(path).equals(table)


def test_a_condition_without_answers_has_no_table_and_one_with_an_empty_file_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="has no stored answers"):
        responses_table(tmp_path, CONDITION, StoreReport())
    (tmp_path / CONDITION).mkdir()
    (tmp_path / CONDITION / "all.jsonl").touch()
    assert responses_table(tmp_path, CONDITION, StoreReport()).height == 0
