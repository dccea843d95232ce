"""Columns of tidy frames, taken from the dataclasses that fill them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

Schema = dict[str, Any]
KINDS: Schema = {"int": pl.Int64, "float": pl.Float64, "str": pl.String, "bool": pl.Boolean}


def schema_of(kind: type) -> Schema:
    """One column a field of a dataclass of whole numbers, numbers, texts and truth values; each may be None."""
    return {name: KINDS[text.removesuffix(" | None")] for name, text in kind.__annotations__.items()}


def schema_like(frame: pl.DataFrame, columns: Sequence[str]) -> Schema:
    """Some columns as `frame` has them."""
    return {name: frame.schema[name] for name in columns}
