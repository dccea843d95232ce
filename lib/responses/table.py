"""All stored lines as one tidy table, for R, Python or a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from lib.files import write_aside
from lib.responses.report import StoreReport
from lib.responses.standing import StoredLine, read_lines, standing_lines, stored_folder
from lib.responses.store import shard_files

BATCH = 20_000
RESPONSES_SCHEMA: dict[str, Any] = {
    "condition": pl.String, "image_id": pl.String, "image_sha256": pl.String, "step": pl.String, "repeat": pl.Int64,
    "superseded": pl.Boolean, "text": pl.String, "values": pl.String, "stage": pl.String,
    "flags": pl.List(pl.String), "reason": pl.String, "failure_kind": pl.String, "failure_message": pl.String,
    "refusal": pl.String, "thoughts": pl.String, "finish_reason": pl.String, "tokens_in": pl.Int64,
    "tokens_out": pl.Int64, "tokens_thinking": pl.Int64, "tokens_cached": pl.Int64, "log_probabilities": pl.String,
    "latency": pl.Float64, "cost": pl.Float64, "currency": pl.String, "attempts": pl.Int64, "backend": pl.String,
    "model": pl.String, "model_version": pl.String, "fingerprint": pl.String, "asked_at": pl.String,
    "mode": pl.String, "prompt": pl.String, "key": pl.String, "file": pl.String, "line": pl.Int64,
}  # fmt: skip


def responses_table(folder: Path, condition: str, report: StoreReport) -> pl.DataFrame:
    """Give every stored line of a condition as one row, in the order of files and lines.

    Parameters
    ----------
    folder, condition
        The folder of all responses, and the condition's id.
    report
        Takes up lines that cannot be used; they are not in the table.

    Returns
    -------
    polars.DataFrame
        The fields of `lib.responses.record.Response`, null where not known; `superseded` where a later line stands for
        the same question; `values` (as they were read when the answer came) and `log_probabilities` as JSON; `flags`
        as a list; a failure's kind and message in two columns; `file` and `line` (from 1) where each is.

    Raises
    ------
    StoreError
        The condition has no stored answers.
    """
    own = stored_folder(folder, condition)
    standing = standing_lines(own, condition, report)
    frames = [pl.DataFrame(schema=RESPONSES_SCHEMA)]
    for path in shard_files(own).values():
        rows: list[tuple[Any, ...]] = []
        for line in read_lines(path, condition, StoreReport()):
            rows.append(_row(line, path.name, standing[path].get(line.key) != line.number))
            if len(rows) == BATCH:
                frames.append(pl.DataFrame(rows, schema=RESPONSES_SCHEMA, orient="row"))
                rows = []
        frames.append(pl.DataFrame(rows, schema=RESPONSES_SCHEMA, orient="row"))
    return pl.concat(frames)


def write_table(frame: pl.DataFrame, path: Path) -> Path:
    """Write the table as Parquet, whole or not at all."""
    return write_aside(path, frame.write_parquet)


def _row(line: StoredLine, file: str, superseded: bool) -> tuple[Any, ...]:
    response, failure = line.response, line.response.failure
    known = {
        "superseded": superseded,
        "values": _json(response.values),
        "flags": list(response.flags),
        "log_probabilities": _json(response.log_probabilities),
        "failure_kind": failure.kind if failure else None,
        "failure_message": failure.message if failure else None,
        "file": file,
        "line": line.number,
    }
    return tuple(known[name] if name in known else getattr(response, name) for name in RESPONSES_SCHEMA)


def _json(value: object) -> str | None:
    return msgspec.json.encode(value).decode() if value else None
