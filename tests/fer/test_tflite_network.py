from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from fer_support import smiling_face, waves
from PIL import Image

from lib.contracts.classifier import Input
from lib.contracts.condition import read_conditions
from lib.errors import BackendUnavailableError
from lib.fer.files import find_file
from lib.fer.outputs import outputs_as_text
from lib.fer.tflite_network import TfliteNetwork
from lib.files import checked_sha256, sha256_file
from lib.project import find_root

FER = read_conditions(find_root() / "params/library")["fer"].classifier
assert FER is not None and FER.input is not None
NAMES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
# `python tests/reference/fer_package.py`: the package fer 25.10.3 itself, with the whole image as the face.
PACKAGE = {
    "small": [0.001612, 0.0, 0.003517, 0.945143, 0.007615, 0.008497, 0.033616],
    "smile": [0.000413, 0.0, 0.001236, 0.986064, 0.000552, 0.006847, 0.004887],
    "large": [0.000484, 0.0, 0.002585, 0.977778, 0.001942, 0.00731, 0.009902],
    "down": [0.036889, 0.000204, 0.675837, 0.021073, 0.239202, 0.005219, 0.021576],
    "flat": [0.141042, 0.000001, 0.126860, 0.041527, 0.011244, 0.039064, 0.640262],
    "waves": [0.138305, 0.000578, 0.213714, 0.256111, 0.319445, 0.046497, 0.025351],
}
IMAGES = {
    "small": smiling_face(1.0, 64), "smile": smiling_face(), "large": smiling_face(1.0, 300),
    "down": smiling_face(-1.0), "waves": waves(), "flat": np.full((64, 64, 3), 128, np.uint8),
}  # fmt: skip


@pytest.fixture(scope="module")
def path() -> Path:
    found = find_file("fer", FER, ".tflite")
    checked_sha256(sha256_file(found), FER.sha256, "fer", found)
    return found


def test_fer_answers_what_its_package_answers(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    network = TfliteNetwork(path, FER.input, 1)
    assert network.most == 1
    # Its arithmetic in 8 bits is as fine as about .015; one grey level of difference in resampling moves it as much.
    said = [outputs_as_text(network.outputs([Image.fromarray(image)]), FER)[0] for image in IMAGES.values()]
    expected = [PACKAGE[name] for name in IMAGES]

    def difference(names: tuple[str, ...]) -> float:
        found = [[json.loads(text)["labels"][name] for name in names] for text in said]
        return float(np.abs(np.array(found) - expected).max())

    assert difference(NAMES) < 0.02
    for wrong in (NAMES[1:] + NAMES[:1], NAMES[::-1], sorted(NAMES), (*NAMES[:-2], *NAMES[:4:-1])):
        assert difference(tuple(wrong)) > 0.04
    assert FER.labels == NAMES
    assert capfd.readouterr() == ("", "")


def test_a_smile_is_happy() -> None:
    assert max(zip(PACKAGE["smile"], NAMES, strict=True))[1] == "happy"


def test_a_file_that_is_no_network_is_named(tmp_path: Path, path: Path) -> None:
    for content in (b"", b"no network", path.read_bytes()[:5000]):
        (tmp_path / "a.tflite").write_bytes(content)
        with pytest.raises(BackendUnavailableError, match=r"a\.tflite: LiteRT cannot open it .*Copy it there again"):
            TfliteNetwork(tmp_path / "a.tflite", FER.input, 1)


def test_a_network_for_other_images_is_refused(path: Path) -> None:
    with pytest.raises(BackendUnavailableError, match=r"1 x 64 x 64 x 1, but classifier\.input .* any x 3 x 64 x 64"):
        TfliteNetwork(path, Input(size=(64, 64)), 1)
