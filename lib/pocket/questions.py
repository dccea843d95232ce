"""What the pocket rater is taught to answer: a study's own questions, and the chances of each answer to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from lib.contracts.condition import Condition, Specification
from lib.contracts.prompts import LABEL, PromptSet
from lib.contracts.study import Study
from lib.drawing.expressions import EMOTIONS
from lib.pocket.raters import SCALE, Chances, Raters
from lib.pocket.recipe import RATED, check_study
from lib.protocol.plan import Plan
from lib.protocol.templates import Template
from lib.protocol.turns import Step

WAYS = (("context_carry", "plain"), ("context_carry", "json"), ("json_single", "json"), ("text_only", "plain"),
        ("text_only", "json"))  # fmt: skip
"""Strategies and prompt sets that it learns."""
ASKED = ("emotion", *RATED)
DIGITS = tuple(str(value) for value in SCALE)


@dataclass(frozen=True, slots=True)
class Choice:
    """A word of an answer that could have been another: the words, their chances, and which one was said."""

    words: tuple[str, ...]
    chances: Chances
    said: int

    @property
    def word(self) -> str:
        """What was said."""
        return self.words[self.said]


@dataclass(frozen=True, slots=True)
class Exercise:
    """One question with its answer in parts: what is always so, and what was chosen."""

    prompt: str
    answer: tuple[str | Choice, ...]

    @property
    def text(self) -> str:
        """The answer as it is said."""
        return "".join(part if isinstance(part, str) else part.word for part in self.answer)


@dataclass(frozen=True, slots=True)
class Lesson:
    """One kind of question.

    Attributes
    ----------
    name : str
        Such as `json/valence`.
    wanted : tuple of str
        What its answer gives.
    template : Template
        Its words; the gaps are what was answered before, or the label.
    json : bool
        Whether the answer is a JSON object.
    with_image : bool
        Whether a face goes with it.
    """

    name: str
    wanted: tuple[str, ...]
    template: Template
    json: bool
    with_image: bool


class School:
    """Asks a study's questions and knows the chances of the answers.

    Parameters
    ----------
    study
        Whose questions.
    prompts
        Its prompt sets by id, `plain` and `json`.
    raters
        Who answers.

    Raises
    ------
    ParameterError
        The study does not fit (see `check_study`), or its prompt sets lack a question.
    """

    def __init__(self, study: Study, prompts: dict[str, PromptSet], raters: Raters) -> None:
        check_study(study)
        self.raters = raters
        asking = study.asking.model_copy(update={"unparsed": "without_context"})
        study = study.model_copy(update={"asking": asking})
        lessons = [lesson for way in WAYS for lesson in _lessons(study, prompts[way[1]], way[0])]
        self.with_image = tuple(lesson for lesson in lessons if lesson.with_image)
        self.without_image = tuple(lesson for lesson in lessons if not lesson.with_image)
        self.render = lru_cache(maxsize=1 << 12)(_render)

    def about_face(self, lesson: Lesson, shown: str, intensity: float, random: np.random.Generator) -> Exercise:
        """Ask about a face; what was answered before, and what is answered now, is drawn from the chances."""
        said = dict[str, Choice]()
        for name in lesson.template.needs:
            said[name] = self._chosen(name, shown, intensity, said, random, strange=True)
        printed = tuple(choice.word for choice in said.values())
        answers = []
        for name in lesson.wanted:
            said[name] = self._chosen(name, shown, intensity, said, random, strange=len(lesson.wanted) > 1)
            answers.append((name, said[name]))
        return Exercise(self.render(lesson, printed), _answer(lesson, answers))

    def about_label(self, lesson: Lesson, label: str, random: np.random.Generator) -> Exercise:
        """Ask about an emotion's name."""
        (name,) = lesson.wanted
        chances = self.raters.from_name(name, label)
        choice = Choice(DIGITS, chances, int(random.choice(len(chances), p=chances)))
        return Exercise(self.render(lesson, (label,)), _answer(lesson, [(name, choice)]))

    def every_text(self) -> Iterator[str]:
        """Every question that it may ask, and every answer, for a tokenizer to learn from."""
        words = {"emotion": EMOTIONS, LABEL: EMOTIONS, **dict.fromkeys(RATED, DIGITS)}
        for lesson in (*self.with_image, *self.without_image):
            for printed in product(*(words[name] for name in lesson.template.needs)):
                yield self.render(lesson, printed)
            for said in product(*(words[name] for name in lesson.wanted)):
                one = np.ones(1)
                yield Exercise("", _answer(lesson, [(n, Choice((w,), one, 0)) for n, w in _pairs(lesson, said)])).text

    def _chosen(
        self, name: str, shown: str, intensity: float, said: dict[str, Choice], random: np.random.Generator, *,
        strange: bool,
    ) -> Choice:  # fmt: skip
        """Draw an answer; where others are built on it, now and then one that hardly anybody would give."""
        words: tuple[str, ...] = DIGITS
        if name == "emotion":
            words, chances = EMOTIONS, self.raters.emotions(shown, intensity)
        else:
            named = said["emotion"].word if "emotion" in said else None
            valence = int(said["valence"].word) if "valence" in said else None
            chances = self.raters.ratings(name, shown, intensity, named, valence)
        odd = strange and random.random() < self.raters.rule.strange
        drawn = random.integers(len(words)) if odd else random.choice(len(words), p=chances / chances.sum())
        return Choice(words, chances, int(drawn))


def _pairs(lesson: Lesson, said: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(lesson.wanted, said, strict=True))


def _render(lesson: Lesson, printed: tuple[str, ...]) -> str:
    return lesson.template.render(printed)


def _answer(lesson: Lesson, answers: Sequence[tuple[str, Choice]]) -> tuple[str | Choice, ...]:
    if not lesson.json:
        return tuple(choice for _, choice in answers)
    parts = list[str | Choice]()
    between = "{"
    for name, choice in answers:
        quote = '"' if name == "emotion" else ""
        parts += [f'{between}"{name}": {quote}', choice]
        between = f"{quote}, "
    return (*parts, between.removesuffix(", ") + "}")


def _lessons(study: Study, prompts: PromptSet, strategy: str) -> Iterator[Lesson]:
    steps = RATED if strategy == "text_only" else ASKED
    condition = Condition.model_validate({
        "id": "pocket", "name": "pocket", "short_name": "pocket", "kind": "vlm", "backend": "transformers",
        "model": "pocket", "strategy": strategy, "prompts": prompts.id, "steps": steps,
        "specification": Specification(developer="this project"),
    })  # fmt: skip
    plan = Plan(study, condition, prompts)
    for step in plan.steps:
        name = f"{prompts.id}/{strategy}/{step.name}"
        yield _lesson(name, step, step.template, plan)
        if step.without_context is not None:
            yield _lesson(f"{name}/without", step, step.without_context, plan)


def _lesson(name: str, step: Step, template: Template, plan: Plan) -> Lesson:
    return Lesson(name, step.wanted, template, plan.prompts.id == "json", plan.with_image)
