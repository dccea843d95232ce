"""The questions it learns are those that the project asks, and the project's own parser reads its answers."""

from __future__ import annotations

import numpy as np
import pytest
from pocket_support import project, shipped

from lib.drawing.expressions import EMOTIONS
from lib.pocket.questions import School
from lib.pocket.raters import Raters
from lib.protocol.parsing import parse_answer
from lib.protocol.plan import Plan
from lib.protocol.question import Stored

PROMPTS = {name: project().prompts(name) for name in ("plain", "json")}
SCHOOL = School(project().study, PROMPTS, Raters(shipped().raters))
CONDITIONS = ("pocket-rater", "pocket-rater-json", "pocket-rater-text-only")


@pytest.mark.parametrize("lesson", SCHOOL.with_image, ids=lambda lesson: lesson.name)
def test_answers_are_read_as_what_was_chosen(lesson) -> None:
    random = np.random.default_rng(5)
    for shown in EMOTIONS:
        exercise = SCHOOL.about_face(lesson, shown, 0.8, random)
        parsed = parse_answer(exercise.text, lesson.wanted, project().study)
        chosen = [part.word for part in exercise.answer if not isinstance(part, str)]
        assert [str(parsed.values[name]).removesuffix(".0") for name in lesson.wanted] == chosen


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_question_that_a_ready_condition_asks_was_learned(name: str) -> None:
    condition = project().condition(name)
    plan = Plan(project().study, condition, project().prompts(condition.prompts))
    known = set(SCHOOL.every_text())
    turn = plan.turns.first(None if plan.with_image else "fear")
    asked = 0
    while turn.step is not None:
        assert turn.prompt in known
        lesson = next(one for one in (*SCHOOL.with_image, *SCHOOL.without_image)
                      if one.wanted == turn.step.wanted and one.json == (condition.prompts == "json"))  # fmt: skip
        about = SCHOOL.about_face if lesson.with_image else SCHOOL.about_label
        arguments = ("fear", 0.9) if lesson.with_image else ("fear",)
        _, turn = plan.turns.after(turn, Stored(about(lesson, *arguments, np.random.default_rng(asked)).text, "stop"))
        asked += 1
    assert asked == len(plan.steps)


def test_carried_answers_are_what_raters_would_say_but_for_some_strange_ones() -> None:
    lesson = next(one for one in SCHOOL.with_image if one.template.needs == ("emotion",))
    random = np.random.default_rng(1)
    carried = [SCHOOL.about_face(lesson, "happy", 1.0, random).prompt for _ in range(600)]
    right = np.mean(["identified this face as happy" in prompt for prompt in carried])
    # 94% of raters say happy, and of the 15% strange ones a sixth do: .85 x .94 + .15 / 6 = .824.
    assert right == pytest.approx(0.824, abs=0.05)
