"""The numbers of a chapter: recorded where they are computed, saved once, found again by key."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lib.errors import BuildError
from lib.files import write_json
from lib.formats import counted, format_value

RESULTS_VARIABLE = "RATER_RESULTS"
POSITION = re.compile(r"\[\d+\]")
Scalar = float | int | str | bool | None


@dataclass(frozen=True)
class Entry:
    """One number: its key in parts (an id may hold dots), its value, its text on the page, the cell that made it."""

    path: tuple[str, ...]
    value: Scalar
    text: str
    cell: int | None
    chapter: str = ""

    @property
    def key(self) -> str:
        """The key as it is written: `conditions.gemini-2.5-flash.kappa`."""
        return ".".join(self.path)


class Results:
    """Collects a chapter's numbers; the notebook's last cell saves them."""

    def __init__(self, chapter: str) -> None:
        self.chapter = chapter
        self.entries: dict[str, Entry] = {}

    def put(self, path: Iterable[str], value: object, text: str | None = None) -> None:
        """Record one number, or a mapping of numbers, under the key made of the parts of `path`.

        Parameters
        ----------
        path
            The parts of the key, for example `["conditions", condition.id, "kappa"]`.
        value
            A number, text, truth value or None; NaN becomes None. A mapping is recorded leaf by leaf.
        text
            How the page shows it; by default `lib.formats.format_value` decides from the last part of the key.

        Raises
        ------
        BuildError
            The key was recorded before with another value.
        """
        parts = tuple(path)
        if isinstance(value, Mapping):
            for name, inner in value.items():
                self.put((*parts, str(name)), inner)
            return
        scalar = _scalar(value)
        entry = Entry(
            parts, scalar, text if text is not None else format_value(parts[-1], scalar), _current_cell(), self.chapter
        )
        before = self.entries.get(entry.key)
        if before is not None and before.value != entry.value:
            raise BuildError(
                f"{self.chapter}: {entry.key} is recorded twice: {before.value!r}, then got {entry.value!r}."
            )
        self.entries[entry.key] = entry

    def put_rows(self, path: Iterable[str], rows: Iterable[Mapping[str, object]]) -> None:
        """Record a table, such as an analysis of variance, as a list of rows in `results.json`.

        Each cell is an entry of its own that `rater trace` finds by the row's position, from 0:
        `conditions.gemma3-4b.valence.anova.[0].f`. Documents show such tables whole: cells are no variables.
        """
        parts = tuple(path)
        for position, row in enumerate(rows):
            self.put((*parts, f"[{position}]"), row)

    def save(self, inputs: Mapping[str, str]) -> str:
        """Write all entries and `inputs` (file -> SHA-256) that they were computed from to where the build wants them.

        The environment's RATER_RESULTS names the file. Without it (a notebook run by hand) nothing is written.
        """
        target = os.environ.get(RESULTS_VARIABLE)
        if target:
            entries = [asdict(entry) for entry in self.entries.values()]
            write_json(Path(target), {"chapter": self.chapter, "inputs": dict(inputs), "entries": entries})
        return f"{counted(len(self.entries), 'number')} from {counted(len(inputs), 'file')}"


def load_results(path: Path) -> tuple[dict[str, Entry], dict[str, str]]:
    """Read what `Results.save` wrote: entries by key, and the hashes of the inputs."""
    content = json.loads(path.read_text(encoding="utf-8"))
    entries = [
        Entry(tuple(item["path"]), item["value"], item["text"], item["cell"], item["chapter"])
        for item in content["entries"]
    ]
    return {entry.key: entry for entry in entries}, content["inputs"]


def nest(entries: Iterable[Entry], *, text: bool = False) -> dict[str, Any]:
    """Put entries into nested mappings by the parts of their keys: values, or texts with dots in parts made `_`.

    Raises
    ------
    BuildError
        One key is the beginning of another, or two chapters record one key.

    Mappings from [0], [1], ... (what `Results.put_rows` records) become lists; texts leave them out.
    """
    tree: dict[str, Any] = {}
    for entry in entries:
        if text and any(map(POSITION.fullmatch, entry.path)):
            continue
        parts = [variable_part(part) for part in entry.path] if text else list(entry.path)
        branch = tree
        for part in parts[:-1]:
            branch = branch.setdefault(part, {})
            if not isinstance(branch, dict):
                raise BuildError(f"{entry.key}: a shorter key is a number already. Rename one of them.")
        if parts[-1] in branch:
            raise BuildError(f"{entry.key}: is recorded by two chapters, or is the beginning of another key.")
        branch[parts[-1]] = entry.text if text else entry.value
    return {name: _listed(inner) for name, inner in tree.items()}


def variable_part(part: str) -> str:
    """One part of a key as documents write it: `gemini-2.5-flash` is `gemini-2_5-flash`."""
    return part.replace(".", "_")


def variable_name(entry: Entry) -> str:
    """The name of an entry in a document's `{{< var >}}`."""
    return ".".join(variable_part(part) for part in entry.path)


def _listed(branch: object) -> object:
    """Mappings from [0], [1], ... as lists, at any depth."""
    if not isinstance(branch, dict):
        return branch
    inner = {name: _listed(value) for name, value in branch.items()}
    return list(inner.values()) if inner and all(map(POSITION.fullmatch, inner)) else inner


def _scalar(value: object) -> Scalar:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a result is a number, text or None, got {value!r}")


def _current_cell() -> int | None:
    """Count of the notebook cell that is running, which the executed notebook carries beside the cell."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return None
    shell = get_ipython()
    return len(shell.user_ns["In"]) - 1 if shell is not None else None
