"""Looking inside a model while it reads: attention and hidden states, reduced at once to what is kept of them.

Whole maps of attention would be hundreds of MB a question (every token to every token, layer by layer); what is kept is
the last token's row, and of that the image's places.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lib.local.engine import Wanted

if TYPE_CHECKING:
    import torch


@dataclass(slots=True)
class Seen:
    """What one pass through the model showed, a row for each question.

    `attention` (rows, layers, heads, places), `hidden` (rows, layers, width) of the last token, `hidden_image` the same
    averaged over the image's tokens, `vision` (images, layers, heads, places).
    """

    attention: torch.Tensor | None = None
    hidden: torch.Tensor | None = None
    hidden_image: torch.Tensor | None = None
    vision: torch.Tensor | None = None


@dataclass(slots=True)
class _Pass:
    """What a pass has shown so far."""

    columns: Sequence[int] = ()
    total: int = 0
    image_at: Sequence[int] = ()
    attention: dict[int, torch.Tensor] = field(default_factory=dict)
    hidden: dict[int, torch.Tensor] = field(default_factory=dict)
    hidden_image: dict[int, torch.Tensor] = field(default_factory=dict)
    vision: list[torch.Tensor] = field(default_factory=list)


class Watcher:
    """Looks inside one model.

    Parameters
    ----------
    model
        Of transformers.
    crossed
        Whether the image is seen in cross-attention layers alone.

    Attributes
    ----------
    layers : tuple of int
        Layers whose attention sees the image, from 1.
    """

    def __init__(self, model: Any, *, crossed: bool) -> None:  # noqa: ANN401
        self.model = model
        self._crossed = crossed
        self._decoder = model.get_decoder()
        self._blocks = list(self._decoder.layers)
        across = [number for number, block in enumerate(self._blocks, 1) if hasattr(block, "cross_attn")]
        self.layers = tuple(across if crossed else range(1, len(self._blocks) + 1))
        self._usual = self._implementations()
        self._pass: _Pass | None = None

    @contextmanager
    def watching(self, wanted: Wanted) -> Iterator[None]:
        """Look inside while this lasts; afterwards the model is as it was."""
        eager = wanted.attention or wanted.vision_attention
        handles = list(self._hooks(wanted))
        if eager:
            self.model.set_attn_implementation("eager")
        try:
            yield
        finally:
            self._pass = None
            for handle in handles:
                handle.remove()
            if eager:
                self.model.set_attn_implementation(self._usual)

    def begin(self, columns: Sequence[int], total: int, image_at: Sequence[int] = ()) -> None:
        """Say what the next pass is about.

        `columns` are the image's places among the keys, `total` how many keys there are at its end, and `image_at`
        where the image's tokens are in what is read now (none if it was read before).
        """
        self._pass = _Pass(columns, total, image_at)

    def end(self) -> Seen:
        """Give what the pass showed."""
        import torch

        seen, self._pass = self._pass, None
        assert seen is not None

        def stacked(parts: dict[int, torch.Tensor]) -> torch.Tensor | None:
            return torch.stack([parts[number] for number in sorted(parts)], dim=1) if parts else None

        return Seen(
            stacked(seen.attention),
            stacked(seen.hidden),
            stacked(seen.hidden_image),
            torch.stack(seen.vision, dim=1) if seen.vision else None,
        )

    def _hooks(self, wanted: Wanted) -> Iterator[Any]:
        if wanted.attention:
            for number in self.layers:
                block = self._blocks[number - 1]
                module = block.cross_attn if hasattr(block, "cross_attn") else block.self_attn
                yield module.register_forward_hook(self._see_attention(number))
        for number in wanted.hidden:
            hook = self._see_hidden(number)
            if number == 0:
                yield self._blocks[0].register_forward_pre_hook(
                    lambda _module, given, named, hook=hook: hook(None, None, given or named["hidden_states"]),
                    with_kwargs=True,
                )
            else:
                last = number == len(self._blocks)
                yield (self._decoder.norm if last else self._blocks[number - 1]).register_forward_hook(hook)
        if wanted.vision_attention:
            for module in vision_attentions(self.model):
                yield module.register_forward_hook(self._see_vision)

    def _see_attention(self, number: int) -> Any:  # noqa: ANN401
        def hook(_module: Any, _given: Any, gave: Any) -> None:  # noqa: ANN401
            weights = gave[1]
            if self._pass is None or weights is None or not self._pass.columns:
                return
            keys = weights.shape[-1] if self._crossed else self._pass.total
            self._pass.attention[number] = _at(weights[:, :, -1, :], self._pass.columns, keys)

        return hook

    def _see_hidden(self, number: int) -> Any:  # noqa: ANN401
        def hook(_module: Any, _given: Any, gave: Any) -> None:  # noqa: ANN401
            if self._pass is None:
                return
            states = gave[0] if isinstance(gave, tuple) else gave
            self._pass.hidden[number] = states[:, -1].float().cpu()
            if self._pass.image_at:
                self._pass.hidden_image[number] = states[:, list(self._pass.image_at)].float().mean(1).cpu()

        return hook

    def _see_vision(self, _module: Any, _given: Any, gave: Any) -> None:  # noqa: ANN401
        weights = gave[1] if isinstance(gave, tuple) and len(gave) > 1 else None
        if self._pass is None or weights is None or weights.ndim != 4:
            return
        got = weights.float().mean(2)
        places = got.shape[-1]
        if math.isqrt(places) ** 2 != places:  # the class token comes first
            got = got[..., 1:]
        if math.isqrt(got.shape[-1]) ** 2 == got.shape[-1]:
            self._pass.vision.append(got.cpu())

    def _implementations(self) -> dict[str, str]:
        config = self.model.config
        parts = {name: getattr(config, name) for name in config.sub_configs if getattr(config, name, None) is not None}
        return {"": config._attn_implementation} | {
            name: part._attn_implementation for name, part in parts.items() if part._attn_implementation
        }


def vision_attentions(model: Any) -> Iterator[Any]:  # noqa: ANN401
    """Attention modules of the vision tower, in order; a tower that does not give its attention has some, too."""
    inner = model.model
    tower = next(getattr(inner, name) for name in ("vision_tower", "visual", "vision_model") if hasattr(inner, name))
    for name, module in tower.named_modules():
        if name.rpartition(".")[2] in {"self_attn", "attn", "attention"}:
            yield module


def _at(row: torch.Tensor, columns: Sequence[int], total: int) -> torch.Tensor:
    """Attention at the image's places; a layer with a sliding window holds the last keys only, and the rest gets 0."""
    import torch

    gone = total - row.shape[-1]
    places = torch.tensor(columns, device=row.device) - gone
    held = row.float()[..., places.clamp(min=0)]
    return torch.where(places >= 0, held, 0.0).cpu()
