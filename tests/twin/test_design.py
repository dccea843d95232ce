"""The laboratory's design: 1,440 images, 1,000 raters, 50 ratings an image."""

from __future__ import annotations

import numpy as np
import polars as pl

from lib.twin.design import EMOTIONS, Faces, assign_raters, position, twin_images


def test_every_cell_of_the_design_holds_forty_identities():
    images = twin_images()
    assert images.columns == ["image_id", "file", "race", "gender", "identity", "intended_emotion"]
    assert images.height == images["image_id"].n_unique() == images["file"].n_unique() == 1440
    cells = images.group_by("race", "gender", "intended_emotion").agg(pl.col("identity").n_unique())
    assert cells.height == 36
    assert cells["identity"].to_list() == [40] * 36


def test_an_image_is_named_as_in_the_laboratory():
    row = twin_images().row(by_predicate=pl.col("image_id") == "BM01_Ang", named=True)
    assert row == {
        "image_id": "BM01_Ang",
        "file": "Black Man/BM01_Ang.png",
        "race": "Black",
        "gender": "Man",
        "identity": "BM01",
        "intended_emotion": "angry",
    }
    last = twin_images().row(by_predicate=pl.col("image_id") == "KW40_Neu", named=True)
    assert (last["race"], last["gender"], last["intended_emotion"]) == ("Korean", "Woman", "neutral")


def test_every_image_is_rated_fifty_times_and_never_twice_by_one_person():
    rater, image = assign_raters(1440, np.random.default_rng(3))
    assert np.bincount(image).tolist() == [50] * 1440
    assert np.bincount(rater).tolist() == [72] * 1000
    assert np.unique(rater * 1440 + image).size == 72_000


def test_raters_do_not_all_see_the_same_set():
    rater, image = assign_raters(1440, np.random.default_rng(3))
    first, second = (set(image[rater == one].tolist()) for one in (0, 20))
    assert len(first & second) < 20


def test_position_of_a_missing_label_is_minus_one():
    assert position(pl.Series(["neutral", None, "happy"]), EMOTIONS).tolist() == [5, -1, 0]


def test_faces_know_their_groups():
    faces = Faces(twin_images(), np.zeros(1440))
    assert int(faces.is_in("race", "Korean").sum()) == 480
    assert np.bincount(faces.emotion).tolist() == [240] * 6
