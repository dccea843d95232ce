"""What every kind of network does once it is open: images in, raw outputs out; and how it says that it cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from lib.contracts.classifier import Input
from lib.errors import BackendUnavailableError
from lib.fer.images import as_numbers

if TYPE_CHECKING:
    from PIL.Image import Image

Array = np.ndarray[Any, np.dtype[Any]]


class NetworkError(Exception):
    """A network could not work on these images: a message without cure, for whoever asked."""


class Network(Protocol):
    """An open network.

    `most` is how many images it takes at once; None is as many as there are.
    """

    most: int | None

    def outputs(self, images: Sequence[Image]) -> Mapping[str, Array]:
        """Give the outputs for 8-bit RGB images, by name, each with one row an image.

        Raises
        ------
        NetworkError
            It cannot, as for want of memory.
        """


def batch_of(images: Sequence[Image], given: Input) -> Array:
    """Make the input of a network: float32 (images, channels, height, width), or with the channels last."""
    stacked = np.stack([as_numbers(image, given) for image in images])
    return np.ascontiguousarray(stacked.transpose(0, 3, 1, 2)) if given.layout == "nchw" else stacked


def check_shape(where: str, wanted: Sequence[object], given: Input) -> None:
    """Refuse an input whose shape is not the network's.

    Parameters
    ----------
    where
        For the message: the file.
    wanted
        The shape that the network's file gives; what is no number may be any.
    given
        The input as the condition describes it.

    Raises
    ------
    BackendUnavailableError
        With both shapes.
    """
    channels = 1 if given.colour == "grey" else 3
    shape = (1, channels, *given.size) if given.layout == "nchw" else (1, *given.size, channels)
    fits = len(wanted) == len(shape) and all(
        not isinstance(size, int) or size < 0 or size == own
        for size, own in zip(wanted[1:], shape[1:], strict=True)
    )  # fmt: skip
    if not fits:
        made = _shown(["any", *shape[1:]])
        raise BackendUnavailableError(
            f"{where}: takes images of shape {_shown(wanted)}, but classifier.input makes them {made}. "
            "Correct size, colour and layout there."
        )


def _shown(shape: Sequence[object]) -> str:
    return " x ".join(str(size) if isinstance(size, int) and size >= 0 else "any" for size in shape)
