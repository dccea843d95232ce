"""Addresses of servers as people write them: refused with the cure where no request could ever reach them."""

from __future__ import annotations

from urllib.parse import urlsplit

from lib.errors import ParameterError

SCHEMES = ("http", "https")


def web_address(given: str, name: str) -> str:
    """Give an address without its last slash.

    Parameters
    ----------
    given
        As it was written.
    name
        Of the parameter or variable that holds it, for the message.

    Raises
    ------
    ParameterError
        It does not begin with http:// or https://, or names no host, or a port that there is not.
    """
    address = given.strip().rstrip("/")
    scheme, separator, _ = address.partition("://")
    if not separator and "://" not in given:
        raise ParameterError(
            f"{name}: got {given!r}, which does not say how to ask there. Write http://{address} (or https://)."
        )
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, 0
    if scheme.lower() not in SCHEMES or not host or port == 0:
        raise ParameterError(
            f"{name}: got {given!r}, which is no address of a server. Write it as http://HOST or "
            "http://HOST:PORT, with the path that the server wants."
        )
    return address
