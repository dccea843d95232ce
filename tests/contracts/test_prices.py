from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from lib.contracts.prices import read_prices
from lib.errors import ParameterError

ROOT = Path(__file__).parents[2]
ENTRY = """
  - {backend: openai, model: m, currency: USD, input: 0.1, output: 0.2, date: 2026-01-01, source: somebody}
"""


def write(folder: Path, text: str) -> Path:
    (folder / "params").mkdir()
    (folder / "params/prices.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_projects_prices_are_exact_dated_and_found_by_every_name() -> None:
    prices = read_prices(ROOT)
    price = prices.find("openai", "gpt-4o-mini-2024-07-18")
    assert price is not None
    assert price is prices.find("openai", "gpt-4o-mini")
    assert (price.input, price.output) == (Decimal("0.15"), Decimal("0.6"))
    assert price.date.year >= 2026
    assert prices.find("gemini", "gpt-4o-mini") is None
    assert prices.find("openai", "gpt-4o") is None


def test_without_a_file_no_price_is_known(tmp_path: Path) -> None:
    assert read_prices(tmp_path).find("openai", "gpt-4o-mini") is None


def test_two_prices_of_one_model_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"prices\.yaml.*\n.*openai m has two prices; keep one"):
        read_prices(write(tmp_path, f"prices:{ENTRY}{ENTRY}"))


def test_a_misspelt_key_and_a_negative_price_are_named(tmp_path: Path) -> None:
    text = ENTRY.replace("currency", "curency").replace("0.1", "-0.1")
    with pytest.raises(ParameterError, match=r"(?s)curency.*did you mean 'currency'.*got -0.1|got -0.1.*curency"):
        read_prices(write(tmp_path, f"prices:{text}"))
