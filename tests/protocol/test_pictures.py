"""Images as they are sent."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from lib.errors import DataError
from lib.protocol import pictures
from lib.protocol.pictures import load_picture
from lib.protocol.question import Item

KINDS = {"a.png": "image/png", "a.jpg": "image/jpeg", "a.webp": "image/webp", "a.gif": "image/gif"}


def drawn(width: int = 200, height: int = 100) -> Image.Image:
    """Red on the left, blue on the right, brighter downwards."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[:, : width // 2, 0] = 255
    pixels[:, width // 2 :, 2] = 255
    pixels[:, :, 1] = np.linspace(0, 200, height, dtype=np.uint8)[:, None]
    return Image.fromarray(pixels)


def saved(folder: Path, name: str, image: Image.Image | None = None, **options: Any) -> Item:
    path = folder / name
    (image or drawn()).save(path, **options)
    return item_of(path)


def item_of(path: Path) -> Item:
    return Item(path.stem, path, hashlib.sha256(path.read_bytes()).hexdigest())


def shown(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize(("name", "media_type"), KINDS.items())
def test_a_file_is_sent_as_it_is(tmp_path: Path, name: str, media_type: str) -> None:
    item = saved(tmp_path, name)
    for longest_side in (None, 200, 4000):
        picture = load_picture(item, longest_side)
        assert picture.media_type == media_type
        assert item.path is not None and picture.data == item.path.read_bytes()


def test_the_bytes_tell_the_media_type_not_the_name(tmp_path: Path) -> None:
    item = saved(tmp_path, "a.jpg")
    assert item.path is not None
    renamed = item.path.rename(tmp_path / "a.png")
    assert load_picture(item_of(renamed)).media_type == "image/jpeg"


@pytest.mark.parametrize(("name", "media_type"), KINDS.items())
def test_a_larger_image_is_reduced(tmp_path: Path, name: str, media_type: str) -> None:
    item = saved(tmp_path, name)
    picture = load_picture(item, 50)
    assert picture.media_type == ("image/jpeg" if media_type == "image/jpeg" else "image/png")
    small = shown(picture.data).convert("RGB")
    assert small.size == (50, 25)
    left, right = small.getpixel((5, 20)), small.getpixel((45, 20))
    assert (left[0] > 200, left[2] < 60) == (right[2] > 200, right[0] < 60) == (True, True)
    assert load_picture(item, 50) == picture


def test_a_reduced_image_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise, as a telephone held upright writes it
    item = saved(tmp_path, "a.jpg", exif=exif, quality=95)
    picture = load_picture(item, 50)
    small = shown(picture.data)
    assert small.size == (25, 50)
    assert small.getpixel((12, 5))[0] > 200 and small.getpixel((12, 45))[2] > 200  # what was left is above
    assert 0x0112 not in small.getexif()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_pixels_can_be_reduced(tmp_path: Path, mode: str) -> None:
    grey = Image.fromarray(np.full((100, 200), 32768, dtype=np.uint16))
    image = grey if mode == "I;16" else drawn().convert(mode)
    small = shown(load_picture(saved(tmp_path, "a.png", image), 50).data)
    assert small.size == (50, 25)
    if mode == "I;16":
        assert small.getpixel((10, 10)) == 128
    assert small.mode in ({"LA", "RGBA"} if mode in {"LA", "RGBA"} else {"L", "RGB", "RGBA"})


def test_print_colours_and_colour_profiles(tmp_path: Path) -> None:
    assert shown(load_picture(saved(tmp_path, "c.jpg", drawn().convert("CMYK")), 50).data).mode == "RGB"
    item = saved(tmp_path, "p.png", icc_profile=b"a profile")
    assert shown(load_picture(item, 50).data).info["icc_profile"] == b"a profile"


def test_a_very_flat_image_keeps_a_pixel(tmp_path: Path) -> None:
    assert shown(load_picture(saved(tmp_path, "a.png", drawn(4000, 2)), 16).data).size == (16, 1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "got an empty file, expected a PNG, JPEG, WebP or GIF image. Put the image back"),
        (b"<html>", "got a file that begins with b'<html>', expected a PNG, JPEG, WebP or GIF image"),
        (b"BM\x00\x00\x00\x00\x00\x00\x00", "Save it as PNG"),
        (b"RIFF\x00\x00\x00\x00WAVE", "expected a PNG"),
    ],
)
def test_what_is_no_image_is_explained(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match=says) as caught:
        load_picture(item_of(path))
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("name", KINDS)
def test_a_file_that_was_cut_short_is_explained(tmp_path: Path, name: str) -> None:
    item = saved(tmp_path, name)
    assert item.path is not None
    whole = item.path.read_bytes()
    item.path.write_bytes(whole[: len(whole) // 2].replace(b";", b"."))
    with pytest.raises(DataError, match=r"is cut short \(\d+ bytes and no end\)"):
        load_picture(item_of(item.path))


def test_an_image_of_absurd_size_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "LARGEST_PIXELS", 10_000)
    with pytest.raises(DataError, match=r"is damaged, or no image \(200 x 100 pixels are more than 10,000\)"):
        load_picture(saved(tmp_path, "a.png"), 50)


def test_a_damaged_image_is_explained(tmp_path: Path) -> None:
    item = saved(tmp_path, "a.png")
    assert item.path is not None
    data = bytearray(item.path.read_bytes())
    data[60:70] = b"\0" * 10
    item.path.write_bytes(data)
    with pytest.raises(DataError, match="is damaged, or no image"):
        load_picture(item_of(item.path), 50)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(KINDS)), place=st.floats(0, 0.999), noise=st.binary(min_size=1, max_size=12))
def test_no_damage_is_more_than_an_explained_error(tmp_path: Path, name: str, place: float, noise: bytes) -> None:
    item = saved(tmp_path, name, drawn(40, 20))
    assert item.path is not None
    data = bytearray(item.path.read_bytes())
    start = int(place * len(data))
    data[start : start + len(noise)] = noise
    item.path.write_bytes(data)
    try:
        picture = load_picture(item_of(item.path), 16)
    except DataError as error:
        assert str(item.path) in str(error)
    else:
        assert picture.media_type in KINDS.values()


def test_an_image_that_changes_while_a_run_goes_on_is_not_sent(tmp_path: Path) -> None:
    item = saved(tmp_path, "a.png")
    saved(tmp_path, "a.png", drawn(100, 100))
    with pytest.raises(DataError, match="has changed since the run began"):
        load_picture(item)
    assert item.path is not None
    item.path.unlink()
    with pytest.raises(DataError, match=r"cannot be read \(No such file"):
        load_picture(item)


def test_a_label_has_no_picture() -> None:
    with pytest.raises(ValueError, match="has no image"):
        load_picture(Item("BM01_Ang", label="angry"))
