"""What each provider bears: requests at once, a minute and tokens a minute, and how long an answer may take."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from lib.contracts.condition import Condition
from lib.contracts.yaml_files import Parameters, read_parameters


class Provider(Parameters):
    """Limits of one provider; None is no limit. Times are in seconds.

    `deadline` is for one attempt at one question, `deadline_thinking` the same where the machine may reason. A question
    is asked again up to `retries` times after failures that may pass, each time after a random wait of up to
    `first_wait`, doubled each time and never longer than `longest_wait`.
    """

    concurrency: int = Field(default=4, ge=1, le=1024)
    requests_per_minute: int | None = Field(default=None, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)
    deadline: float = Field(default=120, gt=0)
    deadline_thinking: float = Field(default=600, gt=0)
    retries: int = Field(default=6, ge=0, le=100)
    first_wait: float = Field(default=1, gt=0)
    longest_wait: float = Field(default=60, gt=0)

    @model_validator(mode="after")
    def _waits_grow(self) -> Provider:
        if self.longest_wait < self.first_wait:
            raise ValueError("longest_wait must not be shorter than first_wait")
        return self

    def shared_by(self, processes: int) -> Provider:
        """Give the share of one of several processes that ask this provider side by side; at least one of each."""

        def share(limit: int | None) -> int | None:
            return None if limit is None else max(1, limit // processes)

        return self.model_copy(
            update={
                "concurrency": max(1, self.concurrency // processes),
                "requests_per_minute": share(self.requests_per_minute),
                "tokens_per_minute": share(self.tokens_per_minute),
            }
        )


class Providers(Parameters):
    """All providers, by a condition's backend, by `local`, or by the address of one server."""

    providers: dict[str, Provider] = Field(default_factory=dict)

    def of(self, condition: Condition) -> Provider:
        """Give the limits for a condition.

        The address of its server comes first, then `local` where that address is this machine, then its backend. What
        is not listed is asked with the defaults of `Provider`.
        """
        names: list[str] = [condition.backend]
        if condition.server is not None:
            address = condition.server.rstrip("/")
            names = [address, *(["local"] if _is_here(address) else []), *names]
        return next((self.providers[name] for name in names if name in self.providers), Provider())


def _is_here(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def read_providers(path: Path) -> Providers:
    """Read `params/providers.yaml`; without the file every provider has the defaults.

    Raises
    ------
    ParameterError
        The file cannot be understood.
    """
    return read_parameters(path, Providers) if path.exists() else Providers()
