"""What hosted models cost: `params/prices.yaml`, dated, for the user to correct."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator

from lib.contracts.condition import Backend
from lib.contracts.yaml_files import Parameters, read_parameters

PRICES_FILE = "params/prices.yaml"
MILLION = 1_000_000
Amount = Annotated[Decimal, Field(ge=0)]
Range = tuple[int, int]


class ImageTiles(Parameters):
    """OpenAI's rule: `base` tokens an image and, unless its detail is low, `tile` for each square of 512 pixels.

    Before the squares are counted, the image is reduced to fit 2,048 x 2,048 and then so that its shorter side has at
    most 768 pixels.
    """

    rule: Literal["tiles"]
    base: int = Field(ge=0)
    tile: int = Field(ge=0)


class ImageResolutions(Parameters):
    """Gemini's rule: least and most tokens an image by the media resolution that was asked for."""

    rule: Literal["media_resolution"]
    low: Range
    medium: Range
    high: Range
    unset: Range


class Price(Parameters):
    """The price of one model at one backend, per million tokens in `currency`.

    `cached` is for input that the server had seen before and says so, `batch_factor` what batches pay of the usual
    price. `also` are other names of the same model. `own_servers` says that it counts at a server of one's own, too,
    since that one passes questions on; without it nothing is paid there.
    """

    backend: Backend
    model: str
    also: tuple[str, ...] = ()
    currency: str = Field(min_length=1)
    input: Amount
    cached: Amount | None = None
    output: Amount
    image_output: Amount | None = None
    image_output_tokens: Range | None = None
    batch_factor: Annotated[Decimal, Field(gt=0, le=1)] | None = None
    date: datetime.date
    source: str
    own_servers: bool = False
    image_tokens: Annotated[ImageTiles | ImageResolutions, Field(discriminator="rule")] | None = None


class Prices(Parameters):
    """All prices that are known."""

    prices: tuple[Price, ...] = ()

    @field_validator("prices")
    @classmethod
    def _one_price_a_model(cls, prices: tuple[Price, ...]) -> tuple[Price, ...]:
        seen: set[tuple[str, str]] = set()
        for price in prices:
            for model in (price.model, *price.also):
                if (price.backend, model) in seen:
                    raise ValueError(f"{price.backend} {model} has two prices; keep one")
                seen.add((price.backend, model))
        return prices

    def find(self, backend: str, model: str) -> Price | None:
        """The price of a model at a backend, or None where it is not known."""
        known = (item for item in self.prices if item.backend == backend and model in (item.model, *item.also))
        return next(known, None)


def read_prices(root: Path) -> Prices:
    """Read `params/prices.yaml` of the project at `root`; without that file no price is known."""
    path = root / PRICES_FILE
    return read_parameters(path, Prices) if path.is_file() else Prices()
