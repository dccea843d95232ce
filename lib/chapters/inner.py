"""What is said about what a chapter of traces was measured on."""

from __future__ import annotations

import polars as pl

from lib.chapters.lacking import Lacking


def untraced(found: pl.DataFrame, what: str) -> Lacking | None:
    """A note in the place of a table or figure where traces tell nothing about `what`; None where there are rows."""
    cure = "They tell nothing about it where all is asked at once, or where too few images have been traced."
    return Lacking(f"traces about {what}", cure) if found.is_empty() else None


def compared_images(found: pl.DataFrame) -> dict[str, int]:
    """Of how many images of each condition a frame with the columns condition and n is, for `measured_note`.

    Parameters
    ----------
    found
        A frame of `lib.chapters.dark_knowledge` or `lib.chapters.hidden_states` with rows.
    """
    return dict(found.group_by("condition", maintain_order=True).agg(pl.col("n").max()).iter_rows())
