"""Contrasts between groups of faces have the published variance and direction."""

from __future__ import annotations

import numpy as np
import pytest

from lib.twin.design import Faces, twin_images
from lib.twin.groups import group_offsets, group_tables

ROOM = np.array([0.2, 0.5, 0.8, 0.4, 0.6, 0.3])
LLAMA = "llama-3.2-11b-vision"


def test_contrasts_have_the_published_share_of_variance(targets):
    table = group_tables(LLAMA, "valence", targets, ROOM, np.random.default_rng(1))["race"]
    variance = targets.value(f"{LLAMA}.valence.sd_difference") ** 2
    main = table.mean(axis=0)
    assert np.mean(main**2) / variance == pytest.approx(0.004)
    assert np.mean((table - main) ** 2) / variance == pytest.approx(0.006)
    assert np.allclose(table.mean(axis=1), 0)


def test_printed_directions_are_kept(targets):
    race = group_tables(LLAMA, "arousal", targets, ROOM, np.random.default_rng(1))["race"].mean(axis=0)
    assert race[0] > 0 > race[2]
    gender = group_tables("gemma3-12b", "valence", targets, ROOM, np.random.default_rng(1))["gender"].mean(axis=0)
    assert gender[0] > 0 > gender[1]


def test_nothing_published_nothing_shifted(targets):
    assert group_tables("mobilevit", "valence", targets, ROOM, np.random.default_rng(1)) == {}


def test_offsets_are_those_of_race_and_gender_of_the_face():
    faces = Faces(twin_images(), np.zeros(1440))
    tables = {"race": np.arange(18.0).reshape(6, 3), "gender": 100 * np.arange(12.0).reshape(6, 2)}
    offsets = dict(zip(faces.images["image_id"], group_offsets(tables, faces), strict=True))
    assert offsets["KW07_Neu"] == 17 + 1100
    assert offsets["BM07_Hap"] == 0
