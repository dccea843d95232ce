"""Pictures as they are shown in training: moved, turned, mirrored, lit otherwise, noisy, a part hidden."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lib.pocket.faces import mirrored
from lib.pocket.model import MEAN, SPREAD

if TYPE_CHECKING:
    import torch

SHIFT, ZOOM, TURN = 0.03, 0.04, math.radians(3)
"""Largest, as shares of half a side, of size, and in radians."""
BRIGHTNESS, CONTRAST, TINT, NOISE = 0.04, 0.06, 0.03, 0.03
HIDDEN, HIDDEN_SIDE = 0.3, (0.10, 0.30)
"""How often a square is hidden, and its side as a share of the picture's."""


def as_seen(pixels: NDArray[np.uint8]) -> torch.Tensor:
    """Pictures (n, side, side, 3) as the model takes them: (n, 3, side, side), from -1 to 1."""
    import torch

    values = torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float() / 255
    return (values - MEAN) / SPREAD


def vary(
    pixels: NDArray[np.uint8], actions: NDArray[np.float32], generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Vary pictures; in a mirrored one the actions of left and right change places.

    Parameters
    ----------
    pixels : array (n, side, side, 3)
    actions : array (n, units)
    generator
        Decides all.

    Returns
    -------
    tuple of tensors
        Pictures (n, 3, side, side) from -1 to 1, and actions (n, units).
    """
    import torch
    from torch.nn.functional import affine_grid, grid_sample

    seen = as_seen(pixels)
    count = len(seen)
    flipped = torch.rand(count, generator=generator) < 0.5
    places = affine_grid(_moves(count, flipped, generator), list(seen.shape), align_corners=False)
    seen = grid_sample(seen, places, padding_mode="border", align_corners=False)
    seen = _lit(seen, generator)
    seen = _hidden(seen, generator)
    own = torch.from_numpy(np.ascontiguousarray(actions))
    swapped = own[:, torch.from_numpy(mirrored())]
    return seen, torch.where(flipped[:, None], swapped, own)


def _moves(count: int, flipped: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Where each point of the new picture is in the old one, as affine maps (n, 2, 3)."""
    import torch

    turn, zoom, across, down = (_around(most, count, generator) for most in (TURN, ZOOM, SHIFT, SHIFT))
    size = 1 + zoom
    mirror = torch.where(flipped, -1.0, 1.0)
    first = torch.stack([size * turn.cos() * mirror, -size * turn.sin(), across], dim=1)
    second = torch.stack([size * turn.sin() * mirror, size * turn.cos(), down], dim=1)
    return torch.stack([first, second], dim=1)


def _lit(seen: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Change contrast, brightness and colour, and add noise."""
    import torch

    count = len(seen)
    contrast = 1 + _around(CONTRAST, count, generator)[:, None, None, None]
    light = 2 * _around(BRIGHTNESS, count, generator)[:, None, None, None]
    tint = 1 + _around(TINT, count * 3, generator).reshape(count, 3, 1, 1)
    grain = NOISE * torch.rand(count, 1, 1, 1, generator=generator)
    return (seen * contrast * tint + light + grain * torch.randn(seen.shape, generator=generator)).clamp(-1, 1)


def _hidden(seen: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Put a square of one grey over a part of some pictures."""
    import torch

    count, side = len(seen), seen.shape[-1]
    least, most = HIDDEN_SIDE
    half = (least + (most - least) * torch.rand(count, generator=generator)) * side / 2
    half = torch.where(torch.rand(count, generator=generator) < HIDDEN, half, -1.0)
    centre = torch.rand(count, 2, generator=generator) * side
    points = torch.arange(side) + 0.5
    within = (points[None, None, :] - centre[:, :, None]).abs() < half[:, None, None]
    square = within[:, 0, :, None] & within[:, 1, None, :]
    grey = _around(1.0, count, generator)[:, None, None, None]
    return torch.where(square[:, None], grey, seen)


def _around(most: float, count: int, generator: torch.Generator) -> torch.Tensor:
    import torch

    return most * (2 * torch.rand(count, generator=generator) - 1)
