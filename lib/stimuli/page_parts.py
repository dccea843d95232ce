"""What pages about images are made of: HTML that needs nothing else, no script, no network, every word escaped."""

from __future__ import annotations

import base64
import io
import struct
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path

from lib.formats import ABSENT

THUMBNAIL = 96
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
table { border-collapse: collapse; margin: .5rem 0; } th, td { padding: .2rem .6rem; text-align: left; }
th { border-bottom: 1px solid #222; } td { border-bottom: 1px solid #ddd; } td.number { text-align: right; }
td.odd { background: #fde8d8; } .scroll { overflow-x: auto; } p.note { color: #555; max-width: 48rem; }
.pictures { display: flex; flex-wrap: wrap; gap: .6rem; } figure { margin: 0; width: 6.6rem; }
figure img { width: 96px; height: 96px; object-fit: contain; background: #eee; display: block; }
figcaption { font-size: .72rem; line-height: 1.25; overflow-wrap: anywhere; }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def whole_page(title: str, parts: Iterable[str], style: str = "") -> str:
    """A page of HTML of parts that are HTML already; `title` is text, `style` is added to that of all pages."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}{style}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], odd: Callable[[object], bool] | None = None) -> str:
    """A table; numbers stand on the right, None is a dash, and cells for which `odd` holds are coloured."""
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(_cell(value, odd) for value in row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def figure(path: Path, name: str, remarks: str) -> str:
    """A small picture of an image with its name and remarks below; without the picture where it cannot be decoded."""
    source = thumbnail(path)
    shown = f'<img src="{source}" alt="{escape(name)}">' if source else ""
    return f"<figure>{shown}<figcaption>{escape(name)}<br>{escape(remarks)}</figcaption></figure>"


def gallery(figures: Iterable[str]) -> str:
    """Figures side by side, in as many rows as it takes."""
    return f'<div class="pictures">{"".join(figures)}</div>'


def thumbnail(path: Path) -> str | None:
    """A small JPEG of an image as an address that holds it; None where it cannot be decoded."""
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


def _cell(value: object, odd: Callable[[object], bool] | None) -> str:
    named = [
        *(["number"] if isinstance(value, int | float) else []),
        *(["odd"] if odd is not None and odd(value) else []),
    ]
    shown = ABSENT if value is None else f"{value:,}" if isinstance(value, int) else str(value)
    return f'<td class="{" ".join(named)}">{escape(shown)}</td>' if named else f"<td>{escape(shown)}</td>"
