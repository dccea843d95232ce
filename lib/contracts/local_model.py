"""How a model is run in this process: section `local` of a condition."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lib.contracts.yaml_files import Parameters

Precision = Literal["float32", "float16", "bfloat16", "8bit", "4bit"]
Device = Literal["auto", "cpu", "cuda", "mps"]


class Local(Parameters):
    """Which weights run, and where; `None` leaves a setting to the weights.

    `precision` is what weights are held in: by default as they are stored. `8bit` and `4bit` quantise them as they are
    loaded. `revision` is the hub's branch, tag or commit; `sha256` of the weights refuses any others. These three are
    part of what makes two questions the same. `device`, and `batch` (questions at once), are not.
    """

    precision: Precision | None = None
    revision: str | None = None
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    device: Device = "auto"
    batch: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"

    def identity(self) -> dict[str, str] | None:
        """What an answer depends on, of what is set; None if nothing is."""
        return self.model_dump(include={"precision", "revision", "sha256"}, exclude_none=True) or None
