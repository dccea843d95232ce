"""Intervals of alpha: every sample's alpha is that of the resampled ratings themselves; coverage by simulation."""

from __future__ import annotations

import time

import krippendorff
import numpy as np
import pytest

from lib.errors import DataError, ParameterError
from lib.metrics.agreement import krippendorff_alpha
from lib.metrics.alpha_bootstrap import (
    alpha_interval_by_image,
    alpha_interval_by_participant,
    alpha_of_coincidences,
)
from lib.metrics.resampling import Resampling, draw_weights

VALUES = np.array([1.0, 2.0, 3.0, 4.5, 6.0])
LEVELS = ["nominal", "ordinal", "interval"]
FEW = Resampling(seed=4, draws=40)


@pytest.fixture
def rated():
    """Ratings of 12 images by 9 people: image, participant, value position; some images rated once."""
    generator = np.random.default_rng(2)
    places = [(i, p) for i in range(12) for p in range(9) if generator.random() < (0.1 if i < 2 else 0.7)]
    image, participant = np.array(places).T
    value = np.clip(np.rint(image / 3 + generator.normal(0, 1, len(image))), 0, 4).astype(int)
    return image, participant, value


def _counts(image, value):
    return np.bincount(image * 5 + value, minlength=60).reshape(12, 5)


def _ends(alphas, confidence=0.95):
    return np.quantile(alphas, [(1 - confidence) / 2, (1 + confidence) / 2])


@pytest.mark.parametrize("level", LEVELS)
def test_resampled_images_have_the_alpha_of_their_repeated_rows(rated, level):
    counts = _counts(rated[0], rated[2])
    shared = counts[counts.sum(axis=1) > 1]
    weights = np.concatenate(list(draw_weights(len(shared), FEW))).astype(int)
    repeated = [krippendorff_alpha(np.repeat(shared, row, axis=0), level, VALUES).value for row in weights]
    assert alpha_interval_by_image(counts, level, FEW, VALUES) == pytest.approx(_ends(repeated), rel=1e-9)


@pytest.mark.parametrize("level", LEVELS)
def test_people_drawn_once_or_not_have_the_alpha_of_their_ratings(rated, level, monkeypatch):
    image, participant, value = rated
    generator = np.random.default_rng(8)
    weights = (generator.random((40, 9)) < 0.7).astype(float)
    monkeypatch.setattr("lib.metrics.alpha_bootstrap.draw_weights", lambda *_: iter([weights]))
    monkeypatch.setattr("lib.metrics.alpha_bootstrap.CELLS", 600)
    expected = []
    for row in weights:
        kept = row[participant] > 0
        expected.append(krippendorff_alpha(_counts(image[kept], value[kept]), level, VALUES).value)
    found = alpha_interval_by_participant(image * 5 + value, participant, (12, 5), level, FEW, values=VALUES)
    assert found == pytest.approx(_ends(expected), rel=1e-9)


def test_a_person_drawn_twice_is_not_paired_with_the_own_copy(monkeypatch):
    # Image 0: a says 0, b says 1. Image 1: a says 1, b says 1. With a twice, pairs across people weigh 2 x 1 each.
    cells, people = np.array([0, 1, 3, 3]), np.array([0, 1, 0, 1])
    monkeypatch.setattr("lib.metrics.alpha_bootstrap.draw_weights", lambda *_: iter([np.array([[2.0, 1.0]])]))
    found = alpha_interval_by_participant(cells, people, (2, 2), "nominal", Resampling(seed=1, draws=1))
    # Each image's coincidences sum to its 3 ratings: image 0 has 1.5 + 1.5 off the diagonal, image 1 has 3 on it.
    margins = np.array([1.5, 4.5])
    expected = 1 - 3 * (6 - 1) / (2 * margins.prod())
    assert found == pytest.approx((expected, expected), rel=1e-12)


def test_the_published_example_is_recovered_from_its_coincidences(r_human):
    raters = r_human["krippendorff_2011"]["ratings"]
    counts = np.array([[sum(rater[image] == v for rater in raters) for v in range(1, 6)] for image in range(12)])
    shared = counts[counts.sum(axis=1) > 1].astype(float)
    scaled = shared / (shared.sum(axis=1, keepdims=True) - 1)
    whole = (scaled.T @ shared - np.diag(scaled.sum(axis=0)))[np.newaxis]
    for level, printed in {"nominal": 0.743, "ordinal": 0.815, "interval": 0.849}.items():
        found = alpha_of_coincidences(whole, level, np.arange(1.0, 6))[0]
        assert found == pytest.approx(printed, abs=5e-4)
        assert found == pytest.approx(r_human["krippendorff_2011"][level], rel=1e-9)


def test_samples_of_equal_ratings_have_no_alpha():
    assert alpha_interval_by_image(np.array([[0, 3], [0, 2]]), "nominal", FEW) is None
    assert alpha_interval_by_image(np.eye(2, dtype=int), "nominal", FEW) is None
    empty = np.array([], dtype=np.int64)
    assert alpha_interval_by_participant(empty, empty, (3, 2), "nominal", FEW) is None


def test_impossible_input_is_refused():
    with pytest.raises(ParameterError, match="got 'ratio'"):
        alpha_interval_by_image(np.array([[2, 1], [1, 2]]), "ratio", FEW)
    with pytest.raises(ParameterError, match="got 'interval'"):
        alpha_interval_by_image(np.array([[2, 1], [1, 2]]), "interval", FEW)
    with pytest.raises(DataError, match="got 2 and 1"):
        alpha_interval_by_participant(np.array([0, 1]), np.array([0]), (2, 2), "nominal", FEW)


STEPS = np.arange(5.0)


def _ratings(generator, images, leaning):
    """Values 0 to 4 of images (one row each) by people who lean (one column each)."""
    noise = generator.normal(size=(len(images), len(leaning)))
    return np.clip(np.rint(images[:, np.newaxis] + leaning + noise + 2), 0, 4).astype(int)


def _table(values):
    rows = np.arange(len(values))[:, np.newaxis]
    return np.bincount((rows * 5 + values).ravel(), minlength=len(values) * 5).reshape(-1, 5)


@pytest.mark.slow
def test_intervals_by_image_cover_at_their_nominal_rate():
    generator, draws = np.random.default_rng(21), 1000
    no_leaning = np.zeros(6)
    truth = krippendorff_alpha(_table(_ratings(generator, generator.normal(size=60_000), no_leaning)), "ordinal").value
    inside = 0
    for _ in range(draws):
        counts = _table(_ratings(generator, generator.normal(size=100), no_leaning))
        low, high = alpha_interval_by_image(counts, "ordinal", Resampling(seed=3, draws=400))
        inside += low <= truth <= high
    assert inside / draws == pytest.approx(0.95, abs=0.025)


@pytest.mark.slow
def test_intervals_by_participant_cover_at_their_nominal_rate():
    generator, draws = np.random.default_rng(22), 1000
    images = generator.normal(size=60)
    everyone = _ratings(generator, images, 0.4 * generator.normal(size=20_000))
    truth = krippendorff_alpha(_table(everyone), "interval", STEPS).value
    inside = 0
    for _ in range(draws):
        values = _ratings(generator, images, 0.4 * generator.normal(size=60))
        seen = generator.random(values.shape) < 0.3
        image, person = np.nonzero(seen)
        low, high = alpha_interval_by_participant(
            image * 5 + values[seen], person, (60, 5), "interval", Resampling(seed=3, draws=400), values=STEPS
        )
        inside += low <= truth <= high
    assert inside / draws == pytest.approx(0.95, abs=0.025)


def test_a_study_of_72_000_ratings_takes_seconds():
    generator = np.random.default_rng(6)
    image, person = (
        np.repeat(np.arange(1440), 50),
        np.concatenate([generator.permutation(1000)[:50] for _ in range(1440)]),
    )
    value = np.clip(np.rint(image / 200 + generator.normal(0, 2, image.size)), 0, 8).astype(int)
    counts = np.bincount(image * 9 + value, minlength=1440 * 9).reshape(1440, 9)
    start = time.perf_counter()
    by_image = alpha_interval_by_image(counts, "ordinal", Resampling(seed=1, draws=2000))
    middle = time.perf_counter()
    by_person = alpha_interval_by_participant(
        image * 9 + value, person, (1440, 9), "ordinal", Resampling(seed=1, draws=200)
    )
    assert middle - start < 5
    assert time.perf_counter() - middle < 10
    alpha = krippendorff.alpha(value_counts=counts, level_of_measurement="ordinal")
    assert by_image[0] < alpha < by_image[1]
    assert by_person[0] < alpha < by_person[1]
