"""What the tower begins with: patches seen as what differs between faces, so that it need not learn that first."""

from __future__ import annotations

from typing import Any

import numpy as np

from lib.pocket.augment import as_seen
from lib.pocket.faces import Faces
from lib.pocket.model import tower_of

FLOOR = 0.05
"""Added to every variance, as a share of their mean: what hardly differs is not blown up to noise."""
MOST = 600
"""Faces that are looked at."""


def begin_with(model: Any, faces: Faces) -> None:  # noqa: ANN401
    """Set the tower's patch weights to the principal components of patches, and its positions off the mean face.

    From every patch the mean patch at its place is taken (by the position's weights), and the rest is turned to its
    principal components, each divided by its standard deviation (whitening). Training changes all of it later. Without
    this a tower of this size spends most of a short training on finding that faces differ at all.
    """
    import torch

    embeddings = tower_of(model).embeddings
    weight, positions = embeddings.patch_embedding.weight, embeddings.position_embedding.weight
    side, width = weight.shape[-1], weight.shape[0]
    some = as_seen(faces.pixels[:: max(1, len(faces) // MOST)])
    patches = torch.nn.functional.unfold(some, side, stride=side).transpose(1, 2).double().numpy()
    mean = patches.mean(axis=0)
    rest = (patches - mean).reshape(-1, patches.shape[-1])
    variance, directions = np.linalg.eigh(rest.T @ rest / len(rest))
    variance, directions = variance[::-1][:width], directions[:, ::-1][:, :width]
    # Which of two opposite directions comes out depends on the machine.
    strongest = directions[np.abs(directions).argmax(axis=0), np.arange(directions.shape[1])]
    components = (directions * np.sign(strongest) / np.sqrt(variance + FLOOR * variance.mean())).T
    with torch.no_grad():
        count = len(components)  # fewer than `width` where a patch has fewer pixels
        weight[:count] = torch.from_numpy(components.reshape(count, *weight.shape[1:])).float()
        positions[1:, :count] -= torch.from_numpy(mean @ components.T).float()
