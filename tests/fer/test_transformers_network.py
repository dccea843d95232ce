"""Image classifiers of transformers: what they answer by themselves they answer here, and labels must be theirs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fer_support import classifier_condition, smiling_face, waves
from PIL import Image

from lib.backends import fer_readiness
from lib.backends.fer import open_transformers
from lib.contracts.condition import Condition, read_conditions
from lib.errors import BackendUnavailableError
from lib.fer.network import batch_of
from lib.fer.onnx_network import OnnxNetwork
from lib.fer.outputs import outputs_as_text
from lib.files import sha256_file
from lib.project import find_root

ROOT = find_root()
IMAGES = [Image.fromarray(pixels) for pixels in (smiling_face(), waves(40), smiling_face(-1, 64), waves(96))]


@pytest.fixture(scope="module")
def vit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random image classifier of transformers."""
    transformers = pytest.importorskip("transformers", reason="transformers comes with make local")
    torch = pytest.importorskip("torch", reason="torch comes with make local")
    torch.manual_seed(1)
    labels = dict(enumerate(classifier_condition().classifier.labels))
    config = transformers.ViTConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16, image_size=32, patch_size=8,
        id2label=labels, label2id={name: number for number, name in labels.items()}, initializer_range=0.5,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("vit")
    transformers.ViTForImageClassification(config).save_pretrained(folder)
    transformers.ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def image_classifier(folder: Path, **classifier: Any) -> Condition:
    described = {"weights": str(folder), "input": None, "threads": 1} | classifier
    return classifier_condition(backend="image-classification", classifier=described)


def test_an_image_classifier_of_transformers_answers_as_it_does_by_itself(vit: Path) -> None:
    import torch
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    condition = image_classifier(vit)
    network, digest = open_transformers(condition)
    found = [json.loads(text)["labels"] for text in outputs_as_text(network.outputs(IMAGES), condition.classifier)]
    model, processor = AutoModelForImageClassification.from_pretrained(vit), AutoImageProcessor.from_pretrained(vit)
    for image, shares in zip(IMAGES, found, strict=True):
        with torch.inference_mode():
            logits = model(**processor(image, return_tensors="pt")).logits[0]
        expected = torch.softmax(logits.double(), 0).tolist()
        names = [model.config.id2label[number] for number in range(7)]
        assert shares == pytest.approx(dict(zip(names, expected, strict=True)), abs=2e-6)
    assert found[0] != found[1]
    assert digest == sha256_file(vit / "model.safetensors")
    with pytest.raises(BackendUnavailableError, match=r"classifier\.sha256: got"):
        open_transformers(image_classifier(vit, sha256="0" * 64))


def test_labels_of_another_order_than_the_model_s_are_refused(vit: Path) -> None:
    wrong = ["happy", "neutral", "sad", "angry", "fear", "disgust", "surprise"]
    with pytest.raises(
        BackendUnavailableError, match=r"Write into the condition: labels: \[neutral, happy, sad, angry"
    ):
        open_transformers(image_classifier(vit, labels=wrong))


def test_a_folder_that_is_no_image_classifier_is_named(vit: Path, tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="transformers comes with make local")
    (tmp_path / "config.json").write_text((vit / "config.json").read_text())
    for folder, says in ((tmp_path, "safetensors"), (tmp_path / "none", "there is no such folder|neither a folder")):
        with pytest.raises(BackendUnavailableError, match=says):
            open_transformers(image_classifier(folder))
    assert "safetensors" in str(fer_readiness.cure("image-classification", [image_classifier(tmp_path)]))


def test_models_of_torch_are_exported_as_the_document_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch", reason="torch comes with make local")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/fer.md").read_text(encoding="utf-8"), re.S)
    assert len(blocks) == 2
    for number, name in enumerate(("posterv2", "emonet")):
        condition = read_conditions(ROOT / "params/conditions")[name]
        model = _model(torch, dictionary=name == "emonet").eval()
        exec(blocks[number], {"model": model, "torch": torch})
        network = OnnxNetwork(tmp_path / Path(condition.classifier.weights).name, condition.classifier.input, 1)
        assert network.most is None
        found = network.outputs(IMAGES[:2])
        images = torch.from_numpy(batch_of(IMAGES[:2], condition.classifier.input))
        with torch.inference_mode():
            expected = model(images)
        expected = expected if isinstance(expected, dict) else {"logits": expected}
        for output, values in expected.items():
            np.testing.assert_allclose(found[output].reshape(2, -1), values.numpy().reshape(2, -1), atol=1e-5)
        assert len(outputs_as_text(found, condition.classifier)) == 2


def _model(torch: Any, dictionary: bool) -> Any:
    """A small network that gives logits, or a dictionary as EmoNet does."""

    class Small(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(3)
            self.convolution = torch.nn.Conv2d(3, 10, 8, stride=8)

        def forward(self, images: Any) -> Any:
            features = self.convolution(images).mean((2, 3))
            if not dictionary:
                return features[:, :7]
            return {"expression": features[:, :8], "valence": features[:, 8], "arousal": features[:, 9]}

    return Small()
