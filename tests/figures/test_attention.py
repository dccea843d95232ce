from __future__ import annotations

import numpy as np
import pytest

from lib.figures.attention import Panel, deepest, half_level, heat_figure


def cornered() -> np.ndarray:
    heat = np.full((40, 30), 0.5)
    heat[:10, :10] = (1200 - 0.5 * 1100) / 100
    return heat


def test_the_line_goes_around_half_of_the_attention() -> None:
    heat = cornered()
    assert heat.mean() == pytest.approx(1) and half_level(heat) == (heat[0, 0] + 0.5) / 2
    assert half_level(np.array([[3.0, 2.0], [2.0, 1.0]])) == 1.5 and half_level(np.ones((2, 2))) == 0.5


def test_red_lies_on_the_corner_and_faces_stay_visible_elsewhere() -> None:
    grey = np.tile(np.linspace(0, 1, 30), (40, 1))
    panels = [Panel("Sad", "Emotion", cornered(), grey), Panel("Sad", "Arousal", None, grey)]
    plot = heat_figure(panels, "Simulated data.", None)
    hot, plain = plot.layers[0].geom.params["pictures"]
    assert hot.shape == (40, 30, 3) and (hot[:10, :10, 0] > hot[:10, :10, 1] + 0.2).all()
    np.testing.assert_allclose(hot[20:], plain[20:])
    assert np.ptp(plain[0, :, 0]) > 0.5 and plain.min() >= 0.3  # dark skin is lightened, so that red shows
    lines = plot.layers[1]._data
    assert (
        lines["x"].max() < 10
        and lines["y"].min() > -10
        and lines["x"].min() == 0
        and set(lines["column"]) == {"Emotion"}
    )
    assert plot.labels.caption.endswith("Simulated data.") and f"{deepest(panels):.0f} times" in plot.labels.caption
    assert len(plot._repr_mimebundle_()[0]["image/png"]) > 5000


def test_a_picture_that_is_not_there_and_places_that_are_not_seen() -> None:
    heat = cornered()
    heat[:, 20:] = np.nan
    plot = heat_figure([Panel("Sad", "Emotion", heat, None), Panel("Sad", "Arousal", None, None)])
    assert np.isfinite(plot.layers[0].geom.params["pictures"][0]).all()
    assert len(plot._repr_mimebundle_()[0]["image/png"]) > 3000
