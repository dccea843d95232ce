"""Reading predictions that another program wrote as JSON, such as the laboratory's `{model}_predictions.json`.

No document says what that file looks like. What is recognised here is a list of objects, an object by image, one of
these within an object, or one object a line; each with the image, the category and the values, and texts where kept.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from lib.errors import DataError, MissingFileError

IMAGE = ("image_id", "image", "filename", "file_name", "file", "image_path", "path", "image_name", "id")
REPEAT = ("repeat", "repetition", "run", "trial")
WRAPPERS = ("predictions", "results", "data", "responses", "items", "images")
GROUPS = ("prediction", "predictions", "ratings", "rating", "parsed", "values", "result", "response")
TEXTS = ("raw_responses", "raw_response", "raw_texts", "raw_text", "raw_outputs", "raw_output", "raw", "responses")
WHOLE = ("raw_response", "raw_text", "raw_output", "raw", "response", "text", "answer")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"})
EXPECTED = "expected a list of objects, or an object by image, with image_id (or image, filename), emotion and values"

Value = str | float | None


@dataclass(frozen=True)
class Foreign:
    """One image's predictions in another program's words.

    `image` is as written. `values` are by step, None where nothing usable was written; `texts` are the raw answers by
    step, and `whole` is a raw answer to everything at once.
    """

    image: str
    repeat: int
    values: dict[str, Value]
    texts: dict[str, str]
    whole: str | None = None


@dataclass
class ForeignFile:
    """What a file holds, and what in it was not recognised (names of fields, with how often they were there)."""

    records: list[Foreign] = field(default_factory=list)
    recognised: Counter[str] = field(default_factory=Counter)
    unrecognised: Counter[str] = field(default_factory=Counter)
    nameless: int = 0


def read_foreign(path: Path, steps: tuple[str, ...]) -> ForeignFile:
    """Read a file of predictions.

    Parameters
    ----------
    path
        JSON, or JSON lines; NaN and infinities are taken as nothing.
    steps
        What is looked for: `emotion` and the study's dimensions.

    Raises
    ------
    MissingFileError, DataError
        There is no such file, or nothing in it looks like predictions.
    """
    found = ForeignFile()
    for name, entry in _entries(path, _content(path), found):
        record = _record(name, entry, steps, found)
        if record is None:
            found.nameless += 1
        else:
            found.records.append(record)
    if not found.records:
        raise DataError(f"{path}: holds no predictions; {EXPECTED}.")
    return found


def match_image(name: str, known: Mapping[str, str]) -> str | None:
    """Find the image that a name, a file name or a path means, among `known` names and file names; None if none."""
    path = PurePosixPath(name.replace("\\", "/"))
    return next((known[form] for form in (name, path.name, path.stem) if form in known), None)


def plain_name(name: str) -> str:
    """An image's name without folder and the ending of an image file."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.stem if path.suffix.lower() in SUFFIXES else path.name


def _content(path: Path) -> object:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise MissingFileError(f"{path}: there is no such file. Name the predictions to import.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not readable as text ({error}). Save it as JSON in UTF-8.") from error
    try:
        return _parsed(text)
    except (ValueError, RecursionError) as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2 or not lines[0].lstrip().startswith("{"):
            raise DataError(f"{path}: not readable as JSON ({error}); {EXPECTED}.") from error
        return [_line(path, number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _line(path: Path, number: int, line: str) -> object:
    try:
        return _parsed(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: line {number}: not readable as JSON ({error}). Mend or remove it.") from error


def _parsed(text: str) -> object:
    return json.loads(text, parse_constant=lambda _: None)


def _entries(path: Path, content: object, found: ForeignFile) -> Iterable[tuple[str | None, dict[str, Any]]]:
    """The entries of a file, with the image where it is the entry's name."""
    if isinstance(content, dict):
        yield from _entries_of_object(path, content, found)
    elif isinstance(content, list):
        for entry in content:
            if isinstance(entry, dict):
                yield None, entry
            else:
                found.nameless += 1
    else:
        raise DataError(f"{path}: got {type(content).__name__}; {EXPECTED}.")


def _entries_of_object(
    path: Path, content: dict[str, Any], found: ForeignFile
) -> Iterable[tuple[str | None, dict[str, Any]]]:
    if any(isinstance(content.get(name), str) for name in IMAGE):
        yield None, content
        return
    wrapped = next((name for name in WRAPPERS if isinstance(content.get(name), list | dict)), None)
    if wrapped is not None:
        found.unrecognised.update(name for name in content if name != wrapped)
        yield from _entries(path, content[wrapped], found)
        return
    for name, entry in content.items():
        for one in entry if isinstance(entry, list) else [entry]:
            if isinstance(one, dict):
                yield name, one
            else:
                found.unrecognised[name] += 1


def _record(name: str | None, entry: dict[str, Any], steps: tuple[str, ...], found: ForeignFile) -> Foreign | None:
    fields = _Fields(entry)
    image = next((str(value) for key in IMAGE if isinstance(value := fields.take(key), str | int)), None)
    if image is None and name is not None:
        image = name
        found.recognised["the entries' names as images"] += 1
    values = {step: _value(step, fields.first(_names(step))) for step in steps}
    texts = {step: text for step in steps if isinstance(text := fields.first(_text_names(step)), str)}
    for group in TEXTS:
        by_step = fields.inner(group)
        texts.update({step: text for step in steps if isinstance(text := by_step.get(step), str)})
    whole = next((text for key in WHOLE if isinstance(text := fields.take(key), str)), None)
    repeat = fields.first(REPEAT)
    found.recognised.update(fields.taken.keys())
    found.unrecognised.update(fields.left())
    if image is None or not image.strip():
        return None
    number = repeat if isinstance(repeat, int) and not isinstance(repeat, bool) and repeat >= 0 else 0
    return Foreign(image, number, values, texts, whole)


class _Fields:
    """The fields of one entry and of the groups within it, with those that were taken."""

    def __init__(self, entry: dict[str, Any]) -> None:
        self.fields = {key.lower(): value for key, value in entry.items()}
        for group in GROUPS:
            if isinstance(inner := self.fields.get(group), dict):
                del self.fields[group]
                for key, value in inner.items():
                    self.fields.setdefault(str(key).lower(), value)
        self.taken: dict[str, None] = {}

    def take(self, key: str) -> object:
        """One field's value; None where there is none."""
        if key in self.fields:
            self.taken[key] = None
        return self.fields.get(key)

    def first(self, keys: Iterable[str]) -> object:
        """The value of the first of these fields that has one."""
        return next((value for key in keys if (value := self.take(key)) is not None), None)

    def inner(self, key: str) -> dict[str, Any]:
        """An object within the entry, by lower-case names; empty where there is none."""
        value = self.fields.get(key)
        if not isinstance(value, dict):
            return {}
        self.taken[key] = None
        return {str(name).lower(): item for name, item in value.items()}

    def left(self) -> list[str]:
        """The fields that nobody took."""
        return [name for name in self.fields if name not in self.taken]


def _names(step: str) -> tuple[str, ...]:
    return (step, f"predicted_{step}", f"pred_{step}", f"{step}_pred", f"{step}_prediction", f"{step}_rating")


def _text_names(step: str) -> tuple[str, ...]:
    return (
        f"raw_{step}", f"{step}_raw", f"raw_{step}_response", f"{step}_raw_response", f"{step}_response",
        f"raw_response_{step}", f"{step}_text",
    )  # fmt: skip


def _value(step: str, value: object) -> Value:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if step == "emotion" or isinstance(value, str):
        return str(value)
    return float(value)
