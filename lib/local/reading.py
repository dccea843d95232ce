"""A model reads questions and goes on token by token; what stands before the words is read once an image."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

from lib.local.engine import Counts
from lib.local.families import Family
from lib.local.fitting import cross_columns
from lib.local.kept import Kept, Store, join_caches, split_cache
from lib.local.prompting import OF_WORDS, Prepared
from lib.local.watching import Seen, Watcher

if TYPE_CHECKING:
    import torch


class Reader:
    """Reads for one model.

    Parameters
    ----------
    model
        Of transformers, ready.
    family
        Its family.
    store
        Where images are kept.
    watcher
        Looks inside, where that is wanted.
    counts
        Is told what was read.
    """

    def __init__(self, model: Any, family: Family, store: Store, watcher: Watcher, counts: Counts) -> None:  # noqa: ANN401
        self.model, self.family, self.store, self.watcher, self.counts = model, family, store, watcher, counts
        self.device = next(model.parameters()).device

    def alike(self, prepared: Prepared) -> Hashable:
        """What must be the same of questions that are read together: all lengths and shapes, and what is wanted.

        Nothing is ever padded, so that a question is read as if it were alone.
        """
        shapes = tuple(sorted((name, tuple(values.shape)) for name, values in prepared.tensors.items()))
        grid = prepared.tensors.get("image_grid_thw")
        tiles = prepared.tensors.get("aspect_ratio_ids")
        marks = tuple(tuple(values.flatten().tolist()) for values in (grid, tiles) if values is not None)
        return len(prepared.ids), prepared.prefix, prepared.image_at, shapes, marks, prepared.request.wanted

    def read(self, batch: Sequence[Prepared]) -> Reading:
        """Read questions that are alike, up to the scores of the first token of each answer."""
        return Reading(self, batch)

    def kept_of(self, batch: Sequence[Prepared]) -> tuple[list[Kept], list[bool]]:
        """What is kept of the images of a batch, computed where it is not there, and which of them were there."""
        keys = [self._key(prepared) for prepared in batch]
        rows = {key: self.store.get(key) for key in keys}
        open_rows = {key: prepared for key, prepared in zip(keys, batch, strict=True) if rows[key] is None}
        there = []
        for number, key in enumerate(keys):  # the second question about an image in one batch finds it there
            there.append(rows[key] is not None or key in keys[:number])
        if open_rows:
            for key, made in zip(open_rows, self._compute(list(open_rows.values())), strict=True):
                self.store.put(key, made)
                rows[key] = made
        return [kept for key in keys if (kept := rows[key]) is not None], there

    def tensors(self, batch: Sequence[Prepared], names: Sequence[str], part: slice | None = None) -> dict[str, Any]:
        """Inputs of several questions in one, on the device; of those with an entry a token only `part`."""
        import torch

        joined = {}
        for name in names:
            if name in batch[0].tensors:
                values = torch.cat([prepared.tensors[name] for prepared in batch])
                if part is not None and name in OF_WORDS:
                    values = values[:, part]
                dtype = self.model.dtype if values.is_floating_point() else values.dtype
                joined[name] = values.to(self.device, dtype)
        return joined

    def places(self, prepared: Prepared) -> Sequence[int]:
        """Columns of the image's places among a layer's keys, row by row of the grid."""
        if prepared.grid is None:
            return ()
        if not self.family.crossed:
            return prepared.image_at
        tower = self.model.model.vision_model
        keys = tower.num_patches * self.model.config.vision_config.max_num_tiles
        return tuple(int(column) for column in cross_columns(self.model.config, prepared.tensors, keys))

    def positions(self, batch: Sequence[Prepared]) -> tuple[torch.Tensor, torch.Tensor] | None:
        """Positions (3, rows, tokens) of all tokens of questions, and by how much those behind differ from their count.

        None where the model counts by itself. Asked for here each time, since the model would keep those of its
        latest image.
        """
        import torch

        if not self.family.rope:
            return None
        ids = torch.tensor([prepared.ids for prepared in batch], device=self.device)
        if not batch[0].image_at:
            plain = torch.arange(ids.shape[1], device=self.device).expand(3, *ids.shape)
            return plain, torch.zeros(len(batch), 1, dtype=torch.long, device=self.device)
        own = self.tensors(batch, ("image_grid_thw", "mm_token_type_ids"))
        positions, beyond = self.model.model.get_rope_index(ids, **own)
        return positions, beyond

    def _key(self, prepared: Prepared) -> Hashable:
        wanted = prepared.request.wanted
        inside = (wanted.attention, wanted.vision_attention, wanted.hidden)
        if not self.family.prefix:
            return prepared.picture, inside
        return prepared.picture, inside, prepared.ids[: prepared.prefix]

    def _compute(self, batch: list[Prepared]) -> list[Kept]:
        """Read the images of a batch: with all that stands before them, or by the vision tower alone."""
        import torch

        self.counts.vision_passes += len(batch)
        self.watcher.begin((), 0, batch[0].image_at if self.family.prefix and not self.family.crossed else ())
        if not self.family.prefix:
            given = self.tensors(batch, self.family.vision)
            features = self.model.get_image_features(**given, return_dict=True).pooler_output
            rows = [Kept(features=features[row : row + 1].clone()) for row in range(len(batch))]
            return self._with_seen(rows, self.watcher.end())
        before = slice(0, batch[0].prefix)
        self.counts.prefilled += len(batch) * batch[0].prefix
        ids = torch.tensor([prepared.ids[before] for prepared in batch], device=self.device)
        names = (*self.family.vision, *OF_WORDS)
        positions = self.positions(batch)
        own = {"position_ids": positions[0][..., before]} if positions is not None else {}
        done = self.model(
            input_ids=ids, **self.tensors(batch, names, before), **own, use_cache=True, logits_to_keep=1
        )  # fmt: skip
        caches = split_cache(done.past_key_values, len(batch))
        return self._with_seen([Kept(cache=cache) for cache in caches], self.watcher.end())

    @staticmethod
    def _with_seen(rows: list[Kept], seen: Seen) -> list[Kept]:
        for row, kept in enumerate(rows):
            kept.hidden = None if seen.hidden_image is None else seen.hidden_image[row].clone()
            kept.vision = None if seen.vision is None else seen.vision[row].clone()
        return rows


class Reading:
    """Questions that are being answered side by side.

    Attributes
    ----------
    kept : list of Kept
        What is kept of their images; empty without.
    reused : list of int
        Tokens of each that did not have to be read.
    scores : tensor, (rows, vocabulary)
        Raw logits of the next token.
    seen : Seen
        What the latest pass showed.
    """

    def __init__(self, reader: Reader, batch: Sequence[Prepared]) -> None:
        import torch

        self._reader = reader
        first = batch[0]
        family = reader.family
        self.kept, there = reader.kept_of(batch) if first.picture is not None else ([], [False] * len(batch))
        split = first.prefix if family.prefix else 0
        self.reused = [split if found else 0 for found in there]
        self._places = reader.places(first)
        self._total = len(first.ids)
        behind = slice(split, None)
        own = reader.tensors(batch, OF_WORDS if family.crossed or not family.prefix else (), behind)
        positions = reader.positions(batch)
        self._beyond = None if positions is None else positions[1]
        if positions is not None:
            own["position_ids"] = positions[0][..., behind]
        if self.kept and family.prefix:
            own["past_key_values"] = join_caches([kept.cache for kept in self.kept])
        elif self.kept:
            own["mm_encoder_outputs"] = {"image": _features(self.kept)}
        self._cross = own["cross_attention_mask"][:, -1:] if "cross_attention_mask" in own else None
        ids = torch.tensor([prepared.ids[behind] for prepared in batch], device=reader.device)
        reader.counts.prefilled += ids.numel()
        reader.counts.reused += sum(self.reused)
        late = first.image_at if not family.prefix else ()
        reader.watcher.begin(self._places, self._total, late)
        self._pass(ids, own)

    def go_on(self, rows: Sequence[int], tokens: Sequence[int]) -> None:
        """Append a token to some of the questions, by their rows now, and let the others go."""
        import torch

        device = self._reader.device
        if len(rows) < self.scores.shape[0]:
            chosen = torch.tensor(rows, device=device)
            self._cache.batch_select_indices(chosen)
            self._beyond = None if self._beyond is None else self._beyond[chosen]
            self._cross = None if self._cross is None else self._cross[chosen]
        own: dict[str, Any] = {"past_key_values": self._cache}
        if self._beyond is not None:
            own["position_ids"] = (self._beyond + self._total).expand(3, -1, -1)
        if self._cross is not None:
            own["cross_attention_mask"] = self._cross
        self._total += 1
        self._reader.counts.decoded += len(rows)
        self._reader.watcher.begin(self._places, self._total)
        self._pass(torch.tensor([[token] for token in tokens], device=device), own)

    def _pass(self, ids: torch.Tensor, own: dict[str, Any]) -> None:
        done = self._reader.model(input_ids=ids, **own, use_cache=True, logits_to_keep=1)
        self._cache = done.past_key_values
        self.scores = done.logits[:, -1].float()
        self.seen = self._reader.watcher.end()


def _features(kept: Sequence[Kept]) -> Any:  # noqa: ANN401, of transformers
    import torch
    from transformers.modeling_outputs import BaseModelOutputWithPooling

    return BaseModelOutputWithPooling(pooler_output=torch.cat([one.features for one in kept]))
