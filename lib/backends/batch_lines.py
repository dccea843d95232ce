"""What a provider gives back for a batch, put in order: one outcome a question, whatever came twice."""

from __future__ import annotations

from collections.abc import Iterable

from lib.backends.base import Answer, BackendError


def collect(lines: Iterable[tuple[str, Answer | BackendError]]) -> dict[str, Answer | BackendError]:
    """Give one outcome a key: the first answer, or the first failure where no answer came."""
    found: dict[str, Answer | BackendError] = {}
    for key, outcome in lines:
        if key not in found or (isinstance(found[key], BackendError) and isinstance(outcome, Answer)):
            found[key] = outcome
    return found
