from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from fer_support import smiling_face, tiny_onnx, waves
from PIL import Image

from lib.contracts.classifier import Input
from lib.contracts.condition import read_conditions
from lib.errors import BackendUnavailableError
from lib.fer.network import NetworkError
from lib.fer.onnx_network import OnnxNetwork
from lib.fer.outputs import outputs_as_text
from lib.project import find_root

ROOT = find_root()
SMALL = Input(size=(32, 32))
FACES = [smiling_face(), smiling_face(0), smiling_face(-1), waves()]
# `node tests/reference/face_api.mjs`: @vladmandic/face-api 1.7.15 itself, TensorFlow.js on the CPU, on these images of
# 112 x 112 pixels, which it does not resample.
NAMES = ("neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised")
FACE_API = [
    [0.00036463, 0.00155864, 0.00002747, 0.00001176, 0.97770876, 0.00000012, 0.02032865],
    [0.00599075, 0.00050853, 0.00004265, 0.00026836, 0.30753273, 0.00003929, 0.68561768],
    [0.00079299, 0.00016926, 0.00026256, 0.00055243, 0.98336500, 0.00025501, 0.01460278],
    [0.14981191, 0.04903667, 0.36868531, 0.15673026, 0.07581467, 0.00396023, 0.19596100],
]
# `sha256sum` of model/face_expression_model.bin in that package.
FACE_API_WEIGHTS = "9a9840f2cf1f4c7eab95f197512569345c00d2426754d4608b92af30e0300f3d"
# `python tests/reference/emotiefflib_package.py`: emotiefflib 1.1.1 itself on smiling_face(1.0, 300) and tiny_onnx.
EMOTIEFFLIB = {
    "Anger": 0.051263, "Contempt": 0.043501, "Disgust": 0.022729, "Fear": 0.017582, "Happiness": 0.034056,
    "Neutral": 0.120974, "Sadness": 0.332182, "Surprise": 0.377712, "valence": 0.353872, "arousal": -0.081447,
}  # fmt: skip


def test_outputs_are_those_of_onnxruntime_itself(tmp_path: Path) -> None:
    path = tiny_onnx(tmp_path / "a.onnx", 9, split={"scores": (0, 7), "valence": (7, 8), "arousal": (8, 9)})
    images = [Image.fromarray(face).resize((32, 32)) for face in FACES]
    found = OnnxNetwork(path, SMALL, 1).outputs(images)
    batch = np.stack([np.asarray(image, np.float32) / 255 for image in images]).transpose(0, 3, 1, 2)
    direct = onnxruntime.InferenceSession(str(path)).run(None, {"image": batch})
    assert list(found) == ["scores", "valence", "arousal"]
    for ours, theirs in zip(found.values(), direct, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize(("images", "most"), [("images", None), (1, 1), (4, 4)])
def test_how_many_images_a_network_takes_is_read_from_its_file(
    tmp_path: Path, images: int | str, most: int | None
) -> None:
    assert OnnxNetwork(tiny_onnx(tmp_path / "a.onnx", images=images), SMALL, None).most == most


@pytest.mark.parametrize("content", [b"", b"no network", None])
def test_a_file_that_is_no_network_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.onnx"
    path.write_bytes(tiny_onnx(tmp_path / "whole.onnx").read_bytes()[:700] if content is None else content)
    with pytest.raises(
        BackendUnavailableError, match=r"a\.onnx: onnxruntime cannot open it .*Export it again"
    ) as caught:
        OnnxNetwork(path, SMALL, 1)
    assert "\n" not in str(caught.value)


def test_a_network_for_other_images_is_refused(tmp_path: Path) -> None:
    path = tiny_onnx(tmp_path / "a.onnx")
    with pytest.raises(BackendUnavailableError, match=r"any x 3 x 32 x 32, but classifier\.input .* any x 3 x 64 x 64"):
        OnnxNetwork(path, Input(size=(64, 64)), 1)
    model = onnx.load(path)
    model.graph.input.append(onnx.helper.make_tensor_value_info("more", onnx.TensorProto.FLOAT, [1]))
    onnx.save(model, str(path))
    with pytest.raises(BackendUnavailableError, match=r"takes image \(tensor\(float\)\), more .*, expected one input"):
        OnnxNetwork(path, SMALL, 1)


def test_a_fixed_number_of_images_changes_no_answer(tmp_path: Path) -> None:
    images = [Image.fromarray(face) for face in FACES[:3]]
    free = OnnxNetwork(tiny_onnx(tmp_path / "a.onnx"), SMALL, 1).outputs(images)["logits"]
    fixed = OnnxNetwork(tiny_onnx(tmp_path / "b.onnx", images=4), SMALL, 1).outputs(images)["logits"]
    np.testing.assert_allclose(fixed, free, atol=1e-6)
    assert free.shape == (3, 7)


def test_what_a_network_cannot_do_is_said(tmp_path: Path) -> None:
    network = OnnxNetwork(tiny_onnx(tmp_path / "a.onnx", images=2), SMALL, 1)
    with pytest.raises(NetworkError, match="Got: 3 Expected: 2"):
        network.outputs([Image.new("RGB", (32, 32))] * 3)


def library(name: str):
    return read_conditions(ROOT / "params/library")[name]


def test_face_api_answers_what_the_npm_package_answers() -> None:
    condition = library("face-api")
    path = ROOT / "lib/fer/assets/face-api-expression.onnx"
    network = OnnxNetwork(path, condition.classifier.input, 1)
    texts = outputs_as_text(network.outputs([Image.fromarray(face) for face in FACES]), condition.classifier)
    found = [[json.loads(text)["labels"][name] for name in NAMES] for text in texts]
    np.testing.assert_allclose(found, FACE_API, atol=2e-6)
    # Had the labels another order, some image would say so.
    assert condition.classifier.labels == NAMES
    for wrong in (NAMES[1:] + NAMES[:1], NAMES[::-1], ("happy", "neutral", *NAMES[2:]), (*NAMES[:-2], *NAMES[:4:-1])):
        moved = [[json.loads(text)["labels"][name] for name in wrong] for text in texts]
        assert np.abs(np.array(moved) - FACE_API).max() > 0.02


def _reference_script():
    path = ROOT / "tests/reference/face_api_onnx.py"
    spec = importlib.util.spec_from_file_location("face_api_onnx", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_face_api_s_file_holds_the_npm_package_s_weights_and_is_made_by_the_script(tmp_path: Path) -> None:
    path = ROOT / "lib/fer/assets/face-api-expression.onnx"
    tensors = {one.name: onnx.numpy_helper.to_array(one) for one in onnx.load(path).graph.initializer}
    weights = [name for name in tensors if not name.endswith(("/scale", "/min"))]
    data = b"".join(tensors[name].tobytes() for name in weights)
    assert hashlib.sha256(data).hexdigest() == FACE_API_WEIGHTS
    manifest = [{"name": name, "shape": list(tensors[name].shape), "dtype": "float32"} for name in weights]
    for one in manifest:
        if f"{one['name']}/scale" in tensors:
            one["quantization"] = {key: float(tensors[f"{one['name']}/{key}"]) for key in ("scale", "min")}
    (tmp_path / "face_expression_model.bin").write_bytes(data)
    content = json.dumps([{"paths": ["face_expression_model.bin"], "weights": manifest}])
    (tmp_path / "face_expression_model-weights_manifest.json").write_text(content)
    made = _reference_script().build(tmp_path)
    assert hashlib.sha256(made).hexdigest() == library("face-api").classifier.sha256 == hashlib.sha256(
        path.read_bytes()
    ).hexdigest()  # fmt: skip


def test_emotiefflib_s_files_answer_as_in_the_package(tmp_path: Path) -> None:
    condition = read_conditions(ROOT / "params/conditions")["efficientnet-b0"]
    path = tiny_onnx(tmp_path / "a.onnx", 10, shape=(3, 224, 224), takes="input")
    network = OnnxNetwork(path, condition.classifier.input, 1)
    (text,) = outputs_as_text(network.outputs([Image.fromarray(smiling_face(1.0, 300))]), condition.classifier)
    found = json.loads(text)
    assert found["labels"] | found["values"] == pytest.approx(EMOTIEFFLIB, abs=2e-3)
