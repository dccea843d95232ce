"""A model in MLX reads questions and goes on token by token; what stands before the words is read once an image.

The same steps as `lib.local.reading`, one question at a time, on the parts of mlx-vlm's models; its own loops
(`stream_generate`, `PromptCacheState`, `VisionFeatureCache`) are not used: they reuse as much of the question before as
happens to be the same, so that rounding depends on the order of questions, and they keep no image's features for most
families. Here a question is always cut at the same place, whether its first part is there already or not.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lib.errors import BackendUnavailableError
from lib.local.engine import Counts
from lib.local.families import Family
from lib.local.kept import Kept, Store
from lib.local.mlx_watching import NothingSeen, Watched
from lib.local.prompting import OF_WORDS, Prepared
from lib.local.watching import Seen

if TYPE_CHECKING:
    import torch

OF_ROPE = ("position_ids", "rope_deltas")


@dataclass(frozen=True, slots=True)
class Described:
    """What is asked of a model beside its scores: its settings, as transformers reads them."""

    config: Any


@dataclass(slots=True)
class KeptInMlx(Kept):
    """As `Kept`, of MLX: `cache` is a list with an entry a layer, `given` what later passes want of the first one."""

    given: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes."""
        from mlx.utils import tree_flatten

        caches = [one.state for one in self.cache or ()]
        held: Any = tree_flatten([caches, list(self.given.values())])
        return sum(int(one.nbytes) for _, one in held if hasattr(one, "nbytes"))


class MlxReader:
    """Reads for one model.

    Parameters
    ----------
    network
        Of mlx-vlm, ready.
    config
        The model's, as transformers reads it.
    family
        Its family.
    store
        Where images are kept.
    counts
        Is told what was read.
    """

    def __init__(self, network: Any, config: Any, family: Family, store: Store, counts: Counts) -> None:  # noqa: ANN401
        self.network, self.family, self.store, self.counts = network, family, store, counts
        self.model = Described(config)
        self.watcher = NothingSeen()
        self.tower = Watched(network.vision_tower if "vision_tower" in network else network.vision_model)

    def read(self, batch: Sequence[Prepared]) -> MlxReading:
        """Read one question, up to the scores of the first token of its answer."""
        (prepared,) = batch
        return MlxReading(self, prepared)

    def kept_of(self, prepared: Prepared) -> tuple[KeptInMlx, bool]:
        """What is kept of a question's image, computed where it is not there, and whether it was there."""
        key = (prepared.picture, prepared.ids[: prepared.prefix] if self.family.prefix else ())
        found = self.store.get(key)
        if isinstance(found, KeptInMlx):
            return found, True
        kept = self._compute(prepared)
        self.store.put(key, kept)
        return kept, False

    def embedded(self, ids: Sequence[int], given: dict[str, Any]) -> dict[str, Any]:
        """What the language model takes of tokens and an image: embeddings, masks and positions."""
        import mlx.core as mx

        given = dict(given)
        pixels = given.pop("pixel_values", None)
        tokens = mx.array([ids])
        before = self.tower.passes
        made = self.network.get_input_embeddings(tokens, pixels, mask=mx.ones(tokens.shape, dtype=mx.int32), **given)
        self.counts.vision_passes += self.tower.passes - before
        return {name: values for name, values in made.to_dict().items() if values is not None}

    def passed(self, ids: Sequence[int], cache: list[Any], given: dict[str, Any]) -> Any:  # noqa: ANN401
        """Let tokens through the language model behind what is in the cache; give the last one's scores."""
        import mlx.core as mx

        done = self.network.language_model(mx.array([ids]), cache=cache, **given, logits_to_keep=1)
        return done.logits[:, -1, :]

    def tensors(self, prepared: Prepared, names: Sequence[str], part: slice | None = None) -> dict[str, Any]:
        """Inputs of a question, in MLX; of those with an entry a token only `part`."""
        import mlx.core as mx

        given = {}
        for name in names:
            if name in prepared.tensors:
                values = prepared.tensors[name]
                given[name] = mx.array(values[:, part].numpy() if part and name in OF_WORDS else values.numpy())
        return given

    def _compute(self, prepared: Prepared) -> KeptInMlx:
        """Read the image, with all that stands before it, or by the vision tower alone."""
        import mlx.core as mx
        from mlx_vlm.models.cache import make_prompt_cache

        if not self.family.prefix:
            self.tower.latest = None
            self.embedded(prepared.ids, self.tensors(prepared, self.family.vision))
            mx.eval(self.tower.latest)
            kept = KeptInMlx(given={"tower": self.tower.latest})
            self.tower.latest = None
            return kept
        before = slice(0, prepared.prefix)
        ids = prepared.ids[before]
        self.counts.prefilled += len(ids)
        made = self.embedded(ids, self.tensors(prepared, (*self.family.vision, "cross_attention_mask"), before))
        cache = make_prompt_cache(self.network.language_model)
        own: dict[str, Any] = {name: made[name] for name in ("rope_deltas", "cross_attention_states") if name in made}
        self.passed(ids, cache, {**made, **self._mask(prepared)})
        mx.eval([one.state for one in cache], own)
        return KeptInMlx(cache=cache, given=own)

    def _mask(self, prepared: Prepared) -> dict[str, Any]:
        """Gemma 3's image tokens see one another, also those behind; mlx-vlm lets them see those before alone."""
        import mlx.core as mx

        if self.model.config.model_type != "gemma3":
            return {}
        size, window = prepared.prefix, self.model.config.get_text_config().sliding_window
        if window is not None and size > window:
            raise BackendUnavailableError(
                f"gemma3: the image ends at token {size}, behind the window of {window} that this model's layers see; "
                "with MLX such a prompt would be read otherwise than the model was trained. Take backend transformers."
            )
        place = mx.arange(size)
        image = mx.zeros(size, dtype=mx.bool_)
        image[mx.array(prepared.image_at)] = True
        seen = (place[None] <= place[:, None]) | (image[None] & image[:, None])
        return {"mask": seen[None, None]}


class MlxReading:
    """A question that is being answered; has what `lib.local.reading.Reading` has, for one row.

    Attributes
    ----------
    reused : list of int
        Tokens that did not have to be read.
    scores : tensor, (1, vocabulary)
        Raw logits of the next token.
    """

    kept: tuple[Kept, ...] = ()
    seen = Seen()

    def __init__(self, reader: MlxReader, prepared: Prepared) -> None:
        from mlx_vlm.models.cache import make_prompt_cache

        self._reader = reader
        family = reader.family
        kept, there = reader.kept_of(prepared) if prepared.picture is not None else (KeptInMlx(), False)
        split = prepared.prefix if family.prefix else 0
        self.reused = [split if there else 0]
        behind = slice(split, None)
        ids = prepared.ids[behind]
        pictured = () if family.prefix else family.vision
        reader.tower.known = kept.given.get("tower")
        try:
            made = reader.embedded(ids, reader.tensors(prepared, (*pictured, "cross_attention_mask"), behind))
        finally:
            reader.tower.known = None
        self._later = {name: values for name, values in kept.given.items() if name != "tower"}
        if kept.cache is not None:
            # Those given are counted from the words' beginning; the model counts on from its cache instead.
            made = {name: values for name, values in made.items() if name not in OF_ROPE}
            self._cache = copy.deepcopy(kept.cache)
        else:
            self._later |= {name: made[name] for name in ("rope_deltas",) if name in made}
            self._cache = make_prompt_cache(reader.network.language_model)
        reader.counts.prefilled += len(ids)
        reader.counts.reused += sum(self.reused)
        self._take(reader.passed(ids, self._cache, {**made, **self._later}))
        if "cross_attention_mask" in made:
            self._later["cross_attention_mask"] = made["cross_attention_mask"][:, :, -1:]
            self._later["full_text_row_masked_out_mask"] = made["full_text_row_masked_out_mask"][:, :, -1:]

    def go_on(self, _rows: Sequence[int], tokens: Sequence[int]) -> None:
        """Append a token."""
        self._reader.counts.decoded += 1
        self._take(self._reader.passed(tokens, self._cache, self._later))

    def _take(self, scores: Any) -> None:  # noqa: ANN401
        import mlx.core as mx
        import numpy as np
        import torch

        self.scores: torch.Tensor = torch.from_numpy(np.array(scores.astype(mx.float32)))
