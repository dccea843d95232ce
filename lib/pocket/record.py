"""What a run says while it goes on, and what of the machine and the sources its card says afterwards."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from pathlib import Path

from lib.drawing.drawn_set import RENDERER
from lib.drawing.tables import MANIFEST
from lib.files import sha256_file, write_text
from lib.pocket.recipe import Recipe
from lib.pocket.training import Progress

SECONDS = 15
"""Between two lines about the same thing."""
CODE = ("lib/pocket", "lib/drawing")


class ProgressLines:
    """Lines about how far a run is, with the minutes since it began.

    Parameters
    ----------
    say
        Is given each line.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._began = time.monotonic()
        self._latest: tuple[str, float] = ("", 0.0)

    def faces(self, what: str, done: int, of: int) -> None:
        """So many faces of `what` are done; said now and then, and at the end."""
        now = time.monotonic()
        if self._latest[0] == what and now - self._latest[1] < SECONDS and done < of:
            return
        self._latest = (what, now)
        self._line(f"{what}: {done:,} of {of:,} faces")

    def epoch(self, progress: Progress) -> None:
        """An epoch is done."""
        figures = ", ".join(f"{name} {value:.3f}" for name, value in progress.figures.items())
        self._line(f"{progress.stage}: epoch {progress.epoch} of {progress.epochs}: {figures}")

    def _line(self, text: str) -> None:
        self._say(f"{(time.monotonic() - self._began) / 60:5.1f} min  {text}")


def environment(recipe: Recipe) -> str:
    """Versions and machine that weights depend on, as a sentence."""
    import numpy as np
    import tokenizers
    import torch
    import transformers

    return (
        f"Trained on {platform.machine()} ({platform.system()}) with {recipe.threads} threads, seed {recipe.seed}, "
        f"torch {torch.__version__}, transformers {transformers.__version__}, tokenizers {tokenizers.__version__}, "
        f"numpy {np.__version__}, renderer {RENDERER}. The same machine, threads and versions give the same bytes."
    )


def sources(root: Path, recipe_file: str, work: Path) -> dict[str, Path]:
    """Files that a model came of, by what they are; code is a list of hashes, kept in `work`.

    The list has lines `<sha256>  <path>` as `sha256sum` prints them, in order of paths.
    """
    paths = sorted(path for folder in CODE for path in (root / folder).rglob("*.py"))
    paths.append(root / "notebooks/pocket.ipynb")
    listed = "".join(f"{sha256_file(path)}  {path.relative_to(root).as_posix()}\n" for path in paths)
    return {
        f"recipe (`{recipe_file}`)": root / recipe_file,
        "code (list of the hashes of `lib/pocket`, `lib/drawing` and the notebook)": write_text(
            work / "code.sha256", listed
        ),
        "faces of training (manifest with the hash of each)": work / "training" / MANIFEST,
        "faces of validation (manifest with the hash of each)": work / "validation" / MANIFEST,
    }
