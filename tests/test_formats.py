from __future__ import annotations

import pytest

from lib.formats import bounded, budget_words, capitalised, count_in_words, counted, format_value, plus_signed


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("kappa", 0.8531, ".853"),
        ("accuracy", 1.0, "1.000"),
        ("r", -0.1264, "−.126"),
        ("bias", -1.2801, "−1.28"),
        ("bias", -0.001, "0.00"),
        ("mae", 1.8423, "1.842"),
        ("n", 72000, "72,000"),
        ("sad_percent", 58.33, "58.3%"),
        ("name", "GPT-4o-mini", "GPT-4o-mini"),
        ("r", None, "–"),
        ("valid", True, "yes"),
    ],
)
def test_a_statistic_looks_as_psychologists_write_it(name: str, value: float | int | str | None, text: str) -> None:
    assert format_value(name, value) == text


def test_signs_words_and_bounds() -> None:
    assert [plus_signed(1.256), plus_signed(-0.284), plus_signed(0.001)] == ["+1.26", "−0.28", "0.00"]
    assert [capitalised(text) for text in ("", "a VLM", "VLMs")] == ["", "A VLM", "VLMs"]
    assert [counted(n, "row") for n in (0, 1, 2, 1440)] == ["0 rows", "1 row", "2 rows", "1,440 rows"]
    assert [count_in_words(n) for n in (0, 6, 10, 13, 1440)] == ["none", "six", "ten", "13", "1,440"]
    assert [bounded(0.5), bounded(-0.05, 2), bounded(1.0, 2)] == [".500", "−.05", "1.00"]


@pytest.mark.parametrize(("amount", "text"), [(5, "5"), (0.25, "0.25"), (0.0063278, "0.0063"), (0.00001, "1e-05")])
def test_a_budget_is_as_short_as_the_costs_beside_it(amount: float, text: str) -> None:
    assert budget_words(amount) == text
