"""A folder of results that is replaced file by file, and never by accident."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from lib.errors import BuildError
from lib.files import write_aside, write_json, write_text

RECORD = "analysis.json"


class Outputs:
    """The folder of one analysis; `analysis.json`, written last, lists what belongs to it.

    Parameters
    ----------
    folder
        May be absent, empty or an earlier analysis, whose files are replaced and, where no longer made, removed.
    overwrite
        Write into another folder too; what lies there is kept unless it has the name of a file of the analysis.

    Raises
    ------
    BuildError
        `folder` holds something else and `overwrite` is false, or is no folder.
    """

    def __init__(self, folder: Path, *, overwrite: bool = False) -> None:
        self.folder = folder
        self.written: list[str] = []
        if folder.exists() and not folder.is_dir():
            raise BuildError(f"{folder}: is a file. Name a folder with --out.")
        record = folder / RECORD
        occupied = folder.is_dir() and any(folder.iterdir())
        if occupied and not record.is_file() and not overwrite:
            raise BuildError(
                f"{folder}: is not empty and no earlier analysis. Name another folder with --out, or say --overwrite."
            )
        self.before: list[str] = json.loads(record.read_text(encoding="utf-8"))["files"] if record.is_file() else []

    def table(self, name: str, frame: pl.DataFrame) -> None:
        """Write one table as CSV and as Parquet, unrounded."""
        write_aside(self._path(f"{name}.csv"), frame.write_csv)
        write_aside(self._path(f"{name}.parquet"), frame.write_parquet)

    def json(self, name: str, content: object) -> None:
        """Write one JSON file."""
        write_json(self._path(name), content)

    def text(self, name: str, content: str) -> None:
        """Write one text file."""
        write_text(self._path(name), content)

    def finish(self, record: dict[str, object]) -> None:
        """Remove what only an earlier analysis made, and write the record."""
        for name in set(self.before) - set(self.written):
            (self.folder / name).unlink(missing_ok=True)
        write_json(self.folder / RECORD, record | {"files": sorted(self.written)})

    def _path(self, name: str) -> Path:
        self.written.append(name)
        return self.folder / name
