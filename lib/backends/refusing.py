"""Settings that a server cannot take are refused before anything is asked, never dropped in silence."""

from __future__ import annotations

from lib.contracts.condition import Condition
from lib.errors import ParameterError


def refuse(condition: Condition, setting: str, value: object, why: str, cure: str) -> ParameterError:
    """Give the error of one setting: condition, setting, value, reason and cure."""
    return ParameterError(f"condition {condition.id}: {setting}: got {value!r}, but {why}. {cure}")


def refuse_decoding(condition: Condition, server: str, *names: str) -> None:
    """Refuse each of the decoding settings `names` that the condition sets.

    Raises
    ------
    ParameterError
        One is set.
    """
    for name in names:
        value = getattr(condition.decoding, name)
        if value is not None and value is not False:
            raise refuse(condition, f"decoding.{name}", value, f"{server} has no such setting", "Take it out.")
