"""Classifiers asked as every machine is: batches that change no answer, failures that stay with their image."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fer_support import classifier_condition, smiling_face, tiny_onnx, waves
from PIL import Image
from protocol_support import make_study

from lib.asking.run import ask_all
from lib.asking.settings import RunSettings
from lib.backends import fer_readiness
from lib.backends.base import Answer, BackendError
from lib.backends.fer import ClassifierBackend, OnnxBackend
from lib.backends.registry import open_backend
from lib.contracts.condition import Condition
from lib.errors import BackendUnavailableError
from lib.fer.network import Array, NetworkError
from lib.protocol.plan import Plan
from lib.protocol.question import Item, Picture, Question
from lib.responses.predictions import predictions_of
from lib.responses.store import open_store, read_store

STUDY = make_study()
SIZES = (20, 32, 50, 112)


def picture(number: int) -> Picture:
    pixels = smiling_face(number / 10 - 1, SIZES[number % 4]) if number % 3 else waves(24 + number)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return Picture(buffer.getvalue(), "image/png")


def question(number: int) -> Question:
    return Question(Item(f"image-{number}"), "all", 0, "", f"key-{number}")


async def answers(backend: ClassifierBackend, pictures: Sequence[Picture]) -> list[Answer | BackendError]:
    try:
        await backend.preflight()
        asked = [backend.ask(question(number), one) for number, one in enumerate(pictures)]
        found = await asyncio.gather(*asked, return_exceptions=True)
    finally:
        await backend.close()
    assert all(isinstance(one, Answer | BackendError) for one in found)
    return found  # type: ignore[return-value]


def texts(backend: ClassifierBackend, pictures: Sequence[Picture]) -> list[str]:
    found = asyncio.run(answers(backend, pictures))
    return [one.text for one in found if isinstance(one, Answer)]


class Counting:
    """A network that gives the mean of each image, notes its batches, and fails where it is told to."""

    def __init__(self, most: int | None = None, fails: int | None = None) -> None:
        self.most, self.fails, self.batches = most, fails, []

    def outputs(self, images: Sequence[Image.Image]) -> Mapping[str, Array]:
        self.batches.append(len(images))
        if self.fails is not None and len(images) >= self.fails:
            raise NetworkError("not enough memory")
        rows = np.array([[np.asarray(image).mean() / 100] * 6 + [0.1] for image in images])
        return {"logits": rows}


def counting(network: Counting, **classifier: Any) -> ClassifierBackend:
    return ClassifierBackend(classifier_condition(classifier=classifier), STUDY, lambda _: (network, "ab" * 32))


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RATER_ROOT", str(tmp_path))
    return tiny_onnx(tmp_path / "tiny.onnx")


def test_batches_change_no_answer(tiny: Path) -> None:
    pictures = [picture(number) for number in range(20)]
    alone = texts(OnnxBackend(classifier_condition(classifier={"batch": 1}), STUDY), pictures)
    assert len(set(alone)) == len(alone) == 20
    for batch, threads in ((7, 1), (16, 2), (64, None)):
        condition = classifier_condition(classifier={"batch": batch, "threads": threads})
        assert texts(OnnxBackend(condition, STUDY), pictures) == alone


@pytest.mark.parametrize(
    ("batch", "most", "sizes"), [(16, None, [16, 4]), (8, None, [8, 8, 4]), (16, 1, [1] * 20), (2, 4, [2] * 10)]
)
def test_what_waits_together_is_one_batch(batch: int, most: int | None, sizes: list[int]) -> None:
    network = Counting(most)
    assert len(texts(counting(network, batch=batch), [picture(number) for number in range(20)])) == 20
    assert network.batches == [1, *sizes]  # the first image is the grey one on which it is tried


def test_a_batch_that_is_too_large_is_asked_again_one_by_one() -> None:
    network = Counting(fails=4)
    assert len(texts(counting(network, batch=8), [picture(number) for number in range(8)])) == 8
    assert network.batches == [1, 8, *[1] * 8]


def test_a_broken_image_fails_alone(tiny: Path) -> None:
    whole = [picture(number) for number in range(3)]
    broken = Picture(whole[0].data[:200], "image/png")
    found = asyncio.run(answers(OnnxBackend(classifier_condition(), STUDY), [whole[0], broken, *whole[1:]]))
    assert isinstance(found[1], BackendError) and found[1].kind == "rejected"
    assert "image-1: is damaged, or no image" in found[1].message
    assert [one.text for one in found if isinstance(one, Answer)] == texts(
        OnnxBackend(classifier_condition(), STUDY), whole
    )


def test_a_network_that_breaks_down_leaves_nobody_waiting() -> None:
    class Broken(Counting):
        def outputs(self, images: Sequence[Image.Image]) -> Mapping[str, Array]:
            if self.batches:
                raise ZeroDivisionError
            return super().outputs(images)

    found = asyncio.run(answers(counting(Broken()), [picture(0), picture(1)]))
    assert [one.message for one in found if isinstance(one, BackendError)] == ["the network was closed"] * 2


def test_a_network_is_opened_once_even_if_nobody_looked_before_asking() -> None:
    network = Counting()
    backend = counting(network, batch=4)

    async def ask() -> None:
        await asyncio.gather(*(backend.ask(question(number), picture(number)) for number in range(6)))
        await backend.close()

    asyncio.run(ask())
    assert network.batches[0] == 1 and sum(network.batches) == 1 + 6


def test_an_answer_names_the_weights(tiny: Path) -> None:
    (answer,) = asyncio.run(answers(OnnxBackend(classifier_condition(), STUDY), [picture(1)]))
    assert isinstance(answer, Answer)
    assert answer.model_version == f"sha256:{hashlib.sha256(tiny.read_bytes()).hexdigest()[:12]}"
    assert set(json.loads(answer.text)["labels"]) == set(classifier_condition().classifier.labels)


@pytest.mark.parametrize(
    ("classifier", "says"),
    [
        ({"labels": ["happy", "sad"], "mapping": {}}, "output 'logits' has 7 numbers an image, but classifier names 2"),
        ({"scores": {"are": "probabilities"}}, "do not add up to 1"),
        ({"input": {"size": [64, 64]}}, "takes images of shape any x 3 x 32 x 32"),
        ({"weights": "none.onnx"}, "there is no file"),
        ({"sha256": "0" * 64}, "classifier.sha256: got"),
    ],
)
def test_a_wrong_description_is_refused_before_anything_is_asked(
    tiny: Path, classifier: dict[str, Any], says: str
) -> None:
    backend = open_backend(classifier_condition(classifier=classifier), STUDY)
    with pytest.raises(BackendUnavailableError, match=says) as caught:
        asyncio.run(backend.preflight())
    assert "\n" not in str(caught.value)


def test_a_text_is_nothing_for_a_classifier(tiny: Path) -> None:
    backend = OnnxBackend(classifier_condition(), STUDY)
    with pytest.raises(BackendError, match="about images only"):
        asyncio.run(backend.ask(question(0), None))


def saved(folder: Path, number: int) -> Item:
    path = folder / f"{number}.png"
    path.write_bytes(picture(number).data)
    return Item(f"image-{number}", path, hashlib.sha256(path.read_bytes()).hexdigest())


def test_a_run_keeps_raw_outputs_and_another_mapping_needs_no_new_run(tiny: Path, tmp_path: Path) -> None:
    items = [saved(tmp_path, number) for number in range(12)]
    condition = classifier_condition(classifier={"derived": ["valence"]}, steps=["emotion", "valence"])
    plan = Plan(STUDY, condition)

    async def run(condition: Condition) -> int:
        backend = OnnxBackend(condition, STUDY)
        with open_store(tmp_path / "responses", "tiny") as store:
            report = await ask_all(
                Plan(STUDY, condition), items, 1, backend, store, settings=RunSettings(concurrency=8)
            )
        await backend.close()
        assert report.complete
        return report.answered

    assert asyncio.run(run(condition)) == 12
    assert asyncio.run(run(condition)) == 0
    first = predictions_of(plan, items, read_store(tmp_path / "responses", "tiny")).predictions
    assert first["valid"].all() and first["valence"].is_between(1, 9).all() and first["arousal"].null_count() == 12
    labels = condition.classifier.labels
    turned = dict(zip(labels[:6], (*labels[1:6], labels[0]), strict=True)) | {"surprise": "drop"}
    other = classifier_condition(classifier={"mapping": turned})
    assert asyncio.run(run(other)) == 0
    second = predictions_of(Plan(STUDY, other), items, read_store(tmp_path / "responses", "tiny")).predictions
    assert second["emotion"].to_list() == [turned[emotion] for emotion in first["emotion"]]


def test_readiness_names_the_one_thing_that_is_missing(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there, missing = classifier_condition(), classifier_condition(id="b", classifier={"weights": "none.onnx"})
    assert fer_readiness.cure("onnx", []) is None
    assert fer_readiness.cure("onnx", [there, there.model_copy(update={"classifier": None})]) is None
    assert "condition b: classifier.weights: got 'none.onnx', but there is no file" in str(
        fer_readiness.cure("onnx", [there, missing])
    )
    monkeypatch.setitem(fer_readiness.NEEDS, "onnx", ("no_such_runtime", "make setup"))
    assert fer_readiness.cure("onnx", [there]) == "no_such_runtime is not installed. Run `make setup`."
