"""Images that are the same: byte for byte, or as pictures (saved anew, scaled, compressed)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from lib.stimuli.looking import SIDE, Look

CHANNELS = 3

MEAN_DIFFERENCE = 3.0
LARGEST_DIFFERENCE = 22
"""Of 255, over the fingerprint: what compression and halving do to photographs at most; a changed brow does more."""
BLOCKS = 4
AT_ONCE = 10_000


def same_bytes(looks: Mapping[str, Look]) -> list[list[str]]:
    """Groups of images whose files have the same bytes, by image_id; each group and the list in order of ids."""
    groups: dict[str, list[str]] = defaultdict(list)
    for image_id, look in looks.items():
        if look.sha256:
            groups[look.sha256].append(image_id)
    return sorted(sorted(group) for group in groups.values() if len(group) > 1)


def same_pictures(looks: Mapping[str, Look]) -> list[list[str]]:
    """Groups of images that show the same although their files differ; of files with the same bytes only the first.

    Two images show the same if their fingerprints (16 x 16, three colours) differ by at most 3 of 255 on average and
    22 at any place. All such pairs are found: the means of 4 x 4 blocks of two such fingerprints differ by at most
    16 x 3 x 3 in sum, and pairs within that are looked up in a tree. (A hash of signs such as pHash loses some:
    frontal faces before a plain background are nearly symmetric, so that half of its coefficients have noise for sign.)
    """
    first: dict[str, str] = {}
    for image_id in sorted(looks):
        if looks[image_id].small is not None:
            first.setdefault(looks[image_id].sha256, image_id)
    ids = sorted(first.values())
    if len(ids) < 2:
        return []
    every = np.stack([looks[image_id].small for image_id in ids])  # type: ignore[misc]
    distinct, which = np.unique(every.reshape(len(ids), -1), axis=0, return_inverse=True)
    pairs = _pairs(distinct)
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(distinct), len(distinct)))
    _, group_of = connected_components(links, directed=False)
    groups: dict[int, list[str]] = defaultdict(list)
    for image_id, group in zip(ids, group_of[which.ravel()].tolist(), strict=True):
        groups[group].append(image_id)
    return sorted(group for group in groups.values() if len(group) > 1)


def _pairs(smalls: np.ndarray) -> np.ndarray:
    """Positions of fingerprints that show the same, n x 2."""
    side = SIDE // BLOCKS
    blocks = smalls.reshape(-1, BLOCKS, side, BLOCKS, side, CHANNELS).mean(axis=(2, 4)).reshape(len(smalls), -1)
    reach = blocks.shape[1] * MEAN_DIFFERENCE
    found = cKDTree(blocks).query_pairs(reach + 1e-6, p=1, output_type="ndarray")
    kept = [_alike(part, smalls) for part in np.array_split(found, max(1, len(found) // AT_ONCE))]
    return np.concatenate(kept) if kept else found


def _alike(pairs: np.ndarray, smalls: np.ndarray) -> np.ndarray:
    difference = np.abs(smalls[pairs[:, 0]].astype(np.int16) - smalls[pairs[:, 1]])
    near = (difference.mean(axis=1) <= MEAN_DIFFERENCE) & (difference.max(axis=1, initial=0) <= LARGEST_DIFFERENCE)
    return np.asarray(pairs[near])
