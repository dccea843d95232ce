"""How many questions at once, and how much of images may be kept, by the memory that is free."""

from __future__ import annotations

import os
from typing import Any

from lib.local.kept import SHARE
from lib.local.loading import import_torch

MOST = {"cpu": 8, "mps": 8, "cuda": 64}
"""Questions at once, however much memory there is; 64 is a guess, no CUDA was there to try it."""
FALLBACK_BYTES = 4 * 1024**3


def free_bytes(device: str) -> int:
    """Memory that is free on a device now; of the computer where the device has none of its own."""
    torch = import_torch()
    if device == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    if device == "mps":
        return max(0, int(torch.mps.recommended_max_memory()) - int(torch.mps.driver_allocated_memory()))
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return FALLBACK_BYTES


def share_to_keep(device: str) -> int:
    """Bytes that what is kept of images may take."""
    return int(free_bytes(device) * SHARE)


def first_batch(config: Any, dtype: Any, room: int, free: int, device: str) -> int:  # noqa: ANN401
    """Questions at once to begin with: as many as half of what is free holds, at least 1.

    A question takes keys and values of all its tokens in every layer, twice for a moment (a cache grows by being
    copied), and 16 vectors of a layer's width a token while it is read. If that is too few bytes after all, the engine
    halves the number when memory runs out.
    """
    text = config.get_text_config()
    heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    width = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    size = dtype.itemsize
    kept = 2 * 2 * text.num_hidden_layers * heads * width * size * room
    read = 16 * max(text.hidden_size, text.intermediate_size) * size * room
    return max(1, min(MOST[device], int(free * 0.5 / (kept + read))))
