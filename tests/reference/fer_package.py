"""What the Python package fer 25.10.3 itself answers about whole images, with LiteRT in place of TensorFlow.

    python tests/reference/fer_package.py

Its own code runs, from the pixels to the dictionary of emotions; only what is heavy or not installed is put in its way:
`tensorflow.lite.Interpreter` is LiteRT's (the same interpreter), and no face is looked for: the whole image is one.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import sys
import types
from pathlib import Path

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

sys.path.insert(0, str(Path(__file__).parents[1]))
from fer_support import smiling_face, waves

FOLDER = Path(importlib.util.find_spec("fer").submodule_search_locations[0])


def load() -> types.ModuleType:
    """The package's module, without its `__init__`, which wants video tools."""
    tensorflow, keras, models = (types.ModuleType(name) for name in ("tensorflow", "tensorflow.keras", "models"))
    tensorflow.lite = types.SimpleNamespace(Interpreter=Interpreter)  # type: ignore[attr-defined]
    models.load_model = None  # type: ignore[attr-defined]
    resources = types.ModuleType("pkg_resources")
    resources.resource_filename = lambda _, name: str(FOLDER / name)  # type: ignore[attr-defined]
    package = types.ModuleType("fer")
    package.__path__ = [str(FOLDER)]
    sys.modules |= {
        "tensorflow": tensorflow, "tensorflow.keras": keras, "tensorflow.keras.models": models,
        "pkg_resources": resources, "fer": package,
    }  # fmt: skip
    cv2.CascadeClassifier = lambda _: object()
    return importlib.import_module("fer.fer")


if __name__ == "__main__":
    detector = load().FER(cascade_file="none", offsets=(0, 0))
    classify, unrounded = detector._classify_emotions, []
    detector._classify_emotions = lambda faces: unrounded.append(classify(faces)) or unrounded[-1]
    images = {
        "smile": smiling_face(),
        "down": smiling_face(-1.0),
        "waves": waves(),
        "large": smiling_face(1.0, 300),
        "small": smiling_face(1.0, 64),
        "flat": np.full((64, 64, 3), 128, np.uint8),
    }
    for name, image in images.items():
        height, width = image.shape[:2]
        whole = [(0, 0, width, height)]
        found = detector.detect_emotions(cv2.cvtColor(image, cv2.COLOR_RGB2BGR), face_rectangles=whole)
        exact = [round(float(value), 6) for value in unrounded[-1][0]]
        logging.info("%s %s", name, json.dumps(dict(zip(found[0]["emotions"], exact, strict=True))))
