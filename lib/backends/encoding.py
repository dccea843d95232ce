"""What requests are made of, whoever is asked: pictures as text, each encoded once, and settings of a repeat."""

from __future__ import annotations

import base64
from collections import OrderedDict
from typing import Any

from lib.contracts.condition import Decoding
from lib.protocol.question import Picture

LARGEST = 64 * 1024**2


class Encoded:
    """Base64 of the pictures asked about last, up to so many bytes together; older ones are forgotten."""

    def __init__(self, largest: int = LARGEST) -> None:
        self.largest = largest
        self.size = 0
        self._kept: OrderedDict[int, tuple[Picture, bytes]] = OrderedDict()

    def __call__(self, picture: Picture) -> bytes:
        """Give the base64 text of a picture's bytes."""
        found = self._kept.get(id(picture))
        # The picture is kept beside its text, so that no other can get its id meanwhile.
        if found is not None:
            self._kept.move_to_end(id(picture))
            return found[1]
        text = base64.b64encode(picture.data)
        self._kept[id(picture)] = (picture, text)
        self.size += len(text)
        while self.size > self.largest and len(self._kept) > 1:
            _, (_, forgotten) = self._kept.popitem(last=False)
            self.size -= len(forgotten)
        return text


def of_repeat(settings: dict[str, Any], decoding: Decoding, repeat: int) -> dict[str, Any]:
    """The settings of a request with the seed of its repeat, where they have a seed."""
    seed = decoding.seed_of(repeat)
    return {**settings, "seed": seed} if settings.get("seed", seed) != seed else settings
