from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mlx_support import Models

Zoo = Callable[[str], Path]
Engines = Callable[[str], Any]


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    """Gives the folder of a tiny random model of a family, built when it is first asked for."""
    torch = pytest.importorskip("torch", reason="needs the extra local (make local)")
    pytest.importorskip("transformers", reason="needs the extra local (make local)")
    from local_zoo import build

    torch.set_num_threads(1)
    home = tmp_path_factory.mktemp("zoo")
    built: dict[str, Path] = {}

    def folder(family: str) -> Path:
        if family not in built:
            built[family] = build(family, home / family)
        return built[family]

    return folder


@pytest.fixture(scope="session")
def opened(zoo: Zoo) -> Engines:
    """Gives the engine of a family, opened once."""
    from lib.local.transformers_engine import TransformersEngine

    engines: dict[str, TransformersEngine] = {}

    def engine(family: str) -> TransformersEngine:
        if family not in engines:
            engines[family] = TransformersEngine(str(zoo(family)))
        return engines[family]

    return engine


@pytest.fixture
def engine(opened: Engines) -> Engines:
    """Gives the engine of a family as it was when it was opened."""
    from local_support import fresh

    return lambda family: fresh(opened(family))


@pytest.fixture(scope="session")
def mlx_models(zoo: Zoo, opened: Engines) -> Models:
    """Engines over the zoo's models in MLX, each opened once, and the same in transformers."""
    for name in ("mlx.core", "mlx_vlm"):
        pytest.importorskip(name, reason="needs the extra local (make local)")
    from mlx_support import Models

    return Models(zoo, opened)
