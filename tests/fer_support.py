"""Images that are the same on every machine, for tests of classifiers, and tiny classifiers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lib.contracts.condition import Condition

SIDE = 112


def smiling_face(mouth: float = 1.0, side: int = SIDE) -> np.ndarray:
    """A face as children draw it, from integers and exact arithmetic: (side, side, 3) uint8 RGB.

    `mouth` bends the mouth: 1 smiles, 0 is straight, -1 has its corners down.
    """
    y, x = np.mgrid[0:side, 0:side] * (2 / side) - 1 + 1 / side
    image = np.full((side, side, 3), (208, 216, 224), np.uint8)
    image[x**2 / 0.55 + y**2 / 0.85 < 1] = (224, 172, 140)
    for eye in (-0.3, 0.3):
        image[(x - eye) ** 2 / 0.02 + (y + 0.2) ** 2 / 0.008 < 1] = (250, 250, 250)
        image[(x - eye) ** 2 + (y + 0.2) ** 2 < 0.006] = (40, 30, 30)
        image[(abs(x - eye) < 0.16) & (abs(y + 0.42 + 0.3 * (x - eye) ** 2) < 0.03)] = (70, 45, 30)
    image[(abs(x) < 0.04) & (abs(y - 0.08) < 0.1)] = (200, 140, 115)
    curve = 0.45 - mouth * 1.2 * (x**2 - 0.06)
    image[(abs(x) < 0.36) & (abs(y - curve) < 0.07)] = (150, 50, 55)
    image[(abs(x) < 0.3) & (abs(y - curve) < 0.03)] = (250, 245, 240)
    return image


def waves(side: int = SIDE) -> np.ndarray:
    """No face at all, but a pattern in which each channel, row and column is of its own: (side, side, 3) uint8."""
    y, x, channel = np.mgrid[0:side, 0:side, 0:3]
    return ((x * x * 3 + y * y * 5 + x * y * 7 + channel * 61 + (x // 9) * (y // 7) * 13) % 256).astype(np.uint8)


def tiny_onnx(
    path: Path,
    columns: int = 7,
    *,
    shape: tuple[int, int, int] = (3, 32, 32),
    images: int | str = "images",
    takes: str = "image",
    split: Mapping[str, tuple[int, int]] | None = None,
) -> Path:
    """Write a network that pools its image to 4 x 4 and puts one layer on that: logits, or parts of them by name.

    Its weights are sines, so that every pixel and channel counts, and no two columns are alike.
    """
    from onnx import TensorProto, helper, numpy_helper, save

    channels, height, width = shape
    inputs = channels * 16
    weights = np.sin(np.arange(columns * inputs) * 1.7).reshape(columns, inputs).astype(np.float32)
    bias = np.cos(np.arange(columns)).astype(np.float32)
    nodes = [
        helper.make_node("AveragePool", [takes], ["pooled"], kernel_shape=[height // 4, width // 4],
                         strides=[height // 4, width // 4]),
        helper.make_node("Flatten", ["pooled"], ["flat"], axis=1),
        helper.make_node("Gemm", ["flat", "weights", "bias"], ["logits"], transB=1),
    ]  # fmt: skip
    initial = [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")]
    outputs = {"logits": columns}
    for name, (first, last) in (split or {}).items():
        ends = [numpy_helper.from_array(np.array([one]), f"{name}/{one}") for one in (first, last)]
        initial += [*ends, numpy_helper.from_array(np.array([1]), f"{name}/axis")]
        nodes.append(helper.make_node("Slice", ["logits", ends[0].name, ends[1].name, f"{name}/axis"], [name]))
        outputs[name] = last - first
    if split:
        del outputs["logits"]
    graph = helper.make_graph(
        nodes, "tiny", [helper.make_tensor_value_info(takes, TensorProto.FLOAT, [images, *shape])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [images, size]) for name, size in outputs.items()],
        initial,
    )  # fmt: skip
    save(helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]), str(path))
    return path


def classifier_condition(**changes: Any) -> Condition:
    """A classifier of seven labels in an ONNX file; `classifier` is merged, all else replaced."""
    described: dict[str, Any] = {
        "weights": "tiny.onnx",
        "labels": ["neutral", "happy", "sad", "angry", "fear", "disgust", "surprise"],
        "input": {"size": [32, 32]},
        "mapping": {"surprise": "drop"},
    }
    described |= changes.pop("classifier", {})
    content: dict[str, Any] = {
        "id": "tiny", "name": "Tiny", "short_name": "Tiny", "kind": "fer", "backend": "onnx", "model": "tiny",
        "strategy": "classifier", "steps": ["emotion"], "decoding": {"temperature": None},
        "classifier": {key: value for key, value in described.items() if value is not None},
        "specification": {"developer": "Somebody"},
    }  # fmt: skip
    return Condition.model_validate(content | changes)
