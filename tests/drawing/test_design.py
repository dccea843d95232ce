from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from lib.drawing.design import plan_faces
from lib.drawing.expressions import EMOTIONS, LEAST, MOST, Expression, vary_expression
from lib.drawing.identities import Person
from lib.errors import ParameterError


@pytest.fixture(scope="module")
def plans() -> list:
    return plan_faces()


def test_every_cell_has_forty_identities_once(plans: list) -> None:
    cells = Counter((plan.person.race, plan.person.gender, plan.expression.emotion) for plan in plans)
    assert len(plans) == len({plan.image_id for plan in plans}) == len({plan.file for plan in plans}) == 1440
    assert len(cells) == 36
    assert set(cells.values()) == {40}


def test_intensity_and_mouth_are_spread_alike_in_every_cell(plans: list) -> None:
    cells: dict[tuple[str, ...], list] = {}
    for plan in plans:
        cells.setdefault((plan.person.race, plan.person.gender, plan.expression.emotion), []).append(plan.expression)
    for (_, _, emotion), shown in cells.items():
        intensities = np.array([expression.intensity for expression in shown])
        mouths = Counter(expression.mouth for expression in shown)
        if emotion == "neutral":
            assert not intensities.any()
            continue
        edges = LEAST + (MOST - LEAST) * np.arange(41) / 40
        assert (np.sort(intensities) >= edges[:-1] - 1e-4).all()
        assert (np.sort(intensities) <= edges[1:] + 1e-4).all()
        assert mouths == {"open": 20, "closed": 20}


def test_an_identity_holds_its_head_in_one_way_and_its_expressions_vary(plans: list) -> None:
    first = plans[:6]
    assert [plan.expression.emotion for plan in first] == list(EMOTIONS)
    assert len({plan.pose for plan in first}) == 1
    assert len({plan.pose for plan in plans}) == 240
    assert len({plan.expression.intensity for plan in first[:5]}) == 5


def test_people_of_the_training_population_are_others() -> None:
    study, training = plan_faces(3), plan_faces(3, "training")
    assert not {plan.image_id for plan in study} & {plan.image_id for plan in training}
    assert {plan.pose for plan in study}.isdisjoint({plan.pose for plan in training})
    people = [Person("Korean", "Man", 1, "study", 1), Person("Korean", "Man", 1, "study", 2)]
    people += [Person("Korean", "Man", 1, "training", 1), Person("Korean", "Woman", 1, "study", 1)]
    assert len({person.stream().random() for person in people}) == 4


def test_a_larger_design_has_the_same_people() -> None:
    few, many = plan_faces(2), plan_faces(5)
    poses = {plan.person: plan.pose for plan in many}
    assert all(poses[plan.person] == plan.pose for plan in few)


@pytest.mark.parametrize("number", [0, 10_000])
def test_a_design_of_no_or_too_many_identities_is_refused(number: int) -> None:
    with pytest.raises(ParameterError, match=f"identities: got {number}, expected 1 to 9999"):
        plan_faces(number)


def test_actions_are_mirrored_scaled_and_varied() -> None:
    half = Expression("happy", 0.5, "open").weights()
    full = Expression("happy", 1.0, "open").weights()
    assert half == {name: pytest.approx(weight / 2) for name, weight in full.items()}
    assert full["mouthSmileLeft"] == full["mouthSmileRight"] > 1
    varied = vary_expression("happy", 1.0, "open", np.random.default_rng(1)).weights()
    assert varied.keys() == full.keys()
    assert varied["mouthSmileLeft"] != varied["mouthSmileRight"] != full["mouthSmileRight"]
    assert all(0.6 <= varied[name] / weight <= 1.4 for name, weight in full.items())
