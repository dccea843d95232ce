from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from stimuli_support import face, png

from lib.stimuli.looking import brightness, fingerprint, look_at, look_at_bytes


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def test_luminance_is_of_linear_light() -> None:
    # sRGB 188 is 0.5029 and 118 is 0.1812 in linear light (IEC 61966-2-1), Rec. 709 gives green 0.7152.
    grey = np.full((4, 4, 3), 188 / 255)
    assert brightness(grey)[0] == pytest.approx(0.5029, abs=5e-5)
    assert brightness(np.full((2, 2, 3), 118 / 255))[0] == pytest.approx(0.1812, abs=5e-5)
    green = np.zeros((2, 2, 3))
    green[:, :, 1] = 1
    assert brightness(green)[0] == pytest.approx(0.7152)


def test_contrast_is_the_standard_deviation_over_pixels() -> None:
    halves = np.zeros((2, 4, 3))
    halves[:, 2:] = 1
    assert brightness(halves) == (pytest.approx(0.5), pytest.approx(0.5))
    assert brightness(np.full((3, 3, 3), 0.4))[1] == pytest.approx(0, abs=1e-9)


def test_what_cannot_be_seen_counts_for_nothing() -> None:
    halves = np.zeros((2, 4, 3))
    halves[:, 2:] = 1
    opacity = np.zeros((2, 4))
    assert brightness(halves, opacity) == (None, None)
    opacity[:, 2:] = 1
    assert brightness(halves, opacity) == (pytest.approx(1), pytest.approx(0))


def test_ways_of_storing_are_told() -> None:
    colour = face(1)
    assert (look_at_bytes(png(colour)).mode, look_at_bytes(png(colour)).frames) == ("RGB", 1)
    assert look_at_bytes(saved(colour.convert("CMYK"), "JPEG")).mode == "CMYK"
    assert look_at_bytes(saved(colour.convert("L"))).mode == "L"
    deep = Image.fromarray(np.full((8, 8), 40_000, dtype=np.uint16))
    look = look_at_bytes(saved(deep))
    assert look.deep and look.luminance == pytest.approx((40_000 / 65535 + 0.055) ** 2.4 / 1.055**2.4, rel=1e-4)
    clear = colour.convert("RGBA")
    assert look_at_bytes(saved(clear)).transparent is False
    clear.putalpha(100)
    assert look_at_bytes(saved(clear)).transparent is True
    frames = [face(number) for number in range(3)]
    assert look_at_bytes(saved(frames[0], "GIF", save_all=True, append_images=frames[1:])).frames == 3


def test_an_exif_orientation_is_told_and_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = look_at_bytes(saved(face(1, (60, 40)), "JPEG", exif=exif.tobytes()))
    assert (turned.rotated, turned.width, turned.height) == (True, 40, 60)
    assert look_at_bytes(saved(face(1, (60, 40)), "JPEG")).rotated is False


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"<html>not found</html>", "cannot be decoded"),
        (png(face(1))[:200], "cannot be decoded"),
        (saved(face(1), "JPEG")[:300], "cannot be decoded"),
    ],
)
def test_what_is_no_image_is_said_and_never_raised(data: bytes, says: str) -> None:
    look = look_at_bytes(data)
    assert look.fault is not None and says in look.fault
    assert (look.luminance, look.small, look.size) == (None, None, len(data))


@pytest.mark.parametrize("side", [9_600, 20_000])
def test_an_image_too_large_to_decode_is_not_decoded(side: int) -> None:
    header = bytearray(png(Image.new("1", (8, 8))))
    header[16:24] = side.to_bytes(4, "big") * 2
    header[29:33] = zlib.crc32(header[12:29]).to_bytes(4, "big")
    assert "more than 90,000,000" in str(look_at_bytes(bytes(header)).fault)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert "cannot be read" in str(look_at(tmp_path / "none.png").fault)


@given(st.binary(max_size=200), st.integers(0, 60))
def test_no_bytes_raise(tail: bytes, cut: int) -> None:
    look_at_bytes(png(face(1))[:cut] + tail)


def test_the_fingerprint_is_the_picture_averaged() -> None:
    colours = np.zeros((64, 64, 3))
    colours[:2, :2] = [1, 0, 0]
    small = fingerprint(colours)
    assert (small.shape, small[0, 0].tolist(), int(small.sum())) == ((16, 16, 3), [64, 0, 0], 64)
    assert fingerprint(np.ones((5, 7, 3))).tolist() == np.full((16, 16, 3), 255).tolist()


def test_what_is_no_image_is_told_alike_in_every_run() -> None:
    assert look_at_bytes(b"hello").fault == "cannot be decoded (no kind of image that is known)"
