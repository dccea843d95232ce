from __future__ import annotations

from pathlib import Path

import pytest

from lib.contracts.condition import Condition
from lib.contracts.providers import Provider, Providers, read_providers
from lib.errors import ParameterError

SHIPPED = Path(__file__).parents[2] / "params" / "providers.yaml"


def condition(backend: str, server: str | None = None) -> Condition:
    return Condition.model_validate(
        {
            "id": "m", "name": "M", "short_name": "M", "kind": "vlm", "backend": backend, "model": "m",
            "server": server, "strategy": "context_carry", "prompts": "json", "specification": {"developer": "us"},
        }
    )  # fmt: skip


def test_the_shipped_file_knows_every_provider():
    providers = read_providers(SHIPPED)
    most = {
        "openai": providers.of(condition("openai")).concurrency,
        "gemini": providers.of(condition("gemini")).concurrency,
        "ollama": providers.of(condition("ollama")).concurrency,
        "local": providers.of(condition("openai", "http://localhost:8000/v1")).concurrency,
    }
    assert most == {"openai": 32, "gemini": 32, "ollama": 1, "local": 4}
    assert providers.of(condition("openai")).deadline == 120
    assert providers.of(condition("openai")).deadline_thinking == 600


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        (None, 1), ("http://10.0.0.7:8000/v1", 1), ("http://127.0.0.1:1234/v1", 2), ("http://localhost/v1", 2),
        ("http://[::1]:80", 2), ("http://127.0.0.1:9/v1", 3), ("http://127.0.0.1:9/v1/", 3),
    ],
)  # fmt: skip
def test_the_address_goes_before_local_and_local_before_the_backend(server, expected):
    providers = Providers(
        providers={
            "openai": Provider(concurrency=1),
            "local": Provider(concurrency=2),
            "http://127.0.0.1:9/v1": Provider(concurrency=3),
        }
    )
    assert providers.of(condition("openai", server)).concurrency == expected


def test_without_a_file_or_an_entry_the_defaults_hold(tmp_path):
    assert read_providers(tmp_path / "none.yaml").of(condition("gemini")) == Provider()


def test_faults_name_file_key_and_value(tmp_path):
    path = tmp_path / "providers.yaml"
    path.write_text("providers: {openai: {concurency: 3, deadline: -1, first_wait: 9, longest_wait: 2}}")
    with pytest.raises(ParameterError) as error:
        read_providers(path)
    assert "providers.yaml" in str(error.value)
    assert "did you mean 'concurrency'" in str(error.value)
    assert "deadline" in str(error.value)
    path.write_text("providers: {openai: {first_wait: 9, longest_wait: 2}}")
    with pytest.raises(ParameterError, match="longest_wait must not be shorter"):
        read_providers(path)


def test_processes_side_by_side_share():
    provider = Provider(concurrency=10, requests_per_minute=100, tokens_per_minute=None)
    assert provider.shared_by(1) == provider
    shared = provider.shared_by(4)
    assert (shared.concurrency, shared.requests_per_minute, shared.tokens_per_minute) == (2, 25, None)
    assert provider.shared_by(1000).concurrency == 1
