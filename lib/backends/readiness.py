"""Whether a kind of backend could be asked now, as far as can be told within a second and without asking anything."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from types import ModuleType
from urllib.parse import urlsplit

from lib.backends import fer_readiness, gemini_settings, local_readiness, ollama_settings, openai_settings
from lib.backends.registry import REGISTRY
from lib.backends.secrets import find_key
from lib.contracts.condition import Condition
from lib.errors import BackendUnavailableError, ParameterError

WITHIN = 1.0


def cure(name: str, conditions: Iterable[Condition]) -> str | None:
    """Give the one thing to do before the backend `name` can ask these conditions; None if it is ready.

    Servers on this machine are knocked at; those elsewhere are not.
    """
    entry, conditions = REGISTRY[name], list(conditions)
    if entry.factory is None:
        return "Not in this version."
    if name in fer_readiness.NEEDS or name in local_readiness.NEEDS:
        here: ModuleType = fer_readiness if name in fer_readiness.NEEDS else local_readiness
        problem: str | None = here.cure(name, conditions)
        return problem
    try:
        addresses = _addresses(name, conditions)
        keyless = entry.needs and find_key(*entry.needs) is None
    except (BackendUnavailableError, ParameterError) as error:
        return str(error)
    if keyless and (name != "openai" or not addresses or any(map(openai_settings.is_hosted, addresses))):
        return f"Set {' or '.join(entry.needs)}, or put it into the file that RATER_KEY_FILE names."
    silent = next((address for address in addresses if not _answers(address)), None)
    if silent is None:
        return None
    start = "Start it (`ollama serve`)" if name == "ollama" else "Start it"
    return f"No server at {silent}. {start}, or correct its address."


def _addresses(name: str, conditions: list[Condition]) -> list[str]:
    """Where these conditions would be asked, each once; where nobody asks yet, the usual place."""
    if name == "ollama":
        places = [ollama_settings.address_of(condition) for condition in conditions]
        return list(dict.fromkeys(places)) or [ollama_settings.default_address()]
    if name == "openai":
        return list(dict.fromkeys(openai_settings.address_of(condition) for condition in conditions))
    if name == "gemini":
        gemini_settings.address()
    return []


def _answers(address: str) -> bool:
    parts = urlsplit(address)
    host = parts.hostname or ""
    if host not in {"localhost", "127.0.0.1", "::1"}:
        return True
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        with socket.create_connection((host, port), timeout=WITHIN):
            return True
    except (OSError, ValueError):
        return False
