"""The design report as one page of HTML that needs nothing else: no script, no network, every word escaped."""

from __future__ import annotations

from html import escape
from pathlib import Path

import polars as pl

from lib.formats import capitalised, counted
from lib.stimuli.brightness import HEADS, side_by_side
from lib.stimuli.design_report import EMOTION, KINDS, DesignReport
from lib.stimuli.page_parts import figure, gallery, table, whole_page

MOST_FINDINGS = 500
MOST_PICTURES = 72


def report_page(report: DesignReport, flagged: pl.DataFrame | None = None) -> str:
    """The whole page.

    Parameters
    ----------
    report
        What was found.
    flagged
        The checks of a transformation that made the images (`lib.stimuli.transform_checks`), where there are any.
    """
    parts = [
        f"<h1>Images of: {escape(report.title)}</h1>",
        _summary(report),
        _cells(report),
        _brightness(report),
        _findings(report),
        _flags(flagged) if flagged is not None else "",
        _pictures(report),
    ]
    return whole_page(f"{report.title}: images", parts)


def pivoted_cells(cells: pl.DataFrame) -> pl.DataFrame:
    """Cells with one column an intended emotion, as people read a design; as they are where there is none."""
    if EMOTION not in cells.columns or len(cells.columns) < 3:
        return cells
    return cells.pivot(on=EMOTION, index=[name for name in cells.columns if name not in (EMOTION, "n")], values="n")


def _summary(report: DesignReport) -> str:
    counts = report.counts()
    rows = [(KINDS[kind], number) for kind, number in counts.items()]
    lines = [f"<p>{escape(capitalised(warning))}.</p>" for warning in report.warnings]
    found = table(["What", "Images"], rows) if rows else "<p>Nothing remarkable was found.</p>"
    folder = escape(report.folder.name)
    return f"<p>{counted(report.images.height, 'image')} in {folder}.</p>{''.join(lines)}{found}"


def _cells(report: DesignReport) -> str:
    cells = pivoted_cells(report.cells)
    usual = max(report.cells.filter(pl.col("n") > 0)["n"].mode().to_list(), default=0)
    body = table(cells.columns, cells.iter_rows(), odd=lambda value: isinstance(value, int) and value != usual)
    return f"<h2>Cells</h2>{body}"


def _brightness(report: DesignReport) -> str:
    if not report.brightness.height:
        return ""
    note = (
        "Luminance is the mean relative luminance of an image (0 black, 1 white), contrast its standard deviation over "
        "pixels; SD is between images. η² is the share of the variance between images that lies between the levels of "
        "a factor. Groups whose pictures differ in brightness can be rated differently for that alone; skin itself is "
        "part of the brightness."
    )
    rows = table(HEADS, side_by_side(report.brightness))
    return f'<h2>Brightness by group</h2><p class="note">{note}</p>{rows}'


def _findings(report: DesignReport) -> str:
    shown = report.findings.head(MOST_FINDINGS)
    if not shown.height:
        return ""
    more = report.findings.height - shown.height
    tail = f"<p>and {more:,} more in findings.csv</p>" if more else ""
    return f"<h2>Findings</h2>{table(['Image', 'Kind', 'Detail'], shown.iter_rows())}{tail}"


def _flags(checks: pl.DataFrame) -> str:
    flagged = checks.filter(pl.col("flags").fill_null("") != "")
    names = [name for name in ("image_id", "flags", "similarity", "faces", "take", "refusal") if name in checks.columns]
    note = (
        f"{flagged.height:,} of {counted(checks.height, 'image')} that were made are flagged. Similarity is of "
        "pictures (SSIM with the base face), a stand-in for identity and no face recognition."
    )
    rows = table(names, flagged.select(names).head(MOST_FINDINGS).iter_rows()) if flagged.height else ""
    return f'<h2>Made by a machine</h2><p class="note">{note}</p>{rows}'


def _pictures(report: DesignReport) -> str:
    """One image of each cell, and those with findings, as far as there is room."""
    whole = report.images.filter(pl.col("image_fault").is_null() & pl.col("image_sha256").is_not_null())
    factors = [name for name in report.cells.columns if name != "n"]
    sample = whole.sort("image_id").unique(subset=factors, keep="first", maintain_order=True) if factors else whole
    remarkable = whole.filter(pl.col("findings") != "")
    parts = [("One image of each cell", sample), ("Images with findings", remarkable)]
    return "".join(_gallery(title, frame.head(MOST_PICTURES), report.folder) for title, frame in parts if frame.height)


def _gallery(title: str, frame: pl.DataFrame, folder: Path) -> str:
    shown = (
        figure(folder / str(row["file"]), str(row["image_id"]), str(row["findings"] or "").replace(";", ", "))
        for row in frame.iter_rows(named=True)
    )
    return f"<h2>{title}</h2>{gallery(shown)}"
