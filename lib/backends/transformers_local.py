"""Vision-language models of Hugging Face's transformers, in this process."""

from __future__ import annotations

from lib.backends.local_models import LocalBackend
from lib.backends.local_settings import check
from lib.contracts.condition import Condition
from lib.local.engine import Engine
from lib.local.precheck import precheck


class TransformersBackend(LocalBackend):
    """Asks one condition of a model of transformers.

    The model's version names the commit (or the SHA-256 of a folder's weights), precision and library; the device that
    answered is the fingerprint.
    """

    @staticmethod
    def check(condition: Condition) -> None:
        """Refuse settings that models in this process have no use for."""
        check(condition)

    def open_engine(self) -> Engine:
        """Load the model and try it."""
        from lib.local.transformers_engine import TransformersEngine

        engine = TransformersEngine(self.condition.model, self.condition.local, self.root)
        engine.check(self.condition.thinking)
        return engine

    def precheck(self) -> None:
        """See that model, processor and device are there, without weights."""
        precheck(self.condition.model, self.condition.local, self.condition.thinking, self.root)
