"""Asking a finished pocket rater about drawn faces, by the project's own plan, engine and parser; nothing is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lib.contracts.condition import Decoding
from lib.drawing.design import Plan as Face
from lib.drawing.expressions import EMOTIONS
from lib.errors import BuildError
from lib.local.engine import Engine, Generation, Request, RequestError, Wanted
from lib.pocket.faces import load_face
from lib.pocket.questions import DIGITS
from lib.pocket.raters import SCALE, Chances
from lib.protocol.plan import Plan
from lib.protocol.question import Stored
from lib.protocol.turns import Step, Turn

WORDS = (*EMOTIONS, *DIGITS)
AT_ONCE = 64


@dataclass(slots=True)
class Answered:
    """What was answered about one face.

    Attributes
    ----------
    face : Plan
        What it was drawn with.
    values : dict
        Parsed answers; None where one could not be read.
    chances : dict of arrays
        Chances of the words that could have stood in an answer's place, (6,) or (9,), together 1, at temperature 1.
    texts : list of str
        The answers themselves.
    """

    face: Face
    values: dict[str, str | float | None] = field(default_factory=dict)
    chances: dict[str, Chances] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)

    def expected(self, dimension: str) -> float:
        """Mean of a rating's chances; NaN where it was not asked or the answer had no such place."""
        chances = self.chances.get(dimension)
        return float("nan") if chances is None else float(chances @ SCALE)


def ask_faces(
    engine: Engine,
    plan: Plan,
    faces: Sequence[Face],
    *,
    folder: Path | None,
    decoding: Decoding,
    report: Callable[[int, int], None],
) -> list[Answered]:
    """Ask all of a plan's questions about faces.

    Parameters
    ----------
    engine, plan
        Who is asked, and how.
    faces
        About whom; a plan without image is asked about their emotions' names.
    folder
        Where the images are; None for a plan without image.
    decoding
        Instead of the condition's.
    report
        Is told how many faces are done, and of how many.

    Raises
    ------
    MissingFileError
        An image is not there.
    BuildError
        A question cannot be asked.
    """
    done = list[Answered]()
    for start in range(0, len(faces), AT_ONCE):
        done += _ask_some(engine, plan, faces[start : start + AT_ONCE], folder, decoding)
        report(len(done), len(faces))
    return done


def _ask_some(
    engine: Engine, plan: Plan, faces: Sequence[Face], folder: Path | None, decoding: Decoding
) -> list[Answered]:
    answered = [Answered(face) for face in faces]
    pictures = [load_face(folder / face.file) if folder else None for face in faces]
    turns = [plan.turns.first(None if plan.with_image else face.expression.emotion) for face in faces]
    while asked := [number for number, turn in enumerate(turns) if turn.step is not None]:
        requests = [
            Request(f"{faces[number].image_id} {turns[number].number}", turns[number].prompt, pictures[number],
                    decoding, plan.condition.thinking, Wanted(top=1, words=WORDS))
            for number in asked
        ]  # fmt: skip
        for number, given in zip(asked, engine.generate(requests), strict=True):
            turns[number] = _note(plan, answered[number], turns[number], given)
    return answered


def _note(plan: Plan, answered: Answered, turn: Turn, given: Generation | RequestError) -> Turn:
    """Keep what was answered; give the next question."""
    if isinstance(given, RequestError):
        raise BuildError(given.message)
    assert turn.step is not None
    parsed, following = plan.turns.after(turn, Stored(given.text, given.finish))
    answered.texts.append(given.text)
    answered.values.update({name: parsed.values.get(name) for name in turn.step.wanted})
    answered.chances.update(_chances(turn.step, given))
    return following


def _chances(step: Step, given: Generation) -> dict[str, Chances]:
    """Chances where the answer has an emotion or a digit, in the order in which the step wants them."""
    assert given.steps is not None
    found = dict[str, Chances]()
    wanted = list(step.wanted)
    for piece, words in zip(given.pieces, given.steps.words, strict=True):
        if not wanted:
            break
        place = slice(0, len(EMOTIONS)) if wanted[0] == "emotion" else slice(len(EMOTIONS), None)
        if piece.strip() in WORDS[place]:
            chances = np.exp(words[place].astype(np.float64))
            found[wanted.pop(0)] = chances / chances.sum()
    return found
