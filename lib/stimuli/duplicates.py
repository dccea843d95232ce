"""Images that are the same: byte for byte, or as pictures (saved anew, scaled, compressed)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from lib.stimuli.looking import SIDE, Look

CHANNELS = 3

MEAN_DIFFERENCE = 3.0
LARGEST_DIFFERENCE = 22
"""Of 255, over the fingerprint: what compression and halving do to photographs at most; a changed brow does more."""
KIN_MEAN_DIFFERENCE = 0.5
KIN_LARGEST_DIFFERENCE = 2
"""The same between two emotions of one person; of the project's drawn faces no such pair is nearer than 3."""
BLOCKS = 4
AT_ONCE = 10_000
Shown = tuple[str, str]
"""A person and an emotion."""


def same_bytes(looks: Mapping[str, Look]) -> list[list[str]]:
    """Groups of images whose files have the same bytes, by image_id; each group and the list in order of ids."""
    groups: dict[str, list[str]] = defaultdict(list)
    for image_id, look in looks.items():
        if look.sha256:
            groups[look.sha256].append(image_id)
    return sorted(sorted(group) for group in groups.values() if len(group) > 1)


def same_pictures(looks: Mapping[str, Look], shown: Mapping[str, Shown] | None = None) -> list[list[str]]:
    """Groups of images that show the same although their files differ; of files with the same bytes only the first.

    Parameters
    ----------
    looks
        By image_id.
    shown
        Who shows which emotion, as far as it is known. One person's pictures of two emotions differ so little, where
        all else is held equal, that only those are told which hardly differ at all.

    Notes
    -----
    Two images show the same if their fingerprints (16 x 16, three colours) differ by at most 3 of 255 on average and
    22 at any place, or 0.5 and 2 where one person shows two emotions. All such pairs are found: the means of 4 x 4
    blocks of two such fingerprints differ by at most 16 x 3 x 3 in sum, and pairs within that are looked up in a tree.
    (A hash of signs such as pHash loses some: frontal faces before a plain background are nearly symmetric, so that
    half of its coefficients have noise for sign.)
    """
    first: dict[str, str] = {}
    for image_id in sorted(looks):
        if looks[image_id].small is not None:
            first.setdefault(looks[image_id].sha256, image_id)
    ids = sorted(first.values())
    if len(ids) < 2:
        return []
    every = np.stack([looks[image_id].small for image_id in ids])  # type: ignore[misc]
    distinct, example, which = np.unique(every.reshape(len(ids), -1), axis=0, return_index=True, return_inverse=True)
    known = [(shown or {}).get(ids[position], (ids[position], "")) for position in example]
    pairs = _pairs(distinct, _numbered(person for person, _ in known), _numbered(emotion for _, emotion in known))
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(distinct), len(distinct)))
    _, group_of = connected_components(links, directed=False)
    groups: dict[int, list[str]] = defaultdict(list)
    for image_id, group in zip(ids, group_of[which.ravel()].tolist(), strict=True):
        groups[group].append(image_id)
    return sorted(group for group in groups.values() if len(group) > 1)


def _numbered(names: Iterable[str]) -> np.ndarray:
    """The same number for the same name."""
    return np.unique(np.array(list(names)), return_inverse=True)[1]


def _pairs(smalls: np.ndarray, person: np.ndarray, emotion: np.ndarray) -> np.ndarray:
    """Positions of fingerprints that show the same, n x 2."""
    side = SIDE // BLOCKS
    blocks = smalls.reshape(-1, BLOCKS, side, BLOCKS, side, CHANNELS).mean(axis=(2, 4)).reshape(len(smalls), -1)
    reach = blocks.shape[1] * MEAN_DIFFERENCE
    found = cKDTree(blocks).query_pairs(reach + 1e-6, p=1, output_type="ndarray")
    parts = np.array_split(found, max(1, len(found) // AT_ONCE))
    return np.concatenate([_alike(part, smalls, person, emotion) for part in parts])


def _alike(pairs: np.ndarray, smalls: np.ndarray, person: np.ndarray, emotion: np.ndarray) -> np.ndarray:
    one, other = pairs[:, 0], pairs[:, 1]
    difference = np.abs(smalls[one].astype(np.int16) - smalls[other])
    kin = (person[one] == person[other]) & (emotion[one] != emotion[other])
    mean = np.where(kin, KIN_MEAN_DIFFERENCE, MEAN_DIFFERENCE)
    largest = np.where(kin, KIN_LARGEST_DIFFERENCE, LARGEST_DIFFERENCE)
    near = (difference.mean(axis=1) <= mean) & (difference.max(axis=1, initial=0) <= largest)
    return np.asarray(pairs[near])
