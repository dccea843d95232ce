"""Variances and covariances of several columns in every bootstrap sample, and the correlations that follow."""

from __future__ import annotations

import numpy as np

from lib.metrics.image_draws import Numbers, ratio

NOTHING = 1e-12  # of the mean square: what is left of a variance of 0


def covariances(weights: Numbers, columns: Numbers, member: Numbers | None = None) -> Numbers:
    """Covariance matrices (ddof = 0) of weighted images, over all or pooled within groups.

    Parameters
    ----------
    weights : numpy.ndarray
        How often each image enters each sample, shape (samples, n_images).
    columns : numpy.ndarray
        Shape (n_images, k); no NaN.
    member : numpy.ndarray or None
        1 where an image is in a group, else 0, shape (n_images, n_groups), each image in one: products are then those
        of deviations from the group's means in the sample. None: from the means over all images.

    Returns
    -------
    numpy.ndarray
        Shape (samples, k, k). A column that is constant in a sample (within all groups) has exactly 0 in its row and
        column.
    """
    groups = np.ones((len(columns), 1)) if member is None else member
    centred = columns - groups @ ((groups.T @ columns) / np.maximum(groups.sum(axis=0), 1)[:, np.newaxis])
    centred[np.abs(centred) <= NOTHING * np.abs(columns).max(axis=0, initial=0.0)] = 0.0
    size = columns.shape[1]
    first, second = np.triu_indices(size)
    squares = weights @ (centred[:, first] * centred[:, second])
    rest = squares.copy()
    for own in groups.T > 0:
        total = weights[:, own] @ centred[own]
        rest -= ratio(total[:, first] * total[:, second], np.maximum(weights[:, own].sum(axis=1), 1)[:, np.newaxis])
    full, before = np.empty((2, len(weights), size, size))
    n = weights.sum(axis=1)[:, np.newaxis]
    for target, values in ((full, rest / n), (before, squares / n)):
        target[:, first, second] = values
        target[:, second, first] = values
    constant = np.einsum("sii->si", full) <= NOTHING * np.einsum("sii->si", before)
    full[constant] = 0.0
    full.transpose(0, 2, 1)[constant] = 0.0
    return full


def correlation(covariance: Numbers, first: int, second: int) -> Numbers:
    """Pearson's r of two columns in every sample, shape (samples,); NaN where one is constant."""
    spread = np.sqrt(covariance[:, first, first]) * np.sqrt(covariance[:, second, second])
    return np.clip(ratio(covariance[:, first, second], spread), -1.0, 1.0)


def squared_semipartial(covariance: Numbers, target: int, added: int, given: int) -> Numbers:
    """Share of the target's variance that `added` explains beyond `given`, shape (samples,).

    ``R^2(target ~ given + added) - r^2(target, given)``: 0 where `added` is constant or a linear function of `given`,
    NaN where the target is constant.
    """
    left = covariance[:, added, added] - np.nan_to_num(
        ratio(covariance[:, added, given] ** 2, covariance[:, given, given])
    )
    shared = covariance[:, added, target] - np.nan_to_num(
        ratio(covariance[:, added, given] * covariance[:, given, target], covariance[:, given, given])
    )
    new = np.where(left > 1e-10 * covariance[:, added, added], left, 0.0)
    explained = np.nan_to_num(ratio(shared**2, new))
    return ratio(explained, covariance[:, target, target])
