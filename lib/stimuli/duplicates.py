"""Images that are the same: byte for byte, or as pictures (saved anew, scaled, compressed)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np

from lib.stimuli.looking import Look

HASH_BITS = 64
MOST_BITS = 6
"""Bits in which the hashes of one picture may differ."""
BANDS = MOST_BITS + 1
MEAN_DIFFERENCE = 3.0
LARGEST_DIFFERENCE = 24
"""Of 255, over the 32 x 32 small values: what compression and scaling do at most; a changed mouth does more."""
LARGEST_BAND = 2000


def same_bytes(looks: Mapping[str, Look]) -> list[list[str]]:
    """Groups of images whose files have the same bytes, by image_id; each group and the list in order of ids."""
    groups: dict[str, list[str]] = defaultdict(list)
    for image_id, look in looks.items():
        if look.sha256:
            groups[look.sha256].append(image_id)
    return sorted(sorted(group) for group in groups.values() if len(group) > 1)


def same_pictures(looks: Mapping[str, Look]) -> list[tuple[str, str]]:
    """Pairs of images that show the same although their files differ.

    Two images are a pair if their perceptual hashes differ in at most 6 of 64 bits and their 32 x 32 small values by at
    most 3 of 255 on average and 24 at any place. Candidates are those whose hashes agree in one of seven bands of bits,
    as any two with at most 6 differing bits do; bands that more than 2,000 images share (blank pictures) are left out.
    """
    first: dict[str, str] = {}
    for image_id in sorted(looks):
        if looks[image_id].hash is not None:
            first.setdefault(looks[image_id].sha256, image_id)
    ids = sorted(first.values())
    hashes = np.array([looks[image_id].hash for image_id in ids], dtype=np.uint64)
    pairs: set[tuple[int, int]] = set()
    for group in _candidates(hashes):
        pairs.update(_near(group, hashes))
    return [(ids[one], ids[other]) for one, other in sorted(pairs) if _alike(looks[ids[one]], looks[ids[other]])]


def _candidates(hashes: np.ndarray) -> Iterator[np.ndarray]:
    """Positions of hashes that agree in a band, ascending."""
    edges = np.linspace(0, HASH_BITS, BANDS + 1).astype(int).tolist()
    for low, high in pairwise(edges):
        band = (hashes >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)
        order = np.argsort(band, kind="stable")
        for group in np.split(order, np.flatnonzero(np.diff(band[order])) + 1):
            if 1 < len(group) <= LARGEST_BAND:
                yield group


def _near(group: np.ndarray, hashes: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs of the group whose hashes are near each other."""
    of_group = hashes[group]
    bits = np.bitwise_count(of_group[:, None] ^ of_group[None, :])
    rows, columns = np.nonzero(np.triu(bits <= MOST_BITS, k=1))
    yield from zip(group[rows].tolist(), group[columns].tolist(), strict=True)


def _alike(first: Look, second: Look) -> bool:
    if first.small is None or second.small is None:
        return False
    difference = np.abs(first.small.astype(np.int16) - second.small)
    return bool(difference.mean() <= MEAN_DIFFERENCE and difference.max() <= LARGEST_DIFFERENCE)
