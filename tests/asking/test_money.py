from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from lib.asking.money import Tariff, is_own_server, tariff_of
from lib.backends.base import Answer
from lib.contracts.condition import Condition
from lib.contracts.prices import Prices, read_prices

ROOT = Path(__file__).parents[2]
PRICES = read_prices(ROOT)
PASSED_ON = Prices(prices=tuple(price.model_copy(update={"own_servers": True}) for price in PRICES.prices))


@pytest.fixture(autouse=True)
def no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.delenv("OLLAMA_HOST", raising=False)


def tariff(backend: str, model: str, server: str | None = None, prices: Prices | None = None) -> Tariff:
    condition = Condition.model_validate(
        {
            "id": "c", "name": "C", "short_name": "C", "kind": "vlm", "backend": backend, "model": model,
            "strategy": "json_single", "prompts": "json", "server": server, "specification": {"developer": "d"},
        }
    )  # fmt: skip
    return tariff_of(condition, prices or PRICES)


def test_cost_is_exact_to_the_token() -> None:
    # 1,000,000 questions of 1 token each are what the price list says 1,000,000 tokens cost.
    mini = tariff("openai", "gpt-4o-mini")
    assert mini.cost(1, 0) == Decimal("0.00000015")
    assert sum(mini.cost(1, 1) for _ in range(1_000)) == Decimal("0.00075")
    assert mini.cost(8_512, 9) == Decimal("0.0012822")  # 8512 * 0.15e-6 + 9 * 0.60e-6
    assert mini.currency == "USD"


def test_thinking_is_billed_as_output() -> None:
    gemini = tariff("gemini", "gemini-2.5-flash")
    assert gemini.cost(300, 10, 400) == Decimal("0.001115")  # 300 * 0.30e-6 + 410 * 2.50e-6
    assert gemini.cost(300, 10, None) == gemini.cost(300, 10, 0)


def test_batches_cost_half_and_cached_input_costs_less_outside_of_them() -> None:
    mini = tariff("openai", "gpt-4o-mini")
    assert mini.cost(1_000, 100, batch=True) == mini.cost(1_000, 100) / 2
    assert mini.cost(1_000, 0, tokens_cached=400) == Decimal("0.00012")  # 600 * 0.15e-6 + 400 * 0.075e-6
    assert mini.cost(1_000, 0, tokens_cached=400, batch=True) == Decimal("0.000075")


def test_an_answer_is_billed_by_its_own_counts() -> None:
    mini = tariff("openai", "gpt-4o-mini")
    assert mini.answer_cost(Answer("x", tokens_in=10, tokens_out=2, tokens_thinking=3)) == mini.cost(10, 2, 3)
    assert mini.answer_cost(Answer("x")) is None  # the server did not count: not known, never 0


def test_an_unlisted_model_has_no_guessed_price() -> None:
    unknown = tariff("openai", "gpt-99")
    assert not unknown.known
    assert unknown.cost(1_000, 1_000) is None
    assert "params/prices.yaml has no price of gpt-99" in unknown.note


def test_only_machines_of_ones_own_are_free() -> None:
    for backend, server in (("ollama", None), ("mlx", None), ("openai", "http://localhost:1234/v1")):
        own = tariff(backend, "some-model", server)
        assert (own.cost(None, None), own.note) == (0, "local: no price")
    assert not tariff("openai", "some-model", "https://models.example.com/v1").known
    assert not tariff("ollama", "some-model:cloud").known
    assert not tariff("ollama", "some-model", "https://ollama.com").known


@pytest.mark.parametrize("by_file", [True, False])
def test_a_listed_model_is_free_next_door_unless_its_price_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, by_file: bool
) -> None:
    address = "http://127.0.0.1:4000/v1"
    if not by_file:
        monkeypatch.setenv("OPENAI_BASE_URL", address)
    server = address if by_file else None
    free = tariff("openai", "gpt-4o-mini", server)
    assert (free.cost(1_000_000, 0), free.known, free.currency) == (0, True, None)
    assert "write `own_servers: true` at the price of gpt-4o-mini in params/prices.yaml" in free.note
    assert "own_servers" not in tariff("openai", "another", server).note
    assert tariff("openai", "gpt-4o-mini", server, PASSED_ON).cost(1_000_000, 0) == Decimal("0.15")
    assert tariff("openai", "gpt-4o-mini", "https://models.example.com/v1").cost(1_000_000, 0) == Decimal("0.15")


def test_gemini_costs_behind_a_gateway_of_ones_own_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:4000")
    assert tariff("gemini", "gemini-2.5-flash").cost(1_000_000, 0) == Decimal("0.30")


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("127.0.0.1:11434", True), ("http://[::1]:8080", True), ("http://192.168.1.20:8000/v1", True),
        ("http://gpu1:8000", True), ("http://mac.local:1234", True), ("https://8.8.8.8", False),
        ("https://openrouter.ai/api/v1", False),
    ],
)  # fmt: skip
def test_own_servers(address: str, own: bool) -> None:
    assert is_own_server(address) is own
