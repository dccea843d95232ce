"""Vision-language models of mlx-vlm, in this process: on Apple silicon, and on Linux's processors."""

from __future__ import annotations

from lib.backends.local_models import LocalBackend
from lib.backends.mlx_settings import check
from lib.contracts.condition import Condition
from lib.local.engine import Engine


class MlxBackend(LocalBackend):
    """Asks one condition of a model of mlx-vlm, such as one of mlx-community's.

    It gives no attention and no hidden states.
    """

    @staticmethod
    def check(condition: Condition) -> None:
        """Refuse settings that mlx-vlm has no use for, and questions side by side."""
        check(condition)

    def open_engine(self) -> Engine:
        """Load the model and try it."""
        from lib.local.mlx_engine import MlxEngine

        engine = MlxEngine(self.condition.model, self.condition.local, self.root)
        engine.check(self.condition.thinking)
        return engine

    def precheck(self) -> None:
        """See that the model is there and that mlx-vlm counts its image's tokens."""
        from lib.local.mlx_probing import precheck

        precheck(self.condition.model, self.condition.local, self.condition.thinking, self.root)
