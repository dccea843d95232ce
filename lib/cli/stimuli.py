"""`rater stimuli`: draw faces, make emotions of neutral faces, import sets of one's own, look at a design."""

from __future__ import annotations

import typer

app = typer.Typer(help="Make, import and look at the images of a study.", no_args_is_help=True)


@app.callback()
def stimuli() -> None:
    """Make, import and look at the images of a study."""
