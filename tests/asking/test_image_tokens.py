from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from lib.asking.image_tokens import image_tokens, read_size, sent_size
from lib.contracts.condition import Decoding
from lib.contracts.prices import ImageTiles, read_prices

PRICES = read_prices(Path(__file__).parents[2])
HIGH = Decoding(image_detail="high")


@pytest.mark.parametrize(
    ("size", "tokens"),
    # OpenAI's guide to vision, "calculating costs", for models of 85 + 170 tokens a tile.
    [((1024, 1024), 765), ((2048, 4096), 1105), ((512, 512), 255), ((4096, 2048), 1105), ((513, 512), 425)],
)
def test_tiles_as_in_the_providers_examples(size: tuple[int, int], tokens: int) -> None:
    assert image_tokens(ImageTiles(rule="tiles", base=85, tile=170), HIGH, size) == (tokens, tokens)


def test_gpt_4o_mini_as_its_server_counted() -> None:
    # Reported by users for a 128 x 64 image and 12 tokens of text: 8,512 in high detail, 2,845 in low detail.
    price = PRICES.find("openai", "gpt-4o-mini")
    assert price is not None
    assert price.image_tokens is not None
    assert image_tokens(price.image_tokens, HIGH, (128, 64)) == (8_500, 8_500)
    assert image_tokens(price.image_tokens, Decoding(image_detail="low"), (128, 64)) == (2_833, 2_833)
    assert image_tokens(price.image_tokens, Decoding(), (128, 64)) == (2_833, 8_500)


def test_gemini_by_media_resolution() -> None:
    price = PRICES.find("gemini", "gemini-2.5-flash")
    assert price is not None
    assert price.image_tokens is not None
    low, high = image_tokens(price.image_tokens, Decoding(media_resolution="low"), (1024, 1024))
    assert (low, high) == (64, 64)
    low, high = image_tokens(price.image_tokens, Decoding(), (1024, 1024))
    assert low < high


def test_images_count_as_they_are_sent(tmp_path: Path) -> None:
    Image.new("RGB", (1000, 400)).save(tmp_path / "a.png")
    assert read_size(tmp_path / "a.png") == (1000, 400)
    assert sent_size((1000, 400), 500) == (500, 200)
    assert sent_size((1000, 400), None) == sent_size((1000, 400), 1000) == (1000, 400)
    (tmp_path / "b.png").write_bytes(b"no image")
    assert read_size(tmp_path / "b.png") is None
    assert read_size(tmp_path / "absent.png") is None
