"""Adding whole lines to one file so that a kill, a crash or a full disk costs nothing that was there."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import NoReturn

from lib.errors import StoreError

SYNC_EVERY = 1.0
"""Seconds between two times that the disk is told to keep what it has."""


class Writer:
    """The end of one file, which only this process adds to.

    Each line is one write to the operating system, which keeps it when the process dies; a thread brings lines to the
    disk at most once a second, which keeps them when the machine dies.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        self._size = os.fstat(self._handle).st_size
        self._fault: OSError | None = None
        self._told = False
        self._changed = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def write(self, line: bytes) -> tuple[int, int]:
        """Add one line; give its first byte and its length without the end.

        Raises
        ------
        StoreError
            The disk is full or fails; no part of the line stays, and no further line is taken.
        """
        if self._fault is not None:
            self._tell(self._fault)
        start, written = self._size, 0
        try:
            while written < len(line):  # more than once only where the disk is about to be full
                written += os.write(self._handle, line[written:])
        except OSError as error:
            self._fault = error
            if written:
                self._take_back(start)
            self._tell(error)
        except BaseException:  # Ctrl-C between the parts of a line
            if 0 < written < len(line):
                self._take_back(start)
            raise
        self._size += written
        self._changed.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._sync_now_and_then, name=f"sync {self.path.name}", daemon=True)
            self._thread.start()
        return start, len(line) - 1

    def flush(self) -> None:
        """Bring all lines to the disk.

        Raises
        ------
        StoreError
            The disk failed; the last lines may not be on it.
        """
        self._changed.clear()
        self._sync()
        if self._fault is not None:
            self._tell(self._fault)

    def close(self) -> None:
        """Bring all lines to the disk and close the file.

        Raises
        ------
        StoreError
            The disk failed, and nobody was told before.
        """
        self._closing.set()
        self._changed.set()
        if self._thread is not None:
            self._thread.join()
        try:
            self._sync()
            if self._fault is not None and not self._told:
                self._tell(self._fault)
        finally:
            os.close(self._handle)

    def _take_back(self, size: int) -> None:
        try:
            os.ftruncate(self._handle, size)
        except OSError:
            return  # the next run sets what is left of the line aside
        self._size = size

    def _sync_now_and_then(self) -> None:
        while not self._closing.is_set():
            self._changed.wait()
            if self._closing.is_set():
                return
            self._changed.clear()
            began = time.monotonic()
            self._sync()
            self._closing.wait(max(0.0, SYNC_EVERY - (time.monotonic() - began)))

    def _sync(self) -> None:
        try:
            os.fsync(self._handle)
        except OSError as error:
            self._fault = self._fault or error

    def _tell(self, error: OSError) -> NoReturn:
        self._told = True
        raise StoreError(
            f"{self.path}: cannot be written ({error.strerror or error}). All answers up to here are kept. "
            "Free some disk space or mend the disk, then run the same command again; it goes on from there."
        ) from error
