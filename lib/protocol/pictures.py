"""Loading an image as it is sent: its own bytes, or a smaller copy of what they show."""

from __future__ import annotations

import hashlib
import io
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from lib.errors import DataError
from lib.protocol.question import Item, Picture

if TYPE_CHECKING:
    from PIL.Image import Image

JPEG_QUALITY = 95
PNG_LEVEL = 1  # of zlib: a third of the time of the usual 6 for a sixth more bytes
LARGEST_PIXELS = 90_000_000
PLAIN_MODES = frozenset({"L", "LA", "RGB", "RGBA"})
ENDS = {"image/png": b"IEND", "image/jpeg": b"\xff\xd9", "image/gif": b";"}


def load_picture(item: Item, longest_side: int | None = None) -> Picture:
    """Load an item's image.

    Parameters
    ----------
    item
        With path and hash.
    longest_side
        The size in pixels to which a larger image is reduced, by Lanczos resampling; its EXIF orientation is then
        applied, its colour profile kept, and it is encoded losslessly as PNG unless it was a JPEG (then as JPEG of
        quality 95 without chroma subsampling). None, or an image that is no larger, sends the file's bytes as they are.

    Returns
    -------
    Picture
        The media type is read from the bytes, never from the name. The same file, size and version of Pillow give the
        same bytes.

    Raises
    ------
    DataError
        The file cannot be read, is no image of a kind that all servers take, is damaged, or is not what it was when
        the run began.
    """
    path = item.path
    if path is None:
        raise ValueError(f"{item.image_id}: has no image")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror or error}). Put the image back, then go on."
        ) from error
    if hashlib.sha256(data).hexdigest() != item.sha256:
        raise DataError(f"{path}: has changed since the run began. Start the run again; what is answered stays.")
    media_type = sniff_media_type(data, path)
    _refuse_cut(data, media_type, path)
    if longest_side is None:
        return Picture(data, media_type)
    return _reduced(path, data, media_type, longest_side)


def sniff_media_type(data: bytes, path: Path) -> str:
    """Tell an image's media type from its first bytes.

    Raises
    ------
    DataError
        It is no PNG, JPEG, WebP or GIF.
    """
    known = media_type_of(data)
    if known is not None:
        return known
    held = f"a file that begins with {data[:8]!r}" if data else "an empty file"
    cure = "Save it as PNG." if data else "Put the image back."
    raise DataError(f"{path}: got {held}, expected a PNG, JPEG, WebP or GIF image. {cure}")


def media_type_of(data: bytes) -> str | None:
    """Tell an image's media type from its first bytes; None if it is no PNG, JPEG, WebP or GIF."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return None


def _refuse_cut(data: bytes, media_type: str, path: Path) -> None:
    """Refuse a file that was cut short, as by a copy that broke off, without the time that decoding takes."""
    if media_type == "image/webp":
        whole = len(data) >= 8 + struct.unpack_from("<I", data.ljust(8, b"\0"), 4)[0]
    else:
        whole = data.rfind(ENDS[media_type]) > 0
    if not whole:
        raise DataError(f"{path}: is cut short ({len(data)} bytes and no end). Copy the image there again.")


def _reduced(path: Path, data: bytes, media_type: str, longest_side: int) -> Picture:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # Pillow's own limit is a warning on the terminal; ours is said below
    try:
        with Image.open(io.BytesIO(data)) as image:
            if max(image.size) <= longest_side:
                return Picture(data, media_type)
            if image.width * image.height > LARGEST_PIXELS:
                raise ValueError(f"{image.width} x {image.height} pixels are more than {LARGEST_PIXELS:,}")
            profile = image.info.get("icc_profile")
            plain = _plain(ImageOps.exif_transpose(image))
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        raise DataError(f"{path}: is damaged, or no image ({error}). Save it again as PNG.") from error
    scale = longest_side / max(plain.size)
    width, height = (max(1, round(side * scale)) for side in plain.size)
    small = plain.resize((width, height), Image.Resampling.LANCZOS)
    small.info = {}
    buffer = io.BytesIO()
    kept = profile if plain.mode == image.mode else None
    if media_type == "image/jpeg":
        small.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0, icc_profile=kept)
        return Picture(buffer.getvalue(), media_type)
    small.save(buffer, "PNG", icc_profile=kept, compress_level=PNG_LEVEL)
    return Picture(buffer.getvalue(), "image/png")


def _plain(image: Image) -> Image:
    """Give an image whose values can be averaged: grey or colours of 8 bits, with transparency where it has some."""
    if image.mode in PLAIN_MODES:
        image.load()
        return image
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L")
    return image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
