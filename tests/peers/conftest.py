from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import pytest
from peers.servers import Peer, start_mlx, start_transformers, stop
from peers.study import PeerStudy, write_peer_study

NEEDED = ("mlx_vlm", "torch", "transformers", "fastapi", "uvicorn", "safetensors", "tokenizers")


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> PeerStudy:
    """The paper's study with a few drawn images, and the models that it asks."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)}: not installed; make local installs what runs models on this machine")
    return write_peer_study(tmp_path_factory.mktemp("peers") / "project")


@pytest.fixture(scope="session")
def started(study: PeerStudy) -> Iterator[dict[str, Peer]]:
    """Both servers on their way, so that one gets ready while the other is tested."""
    peers = {"transformers": start_transformers(study.root), "mlx": start_mlx(study.root)}
    yield peers
    for peer in peers.values():
        stop(peer)


@pytest.fixture(scope="session")
def transformers(started: dict[str, Peer]) -> Peer:
    return started["transformers"].ready()


@pytest.fixture(scope="session")
def mlx(started: dict[str, Peer]) -> Peer:
    return started["mlx"].ready()


@pytest.fixture(scope="session", params=["transformers", "mlx"])
def peer(request: pytest.FixtureRequest) -> Peer:
    return request.getfixturevalue(request.param)
