"""What a run with `--traces` does beside asking: keeps what goes on inside, and catches up on answers given before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from lib.asking.forecast import ANSWER_TOKENS, WHOLE_ANSWER_TOKENS
from lib.asking.report import RunReport
from lib.asking.settings import RunSettings
from lib.backends.base import Backend, BackendError
from lib.build.asking import Inquiry, count
from lib.errors import DataError
from lib.local.engine import Wanted
from lib.protocol.items import distinct
from lib.protocol.pictures import load_picture
from lib.protocol.question import ALL_STEPS, Question
from lib.protocol.replay import replay
from lib.responses.shard import Shard
from lib.responses.store import Store
from lib.study_data import TRACES
from lib.traces.checking import digests, sound_keys
from lib.traces.choosing import Choice, parse_choice, refuse_others, scale_values, wanted_for
from lib.traces.disk import Shape, bytes_of_question, free_bytes, refuse_if_full, side_by_side
from lib.traces.manifest import standing_lines
from lib.traces.naming import checked_image_id
from lib.traces.sink import Sink, kinds_of


@dataclass(frozen=True)
class Tracing:
    """One inquiry whose answers are traced."""

    inquiry: Inquiry
    choice: Choice
    shape: Shape

    @property
    def folder(self) -> Path:
        """Of all traces of the study."""
        return traces_folder(self.inquiry)

    @property
    def first_step(self) -> str:
        """The step that is asked first."""
        return self.inquiry.plan.steps[0].name

    @cached_property
    def wanted(self) -> Wanted:
        """What is wanted of the engine."""
        condition, study = self.inquiry.condition, self.inquiry.project.study
        categories = study.emotion.categories if condition.asks_emotion else ()
        return wanted_for(self.choice, self.shape.layers, scale_values(study, condition), categories)

    def open_backend(self) -> Backend:
        """The condition's backend, which looks inside."""
        from lib.backends.transformers_local import TransformersBackend

        return TransformersBackend(self.inquiry.condition, self.inquiry.project.study, wanted=self.wanted)

    def untraced(self, store: Store, *, thorough: bool = True) -> list[Question]:
        """Questions with an answer whose trace is missing, damaged, or of an answer that was replaced.

        Parameters
        ----------
        store
            The condition's answers.
        thorough
            Read every trace and hold it against its hash, instead of only looking whether its file is there.
        """
        return list(self._untraced(store, thorough))

    def bytes_a_question(self) -> tuple[int, str]:
        """What a question's traces take: as measured on this condition's, else as expected; and which."""
        lines = [line for line in standing_lines(self.folder, self.inquiry.condition.id) if line.bytes]
        measured = [
            [line.bytes for line in lines if line.kind == kind and line.step == self.first_step]
            for kind in self.choice.kinds
        ]
        if all(measured) and not self.choice.layers:
            return round(sum(sum(sizes) / len(sizes) for sizes in measured)), f"as measured on {len(measured[0])}"
        return bytes_of_question(self.choice, self.shape), "as expected"

    def refuse_if_full(self, questions: int, before: int = 0) -> None:
        """Refuse to begin where the disk will not hold the traces of so many questions, and `before` bytes of others.

        Raises
        ------
        lib.errors.BuildError
            With the cure.
        """
        each, how = self.bytes_a_question()
        refuse_if_full(self.inquiry.condition.id, before + each * questions, free_bytes(self.folder), how)

    async def run(
        self, asking: Callable[..., Awaitable[RunReport]], settings: RunSettings, *,
        backend: Backend, store: Store, shard: Shard, stop: asyncio.Event,
    ) -> RunReport:  # fmt: skip
        """Ask what is open and keep traces; then trace answers that are stored without.

        Parameters
        ----------
        asking
            `lib.asking.run.ask_all`, told everything but its settings.
        settings
            Of the run; no more is asked at once than memory takes traces of.
        backend, store, shard, stop
            As `asking` was told.
        """
        at_once = min(settings.concurrency, side_by_side(self.choice, self.shape))
        to_ask = count(self.inquiry, retry_failed=settings.retry_failed).to_ask
        sink = Sink(
            self.folder, self.inquiry.condition.id, shard.name, self.choice, self.wanted,
            first_step=self.first_step, remaining=to_ask + len(self.untraced(store)),
        )  # fmt: skip
        report = await asking(settings=replace(settings, concurrency=at_once, kept=sink.keep))
        if not report.stopped:
            report.warnings += await self._catch_up(backend, store, sink, stop, at_once)
        return report

    async def _catch_up(
        self, backend: Backend, store: Store, sink: Sink, stop: asyncio.Event, at_once: int
    ) -> list[str]:
        """Trace answers that are stored without: ask the model again, and keep the trace if it says the same.

        Nothing is stored as an answer. Draws depend on seed and question alone, so that the same weights on the same
        kind of machine say the same; where they do not, the trace would be another answer's, and what is given says so.
        """
        left = self.untraced(store)
        outcomes: list[str] = []
        for start in range(0, len(left), at_once):
            if stop.is_set():
                break
            some = left[start : start + at_once]
            outcomes += await asyncio.gather(*(self._again(question, backend, store, sink) for question in some))
        return list(_odd([outcome for outcome in outcomes if outcome], len(left) - len(outcomes)))

    async def _again(self, question: Question, backend: Backend, store: Store, sink: Sink) -> str:
        """Trace one answer again; empty if that went well, else why not."""
        try:
            picture = None
            if question.with_image:
                picture = await asyncio.to_thread(load_picture, question.item, self.inquiry.plan.longest_side)
            answer = await backend.ask(question, picture)
        except BackendError as error:
            return error.message
        except DataError as error:
            return str(error)
        stored = store.lookup(question.key)
        if stored is None or (answer.text, answer.finish_reason) != (stored.text, stored.finish_reason):
            said = None if stored is None else stored.text
            return f"stored {said!r}, now {answer.text!r} ({answer.model_version} on {answer.fingerprint})"
        sink.keep(question, answer, again=True)
        return ""

    def _untraced(self, store: Store, thorough: bool) -> Iterator[Question]:
        plan, condition = self.inquiry.plan, self.inquiry.condition
        sound = sound_keys(self.folder, condition.id, digests(store), thorough=thorough)
        for item in distinct(self.inquiry.items):
            for repeat in range(condition.repeats):
                for outcome in replay(plan, item, repeat, store.lookup).outcomes:
                    key = outcome.key
                    kinds = kinds_of(self.choice, outcome.step, self.first_step)
                    if key is None or all((key, kind) in sound for kind in kinds):
                        continue
                    masked = replay(plan, item, repeat, lambda one, key=key: None if one == key else store.lookup(one))  # type: ignore[misc]
                    assert masked.pending is not None
                    yield masked.pending


def tracing_of(inquiry: Inquiry, text: str) -> Tracing:
    """What `--traces` means for one condition; loads its processor, and no weights.

    Raises
    ------
    lib.errors.ParameterError
        Kinds or layers are none, or the condition's backend cannot be looked into.
    lib.errors.BackendUnavailableError
        The model is not there.
    lib.errors.DataError
        No file of traces can be named after an image.
    """
    refuse_others(inquiry.condition)
    choice = parse_choice(text)
    for item in inquiry.items:
        checked_image_id(item.image_id)
    shape = shape_of(inquiry)
    choice.check_layers(shape.layers, inquiry.condition.model)
    return Tracing(inquiry, choice, shape)


def shape_of(inquiry: Inquiry) -> Shape:
    """What decides how large a model's traces are; the grid is that of the inquiry's first image."""
    from lib.local.families import family_of
    from lib.local.loading import load_config, load_processor
    from lib.local.prompting import Prompter
    from lib.local.weights import find_weights
    from lib.traces.shapes import shape_of_model

    condition, plan = inquiry.condition, inquiry.plan
    weights = find_weights(condition.model, condition.local.revision, inquiry.project.root)
    family = family_of(weights.model_type, str(weights.folder))
    config = load_config(weights)
    prompter = Prompter(load_processor(weights, family), config, family, condition.model)
    item = next(iter(inquiry.items), None)
    picture = None if item is None or not plan.with_image else load_picture(item, plan.longest_side)
    whole = plan.steps[0].name == ALL_STEPS
    expected = round((WHOLE_ANSWER_TOKENS if whole else ANSWER_TOKENS)[1])
    return shape_of_model(prompter, condition.decoding, condition.thinking, picture, expected)


def traces_folder(inquiry: Inquiry) -> Path:
    """Of all traces of the inquiry's study."""
    return inquiry.project.cache / TRACES


def _odd(outcomes: Collection[str], left: int) -> Iterator[str]:
    if outcomes:
        yield (
            f"{len(outcomes):,} stored answers could not be traced, since the model did not say the same again; "
            f"their traces are missing. The first: {next(iter(outcomes))}. Trace where they were asked (machine, "
            "precision, version of transformers), or ask anew with --traces."
        )
    if left:
        yield f"{left:,} stored answers are still to be traced; run the same command again."
