"""All kinds of backends, by the name that a condition's `backend` gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from lib.backends import gemini_settings, ollama_settings, openai_settings
from lib.backends.base import Backend
from lib.contracts.condition import Condition
from lib.contracts.study import Study
from lib.errors import BackendUnavailableError

Factory = Callable[[Condition, Study], Backend]


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of backend.

    Attributes
    ----------
    description : str
        What it asks, for lists.
    kinds : tuple of str
        The kinds of conditions that it can ask.
    needs : tuple of str
        Names of the environment of which one holds its key; empty if it wants none.
    factory : str or None
        `module:class` of the backend; None while this version does not have it.
    check : callable or None
        Refuses a condition's settings without network, key or SDK.
    """

    description: str
    kinds: tuple[str, ...] = ("vlm", "machine")
    needs: tuple[str, ...] = ()
    factory: str | None = None
    check: Callable[[Condition], None] | None = None


REGISTRY: dict[str, Entry] = {
    "openai": Entry(
        "OpenAI, and servers that speak its language: vLLM, llama.cpp, LM Studio, mlx_vlm.server, transformers serve",
        needs=("OPENAI_API_KEY",),
        factory="lib.backends.openai_compatible:OpenAIBackend",
        check=openai_settings.check,
    ),
    "gemini": Entry(
        "Google's Gemini",
        needs=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        factory="lib.backends.gemini:GeminiBackend",
        check=gemini_settings.check,
    ),
    "ollama": Entry(
        "models that Ollama serves, on this machine or another",
        factory="lib.backends.ollama:OllamaBackend",
        check=ollama_settings.check,
    ),
    "mlx": Entry("vision-language models on Apple silicon, in this process"),
    "transformers": Entry("vision-language models of Hugging Face, in this process"),
    "onnx": Entry("facial-expression-recognition models in ONNX", kinds=("fer",)),
    "emotiefflib": Entry("facial-expression-recognition models of EmotiEffLib", kinds=("fer",)),
}


def check_settings(condition: Condition) -> None:
    """Refuse a condition that cannot be asked as it is written; needs no network, no key and no SDK.

    Raises
    ------
    BackendUnavailableError
        Its backend is none that can be asked, or not in this version.
    lib.errors.ParameterError
        One of its settings cannot be taken.
    """
    entry = _entry(condition)
    if entry.check is not None:
        entry.check(condition)


def open_backend(condition: Condition, study: Study) -> Backend:
    """Open the backend of a condition; nothing is sent yet. Close it when done.

    Raises
    ------
    BackendUnavailableError, lib.errors.ParameterError
        As `check_settings`.
    """
    check_settings(condition)
    entry = _entry(condition)
    assert entry.factory is not None
    module, _, name = entry.factory.partition(":")
    factory: Factory = getattr(import_module(module), name)
    return factory(condition, study)


def _entry(condition: Condition) -> Entry:
    entry = REGISTRY.get(condition.backend)
    if entry is None:
        raise BackendUnavailableError(
            f"condition {condition.id}: nobody to ask (backend {condition.backend!r}). "
            f"Give it a backend: {', '.join(name for name, one in REGISTRY.items() if one.factory)}."
        )
    if entry.factory is None:
        raise BackendUnavailableError(
            f"condition {condition.id}: backend {condition.backend!r} is not in this version. Put its predictions into "
            f"the study's folder of predictions, or ask it through a server with backend openai or ollama."
        )
    return entry
