"""`rater stimuli regions`: where eyes, brows, nose and mouth are, from landmarks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lib.formats import counted

SHOWN = 8


def regions(
    landmarks: Annotated[
        Path, typer.Option("--landmarks", help="CSV of 68 points a face (x_0 to y_67), or OpenFace's folder of them.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Table to write, CSV or Parquet.")] = Path("regions.csv"),
) -> None:
    """Make the table of regions that `files.regions` of a study file names, from landmarks of OpenFace or dlib."""
    from lib.files import write_aside
    from lib.stimuli.landmarks import read_landmarks

    found = read_landmarks(landmarks)
    frame = found.regions

    def write(temporary: Path) -> None:
        frame.write_parquet(temporary) if out.suffix == ".parquet" else frame.write_csv(temporary, float_precision=2)

    write_aside(out, write)
    typer.echo(f"{out}: {counted(frame.height, 'region')} of {counted(found.images, 'image')}.")
    if found.without:
        more = ", ..." if len(found.without) > SHOWN else ""
        typer.echo(
            f"No face was found in {counted(len(found.without), 'image')}: {', '.join(found.without[:SHOWN])}{more}"
        )
    typer.echo(f"Next: name it in the study file, under files: regions: {out}")
