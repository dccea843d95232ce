"""Networks in TensorFlow Lite's format, by LiteRT on this machine's processor; one image at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lib.contracts.classifier import Input
from lib.errors import BackendUnavailableError, one_line
from lib.fer.network import Array, NetworkError, batch_of, check_shape

if TYPE_CHECKING:
    from PIL.Image import Image


class TfliteNetwork:
    """A network with one input of float32 images and outputs of float32.

    Parameters
    ----------
    path
        The .tflite file.
    given
        How images are made ready.
    threads
        Processor cores; None is LiteRT's own choice.

    Raises
    ------
    BackendUnavailableError
        LiteRT is not there or cannot read the file, or the network takes something else than such images.
    """

    most: int | None = 1

    def __init__(self, path: Path, given: Input, threads: int | None) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise BackendUnavailableError(
                f"LiteRT (ai-edge-litert) cannot be loaded ({error}). Run `make setup`; there is none for Intel Macs."
            ) from error
        try:
            with _quiet():
                self._interpreter = Interpreter(model_content=path.read_bytes(), num_threads=threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise BackendUnavailableError(
                f"{path}: LiteRT cannot open it ({one_line(error)}). Copy it there again."
            ) from error
        inputs, self._outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        kinds = {one["dtype"] for one in (*inputs, *self._outputs)}
        if len(inputs) != 1 or kinds != {np.float32}:
            held = ", ".join(sorted(kind.__name__ for kind in kinds))
            raise BackendUnavailableError(
                f"{path}: has {len(inputs)} inputs of {held}, expected one of float32 images. Export it with float32 "
                "inputs and outputs (its weights may be quantised)."
            )
        check_shape(str(path), [int(size) for size in inputs[0]["shape"]], given)
        self._given, self._input = given, inputs[0]["index"]

    def outputs(self, images: Sequence[Image]) -> Mapping[str, Array]:
        """Give all outputs, by name."""
        try:
            self._interpreter.set_tensor(self._input, batch_of(images, self._given))
            self._interpreter.invoke()
        except (ValueError, RuntimeError, MemoryError) as error:
            raise NetworkError(one_line(error)) from error
        return {one["name"]: self._interpreter.get_tensor(one["index"]) for one in self._outputs}


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep LiteRT from telling the terminal what it uses; it writes past Python, and has no setting for that."""
    try:
        sys.stderr.flush()
        kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    except OSError:  # there is no terminal to keep quiet
        yield
        return
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
