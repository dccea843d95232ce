"""What answers cost: exact where tokens and price are known, and said to be unknown where they are not."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from lib.backends import ollama_settings, openai_settings
from lib.backends.base import Answer
from lib.contracts.condition import Condition
from lib.contracts.prices import MILLION, PRICES_FILE, Price, Prices

LOCAL_BACKENDS = frozenset({"mlx", "transformers", "onnx", "tflite", "image-classification", "emotiefflib"})
OWN_NAMES = (".local", ".lan", ".internal", ".localdomain", ".home.arpa")
FREE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Tariff:
    """What the answers of one condition cost.

    Attributes
    ----------
    model : str
        The model, for messages.
    price : Price or None
        The price that counts.
    local : bool
        Whether the machine runs on a server of one's own, so that answers have no price.
    listed : bool
        Whether the file of prices has a price that does not count, since the server is one's own.
    """

    model: str
    price: Price | None
    local: bool
    listed: bool = False

    @property
    def known(self) -> bool:
        """Whether the cost of an answer can be told."""
        return self.local or self.price is not None

    @property
    def currency(self) -> str | None:
        """The currency of the costs; None where there is no price."""
        return self.price.currency if self.price else None

    @property
    def note(self) -> str:
        """Where the cost comes from, in a few words."""
        if self.price:
            return f"prices of {self.price.date:%Y-%m-%d}"
        if self.local and self.listed:
            return (
                "local: no price, since the server is your own; if it passes questions on, write `own_servers: true` "
                f"at the price of {self.model} in {PRICES_FILE}"
            )
        return "local: no price" if self.local else f"unknown: {PRICES_FILE} has no price of {self.model}"

    def cost(
        self,
        tokens_in: int | None,
        tokens_out: int | None,
        tokens_thinking: int | None = None,
        tokens_cached: int | None = None,
        *,
        batch: bool = False,
    ) -> Decimal | None:
        """The exact cost of tokens, in `currency`.

        Parameters
        ----------
        tokens_in, tokens_out
            Of question (with its image) and answer, as the server counted them.
        tokens_thinking
            Billed as output; None where the server reports none.
        tokens_cached
            Those of `tokens_in` that cost less; not in batches, whose discounts do not add up everywhere.
        batch
            Whether the answer came by a batch.

        Returns
        -------
        Decimal or None
            0 for a local machine; None if the price is not known or the server did not count.
        """
        if self.price is None:
            return FREE if self.local else None
        if tokens_in is None or tokens_out is None:
            return None
        cached = min(tokens_cached or 0, tokens_in) if self.price.cached is not None and not batch else 0
        spent = (tokens_in - cached) * self.price.input + (tokens_out + (tokens_thinking or 0)) * self.price.output
        spent += cached * (self.price.cached or FREE)
        factor = self.price.batch_factor if batch and self.price.batch_factor is not None else 1
        return spent * factor / MILLION

    def answer_cost(self, answer: Answer, *, batch: bool = False) -> Decimal | None:
        """The exact cost of one answer; None if it is not known."""
        return self.cost(answer.tokens_in, answer.tokens_out, answer.tokens_thinking, answer.tokens_cached, batch=batch)


def tariff_of(condition: Condition, prices: Prices) -> Tariff:
    """What a condition's answers cost: nothing on a server of one's own, else the listed price, or unknown.

    A price with `own_servers` counts at a server of one's own, too.
    """
    price, local = prices.find(condition.backend, condition.model), _is_local(condition)
    if local and not (price is not None and price.own_servers):
        return Tariff(condition.model, None, local=True, listed=price is not None)
    return Tariff(condition.model, price, local=False)


def _is_local(condition: Condition) -> bool:
    if condition.backend in LOCAL_BACKENDS:
        return True
    if condition.backend == "ollama":
        hosted = condition.model.endswith((":cloud", "-cloud"))
        return not hosted and is_own_server(ollama_settings.address_of(condition))
    if condition.backend == "openai":
        return is_own_server(openai_settings.address_of(condition))
    return False


def is_own_server(address: str) -> bool:
    """Whether an address is of this machine or its own network: nobody bills for answers from there.

    Examples
    --------
    >>> [is_own_server(name) for name in ("http://localhost:1234/v1", "http://10.0.0.7", "https://api.example.com/v1")]
    [True, True, False]
    """
    host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(OWN_NAMES)
    return number.is_private or number.is_loopback or number.is_unspecified
