"""Looking at one image file: what it is, whether it can be decoded, how bright it is, and what it shows in small."""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lib.errors import one_line
from lib.protocol.pictures import LARGEST_PIXELS

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 16
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
REC709 = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
ORIENTATION = 0x0112
UPRIGHT = 1
PLAIN_MODES = frozenset({"L", "RGB"})


@dataclass(frozen=True, slots=True)
class Look:
    """What one image file is; all after `fault` is None where it cannot be decoded.

    Attributes
    ----------
    size : int
        Bytes of the file.
    sha256 : str
        Of the file's bytes, hexadecimal.
    fault : str or None
        Why the file is no usable image.
    kind : str
        The format, such as PNG.
    width, height : int
        Pixels, as the image is seen (its EXIF orientation applied).
    mode : str
        Pillow's name of how pixels are stored: RGB, L, CMYK, I;16, RGBA, P.
    deep, transparent, rotated : bool
        More than 8 bits a channel; some pixel is not opaque; an EXIF orientation other than upright.
    frames : int
        More than 1 in an animation.
    luminance : float
        Mean relative luminance, 0 (black) to 1 (white): linear light from sRGB (IEC 61966-2-1), weights of Rec. 709.
    contrast : float
        Root-mean-square contrast: the standard deviation of luminance over pixels (Peli, 1990,
        doi:10.1364/JOSAA.7.002032). Both are of the first frame; transparent pixels count by their opacity.
    small : numpy.ndarray
        What it shows: `fingerprint`.
    """

    size: int
    sha256: str
    fault: str | None = None
    kind: str | None = None
    width: int | None = None
    height: int | None = None
    mode: str | None = None
    deep: bool | None = None
    transparent: bool | None = None
    rotated: bool | None = None
    frames: int | None = None
    luminance: float | None = None
    contrast: float | None = None
    small: np.ndarray | None = None


def look_at(path: Path) -> Look:
    """Look at one file; never raises for what is in it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        return Look(0, "", f"cannot be read ({error.strerror or error})")
    return look_at_bytes(data)


def look_at_bytes(data: bytes) -> Look:
    """Look at the bytes of one image."""
    from PIL import Image, UnidentifiedImageError

    digest = hashlib.sha256(data).hexdigest()
    if not data:
        return Look(0, digest, "is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as image:
                return Look(len(data), digest, **_describe(image))
    except UnidentifiedImageError:  # its text names an object in memory, another one in every run
        return Look(len(data), digest, "cannot be decoded (no kind of image that is known)")
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, MemoryError, OverflowError) as error:
        return Look(len(data), digest, f"cannot be decoded ({one_line(error)})")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return Look(len(data), digest, f"has more than {LARGEST_PIXELS:,} pixels")


def look_at_all(paths: Sequence[Path], workers: int = 2) -> Iterable[Look]:
    """Look at many files, in their order; decoding runs beside Python in threads."""
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(look_at, paths)


def pixels(image: Image) -> tuple[np.ndarray, np.ndarray | None]:
    """The colours of an image as it is seen, and how opaque each pixel is.

    Returns
    -------
    tuple of numpy.ndarray
        Height x width x 3, sRGB from 0 to 1, float32; and height x width, 0 to 1, or None where all is opaque.
    """
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I") or upright.mode == "F":
        grey = np.asarray(upright, dtype=np.float32)
        grey = np.clip(grey / 65535 if upright.mode != "F" else grey, 0, 1)
        return np.repeat(grey[:, :, None], 3, axis=2), None
    has_alpha = "A" in upright.getbands() or "a" in upright.getbands() or "transparency" in upright.info
    if not has_alpha:
        return np.asarray(upright.convert("RGB"), dtype=np.float32) / 255, None
    values = np.asarray(upright.convert("RGBA"), dtype=np.float32) / 255
    return values[:, :, :3], values[:, :, 3]


def brightness(colours: np.ndarray, opacity: np.ndarray | None = None) -> tuple[float | None, float | None]:
    """Mean and standard deviation of relative luminance; None where nothing is to be seen."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    luminance = np.asarray(linear @ REC709, dtype=np.float64)
    if opacity is None:
        return float(luminance.mean()), float(luminance.std())
    total = float(opacity.sum())
    if total == 0:
        return None, None
    mean = float((luminance * opacity).sum() / total)
    return mean, float(np.sqrt(((luminance - mean) ** 2 * opacity).sum() / total))


def fingerprint(colours: np.ndarray) -> np.ndarray:
    """What an image shows, in small: shrunk to 16 x 16 by averaging; 16 x 16 x 3, 0 to 255, uint8."""
    from PIL import Image

    whole = Image.fromarray(np.clip(np.rint(colours * 255), 0, 255).astype(np.uint8))
    return np.asarray(whole.resize((SIDE, SIDE), Image.Resampling.BOX))


def _describe(image: Image) -> dict[str, Any]:
    if image.width * image.height > LARGEST_PIXELS:
        raise ValueError(f"has {image.width} x {image.height} pixels, more than {LARGEST_PIXELS:,}")
    kind, mode, frames = image.format, image.mode, getattr(image, "n_frames", 1)
    rotated = image.getexif().get(ORIENTATION, UPRIGHT) not in {0, UPRIGHT}
    image.seek(0)
    image.load()
    colours, opacity = pixels(image)
    luminance, contrast = brightness(colours, opacity)
    return {
        "kind": kind, "mode": mode, "frames": frames, "rotated": rotated, "width": colours.shape[1],
        "height": colours.shape[0], "deep": mode.startswith(("I", "F")),
        "transparent": opacity is not None and bool((opacity < 1).any()),
        "luminance": luminance, "contrast": contrast, "small": fingerprint(colours),
    }  # fmt: skip
