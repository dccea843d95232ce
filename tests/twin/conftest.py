from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from lib.twin.design import twin_images
from lib.twin.deviations import deviations
from lib.twin.simulate import Twin, simulate
from lib.twin.targets import TwinTargets, read_targets

SEED = 20260222


@pytest.fixture(scope="session")
def targets_path() -> Path:
    return Path(__file__).parents[2] / "data" / "published" / "twin_targets.yaml"


@pytest.fixture(scope="session")
def targets(targets_path: Path) -> TwinTargets:
    return read_targets(targets_path)


@pytest.fixture(scope="session")
def images() -> pl.DataFrame:
    return twin_images()


@pytest.fixture(scope="session")
def twin(images: pl.DataFrame, targets: TwinTargets) -> Twin:
    return simulate(images, targets, SEED)


@pytest.fixture(scope="session")
def compared(images: pl.DataFrame, twin: Twin, targets: TwinTargets) -> pl.DataFrame:
    return deviations(images, twin.ratings, twin.predictions, targets)
