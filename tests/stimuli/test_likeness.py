from __future__ import annotations

import numpy as np
import pytest
from stimuli_support import face

from lib.stimuli.faces import apart, face_counter
from lib.stimuli.likeness import comparable, correlations, structural_similarity


def pictures() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(7)
    first = generator.random((40, 50))
    return first, np.clip(first + generator.normal(0, 0.2, (40, 50)), 0, 1)


def test_similarity_is_that_of_scikit_image() -> None:
    # skimage.metrics.structural_similarity 0.26.0 (gaussian_weights, sigma 1.5, no sample covariance, data range 1)
    # of the same arrays.
    first, second = pictures()
    assert structural_similarity(first, second) == pytest.approx(0.8235854139456394, abs=1e-12)


def test_similarity_against_scikit_image_itself_where_it_is_installed() -> None:
    metrics = pytest.importorskip("skimage.metrics", reason="part of the extra local")
    first, second = comparable(face(1)), comparable(face(2))
    expected = metrics.structural_similarity(
        first, second, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1.0
    )
    assert structural_similarity(first, second) == pytest.approx(expected, abs=1e-9)


def test_a_picture_is_like_itself_and_less_like_others() -> None:
    first, second = pictures()
    assert structural_similarity(first, first) == pytest.approx(1)
    assert structural_similarity(first, 1 - first) < 0 < structural_similarity(first, second) < 1
    with pytest.raises(ValueError, match=r"got the shapes \(40, 50\) and \(50, 40\)"):
        structural_similarity(first, second.T)


def test_correlations_are_pearson_s_and_nothing_for_blank_pictures() -> None:
    generator = np.random.default_rng(3)
    some = generator.integers(0, 256, (3, 32, 32))
    found = correlations(some[:2], some)
    assert found[1, 2] == pytest.approx(np.corrcoef(some[1].ravel(), some[2].ravel())[0, 1])
    assert found[0, 0] == pytest.approx(1)
    assert correlations(np.full((1, 32, 32), 9), some).tolist() == [[0, 0, 0]]


def test_a_face_that_is_found_twice_counts_once() -> None:
    assert apart([(60, 55, 114), (60, 46, 133)]) == [(60, 46, 133)]
    assert apart([(0, 0, 50), (0, 60, 50), (10, 10, 20)]) == [(0, 0, 50), (0, 60, 50)]
    assert apart([]) == []


def test_faces_are_counted_where_a_detector_is_installed() -> None:
    data = pytest.importorskip("skimage.data", reason="part of the extra local")
    from PIL import Image

    count = face_counter()
    assert count is not None
    astronaut = Image.fromarray(data.astronaut())
    one = astronaut.crop((120, 0, 320, 220))
    two = Image.new("RGB", (400, 220))
    two.paste(one, (0, 0))
    two.paste(one, (200, 0))
    assert [count(image) for image in (astronaut, one, two, Image.new("RGB", (200, 200)))] == [1, 1, 2, 0]
