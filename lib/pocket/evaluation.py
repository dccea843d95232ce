"""What a finished pocket rater can do, measured on people that it has never seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lib.contracts.condition import Condition, Decoding
from lib.contracts.local_model import Local
from lib.drawing.design import Plan as Face
from lib.drawing.expressions import EMOTIONS
from lib.local.transformers_engine import TransformersEngine
from lib.pocket.asking import Answered, ask_faces
from lib.pocket.measures import Figures, apart, measure, without_image
from lib.project import Project
from lib.protocol.plan import Plan

PRECISIONS = ("float16", "8bit", "4bit")
SAMPLED = 0.7
"""The temperature at which answers are drawn to see whether they vary."""
LONGEST = 48
"""Tokens of an answer; the longest that it was taught has half as many."""
SOME = 90
"""Faces on which temperature and precision are tried."""


@dataclass(frozen=True)
class Exam:
    """Who is asked about whom.

    Attributes
    ----------
    project
        Whose study, prompts and conditions.
    model : Path
        The folder of the model, whatever the conditions name.
    faces, folder
        The faces, those of a person in a row, and where their images are.
    report
        Is told what is being asked, how many faces are done, and of how many.
    """

    project: Project
    model: Path
    faces: Sequence[Face]
    folder: Path
    report: Callable[[str, int, int], None]

    def engine(self, precision: str) -> TransformersEngine:
        """The model in a precision, on the processor."""
        return TransformersEngine(str(self.model), Local.model_validate({"precision": precision, "device": "cpu"}))

    def ask(
        self,
        engine: TransformersEngine,
        condition: Condition,
        faces: Sequence[Face],
        what: str,
        decoding: Decoding | None = None,
    ) -> list[Answered]:
        """Ask a condition about faces; one without image about each emotion once."""
        assert condition.prompts is not None
        plan = Plan(self.project.study, condition, self.project.prompts(condition.prompts))
        if not plan.with_image:
            one_each = {face.expression.emotion: face for face in reversed(faces)}
            faces = [one_each[emotion] for emotion in EMOTIONS if emotion in one_each]
        return ask_faces(
            engine,
            plan,
            faces,
            folder=self.folder if plan.with_image else None,
            decoding=(decoding or condition.decoding).model_copy(update={"max_tokens": LONGEST}),
            report=lambda done, of: self.report(what, done, of),
        )


def evaluate(exam: Exam, conditions: Sequence[str], precisions: Sequence[str] = PRECISIONS) -> Figures:
    """Ask conditions about all faces, and the first of them about some again: drawn, and in other precisions.

    Gives under each condition's id what `measure` does (or `without_image`), under `drawn` and each precision how its
    answers differ from greedy ones in float32 (see `apart`).
    """
    ready = [exam.project.condition(name) for name in conditions]
    figures: Figures = {}
    every = _every(len(exam.faces))
    some, first = exam.faces[::every], list[Answered]()
    engine = exam.engine("float32")
    try:
        for condition in ready:
            given = exam.ask(engine, condition, exam.faces, condition.id)
            figures[condition.id] = without_image(given) if condition.strategy == "text_only" else measure(given)
            first = first or given[::every]
        drawn = exam.ask(engine, ready[0], some, "drawn", Decoding(temperature=SAMPLED, seed=1))
        figures["drawn"] = {"temperature": SAMPLED, "faces": len(some), **apart(first, drawn)}
    finally:
        engine.close()
    for precision in precisions:
        engine = exam.engine(precision)
        try:
            figures[precision] = {"faces": len(some), **apart(first, exam.ask(engine, ready[0], some, precision))}
        finally:
            engine.close()
    return figures


def _every(faces: int) -> int:
    """Which of the faces are some: each so-manieth, so that all emotions come up."""
    every = max(1, faces // SOME)
    while math.gcd(every, len(EMOTIONS)) > 1:
        every += 1
    return every
