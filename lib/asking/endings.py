"""Why a run ends before all is asked, each reason with its cure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from lib.asking.progress_words import duration
from lib.asking.report import Cause
from lib.asking.retry import asks_for_too_much
from lib.asking.settings import RunSettings
from lib.asking.spending import Spending
from lib.backends.base import BackendError

KEPT = "What is answered is stored"
AGAIN = "run the same command again to go on"
CURES = {
    "rejected": "Check model, decoding and server in the condition's file under params/conditions",
    "rate_limit": "Wait a while, or set requests_per_minute or a lower concurrency in params/providers.yaml",
    "timeout": "Raise the deadline in params/providers.yaml, or ask fewer questions at once (--concurrency)",
    "server": "The server has trouble: wait a while, or look at its log if it is yours",
    "connection": "See that the server runs and that this computer is online",
    "malformed": "See that the server is of the kind that the condition's file names as its backend",
    "picture": "See that the study's images are where they were",
}


class Ending(NamedTuple):
    """A reason to end a run, as a word and as a sentence with the cure."""

    cause: Cause
    message: str


def interrupted() -> Ending:
    """Somebody wished it."""
    return Ending("interrupted", f"interrupted. {KEPT}; {AGAIN}.")


def out_of_money(spending: Spending) -> Ending | None:
    """The budget, if it is spent."""
    reason = spending.why_not()
    return Ending("budget", f"{reason} {KEPT}.") if reason else None


def after_failure(error: BackendError, settings: RunSettings) -> Ending | None:
    """A failure after which no other question would fare better."""
    if error.kind == "unauthorized":
        return Ending("unauthorized", f"{sentence(error.message)} Mend the key or its rights, then {AGAIN}. {KEPT}.")
    if asks_for_too_much(error, settings):
        assert error.retry_after is not None
        until = datetime.now().astimezone() + timedelta(seconds=error.retry_after)
        return Ending(
            "retry_after",
            f"the provider asks to wait {duration(error.retry_after)}, longer than a run waits "
            f"({duration(settings.patience)}): {sentence(error.message)} {KEPT}; "
            f"run the same command again after {until:%Y-%m-%d %H:%M}.",
        )
    return None


def too_many_failures(kind: str, message: str, count: int) -> Ending:
    """So many questions failed one after the other that the next one would, too."""
    failed = "the question failed" if count == 1 else f"{count} questions failed one after the other, the last one so"
    return Ending(
        "failures",
        f"{failed} ({kind}): {sentence(message)} {CURES.get(kind, 'Mend this')}, then {AGAIN}. {KEPT}.",
    )


def sentence(text: str) -> str:
    """A text with its full stop."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
