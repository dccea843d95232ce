"""Classifiers of facial expressions in this process: questions that wait at the same time are answered as one batch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lib.backends.base import Answer, BackendError
from lib.contracts.classifier import Classifier
from lib.contracts.condition import Condition
from lib.contracts.study import Study
from lib.errors import BackendUnavailableError, DataError
from lib.fer.files import find_file
from lib.fer.network import Network, NetworkError
from lib.fer.outputs import outputs_as_text
from lib.files import checked_sha256, sha256_file
from lib.protocol.pixels import decode
from lib.protocol.question import Picture, Question
from lib.roots import root_or_here

SHOWN = 12
"""Digits of the weights' hash that stand in an answer as the model's version."""
TRIED = (96, 96)
Opened = tuple[Network, str]
Said = str | Exception


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A question that waits for its batch."""

    name: str
    picture: Picture
    answer: asyncio.Future[str]


class ClassifierBackend:
    """Asks one classifier, opened once, in a thread of its own.

    Whatever waits when the thread is free, up to the condition's `batch` and what the network takes, is one batch. What
    is said of an image does not depend on its company: a batch that fails is asked again one by one, and numbers are
    kept to six digits.

    Parameters
    ----------
    condition, study
        What is asked.
    open_network
        Gives the network and the SHA-256 of its weights; it may take its time.
    """

    def __init__(self, condition: Condition, study: Study, open_network: Callable[[Condition], Opened]) -> None:
        assert condition.classifier is not None
        self._condition, self._classifier, self._open = condition, condition.classifier, open_network
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"fer-{condition.id}")
        self._opened: Opened | None = None
        self._opening = asyncio.Lock()
        self._queue: list[_Waiting] = []
        self._worker: asyncio.Task[None] | None = None

    async def preflight(self) -> None:
        """Open the network, once, and see that its outputs are what the condition says.

        Raises
        ------
        BackendUnavailableError
            They are not, or the network or what runs it is not there.
        """
        async with self._opening:
            if self._opened is None:
                loop = asyncio.get_running_loop()
                self._opened = await loop.run_in_executor(self._thread, self._open_and_try)

    async def ask(self, question: Question, picture: Picture | None) -> Answer:
        """Show the picture; the answer's text is the raw outputs."""
        if picture is None:
            raise BackendError("rejected", "a classifier answers about images only")
        try:
            await self.preflight()
        except BackendUnavailableError as error:
            raise BackendError("unauthorized", str(error)) from error
        assert self._opened is not None
        waiting = _Waiting(question.item.image_id, picture, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work(self._opened[0]))
        text = await waiting.answer
        return Answer(text, model_version=f"sha256:{self._opened[1][:SHOWN]}")

    async def close(self) -> None:
        """Let go of the network."""
        if self._worker is not None:
            self._worker.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _open_and_try(self) -> Opened:
        from PIL import Image

        network, digest = self._open(self._condition)
        try:
            outputs_as_text(network.outputs([Image.new("RGB", TRIED, (128, 128, 128))]), self._classifier)
        except NetworkError as error:
            raise BackendUnavailableError(
                f"condition {self._condition.id}: classifier: the model was tried on a grey image: {error}. "
                "Correct the description of its outputs (docs/fer.md)."
            ) from error
        return network, digest

    async def _work(self, network: Network) -> None:
        """Answer batch after batch until nobody waits."""
        loop = asyncio.get_running_loop()
        most = min(self._classifier.batch, network.most or self._classifier.batch)
        batch: list[_Waiting] = []
        await asyncio.sleep(0)  # who asks in the same moment joins the first batch
        try:
            while self._queue:
                batch, self._queue = self._queue[:most], self._queue[most:]
                batch = [one for one in batch if not one.answer.done()]  # who gave up waits no more
                said = await loop.run_in_executor(self._thread, answers_of, network, self._classifier, batch)
                for one, text in zip(batch, said, strict=True):
                    _settle(one, text)
        finally:  # nobody is left waiting, whatever ended this
            for one in (*batch, *self._queue):
                _settle(one, NetworkError("the network was closed"))


def _settle(waiting: _Waiting, said: Said) -> None:
    if waiting.answer.done():
        return
    if isinstance(said, str):
        waiting.answer.set_result(said)
    else:
        waiting.answer.set_exception(BackendError("rejected", str(said)))


def answers_of(network: Network, classifier: Classifier, batch: Sequence[_Waiting]) -> list[Said]:
    """Answer a batch: for each question the text, or why there is none."""
    said: dict[int, Said] = {}
    images = []
    for number, one in enumerate(batch):
        try:
            images.append((number, decode(one.picture, one.name)))
        except DataError as error:
            said[number] = error
    if images:
        try:
            texts = outputs_as_text(network.outputs([image for _, image in images]), classifier)
            said |= dict(zip((number for number, _ in images), texts, strict=True))
        except NetworkError as error:
            if len(batch) == 1:
                return [error]
            return [text for one in batch for text in answers_of(network, classifier, [one])]
    return [said[number] for number in range(len(batch))]


class OnnxBackend(ClassifierBackend):
    """Any classifier in an ONNX file."""

    def __init__(self, condition: Condition, study: Study) -> None:
        super().__init__(condition, study, open_onnx)


class TfliteBackend(ClassifierBackend):
    """Any classifier in a TensorFlow Lite file."""

    def __init__(self, condition: Condition, study: Study) -> None:
        super().__init__(condition, study, open_tflite)


class ImageClassificationBackend(ClassifierBackend):
    """Any image classifier of transformers, from a folder or pulled before."""

    def __init__(self, condition: Condition, study: Study) -> None:
        super().__init__(condition, study, open_transformers)


def open_onnx(condition: Condition) -> Opened:
    """Open an ONNX file."""
    from lib.fer.onnx_network import OnnxNetwork

    classifier, path, digest = _file(condition, ".onnx")
    assert classifier.input is not None
    return OnnxNetwork(path, classifier.input, classifier.threads), digest


def open_tflite(condition: Condition) -> Opened:
    """Open a TensorFlow Lite file."""
    from lib.fer.tflite_network import TfliteNetwork

    classifier, path, digest = _file(condition, ".tflite")
    assert classifier.input is not None
    return TfliteNetwork(path, classifier.input, classifier.threads), digest


def open_transformers(condition: Condition) -> Opened:
    """Open an image classifier of transformers."""
    from lib.fer.transformers_network import TransformersNetwork
    from lib.local.weights import find_weights, weights_sha256

    classifier = condition.classifier
    assert classifier is not None
    found = find_weights(classifier.weights, root=root_or_here())
    setting = f"condition {condition.id}: classifier.sha256"
    digest = checked_sha256(weights_sha256(found), classifier.sha256, setting, found.folder)
    return TransformersNetwork(found.folder, classifier.labels, classifier.threads), digest


def _file(condition: Condition, suffix: str) -> tuple[Classifier, Path, str]:
    classifier = condition.classifier
    assert classifier is not None
    path = find_file(condition.id, classifier, suffix)
    setting = f"condition {condition.id}: classifier.sha256"
    return classifier, path, checked_sha256(sha256_file(path), classifier.sha256, setting, path)
