from __future__ import annotations

import base64

from backends_support import picture

from lib.backends.encoding import Encoded
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


def test_old_pictures_are_forgotten() -> None:
    encoded = Encoded(largest=10_000)
    for number in range(100):
        encoded(picture(number))
        assert encoded.size <= 10_000
    huge = picture(size=100_000)
    assert base64.b64decode(encoded(huge)) == huge.data
