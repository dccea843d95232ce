"""`rater stimuli draw`: the factorial of drawn faces."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer


def draw(
    out: Annotated[Path, typer.Option("--out", help="Folder for images, manifest.csv and regions.parquet.")] = Path(
        "data/stimuli/drawn"
    ),
    identities: Annotated[int, typer.Option("--identities", help="People in each cell of race and gender.")] = 40,
    training: Annotated[
        bool, typer.Option("--training", help="Other people than those of the study, for training a rater.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Another seed draws other people.")] = 20260222,
    workers: Annotated[int, typer.Option("--workers", help="Processes; 0: one a core.")] = 0,
) -> None:
    """Draw faces: 3 races x 2 genders x 6 emotions x IDENTITIES, always the same for the same seed.

    What is there already is kept, and a folder of other faces is refused; Ctrl-C stops, and the same command goes on.
    """
    from lib.cli.stimuli_progress import counting
    from lib.drawing.design import plan_faces
    from lib.drawing.drawn_set import draw_set, refuse_other_faces
    from lib.drawing.tables import MANIFEST

    plans = plan_faces(identities, "training" if training else "study", seed)
    refuse_other_faces(plans, out)
    with counting("faces") as report:
        drawn = draw_set(plans, out, workers or os.cpu_count() or 1, report)
    typer.echo(f"{out / MANIFEST}: {len(plans):,} faces, {drawn:,} of them drawn now.")
