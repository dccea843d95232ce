"""Stopping a run: once to let it finish what is on its way, twice to end it now."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

SIGNAL = "signal"
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop(asyncio.Event):
    """Set once: nothing new is sent, and requests in flight are given some seconds. Set twice: they are given up.

    One wish to stop may arrive on several ways, as a signal and as a file; so only the same way twice is twice.
    """

    def __init__(self) -> None:
        super().__init__()
        self.at_once = asyncio.Event()
        self._ways: set[str] = set()

    def set(self, way: str = "") -> None:
        """Ask the run to stop; asked a second time on the same way, to stop at once."""
        if way in self._ways:
            self.at_once.set()
        self._ways.add(way)
        super().set()


@contextmanager
def stopped_by_signals(stop: Stop) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM set `stop` while the block runs; for the main thread's running event loop."""
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.set, SIGNAL)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
