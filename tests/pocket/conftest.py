from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Pocket:
    """A tiny pocket rater and where it was made."""

    recipe: Any
    faces: Path
    work: Path
    folder: Path
    said: list[Any]


@pytest.fixture(scope="session")
def pocket(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pocket:
    """A pocket rater made in seconds from 36 stick faces."""
    pytest.importorskip("torch", reason="needs the extra local (make local)")
    pytest.importorskip("transformers", reason="needs the extra local (make local)")
    from pocket_support import draw_stick_faces, make, tiny_recipe

    import lib.pocket.faces

    patch = pytest.MonkeyPatch()
    patch.setattr(lib.pocket.faces, "draw_set", draw_stick_faces)
    request.addfinalizer(patch.undo)
    home = tmp_path_factory.mktemp("pocket")
    recipe = tiny_recipe()
    said = make(recipe, home / "faces", home / "work", home / "model")
    return Pocket(recipe, home / "faces", home / "work", home / "model", said)
