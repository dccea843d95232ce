"""What Quarto runs before it renders: brings the numbers up to date, so that `quarto render` alone is enough."""

from __future__ import annotations

import os
import sys

from lib.build.renderer import BUILT_VARIABLE
from lib.build.runner import run_build
from lib.errors import RaterError
from lib.project import open_project


def main() -> None:
    """Run the stale analyses, unless the build that calls Quarto has just done so."""
    if os.environ.get(BUILT_VARIABLE):
        return
    try:
        run_build(open_project(), "numbers")
    except RaterError as error:
        sys.stderr.write(f"rater: {error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
