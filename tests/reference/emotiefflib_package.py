"""What the Python package emotiefflib 1.1.1 itself makes of an image and an ONNX file that is put in its way.

    pip install --no-deps --target FOLDER emotiefflib==1.1.1
    PYTHONPATH=FOLDER python tests/reference/emotiefflib_package.py

Its own class prepares the image, runs the network and splits its outputs; only the function that would fetch the file
gives a tiny network instead (`fer_support.tiny_onnx`, ten columns, 3 x 224 x 224).
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from pathlib import Path

from emotiefflib import facial_analysis

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]
from fer_support import smiling_face, tiny_onnx  # noqa: E402

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    path = tiny_onnx(Path(tempfile.mkdtemp()) / "tiny.onnx", 10, shape=(3, 224, 224), takes="input")
    facial_analysis.get_model_path_onnx = lambda _: str(path)
    recogniser = facial_analysis.EmotiEffLibRecognizerOnnx("enet_b0_8_va_mtl")
    labels, scores = recogniser.predict_emotions(smiling_face(1.0, 300), logits=False)
    names = [*recogniser.idx_to_emotion_class.values(), "valence", "arousal"]
    exact = [round(float(value), 6) for value in scores[0]]
    logging.info("%s %s", labels, json.dumps(dict(zip(names, exact, strict=True))))
