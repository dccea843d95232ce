"""Pictures of the items that are being asked about: loaded once each, and let go when nobody needs them any more."""

from __future__ import annotations

import asyncio

from lib.protocol.pictures import load_picture
from lib.protocol.question import Item, Picture


class Pictures:
    """Loads pictures in threads; repeats of one item share theirs."""

    def __init__(self, longest_side: int | None) -> None:
        self._longest_side = longest_side
        self._loading: dict[str, asyncio.Future[Picture]] = {}
        self._users: dict[str, int] = {}

    async def hold(self, item: Item) -> Picture:
        """Give an item's picture; each call needs its `let_go`, also if this one fails.

        Raises
        ------
        lib.errors.DataError
            The file is not there, is no image, or is not what it was.
        """
        name = item.sha256 or item.image_id
        self._users[name] = self._users.get(name, 0) + 1
        if name not in self._loading:
            loop = asyncio.get_running_loop()
            self._loading[name] = loop.run_in_executor(None, load_picture, item, self._longest_side)
            self._loading[name].add_done_callback(_seen)
        return await asyncio.shield(self._loading[name])

    def let_go(self, item: Item) -> None:
        """Say that one who held an item's picture is done with it."""
        name = item.sha256 or item.image_id
        self._users[name] -= 1
        if not self._users[name]:
            del self._users[name]
            del self._loading[name]


def _seen(loading: asyncio.Future[Picture]) -> None:
    """Keep asyncio from complaining of a failure that nobody waited for any more."""
    if not loading.cancelled():
        loading.exception()
