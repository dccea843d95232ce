"""A part of a condition's questions that one process asks, so that several processes can share the work."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from lib.errors import StoreError
from lib.protocol.question import Item

NAME = re.compile(r"(?P<number>[1-9]\d{0,3})of(?P<of>[1-9]\d{0,3})")


@dataclass(frozen=True, slots=True, order=True)
class Shard:
    """Part `number` (from 1) of `of` parts; the one part of one is named `all`."""

    of: int = 1
    number: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise StoreError(
                f"shard: got {self.number} of {self.of}; name one from 1of{self.of} to {self.of}of{self.of}."
            )

    @property
    def name(self) -> str:
        """How the part's files are named: `all`, or for example `2of4`."""
        return "all" if self.of == 1 else f"{self.number}of{self.of}"

    def takes(self, item: Item) -> bool:
        """Whether this part asks about `item`.

        Decided by what is asked about, its image's bytes or its label, never by a name: equal questions are always in
        the same part, so that two processes never ask the same thing.
        """
        if self.of == 1:
            return True
        content = item.sha256 or f"label {item.label or item.image_id}"
        return int.from_bytes(hashlib.sha256(content.encode()).digest()[:8]) % self.of == self.number - 1


ALL = Shard()


def parse_shard(name: str) -> Shard:
    """Read a part's name, `all` or `2of4`.

    Raises
    ------
    StoreError
        It is no such name.
    """
    if name in {"all", "1of1"}:
        return ALL
    found = NAME.fullmatch(name)
    if found is None:
        raise StoreError(f"shard: got {name!r}; write all, or the part's number and the number of parts, as in 1of4.")
    return Shard(int(found["of"]), int(found["number"]))


def shards(of: int) -> list[Shard]:
    """All parts of `of`."""
    return [Shard(of, number) for number in range(1, of + 1)]
