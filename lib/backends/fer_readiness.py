"""Whether classifiers could be asked now: their runtime is installed, and their weights are where they should be."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable

from lib.contracts.condition import Condition
from lib.errors import BackendUnavailableError
from lib.fer.files import find_file
from lib.roots import root_or_here

NEEDS = {
    "onnx": ("onnxruntime", "make setup"),
    "tflite": ("ai_edge_litert", "make setup"),
    "image-classification": ("transformers", "make local"),
    "emotiefflib": ("onnxruntime", "make setup"),
}
"""The package that each kind needs, and what installs it."""
SUFFIXES = {"onnx": ".onnx", "tflite": ".tflite", "emotiefflib": ".onnx"}


def cure(name: str, conditions: Iterable[Condition]) -> str | None:
    """Give the one thing to do before these conditions can be asked; None if they are ready. Nothing is opened."""
    package, command = NEEDS[name]
    if importlib.util.find_spec(package) is None:
        return f"{package} is not installed. Run `{command}`."
    lacking = [problem for condition in conditions if (problem := _problem(name, condition)) is not None]
    return lacking[0] if lacking else None


def _problem(name: str, condition: Condition) -> str | None:
    classifier = condition.classifier
    if classifier is None:
        return None  # check_settings says it better
    try:
        if name in SUFFIXES:
            find_file(condition.id, classifier, SUFFIXES[name])
        else:
            from lib.local.weights import find_weights

            find_weights(classifier.weights, root=root_or_here())
    except BackendUnavailableError as error:
        return str(error)
    return None
