"""How far a run is, as a terminal shows it."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from lib.asking.progress import Snapshot
from lib.asking.progress_words import details, how_far, name_of

WIDTH = 32


def render(snapshot: Snapshot) -> RenderableType:
    """A bar, and under it what else is known."""
    row = Table.grid(padding=(0, 1))
    row.add_row(
        Text(name_of(snapshot), style="bold"),
        ProgressBar(total=max(snapshot.total, 1), completed=snapshot.done, width=WIDTH),
        Text(how_far(snapshot)),
    )
    return Group(row, Text("  " + " · ".join(details(snapshot)), style="dim"))
