"""Everything that a user's files or settings can get wrong, each error naming the thing and its cure."""

from __future__ import annotations


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
