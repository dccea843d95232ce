"""Write face-api's expression network, as the npm package holds it, as an ONNX file.

    npm pack @vladmandic/face-api@1.7.15 && tar xzf vladmandic-face-api-1.7.15.tgz
    python tests/reference/face_api_onnx.py package/model lib/fer/assets/face-api-expression.onnx

The weights stay what they are in `face_expression_model.bin` (8-bit integers with a scale and a minimum each, and
biases in float32) and become float32 when the file is opened, in the double precision of tfjs. The network
follows `src/faceFeatureExtractor` and `src/faceExpressionNet` of that package: four dense blocks of separable
convolutions, a mean over the last map, one fully connected layer. Input: float32 (N, 3, 112, 112), RGB, less the mean
(122.782, 117.001, 104.298) and divided by 255. Output: logits (N, 7) of neutral, happy, sad, angry, fearful, disgusted,
surprised.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

SIDE, LABELS = 112, 7
OUT_FIRST = [3, 2, 0, 1]
CHANNEL_FIRST = [2, 3, 0, 1]
DESCRIPTION = (
    "Expression network of @vladmandic/face-api 1.7.15 (MIT License, Copyright (c) Vladimir Mandic), "
    "written by tests/reference/face_api_onnx.py"
)


class Graph:
    """The nodes and initial values of the network in the making."""

    def __init__(self, manifest: list[dict[str, Any]], data: bytes) -> None:
        self.nodes: list[NodeProto] = []
        self.initial: list[TensorProto] = []
        offset = 0
        for weight in manifest:
            kind = np.dtype("uint8") if "quantization" in weight else np.dtype("<f4")
            count = int(np.prod(weight["shape"]))
            values = np.frombuffer(data, kind, count, offset).reshape(weight["shape"])
            offset += values.nbytes
            self.initial.append(numpy_helper.from_array(values, weight["name"]))
            if "quantization" in weight:
                self._open(weight["name"], weight["quantization"])
        if offset != len(data):
            raise ValueError(f"{len(data) - offset} bytes of weights are left over")

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def _open(self, name: str, quantization: dict[str, Any]) -> None:
        """From 8 bits to float32, as tfjs does it: in double precision, then rounded."""
        for key in ("scale", "min"):
            value = np.array(quantization[key], np.float64)
            self.initial.append(numpy_helper.from_array(value, f"{name}/{key}"))
        wide = self.node("Cast", [name], f"{name}/wide", to=TensorProto.DOUBLE)
        scaled = self.node("Mul", [wide, f"{name}/scale"], f"{name}/scaled")
        moved = self.node("Add", [scaled, f"{name}/min"], f"{name}/moved")
        self.node("Cast", [moved], f"{name}/open", to=TensorProto.FLOAT)

    def convolve(self, x: str, name: str, weights: str, order: list[int], **attributes: Any) -> str:
        turned = self.node("Transpose", [f"{weights}/open"], f"{weights}/turned", perm=order)
        bias = [attributes.pop("bias")] if "bias" in attributes else []
        return self.node("Conv", [x, turned, *bias], name, auto_pad="SAME_UPPER", **attributes)

    def separable(self, x: str, name: str, channels: int, stride: int) -> str:
        depth = self.convolve(
            x, f"{name}/depth", f"{name}/depthwise_filter", CHANNEL_FIRST,
            group=channels, strides=[stride, stride], kernel_shape=[3, 3],
        )  # fmt: skip
        return self.convolve(
            depth, f"{name}/out", f"{name}/pointwise_filter", OUT_FIRST, kernel_shape=[1, 1], bias=f"{name}/bias"
        )

    def block(self, x: str, name: str, channels: tuple[int, int], first: bool) -> str:
        if first:
            made = self.convolve(
                x, f"{name}/conv0/out", f"{name}/conv0/filters", OUT_FIRST,
                strides=[2, 2], kernel_shape=[3, 3], bias=f"{name}/conv0/bias",
            )  # fmt: skip
        else:
            made = self.separable(x, f"{name}/conv0", channels[0], 2)
        total = self.node("Relu", [made], f"{name}/relu0")
        outs = [total]
        for number in (1, 2, 3):
            outs.append(self.separable(total, f"{name}/conv{number}", channels[1], 1))
            summed = outs[-1]
            for place in reversed(range(number)):  # out1 + (out2 + (out3 + out4)), in the order of tfjs
                summed = self.node("Add", [outs[place], summed], f"{name}/sum{number}{place}")
            total = self.node("Relu", [summed], f"{name}/relu{number}")
        return total


def build(folder: Path) -> bytes:
    """Give the bytes of the ONNX file; the same for the same weights, whatever the machine."""
    manifest = json.loads((folder / "face_expression_model-weights_manifest.json").read_text(encoding="utf-8-sig"))[0]
    graph = Graph(manifest["weights"], (folder / manifest["paths"][0]).read_bytes())
    x, channels = "image", (3, 32, 64, 128, 256)
    for number in range(4):
        x = graph.block(x, f"dense{number}", channels[number : number + 2], first=number == 0)
    mean = graph.node("Flatten", [graph.node("GlobalAveragePool", [x], "mean")], "features", axis=1)
    product = graph.node("MatMul", [mean, "fc/weights/open"], "fc/product")
    graph.node("Add", [product, "fc/bias"], "logits")
    made = helper.make_graph(
        graph.nodes, "face-api expression",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["images", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["images", LABELS])], graph.initial,
    )  # fmt: skip
    model: ModelProto = helper.make_model(
        made, producer_name="vlm-as-rater", doc_string=DESCRIPTION, ir_version=8,
        opset_imports=[helper.make_opsetid("", 17)],
    )  # fmt: skip
    checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_bytes(build(source))
