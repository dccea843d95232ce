"""Vision-language models of Hugging Face's transformers, in this process."""

from __future__ import annotations

from pathlib import Path

from lib.backends.local_models import Inspect, LocalBackend
from lib.backends.local_settings import check
from lib.contracts.condition import Condition
from lib.contracts.study import Study
from lib.local.engine import Engine, Wanted
from lib.local.precheck import precheck
from lib.roots import root_or_here


class TransformersBackend(LocalBackend):
    """Asks one condition of a model of transformers.

    `model` is a folder, from the project's root on, or a model of the hub that `rater models pull` has fetched. The
    model's version names the commit (or the SHA-256 of a folder's weights), precision and library; the device that
    answered is the fingerprint.
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
            lambda: precheck(condition.model, condition.local, condition.thinking, root),
            wanted=wanted,
            inspect=inspect,
        )


def _open(condition: Condition, root: Path) -> Engine:
    from lib.local.transformers_engine import TransformersEngine

    engine = TransformersEngine(condition.model, condition.local, root)
    engine.check(condition.thinking)
    return engine
