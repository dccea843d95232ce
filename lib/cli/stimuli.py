"""`rater stimuli`: draw faces, make emotions of neutral faces, import sets, look at a design, check what faces show."""

from __future__ import annotations

import typer

from lib.cli import (
    stimuli_check,
    stimuli_draw,
    stimuli_import,
    stimuli_regions,
    stimuli_report,
    stimuli_transform,
)

app = typer.Typer(help="Make, import and look at the images of a study.", no_args_is_help=True)


@app.callback()
def stimuli() -> None:
    """Make, import and look at the images of a study."""


app.command("draw")(stimuli_draw.draw)
app.command("transform")(stimuli_transform.transform)
app.command("report")(stimuli_report.report)
app.command("check")(stimuli_check.check)
app.command("import")(stimuli_import.import_set)
app.command("regions")(stimuli_regions.regions)
