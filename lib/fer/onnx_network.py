"""Networks in ONNX, by onnxruntime on this machine's processor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.contracts.classifier import Input
from lib.errors import BackendUnavailableError, one_line
from lib.fer.network import Array, NetworkError, batch_of, check_shape

if TYPE_CHECKING:
    from PIL.Image import Image

ERRORS_ONLY = 3


class OnnxNetwork:
    """A network with one input: images, in the shape that the condition describes.

    Parameters
    ----------
    path
        The ONNX file; weights that it keeps in files of their own must lie beside it.
    given
        How images are made ready.
    threads
        Processor cores; None is all.

    Raises
    ------
    BackendUnavailableError
        onnxruntime is not there or cannot read the file, or the network takes something else than such images.
    """

    def __init__(self, path: Path, given: Input, threads: int | None) -> None:
        runtime, errors = _load_runtime()
        self._errors: tuple[type[Exception], ...] = (*errors, MemoryError)
        options = runtime.SessionOptions()
        options.log_severity_level = ERRORS_ONLY
        options.intra_op_num_threads = threads or 0
        try:
            self._session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except errors as error:
            raise BackendUnavailableError(
                f"{path}: onnxruntime cannot open it ({one_line(error)}). Export it again (docs/fer.md)."
            ) from error
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or inputs[0].type != "tensor(float)":
            held = ", ".join(f"{one.name} ({one.type})" for one in inputs)
            raise BackendUnavailableError(f"{path}: takes {held}, expected one input of float32 images.")
        check_shape(str(path), inputs[0].shape, given)
        self._given, self._input = given, inputs[0].name
        self._names = [one.name for one in self._session.get_outputs()]
        self.most = inputs[0].shape[0] if isinstance(inputs[0].shape[0], int) else None

    def outputs(self, images: Sequence[Image]) -> Mapping[str, Array]:
        """Give all outputs, by name; a file with a fixed number of images is given some twice where there are fewer."""
        filled = [*images, *[images[-1]] * ((self.most or 0) - len(images))]
        try:
            found = self._session.run(None, {self._input: batch_of(filled, self._given)})
        except self._errors as error:
            raise NetworkError(one_line(error)) from error
        return {name: rows[: len(images)] for name, rows in zip(self._names, found, strict=True)}


def _load_runtime() -> tuple[Any, tuple[type[Exception], ...]]:
    """Onnxruntime, and all errors that it raises."""
    try:
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as state
    except ImportError as error:
        raise BackendUnavailableError(
            f"onnxruntime cannot be loaded ({error}). Run `make setup`; there is none for Intel Macs."
        ) from error
    raised = [kind for kind in vars(state).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    return onnxruntime, (*raised, RuntimeError, ValueError)
