"""Several questions about one image in one row: each sees the image and itself, as if it were alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lib.pocket.words import Spelled

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Packed:
    """Rows of questions.

    Attributes
    ----------
    ids, positions : tensors (rows, length) of int
        Tokens, padded at the right, and where each counts itself to be: every question begins right behind the image.
    mask : tensor (rows, 1, length, length) of bool
        Which token sees which.
    before : int
        Tokens ahead of the questions, the same in every row.
    row, place : tensors (answers,) of int
        Of every token that an answer's token follows.
    targets : tensor (answers, vocabulary)
        Chances of what follows.
    chosen : tensor (answers,) of bool
        Which of them are choices.
    """

    ids: torch.Tensor
    positions: torch.Tensor
    mask: torch.Tensor
    before: int
    row: torch.Tensor
    place: torch.Tensor
    targets: torch.Tensor
    chosen: torch.Tensor


def pack(before: Sequence[int], rows: Sequence[Sequence[Spelled]], pad: int) -> Packed:
    """Pack questions behind the tokens `before`, those of one row one after the other."""
    import torch

    start = len(before)
    length = start + max(sum(len(one.ids) for one in row) for row in rows)
    ids = np.full((len(rows), length), pad)
    positions = np.zeros((len(rows), length), dtype=np.int64)
    part = np.full((len(rows), length), -1)
    ids[:, :start], positions[:, :start], part[:, :start] = before, np.arange(start), 0
    row_of, place_of, targets, chosen = list[int](), list[int](), list[Any](), list[bool]()
    for number, row in enumerate(rows):
        at = start
        for question, one in enumerate(row, 1):
            end = at + len(one.ids)
            ids[number, at:end], part[number, at:end] = one.ids, question
            positions[number, at:end] = start + np.arange(len(one.ids))
            row_of += [number] * len(one.targets)
            place_of += range(at + one.first, at + one.first + len(one.targets))
            targets.append(one.targets)
            chosen += [place in one.chosen for place in range(len(one.targets))]
            at = end
    same = (part[:, :, None] == part[:, None, :]) | (part[:, None, :] == 0)
    mask = same & np.tri(length, dtype=bool)
    return Packed(
        torch.from_numpy(ids), torch.from_numpy(positions), torch.from_numpy(mask)[:, None], start,
        torch.tensor(row_of), torch.tensor(place_of), torch.from_numpy(np.concatenate(targets)), torch.tensor(chosen),
    )  # fmt: skip


def answers_of(model: Any, packed: Packed, seen: torch.Tensor | None) -> torch.Tensor:  # noqa: ANN401
    """Log-probabilities (answers, vocabulary) of what follows each of `row` and `place`.

    Parameters
    ----------
    model
        Of `lib.pocket.model`.
    packed
        The questions.
    seen : tensor (rows, places, width), or None
        What the tower gave for each row's picture (see `model.see`); None where there is none.
    """
    import torch

    inner = model.model
    inputs = inner.get_input_embeddings()(packed.ids)
    if seen is not None:
        images = inner.multi_modal_projector(seen)
        first = packed.before - images.shape[1]
        inputs = torch.cat([inputs[:, :first], images, inputs[:, packed.before :]], dim=1)
    states = inner.language_model(
        inputs_embeds=inputs, attention_mask=packed.mask, position_ids=packed.positions, use_cache=False
    ).last_hidden_state
    chances: torch.Tensor = model.lm_head(states[packed.row, packed.place]).log_softmax(-1)
    return chances
