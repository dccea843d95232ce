"""Faces and heatmaps as pictures that stand in the page itself, and the one colour scale of all heatmaps."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lib.protocol.pixels import decode
from lib.protocol.question import Picture
from lib.traces.reading import Attention

if TYPE_CHECKING:
    from PIL.Image import Image

Floats = NDArray[np.float64]
FACE_SIDE, MAP_SIDE = 448, 320
"""Pixels of the longest side, of a face and of a heatmap."""
QUALITY = 86
LEAST_TOP = 2.0
SATURATED = 99.5
"""Percentile of all places above which colours do not change: a few places that draw much would hide all others."""
GREY_DARK, GREY_LIGHT = 84.0, 238.0
UNSEEN = 250.0
RAMP = np.array(
    [(255, 255, 255), (254, 227, 145), (254, 178, 76), (252, 110, 48), (214, 26, 46), (122, 4, 56)], dtype=np.float64
)
"""White, yellow, orange, red, dark red: darker the more, also for those who see few colours and in print."""
FADES_IN, COVERS = 0.7, 0.9
LEGEND = (360, 18)


@dataclass(frozen=True, slots=True)
class ColourScale:
    """How many times the mean place a colour stands for, from 0 to `top`; `beyond` says that some places have more."""

    top: float
    beyond: bool


def times_the_mean(seen: Attention) -> Floats:
    """Attention to each place, (rows, columns), as a multiple of the mean place: 1 is attention spread evenly.

    The mean over all layers and heads that were kept, and over the answer's tokens. All 0 where the image got none.
    """
    places = np.asarray(seen.maps, dtype=np.float64).mean((0, 1))
    mean = places.mean()
    return np.asarray(places / mean) if mean > 0 else np.zeros_like(places)


def share_of_image(seen: Attention) -> float:
    """Share, from 0 to 1, of all attention of the answer's tokens that fell on the image; the rest fell on words."""
    return float(np.asarray(seen.mass, dtype=np.float64).mean())


def scale_of(maps: Iterable[Attention]) -> ColourScale:
    """One scale of colours for all heatmaps of a page."""
    places = [times_the_mean(seen).ravel() for seen in maps]
    if not places:
        return ColourScale(LEAST_TOP, beyond=False)
    every = np.concatenate(places)
    top = max(LEAST_TOP, float(np.ceil(np.percentile(every, SATURATED))))
    return ColourScale(top, beyond=bool(every.max() > top))


def face_source(picture: Picture, name: str) -> str:
    """A face as the model was shown it, as what `src` of an `img` takes.

    Raises
    ------
    DataError
        It cannot be decoded.
    """
    return _source(_smaller(decode(picture, name), FACE_SIDE))


def heatmap_source(picture: Picture, name: str, seen: Attention, scale: ColourScale) -> str:
    """A heatmap over the greyed face, as what `src` of an `img` takes.

    The face is made grey and its contrast less, the same for all, so that a colour looks the same on every skin. What
    no token of the model sees (cut off before it came to it) is nearly white.

    Raises
    ------
    DataError
        The face cannot be decoded.
    """
    from PIL import Image

    return _source(Image.fromarray(heatmap(_smaller(decode(picture, name), MAP_SIDE), seen, scale)))


def heatmap(face: Image, seen: Attention, scale: ColourScale) -> NDArray[np.uint8]:
    """The pixels of a heatmap, (height, width, 3), of the size of `face`."""
    mean = np.asarray(seen.maps, dtype=np.float64).mean()
    heat = seen.on_pixels(face.size, method="bilinear")
    times = heat / mean if mean > 0 else np.where(np.isnan(heat), np.nan, 0.0)
    grey = np.asarray(face.convert("L"), dtype=np.float64)
    grey = GREY_DARK + (GREY_LIGHT - GREY_DARK) * grey / 255
    grey = np.where(np.isnan(times), UNSEEN, grey)
    return _coloured(np.nan_to_num(times) / scale.top, grey)


def legend_source(scale: ColourScale) -> str:
    """The strip of all colours from 0 to the scale's top, on the grey of a face, as what `src` of an `img` takes."""
    from PIL import Image

    width, height = LEGEND
    level = np.tile(np.linspace(0, 1, width), (height, 1))
    return _source(Image.fromarray(_coloured(level, np.full((height, width), (GREY_DARK + GREY_LIGHT) / 2 + 20))))


def _coloured(level: Floats, grey: Floats) -> NDArray[np.uint8]:
    """Colours laid over grey: not at all at level 0, nearly covering at 1."""
    level = level.clip(0, 1)
    place = level * (len(RAMP) - 1)
    colour = np.stack([np.interp(place, np.arange(len(RAMP)), RAMP[:, band]) for band in range(3)], axis=-1)
    cover = (COVERS * level**FADES_IN)[..., None]
    return np.asarray((colour * cover + grey[..., None] * (1 - cover)).round().clip(0, 255), dtype=np.uint8)


def _smaller(image: Image, side: int) -> Image:
    """The same, `side` pixels long."""
    from PIL import Image as Images

    factor = side / max(image.size)
    width, height = (max(1, round(length * factor)) for length in image.size)
    return image.resize((width, height), Images.Resampling.LANCZOS) if factor != 1 else image


def _source(image: Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=QUALITY, method=4)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
