from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from stimuli_support import face, png

from lib.stimuli.duplicates import LARGEST_DIFFERENCE, MEAN_DIFFERENCE, same_bytes, same_pictures
from lib.stimuli.looking import Look, look_at_bytes


def again(image: Image.Image, kind: str, scale: float, quality: int) -> bytes:
    stream = io.BytesIO()
    size = (round(image.width * scale), round(image.height * scale))
    image.resize(size, Image.Resampling.LANCZOS).save(stream, kind, quality=quality)
    return stream.getvalue()


def test_the_same_bytes_under_other_names_are_a_group() -> None:
    one, other = look_at_bytes(png(face(1))), look_at_bytes(png(face(2)))
    assert same_bytes({"b": one, "a": one, "c": other, "d": Look(0, "", "cannot be read")}) == [["a", "b"]]
    assert same_pictures({"b": one, "a": one, "c": other}) == [], "that is told as the same bytes already"


@pytest.mark.parametrize(("kind", "scale", "quality"), [("JPEG", 1, 40), ("WEBP", 0.5, 60), ("JPEG", 1.7, 80)])
def test_pictures_saved_anew_are_the_same_and_other_people_are_not(kind: str, scale: float, quality: int) -> None:
    looks = {f"face{seed}": look_at_bytes(png(face(seed, (240, 288)))) for seed in range(30)}
    looks["copy"] = look_at_bytes(again(face(7, (240, 288)), kind, scale, quality))
    assert same_pictures(looks) == [["copy", "face7"]]


def test_another_mouth_or_brow_is_another_picture() -> None:
    image = face(3, (240, 288))
    mouth, brow = image.copy(), image.copy()
    ImageDraw.Draw(mouth).ellipse((84, 184, 156, 208), fill=(150, 30, 40))
    ImageDraw.Draw(brow).line((72, 95, 108, 104), fill=(30, 30, 30), width=4)
    looks = {name: look_at_bytes(png(each)) for name, each in {"a": image, "b": mouth, "c": brow}.items()}
    assert same_pictures(looks) == []


def test_two_emotions_of_one_person_are_the_same_picture_only_if_they_hardly_differ() -> None:
    image, other, same = face(3, (240, 288)), face(3, (240, 288)), face(3, (240, 288))
    ImageDraw.Draw(other).line((84, 184, 156, 184), fill=(90, 60, 60), width=2)
    same.putpixel((0, 0), (127, 128, 128))
    looks = {name: look_at_bytes(png(each)) for name, each in {"a": image, "b": other, "c": same}.items()}
    assert same_pictures(looks) == [["a", "b", "c"]]
    shown = {"a": ("p1", "calm"), "b": ("p1", "joy"), "c": ("p1", "fear")}
    assert same_pictures(looks, shown) == [["a", "c"]]
    assert same_pictures(looks, shown | {"b": ("p2", "joy")}) == [["a", "b", "c"]]
    assert same_pictures(looks, shown | {"b": ("p1", "calm")}) == [["a", "b", "c"]], "saved anew"


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15)
def test_every_pair_within_the_limits_is_found_and_no_other(seed: int) -> None:
    generator = np.random.default_rng(seed)
    start = generator.integers(0, 256, (4, 16, 16, 3))
    noise = generator.integers(-5, 6, (24, 16, 16, 3)) * generator.integers(0, 3, (24, 1, 1, 1))
    smalls = np.clip(start[generator.integers(0, 4, 24)] + noise, 0, 255).astype(np.uint8)
    looks = {f"{number:02d}": Look(1, str(number), small=small) for number, small in enumerate(smalls)}
    difference = np.abs(smalls[:, None].astype(int) - smalls[None]).reshape(24, 24, -1)
    near = (difference.mean(axis=2) <= MEAN_DIFFERENCE) & (difference.max(axis=2) <= LARGEST_DIFFERENCE)
    group = {number: {number} for number in range(24)}
    for one, other in np.argwhere(near):
        merged = group[one] | group[other]
        for member in merged:
            group[member] = merged
    expected = sorted({tuple(sorted(f"{member:02d}" for member in members)) for members in map(tuple, group.values())})
    assert [tuple(found) for found in same_pictures(looks)] == [members for members in expected if len(members) > 1]
