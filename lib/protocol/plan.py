"""What a condition asks, step by step, made ready once: templates, what each needs, the settings of its keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache, partial

from lib.contracts.condition import Condition
from lib.contracts.prompts import LABEL, PromptSet, describe_unknown_placeholder, placeholders, study_words
from lib.contracts.study import Study
from lib.errors import ParameterError
from lib.protocol.classifier import ClassifierReader
from lib.protocol.parsing import Parsed, parse_answer
from lib.protocol.question import ALL_STEPS, Stored, begin_key, settings_of
from lib.protocol.templates import Printer, Template, make_template
from lib.protocol.turns import KEPT, SHORT, Step, Turns

SECTIONS = {"context_carry": "steps", "json_single": "single", "text_only": "text_only"}
NO_PROMPTS = PromptSet(id="none", source="a classifier is shown the image and asked nothing")


class Plan:
    """How one condition is asked in one study; never changes.

    Attributes
    ----------
    study, condition, prompts
        What it was made from.
    steps : tuple of Step
        In the order in which they are asked.
    with_image : bool
        Whether an image goes with each question.
    told : str or None
        The gap of the templates for the emotion that a machine is told: with an image as if it had answered. None where
        it is asked.
    longest_side : int or None
        The size to which larger images are reduced; None sends files as they are.
    settings : bytes
        What is the same in the keys of all questions.
    printer : Printer
        Prints answers for later prompts.
    turns : Turns
        Which question comes after which answers.
    begin_key
        Gives what is the same in all keys about one image, by the image's hash.

    Raises
    ------
    ParameterError
        The condition is not asked by prompts, or its prompt set lacks a template or has one that cannot be filled.
    """

    def __init__(self, study: Study, condition: Condition, prompts: PromptSet = NO_PROMPTS) -> None:
        if not condition.asks:
            raise ParameterError(
                f"{condition.id}: strategy: got {condition.strategy!r}, which asks nothing; "
                f"machines are asked by {', '.join(SECTIONS)}, or described in a section classifier."
            )
        self.study, self.condition, self.prompts = study, condition, prompts
        self.with_image = condition.strategy != "text_only"
        self.told = ("emotion" if self.with_image else LABEL) if condition.told_emotion else None
        self.longest_side = study.asking.longest_side if condition.strategy in SECTIONS and self.with_image else None
        self.settings = settings_of(condition, self.longest_side)
        self.printer = Printer(study)
        _refuse_unknown_steps(study, condition)
        self._classifier = ClassifierReader(study, condition) if condition.classifier else None
        self.steps = tuple(_STEPS.get(condition.strategy, _in_order)(self))
        self._read_again = lru_cache(maxsize=KEPT)(self._read)
        self.turns = Turns(self.steps, self.printer, self.read, told=self.told or "")
        self.begin_key = lru_cache(maxsize=KEPT)(partial(begin_key, self.settings))

    def read(self, step: Step, stored: Stored) -> Parsed:
        """Read an answer to a step from its text; short texts are much alike, and are worked out once."""
        text, finish_reason, refusal = stored
        read = self._read_again if len(text) <= SHORT else self._read
        return read(text, step.wanted, finish_reason, refusal)

    def _read(self, text: str, wanted: tuple[str, ...], finish_reason: str | None, refusal: str | None) -> Parsed:
        if self._classifier is not None:
            return self._classifier.read(text, wanted)
        return parse_answer(text, wanted, self.study, finish_reason=finish_reason, refusal=refusal)

    @property
    def meanings(self) -> dict[str, str] | None:
        """What each label of a classifier becomes in the study; None for who is asked by prompts."""
        return None if self._classifier is None else self._classifier.becomes

    def longest_prompts(self) -> dict[str, str]:
        """The longest usual prompt of each step, for forecasts of tokens."""
        widest = {name: self.printer.widest(name) for name in self.condition.steps}
        if self.told:
            widest[self.told] = self.printer.widest("emotion")
        return {step.name: step.template.render([widest[name] for name in step.template.needs]) for step in self.steps}


def _refuse_unknown_steps(study: Study, condition: Condition) -> None:
    known = ("emotion", *study.machine_dimensions)
    unknown = [step for step in condition.steps if step not in known]
    if unknown:
        raise ParameterError(
            f"{condition.id}: steps: got {unknown[0]!r}, but the study {study.id} asks machines for "
            f"{', '.join(known)}. Take it out of the condition's steps, or add it to the study's dimensions."
        )


def _without_prompt(plan: Plan) -> Iterable[Step]:
    """The one question to a classifier: the image."""
    yield Step(ALL_STEPS, plan.condition.steps, Template(("",), ()), (), None)


def _single(plan: Plan) -> Iterable[Step]:
    text = plan.prompts.single
    where = f"{plan.prompts.file}: single"
    if text is None:
        raise ParameterError(f"{where}: is missing; add a template that asks for everything at once.")
    template = _compiled(where, text, plan, ())
    for step in plan.condition.steps:
        if step not in text:
            raise ParameterError(
                f"{where}: does not name {step!r}, which the condition {plan.condition.id} asks for. "
                "Name it in the template, or take it out of the condition's steps."
            )
    yield Step(ALL_STEPS, plan.condition.steps, template, (), None)


def _in_order(plan: Plan) -> Iterable[Step]:
    section = SECTIONS[plan.condition.strategy]
    templates: Mapping[str, str] = getattr(plan.prompts, section)
    label = (plan.told,) if plan.told else ()
    for number, name in enumerate(plan.condition.steps):
        where = f"{plan.prompts.file}: {section}.{name}"
        text = _template(where, templates, name, plan)
        template = _compiled(where, text, plan, (*plan.condition.steps[:number], *label))
        needs = tuple(dict.fromkeys(need for need in template.needs if need not in label))
        without = None
        if needs and plan.study.asking.unparsed == "without_context":
            where = f"{plan.prompts.file}: without_context.{name}"
            without = _compiled(where, _template(where, plan.prompts.without_context, name, plan), plan, label)
        yield Step(name, (name,), template, needs, without)


_STEPS = {"json_single": _single, "classifier": _without_prompt}


def _template(where: str, templates: Mapping[str, str], name: str, plan: Plan) -> str:
    if name not in templates:
        raise ParameterError(
            f"{where}: is missing, but the condition {plan.condition.id} asks for {name}. Add this template."
        )
    return templates[name]


def _compiled(where: str, text: str, plan: Plan, earlier: Collection[str]) -> Template:
    words = study_words(plan.study)
    for name in placeholders(text):
        if name in words or name in earlier:
            continue
        if name in ("emotion", *plan.study.machine_dimensions):
            asked = f"asked before it ({', '.join(plan.condition.steps)})"
            raise ParameterError(
                f"{where}: repeats the answer {{{name}}}, which the condition {plan.condition.id} has not {asked}. "
                "Reword the template, or change the condition's steps."
            )
        raise ParameterError(f"{where}: {describe_unknown_placeholder(name, [*words, *earlier])}")
    return make_template(text, words)
