from __future__ import annotations

import polars as pl
import pytest
from great_tables import GT

from lib.responses.predictions import ANSWERS_SCHEMA
from lib.responses.summary import responses_summary
from lib.tables.responses import costs_table, notes_table, stages_table

NAMES = {"a": "Machine A"}


def row(step: str, state: str = "answered", **fields: object) -> dict:
    return dict.fromkeys(ANSWERS_SCHEMA) | {"condition": "a", "step": step, "state": state, "repeat": 0} | fields


@pytest.fixture
def answers() -> pl.DataFrame:
    rows = [row("emotion", stage="json", flags=[], tokens_in=10, tokens_out=1, latency=0.5) for _ in range(2_000)]
    rows.append(row("emotion", stage="none", flags=["clamped"], reason="no_answer", tokens_in=10, tokens_out=1))
    rows.append(row("all", "failed", reason="timeout"))
    return pl.DataFrame(rows, schema=ANSWERS_SCHEMA)


def cells(table: GT) -> str:
    return table.as_raw_html()


def test_nearly_all_is_not_all_and_nearly_none_is_not_none(answers: pl.DataFrame) -> None:
    shown = cells(stages_table(responses_summary(answers).steps, NAMES, "tbl-x"))
    assert "&gt; 99.9%" in shown
    assert "&lt; 0.1%" in shown
    assert "100.0%" not in shown
    assert "2,001" in shown
    assert "All at once" in shown
    assert "Machine A" in shown


def test_reasons_are_named_with_their_kind(answers: pl.DataFrame) -> None:
    shown = cells(notes_table(responses_summary(answers).reasons, NAMES, "tbl-x"))
    for text in ("No value", "no answer", "Noted", "clamped", "Failed", "timeout"):
        assert text in shown


def test_what_is_not_known_is_a_dash_and_money_keeps_its_currency(answers: pl.DataFrame) -> None:
    costs = pl.DataFrame({"condition": ["a", "a"], "currency": ["USD", "EUR"], "spent": [1.25, 0.5]})
    shown = cells(costs_table(responses_summary(answers).steps, costs, NAMES, "tbl-x"))
    assert "1.2500 USD, 0.5000 EUR" in shown
    assert "20,010" in shown
    assert "0.50 s" in shown
    assert "–" in shown  # thinking tokens: nobody counted them
    none = cells(costs_table(responses_summary(answers).steps, costs.clear(), NAMES, "tbl-x"))
    assert "USD" not in none
