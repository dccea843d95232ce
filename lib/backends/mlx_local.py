"""Vision-language models of mlx-vlm, in this process: on Apple silicon, and on Linux's processors."""

from __future__ import annotations

from pathlib import Path

from lib.backends.local_models import Inspect, LocalBackend
from lib.backends.mlx_settings import check
from lib.contracts.condition import Condition
from lib.contracts.study import Study
from lib.local.engine import Engine, Wanted
from lib.roots import root_or_here


class MlxBackend(LocalBackend):
    """Asks one condition of a model of mlx-vlm; it gives no attention and no hidden states.

    `model` is a folder, from the project's root on, or a model of the hub that `rater models pull` has fetched, such as
    one of mlx-community's.
    """

    def __init__(
        self,
        condition: Condition,
        _study: Study | None = None,
        *,
        wanted: Wanted | None = None,
        inspect: Inspect | None = None,
    ) -> None:
        check(condition)
        root = root_or_here()
        super().__init__(
            condition,
            lambda: _open(condition, root),
            lambda: _precheck(condition, root),
            wanted=wanted,
            inspect=inspect,
        )


def _open(condition: Condition, root: Path) -> Engine:
    from lib.local.mlx_engine import MlxEngine

    engine = MlxEngine(condition.model, condition.local, root)
    engine.check(condition.thinking)
    return engine


def _precheck(condition: Condition, root: Path) -> None:
    from lib.local.mlx_probing import precheck

    precheck(condition.model, condition.local, condition.thinking, root)
