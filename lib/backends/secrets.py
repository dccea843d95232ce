"""Keys of providers: from the environment or a key file outside the repository, and kept out of every text."""

from __future__ import annotations

import json
import logging
import os
import re
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import quote

from lib.errors import BackendUnavailableError

KEY_FILE = "RATER_KEY_FILE"
KEY_NAMES = (
    "OPENAI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "RATER_SERVER_KEY", "OLLAMA_API_KEY", "HF_TOKEN",
)  # fmt: skip
"""Names of the environment (or of the key file) whose values are never to be seen."""
HIDDEN = "[key]"
SHORTEST = 6
LOOKS_LIKE_KEY = re.compile(
    r"\bsk-[A-Za-z0-9_-]{12,}|\bAIza[A-Za-z0-9_-]{20,}|(?<=Bearer )[^\s\"']{6,}|(?<=[?&]key=)[^\s&\"']{6,}"
)
SDK_LOGS = ("openai", "google_genai", "ollama", "httpx", "httpx2", "httpcore", "httpcore2", "aiohttp")
_seen: set[str] = set()


def find_key(*names: str) -> str | None:
    """Give the first of `names` that the environment has, else the first that the key file has, else None.

    Raises
    ------
    BackendUnavailableError
        The key file is missing, lies in a repository, or can be read by others.
    """
    in_file = _key_file() if KEY_FILE in os.environ else {}
    everywhere = (where.get(name, "") for where in (os.environ, in_file) for name in names)
    found = next((value for value in everywhere if value.strip()), None)
    if found is None:
        return None
    key = found.strip()
    _seen.add(key)
    return key


def scrub(text: str) -> str:
    """Give `text` without any key that is known, and without what looks like one."""
    for key in sorted(_known(), key=len, reverse=True):
        for written in {key, json.dumps(key)[1:-1], quote(key, safe="")}:
            text = text.replace(written, HIDDEN)
    return LOOKS_LIKE_KEY.sub(HIDDEN, text)


def hide_in_logs() -> None:
    """Scrub whatever the SDKs log from now on, at every level and whatever handler writes it; done once a process."""
    before = logging.getLogRecordFactory()
    if getattr(before, "scrubs", False):
        return
    logging.setLogRecordFactory(_scrubbing(before))


def _scrubbing(before: Callable[..., logging.LogRecord]) -> Callable[..., logging.LogRecord]:
    def make(*arguments: object, **named: object) -> logging.LogRecord:
        record = before(*arguments, **named)
        if record.name.partition(".")[0] in SDK_LOGS:
            record.msg, record.args = scrub(record.getMessage()), None
            # A trace of these shows requests with their headers.
            record.exc_info, record.exc_text, record.stack_info = None, None, None
        return record

    make.scrubs = True  # type: ignore[attr-defined]
    return make


def _known() -> Iterable[str]:
    named = (os.environ.get(name, "").strip() for name in KEY_NAMES)
    return {key for key in (*_seen, *named) if len(key) >= SHORTEST}


def _key_file() -> dict[str, str]:
    path = Path(os.environ[KEY_FILE]).expanduser()
    try:
        real = path.resolve(strict=True)
        mode = real.stat().st_mode
        text = real.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BackendUnavailableError(
            f"{KEY_FILE}: got {str(path)!r}, which cannot be read ({type(error).__name__}). "
            f"Name a file of lines NAME=value, or unset {KEY_FILE}."
        ) from None
    if any((folder / ".git").exists() or (folder / "_quarto.yml").exists() for folder in real.parents):
        raise BackendUnavailableError(
            f"{KEY_FILE}: got {str(path)!r}, which lies in a repository, where keys are published by mistake. "
            "Move the file outside, for example to ~/.config/rater/keys."
        )
    if mode & (stat.S_IRWXG | stat.S_IRWXO) and os.name == "posix":
        raise BackendUnavailableError(f"{KEY_FILE}: got {str(path)!r}, which others can read. Run `chmod 600 {path}`.")
    return dict(_lines(text))


def _lines(text: str) -> Iterable[tuple[str, str]]:
    for line in text.splitlines():
        name, sign, value = line.strip().removeprefix("export ").partition("=")
        if sign and not name.startswith("#"):
            yield name.strip(), value.strip().strip("\"'")
