"""What is kept of an image between questions about it: its vision features, or the model's state behind it."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

SHARE = 0.25
"""Of the memory that is free once the model is loaded."""


@dataclass(slots=True)
class Kept:
    """One image's part of all questions about it.

    `cache` is transformers' cache of keys and values behind the image (one row), `features` what the vision tower gave
    where that is all that can be kept; `hidden` and `vision` are what traces want of the image itself.
    """

    cache: Any = None
    features: torch.Tensor | None = None
    hidden: torch.Tensor | None = None
    vision: torch.Tensor | None = None

    @property
    def size(self) -> int:
        """Bytes."""
        own = (self.features, self.hidden, self.vision)
        layers = self.cache.layers if self.cache is not None else []
        held = [*own, *(values for layer in layers for values in (layer.keys, layer.values))]
        return sum(values.numel() * values.element_size() for values in held if values is not None)


class Store:
    """Keeps what was computed of images, up to so many bytes together; what was used longest ago goes first."""

    def __init__(self, largest: int) -> None:
        self.largest = largest
        self.size = 0
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()

    def get(self, key: Hashable) -> Kept | None:
        """Give what is kept under a key."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: Hashable, kept: Kept) -> None:
        """Keep something; it stays at least until the next one is put."""
        self.size += kept.size
        self._kept[key] = kept
        while self.size > self.largest and len(self._kept) > 1:
            self._forget(next(iter(self._kept)))

    def clear(self) -> None:
        """Forget everything."""
        for key in list(self._kept):
            self._forget(key)

    def _forget(self, key: Hashable) -> None:
        self.size -= self._kept.pop(key).size


def split_cache(cache: Any, rows: int) -> list[Any]:  # noqa: ANN401, of transformers
    """One cache for each row of one; each has tensors of its own, so that no row keeps the others in memory."""
    return [cache] if rows == 1 else [_with_layers(cache, _row, row) for row in range(rows)]


def join_caches(caches: Sequence[Any]) -> Any:  # noqa: ANN401
    """One cache of many with as many tokens each. Those given stay as they are, whatever is appended to the new one.

    A cache's layers put new tensors in the place of old ones when tokens are appended, so that a copy of the layers
    without their tensors is enough; nothing has to be cropped, which layers with a sliding window could not do.
    """
    return _with_layers(caches[0], _joined, [cache.layers for cache in caches])


def _with_layers(cache: Any, make: Any, rows: Any) -> Any:  # noqa: ANN401
    made = copy.copy(cache)
    made.layers = [make(layer, number, rows) for number, layer in enumerate(cache.layers)]
    return made


def _row(layer: Any, _number: int, row: int) -> Any:  # noqa: ANN401
    own = copy.copy(layer)
    own.keys, own.values = layer.keys[row : row + 1].clone(), layer.values[row : row + 1].clone()
    return own


def _joined(layer: Any, number: int, rows: list[list[Any]]) -> Any:  # noqa: ANN401
    import torch

    own = copy.copy(layer)
    if len(rows) > 1:
        own.keys = torch.cat([layers[number].keys for layers in rows])
        own.values = torch.cat([layers[number].values for layers in rows])
    return own
