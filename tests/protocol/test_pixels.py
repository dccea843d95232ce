"""Pictures of every kind that people have, as a model in this process sees them."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lib.errors import DataError
from lib.protocol.pixels import decode
from lib.protocol.question import Picture


def encoded(image: Image.Image, kind: str = "PNG", **settings: Any) -> Picture:
    buffer = io.BytesIO()
    image.save(buffer, kind, **settings)
    return Picture(buffer.getvalue(), f"image/{kind.lower()}")


def colour(picture: Picture) -> tuple[int, ...]:
    seen = decode(picture)
    assert seen.mode == "RGB"
    return seen.getpixel((0, 0))


def test_cmyk_becomes_rgb() -> None:
    red = colour(encoded(Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "JPEG", quality=95))
    assert red[0] > 240 and red[1] < 20 and red[2] < 20


def test_sixteen_bits_lose_their_lower_byte() -> None:
    values = np.full((4, 4), 0x80FF, dtype=np.uint16)
    assert colour(encoded(Image.fromarray(values))) == (0x80, 0x80, 0x80)


def test_what_is_transparent_lies_on_white() -> None:
    assert colour(encoded(Image.new("RGBA", (4, 4), (255, 0, 0, 0)))) == (255, 255, 255)
    assert colour(encoded(Image.new("LA", (4, 4), (0, 0)))) == (255, 255, 255)
    half = colour(encoded(Image.new("RGBA", (4, 4), (255, 0, 0, 128))))
    assert half == (255, 127, 127)


def test_a_palette_with_a_transparent_colour() -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    assert colour(encoded(image)) == (10, 20, 30)
    assert colour(encoded(image, transparency=1)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_of_an_animation_the_first_frame_is_seen(kind: str) -> None:
    frames = [Image.new("RGB", (4, 4), value) for value in ("red", "blue")]
    settings = {"lossless": True} if kind == "WEBP" else {}
    assert colour(encoded(frames[0], kind, save_all=True, append_images=frames[1:], **settings)) == (255, 0, 0)


def test_a_photograph_is_turned_as_it_is_meant() -> None:
    image = Image.new("RGB", (8, 4), "red")
    image.paste("blue", (0, 0, 8, 2))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees clockwise
    seen = decode(encoded(image, exif=exif))
    assert seen.size == (4, 8) and seen.getpixel((3, 0)) == (0, 0, 255) and seen.getpixel((0, 0)) == (255, 0, 0)


def test_one_pixel() -> None:
    assert decode(encoded(Image.new("L", (1, 1), 7))).getpixel((0, 0)) == (7, 7, 7)


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff\xd9", b"no image at all"])
def test_bytes_that_are_no_picture(data: bytes) -> None:
    with pytest.raises(DataError, match=r"face\.png: is damaged, or no image"):
        decode(Picture(data, "image/png"), "face.png")


def test_a_picture_that_is_cut_short() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    whole = encoded(noise).data
    with pytest.raises(DataError, match="damaged"):
        decode(Picture(whole[: len(whole) // 2], "image/png"))


def test_a_picture_that_is_too_large_is_not_decoded() -> None:
    header = b"IHDR" + struct.pack(">IIBBBBB", 10_000, 10_000, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    png += struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    with pytest.raises(DataError, match=r"10000 x 10000 pixels are more than 90,000,000"):
        decode(Picture(png, "image/png"))
