from __future__ import annotations

import polars as pl

from lib.figures.attribution import attribution_figure


def test_one_point_a_machine_and_emotion_and_one_panel_a_pair_of_groups() -> None:
    contrasts = pl.DataFrame(
        {
            "first": ["X", "X", "Y"], "second": ["Y", "Z", "Z"], "emotion": ["joy", "sad", "joy"],
            "hits_difference": [0.1, -0.2, 0.0], "false_alarms_difference": [0.05, 0.0, -0.05],
            "verdict": ["over-attribution", "none", "inaccuracy"],
        }
    )  # fmt: skip
    plot = attribution_figure(contrasts, "Two machines.", "Simulated data.")
    assert list(plot.data["panel"].cat.categories) == ["X minus Y", "X minus Z", "Y minus Z"]
    assert sorted(zip(plot.data["hits"], plot.data["alarms"], plot.data["verdict"], strict=True)) == [
        (-20.0, 0.0, "none"),
        (0.0, -5.0, "inaccuracy"),
        (10.0, 5.0, "over-attribution"),
    ]
    assert plot.data["verdict"].iloc[0] == "none"  # drawn first, so that verdicts lie on top
    assert plot.labels.caption == "Two machines.\nSimulated data."
    assert len(plot._repr_mimebundle_()[0]["image/png"]) > 5000
