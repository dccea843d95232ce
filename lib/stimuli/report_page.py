"""The design report as one page of HTML that needs nothing else: no script, no network, every word escaped."""

from __future__ import annotations

import base64
import io
import struct
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import polars as pl

from lib.formats import ABSENT, capitalised, counted
from lib.stimuli.brightness import HEADS, side_by_side
from lib.stimuli.design_report import EMOTION, KINDS, DesignReport

THUMBNAIL = 96
MOST_FINDINGS = 500
MOST_PICTURES = 72
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; margin: .5rem 0; } th, td { padding: .2rem .6rem; text-align: left; }
th { border-bottom: 1px solid #222; } td { border-bottom: 1px solid #ddd; } td.number { text-align: right; }
td.odd { background: #fde8d8; } .scroll { overflow-x: auto; } p.note { color: #555; max-width: 48rem; }
.pictures { display: flex; flex-wrap: wrap; gap: .6rem; } figure { margin: 0; width: 6.6rem; }
figure img { width: 96px; height: 96px; object-fit: contain; background: #eee; display: block; }
figcaption { font-size: .72rem; line-height: 1.25; overflow-wrap: anywhere; }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


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
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(report.title)}: images</title><style>{STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def pivoted_cells(cells: pl.DataFrame) -> pl.DataFrame:
    """Cells with one column an intended emotion, as people read a design; as they are where there is none."""
    if EMOTION not in cells.columns or len(cells.columns) < 3:
        return cells
    return cells.pivot(on=EMOTION, index=[name for name in cells.columns if name not in (EMOTION, "n")], values="n")


def _summary(report: DesignReport) -> str:
    counts = report.counts()
    rows = [(KINDS[kind], number) for kind, number in counts.items()]
    lines = [f"<p>{escape(capitalised(warning))}.</p>" for warning in report.warnings]
    found = _table(["What", "Images"], rows) if rows else "<p>Nothing remarkable was found.</p>"
    folder = escape(report.folder.name)
    return f"<p>{counted(report.images.height, 'image')} in {folder}.</p>{''.join(lines)}{found}"


def _cells(report: DesignReport) -> str:
    table = pivoted_cells(report.cells)
    usual = max(report.cells.filter(pl.col("n") > 0)["n"].mode().to_list(), default=0)
    body = _table(table.columns, table.iter_rows(), odd=lambda value: isinstance(value, int) and value != usual)
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
    table = _table(HEADS, side_by_side(report.brightness))
    return f'<h2>Brightness by group</h2><p class="note">{note}</p>{table}'


def _findings(report: DesignReport) -> str:
    shown = report.findings.head(MOST_FINDINGS)
    if not shown.height:
        return ""
    more = report.findings.height - shown.height
    tail = f"<p>and {more:,} more in findings.csv</p>" if more else ""
    return f"<h2>Findings</h2>{_table(['Image', 'Kind', 'Detail'], shown.iter_rows())}{tail}"


def _flags(checks: pl.DataFrame) -> str:
    flagged = checks.filter(pl.col("flags").fill_null("") != "")
    names = [name for name in ("image_id", "flags", "similarity", "faces", "take", "refusal") if name in checks.columns]
    note = (
        f"{flagged.height:,} of {counted(checks.height, 'image')} that were made are flagged. Similarity is of "
        "pictures (SSIM with the base face), a stand-in for identity and no face recognition."
    )
    table = _table(names, flagged.select(names).head(MOST_FINDINGS).iter_rows()) if flagged.height else ""
    return f'<h2>Made by a machine</h2><p class="note">{note}</p>{table}'


def _pictures(report: DesignReport) -> str:
    """One image of each cell, and those with findings, as far as there is room."""
    whole = report.images.filter(pl.col("image_fault").is_null() & pl.col("image_sha256").is_not_null())
    factors = [name for name in report.cells.columns if name != "n"]
    sample = whole.sort("image_id").unique(subset=factors, keep="first", maintain_order=True) if factors else whole
    remarkable = whole.filter(pl.col("findings") != "")
    parts = [("One image of each cell", sample), ("Images with findings", remarkable)]
    return "".join(_gallery(title, frame.head(MOST_PICTURES), report.folder) for title, frame in parts if frame.height)


def _gallery(title: str, frame: pl.DataFrame, folder: Path) -> str:
    figures = "".join(_figure(folder, row) for row in frame.iter_rows(named=True))
    return f'<h2>{title}</h2><div class="pictures">{figures}</div>'


def _figure(folder: Path, row: dict[str, object]) -> str:
    image_id = escape(str(row["image_id"]))
    remarks = escape(str(row["findings"] or "").replace(";", ", "))
    source = _thumbnail(folder / str(row["file"]))
    shown = f'<img src="{source}" alt="{image_id}">' if source else ""
    return f"<figure>{shown}<figcaption>{image_id}<br>{remarks}</figcaption></figure>"


def _thumbnail(path: Path) -> str | None:
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as image:
            small = ImageOps.exif_transpose(image)
            if small.mode.startswith("I"):
                small = small.point(lambda value: value / 256)
            small = small.convert("RGB")
            small.thumbnail((THUMBNAIL, THUMBNAIL))
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError):
        return None
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]], odd: object = None) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(_cell(value, odd) for value in row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(value: object, odd: object) -> str:
    named = [
        *(["number"] if isinstance(value, int | float) else []),
        *(["odd"] if callable(odd) and odd(value) else []),
    ]
    shown = ABSENT if value is None else f"{value:,}" if isinstance(value, int) else str(value)
    return f'<td class="{" ".join(named)}">{escape(shown)}</td>' if named else f"<td>{escape(shown)}</td>"
