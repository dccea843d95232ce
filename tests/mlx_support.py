"""What the tests of MLX share: engines over the zoo's models, each built once."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from lib.contracts.condition import Decoding, Thinking
from lib.contracts.local_model import Local
from lib.local.engine import Request, Wanted
from lib.protocol.question import Picture

if TYPE_CHECKING:
    from lib.local.mlx_engine import MlxEngine

WIDE = 512
"""A window as wide as no question here; the zoo's own is narrower, which mlx-vlm does not heed in PaliGemma 2."""


def picture(number: int, size: tuple[int, int] = (140, 100)) -> Picture:
    """A picture of noise, one for each number."""
    pixels = np.random.default_rng(number).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return Picture(buffer.getvalue(), "image/png")


def asked(
    prompt: str,
    of: Picture | None,
    decoding: Decoding | None = None,
    thinking: Thinking | None = None,
    wanted: Wanted | None = None,
    key: str | None = None,
) -> Request:
    """A request; its key is its prompt if none is given."""
    return Request(
        key or prompt, prompt, of, decoding or Decoding(max_tokens=5), thinking or Thinking(), wanted or Wanted()
    )


@dataclass
class Models:
    """Folders of the zoo, and engines over them in MLX and transformers, each made once."""

    zoo: Callable[[str], Path]
    opened: Callable[[str], Any]
    engines: dict[str, MlxEngine] = field(default_factory=dict)

    def folder(self, family: str) -> Path:
        """A family's model; PaliGemma's with a wide window."""
        folder = self.zoo(family)
        if family != "paligemma":
            return folder
        wide = folder.with_name("paligemma-wide")
        if not wide.is_dir():
            shutil.copytree(folder, wide)
            config = json.loads((wide / "config.json").read_text())
            config["text_config"]["sliding_window"] = WIDE
            (wide / "config.json").write_text(json.dumps(config))
        return wide

    def mlx(self, family: str) -> MlxEngine:
        """A family's model in MLX."""
        from lib.local.mlx_engine import MlxEngine

        if family not in self.engines:
            self.engines[family] = MlxEngine(str(self.folder(family)), Local(device="cpu"))
        return self.engines[family]

    def transformers(self, family: str) -> Any:
        """A family's model in transformers."""
        if family != "paligemma":
            return self.opened(family)
        from lib.local.transformers_engine import TransformersEngine

        return TransformersEngine(str(self.folder(family)), Local(device="cpu"))
