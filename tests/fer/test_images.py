"""An image's numbers: exact where nothing is resampled, OpenCV's where it is not smoothed, Pillow's where it is."""

from __future__ import annotations

import numpy as np
import pytest
from fer_support import smiling_face, waves
from PIL import Image

from lib.contracts.classifier import Input
from lib.errors import BackendUnavailableError
from lib.fer.images import as_numbers
from lib.fer.network import batch_of, check_shape


def numbers(pixels: np.ndarray, **given: object) -> np.ndarray:
    return as_numbers(Image.fromarray(pixels), Input.model_validate({"size": [32, 32]} | given))


def test_numbers_are_value_by_divisor_less_mean_by_deviation() -> None:
    made = numbers(waves(32), mean=[0.5, 0.4, 0.3], std=[0.1, 0.2, 0.4])
    assert made.shape == (32, 32, 3) and made.dtype == np.float32
    expected = (waves(32) / 255 - [0.5, 0.4, 0.3]) / [0.1, 0.2, 0.4]
    np.testing.assert_allclose(made, expected, atol=2e-6)
    raw = numbers(waves(32), divide_by=1, mean=[122.782, 117.001, 104.298], std=[255])
    np.testing.assert_allclose(raw, (waves(32) - [122.782, 117.001, 104.298]) / 255, atol=1e-6)


def test_colours_are_in_the_order_that_is_asked_for() -> None:
    np.testing.assert_array_equal(numbers(waves(32), colour="bgr"), numbers(waves(32))[..., ::-1])
    grey = numbers(waves(32), colour="grey", divide_by=1)
    assert grey.shape == (32, 32, 1)
    np.testing.assert_allclose(grey[..., 0], waves(32) @ [0.299, 0.587, 0.114], atol=0.51)


@pytest.mark.parametrize(("side", "wanted"), [(300, [64, 64]), (112, [64, 48]), (100, [224, 224]), (37, [32, 32])])
@pytest.mark.parametrize("pixels", [smiling_face, waves])
def test_without_antialiasing_pixels_are_those_of_opencv(pixels, side: int, wanted: list[int]) -> None:
    cv2 = pytest.importorskip("cv2", reason="OpenCV comes with make local")
    made = numbers(pixels(side=side), size=wanted, antialias=False, divide_by=1)
    expected = cv2.resize(pixels(side=side), (wanted[1], wanted[0]))
    assert np.abs(made - expected).max() <= 1


def test_with_antialiasing_all_pixels_count() -> None:
    striped = np.zeros((320, 320, 3), np.uint8)
    striped[:, ::10] = 250
    smooth = numbers(striped, divide_by=1)
    assert abs(smooth.mean() - 25) < 1 and smooth.std() < 3
    assert numbers(striped, divide_by=1, antialias=False).mean() < 1


def test_another_shape_is_stretched_padded_or_cut() -> None:
    wide = np.zeros((32, 64, 3), np.uint8)
    wide[:, :16], wide[:, 16:48] = 200, 100
    cut = numbers(wide, fit="crop", divide_by=1)
    assert (cut == 100).all()
    padded = numbers(wide, fit="pad", size=[64, 64], divide_by=1)
    assert (padded[:16] == 0).all() and (padded[48:] == 0).all() and (padded[16:48, :16] == 200).all()
    assert numbers(wide, divide_by=1)[:, :7].min() == 200


def test_a_box_shows_a_part_of_the_image() -> None:
    pixels = waves(100)
    made = numbers(pixels, box=[0.25, 0.125, 0.75, 1], size=[88, 50], divide_by=1)
    np.testing.assert_array_equal(made, pixels[12:100, 25:75])
    np.testing.assert_array_equal(numbers(pixels, box=[0, 0, 1, 1]), numbers(pixels))
    assert numbers(waves(8), box=[0.5, 0.5, 0.51, 0.51]).shape == (32, 32, 3)


@pytest.mark.parametrize(("layout", "shape"), [("nchw", (2, 3, 24, 32)), ("nhwc", (2, 24, 32, 3))])
def test_a_batch_has_the_layout_that_is_asked_for(layout: str, shape: tuple[int, ...]) -> None:
    given = Input.model_validate({"size": [24, 32], "layout": layout})
    batch = batch_of([Image.fromarray(waves(40)), Image.fromarray(smiling_face(side=50))], given)
    assert batch.shape == shape and batch.flags.c_contiguous
    first = batch[0].transpose(1, 2, 0) if layout == "nchw" else batch[0]
    np.testing.assert_array_equal(first, as_numbers(Image.fromarray(waves(40)), given))


def test_a_shape_that_is_not_the_network_s_is_refused_with_both() -> None:
    given = Input.model_validate({"size": [24, 32]})
    check_shape("a.onnx", ["images", 3, 24, 32], given)
    check_shape("a.onnx", [1, 3, "height", -1], given)
    for wanted in (["n", 3, 32, 24], ["n", 24, 32, 3], ["n", 1, 24, 32], ["n", 3, 24]):
        with pytest.raises(BackendUnavailableError, match=r"a\.onnx: takes images of shape any x .*any x 3 x 24 x 32"):
            check_shape("a.onnx", wanted, given)
