"""The two tables beside a set of drawn faces: `manifest.csv` and `regions.parquet`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from lib.drawing.journal import Entry
from lib.drawing.regions import REGIONS, box_of
from lib.errors import DataError
from lib.files import write_aside

MANIFEST, REGIONS_FILE = "manifest.csv", "regions.parquet"
NUMBER = pl.Float32()
COLUMNS: dict[str, pl.DataType] = {
    "image_id": pl.String(),
    "region": pl.String(),
    "left": NUMBER,
    "top": NUMBER,
    "right": NUMBER,
    "bottom": NUMBER,
    "x": pl.List(NUMBER),
    "y": pl.List(NUMBER),
}


def write_tables(entries: Mapping[str, Entry], folder: Path) -> None:
    """Write what `drawn_set.draw_person` says of every image, without and with the regions."""
    rows = [{key: value for key, value in entry.items() if key != "regions"} for entry in entries.values()]
    outlines = []
    for name, entry in entries.items():
        regions = entry["regions"]
        assert isinstance(regions, dict)
        for region in REGIONS:
            xs, ys = zip(*regions[region], strict=True)
            outlines.append((name, region, *box_of(regions[region]), list(xs), list(ys)))
    table = pl.DataFrame(outlines, schema=COLUMNS, orient="row")
    write_aside(folder / REGIONS_FILE, lambda temporary: table.write_parquet(temporary, compression_level=19))
    write_aside(folder / MANIFEST, pl.DataFrame(rows).write_csv)


def read_tables(folder: Path) -> dict[str, Entry]:
    """Read what `write_tables` wrote, by image_id; nothing where a table is missing.

    Raises
    ------
    DataError
        A table is there but cannot be read as one.
    """
    manifest, regions = folder / MANIFEST, folder / REGIONS_FILE
    if not (manifest.is_file() and regions.is_file()):
        return {}
    try:
        outlines = pl.read_parquet(regions, columns=["image_id", "region", "x", "y"])
        entries = {str(row["image_id"]): row for row in pl.read_csv(manifest).iter_rows(named=True)}
    except (pl.exceptions.PolarsError, OSError, KeyError) as error:
        raise DataError(
            f"{folder}: its tables cannot be read ({error}). Remove them and draw the faces again."
        ) from error
    for name, region, xs, ys in outlines.iter_rows():
        if name in entries:
            points = [[round(x, 1), round(y, 1)] for x, y in zip(xs, ys, strict=True)]
            entries[name].setdefault("regions", {})[region] = points
    return {name: entry for name, entry in entries.items() if "regions" in entry}
