from __future__ import annotations

import base64

import pytest
from backends_support import picture

from lib.backends.encoding import Encoded, of_repeat
from lib.contracts.condition import Decoding
from lib.protocol.question import Picture


def test_a_picture_is_encoded_once() -> None:
    encoded, image = Encoded(), picture()
    first = encoded(image)
    assert base64.b64decode(first) == image.data
    assert encoded(image) is first


def test_pictures_are_not_mixed_up_when_memory_is_used_again() -> None:
    encoded = Encoded()
    for number in range(2000):
        image = Picture(str(number).encode(), "image/png")
        assert base64.b64decode(encoded(image)) == str(number).encode()


@pytest.mark.parametrize(("temperature", "seeds"), [(0, [42, 42, 42]), (0.3, [42, 43, 44]), (None, [42, 43, 44])])
def test_repeats_that_are_drawn_have_seeds_of_their_own(temperature: float | None, seeds: list[int]) -> None:
    decoding = Decoding(temperature=temperature, seed=42)
    settings = {"model": "m", "seed": 42, "top_p": 1}
    made = [of_repeat(settings, decoding, repeat) for repeat in range(3)]
    assert [one["seed"] for one in made] == seeds
    assert all(list(one) == list(settings) for one in made) and settings["seed"] == 42
    assert of_repeat({"model": "m"}, Decoding(temperature=1), 2) == {"model": "m"}


def test_old_pictures_are_forgotten() -> None:
    encoded = Encoded(largest=10_000)
    for number in range(100):
        encoded(picture(number))
        assert encoded.size <= 10_000
    huge = picture(size=100_000)
    assert base64.b64decode(encoded(huge)) == huge.data
