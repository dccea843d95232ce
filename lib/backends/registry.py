"""All kinds of backends, by the name that a condition's `backend` gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from lib.backends import gemini_settings, local_settings, mlx_settings, ollama_settings, openai_settings
from lib.backends.base import Backend, BatchBackend
from lib.backends.refusing import refuse
from lib.contracts.condition import Condition
from lib.contracts.study import Study
from lib.errors import BackendUnavailableError
from lib.fer.settings import check_classifier

Factory = Callable[[Condition, Study], Backend]
BatchFactory = Callable[[Condition, Study], BatchBackend]


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
    batches : str or None
        `module:class` of its batches; None if its servers have none.
    check : callable or None
        Refuses a condition's settings without network, key or SDK.
    """

    description: str
    kinds: tuple[str, ...] = ("vlm", "machine")
    needs: tuple[str, ...] = ()
    factory: str | None = None
    batches: str | None = None
    check: Callable[[Condition], None] | None = None


REGISTRY: dict[str, Entry] = {
    "openai": Entry(
        "OpenAI, and servers that speak its language: vLLM, llama.cpp, LM Studio, mlx_vlm.server, transformers serve",
        needs=("OPENAI_API_KEY",),
        factory="lib.backends.openai_compatible:OpenAIBackend",
        batches="lib.backends.openai_batch:OpenAIBatches",
        check=openai_settings.check,
    ),
    "gemini": Entry(
        "Google's Gemini",
        needs=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        factory="lib.backends.gemini:GeminiBackend",
        batches="lib.backends.gemini_batch:GeminiBatches",
        check=gemini_settings.check,
    ),
    "ollama": Entry(
        "models that Ollama serves, on this machine or another",
        factory="lib.backends.ollama:OllamaBackend",
        check=ollama_settings.check,
    ),
    "mlx": Entry(
        "vision-language models of mlx-vlm, in this process: on Apple silicon, and on Linux's processors",
        factory="lib.backends.mlx_local:MlxBackend",
        check=mlx_settings.check,
    ),
    "transformers": Entry(
        "vision-language models of Hugging Face's transformers, in this process",
        factory="lib.backends.transformers_local:TransformersBackend",
        check=local_settings.check,
    ),
    "onnx": Entry(
        "classifiers of facial expressions in ONNX, in this process",
        kinds=("fer",),
        factory="lib.backends.fer:OnnxBackend",
        check=check_classifier,
    ),
    "tflite": Entry(
        "classifiers of facial expressions in TensorFlow Lite, in this process",
        kinds=("fer",),
        factory="lib.backends.fer:TfliteBackend",
        check=check_classifier,
    ),
    "image-classification": Entry(
        "image classifiers of Hugging Face's transformers, in this process",
        kinds=("fer",),
        factory="lib.backends.fer:ImageClassificationBackend",
        check=check_classifier,
    ),
    "emotiefflib": Entry(
        "EmotiEffLib's classifiers of facial expressions (its ONNX files), in this process",
        kinds=("fer",),
        factory="lib.backends.fer:OnnxBackend",
        check=check_classifier,
    ),
}


ELSEWHERE = frozenset({"openai", "gemini", "ollama"})


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
    if condition.backend in ELSEWHERE and condition.local.identity():
        name, value = next(iter((condition.local.identity() or {}).items()))
        raise refuse(
            condition, f"local.{name}", value, f"the model of the backend {condition.backend} runs elsewhere",
            "Take the section local out, or ask by the backend transformers or mlx.",
        )  # fmt: skip
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
    factory: Factory = _named(entry.factory)
    return factory(condition, study)


def open_batches(condition: Condition, study: Study) -> BatchBackend:
    """Open the batches of a condition's backend; nothing is sent yet. Close them when done.

    Raises
    ------
    BackendUnavailableError, lib.errors.ParameterError
        As `check_settings`; or its server has no batches.
    """
    check_settings(condition)
    factory: BatchFactory = _named(batches_of(condition))
    return factory(condition, study)


def batches_of(condition: Condition) -> str:
    """Name what makes a condition's batches (`Entry.batches`), without loading it.

    Raises
    ------
    BackendUnavailableError
        Its backend has no batches.
    """
    named = _entry(condition).batches
    if named is None:
        able = " and ".join(name for name, one in REGISTRY.items() if one.batches)
        raise BackendUnavailableError(
            f"condition {condition.id}: backend {condition.backend!r} has no batches; only {able} do. "
            "Ask without --batch."
        )
    return named


def _named(name: str) -> Any:  # noqa: ANN401, whoever calls says what it is
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)


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
