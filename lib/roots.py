"""Where the project's root is."""

from __future__ import annotations

import os
from pathlib import Path

ROOT_VARIABLE = "RATER_ROOT"
MARK = "_quarto.yml"


def root_above(start: Path) -> Path | None:
    """Find the root: the environment's RATER_ROOT, or the nearest folder from `start` upwards with `_quarto.yml`."""
    if ROOT_VARIABLE in os.environ:
        return Path(os.environ[ROOT_VARIABLE]).resolve()
    here = start.resolve()
    return next((one for one in (here, *here.parents) if (one / MARK).is_file() and (one / "params").is_dir()), None)


def root_or_here() -> Path:
    """Where relative paths of a condition begin: the project's root, or this folder where there is no project."""
    return root_above(Path.cwd()) or Path.cwd()
