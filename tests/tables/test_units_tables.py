from __future__ import annotations

import polars as pl

from lib.tables.anova import omnibus_table
from lib.tables.units import bias_units_note, share_units_note

NAMES = pl.DataFrame({"condition": ["a", "b"], "short_name": ["A", "B"], "type": ["VLM", "VLM"]})
EFFECTS = pl.DataFrame(
    {
        "condition": ["a", "b", "a", "b"], "factor": "race", "term": ["race"] * 2 + ["race:emotion"] * 2, "df": 2,
        "df_residual": 100, "f": [3.0, 2.0, 1.0, 1.5], "p": 0.04, "p_adjusted": 0.05, "eta_squared": 0.1,
        "partial_eta_squared": 0.1, "p_units_adjusted": [0.123, 0.456, 0.789, None], "n_units": [240, 239] * 2,
    }
)  # fmt: skip


def test_the_column_stands_beside_the_test_of_images() -> None:
    html = omnibus_table(EFFECTS, NAMES, "race", "Race", identifier="tbl-x", unit="identity").as_raw_html()
    assert html.count("by identity") == 2
    assert all(text in html for text in (".123", ".456", ".789"))
    without = omnibus_table(EFFECTS, NAMES, "race", "Race", identifier="tbl-x").as_raw_html()
    assert "by identity" not in without and ".123" not in without


def test_notes_say_how_many_units_enter() -> None:
    note = str(bias_units_note(EFFECTS, NAMES, "identity"))
    assert note.endswith("n = 240, but 239 for B, having a value in every emotion.")
    same = EFFECTS.with_columns(n_units=pl.lit(240))
    assert str(share_units_note(same, NAMES, "identity")).endswith("n = 240.")
    assert bias_units_note(EFFECTS, NAMES, None) is None and share_units_note(EFFECTS, NAMES, None) is None
