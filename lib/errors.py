"""Everything that a user's files or settings can get wrong, each error naming the thing and its cure."""

from __future__ import annotations

LONGEST_LINE = 300


class RaterError(Exception):
    """Base of all errors that are shown to the user as one message, without a stack trace."""


class ParameterError(RaterError):
    """A file under `params/` cannot be understood."""


class DataError(RaterError):
    """A data file breaks its contract: images, ratings or predictions."""


class MissingFileError(RaterError):
    """A file that a step needs is not there."""


class DocumentError(RaterError):
    """A document uses something outside the subset that both renderers share, or a name that does not resolve."""


class BuildError(RaterError):
    """A step of the build failed or the build cannot start."""


class BackendUnavailableError(RaterError):
    """A machine cannot be asked now: no key, no server, or no such model."""


class StoreError(RaterError):
    """The store of answers is in use, or holds lines that cannot be read."""


def one_line(said: BaseException | str) -> str:
    """Give a text, or what an exception of somebody else's says, on one line of at most 300 characters.

    An exception that says nothing is named by its kind.
    """
    text = " ".join(str(said).split())
    if not text and isinstance(said, BaseException):
        text = type(said).__name__
    return text if len(text) <= LONGEST_LINE else f"{text[: LONGEST_LINE - 1]}…"


def named_line(error: BaseException) -> str:
    """Give the kind of an exception and what it says, on one line as `one_line`."""
    return one_line(f"{type(error).__name__}: {error}")
