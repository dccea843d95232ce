"""Which images of a folder are drawn already, so that an interrupted run goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

from lib.files import write_aside

Entry = dict[str, object]


class Journal:
    """A line for every image drawn into a folder; kept until the folder is complete and has its tables.

    An image counts as drawn when its line says what is wanted of it and its file has the hash in that line.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / ".drawn.jsonl"

    def read(self, wanted: Mapping[str, Entry], finished: Mapping[str, Entry]) -> dict[str, Entry]:
        """Entries of those images that are there as wanted.

        `wanted` has the parameters of each by its image_id, `finished` what the tables of an earlier run say.
        """
        known: dict[str, Entry] = {}
        for entry in chain(finished.values(), self._entries()):
            name = str(entry.get("image_id"))
            same = name in wanted and all(entry.get(key) == value for key, value in wanted[name].items())
            file = self.folder / str(entry.get("file"))
            if same and file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == entry.get("sha256"):
                known[name] = entry
        return known

    def keep(self, entry: Entry, data: bytes) -> None:
        """Write an image's file, then its line."""
        write_aside(self.folder / str(entry["file"]), lambda temporary: temporary.write_bytes(data))
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry) + "\n")

    def remove(self) -> None:
        """The tables of the finished set say it all now."""
        self.path.unlink(missing_ok=True)

    def _entries(self) -> Iterator[Entry]:
        if not self.path.is_file():
            return
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                continue  # The last line of a run that was killed.
            if isinstance(entry, dict):
                yield entry
