"""Which renderer makes the pages: Quarto where it is installed, the project's press where it is not."""

from __future__ import annotations

import os
import shutil

CHOICE_VARIABLE = "RATER_RENDERER"
BUILT_VARIABLE = "RATER_BUILT"


def find_quarto() -> str | None:
    """Give the path of Quarto, or None where the press renders; RATER_RENDERER=press in the environment forces it."""
    if os.environ.get(CHOICE_VARIABLE) == "press":
        return None
    return shutil.which("quarto")
