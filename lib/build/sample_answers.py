"""What a machine was asked about a sample of images and what it said, with what is known of its inside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lib.build.asking import Inquiry
from lib.build.sample_readings import Reading, Value, readings_of, readings_of_outputs, readings_of_top
from lib.build.tracing import traces_folder
from lib.errors import DataError
from lib.protocol.classifier import ClassifierReader
from lib.protocol.items import distinct
from lib.protocol.question import ALL_STEPS, Item
from lib.protocol.replay import Outcome, replay
from lib.responses.behind import find_lines
from lib.responses.record import Failure, Response
from lib.responses.store import Store, read_store
from lib.traces.checking import digests
from lib.traces.manifest import Line, standing_lines
from lib.traces.probabilities import read_logits
from lib.traces.reading import Attention, read_attention

KINDS = ("attention", "logits")
"""What of a model's inside the page shows, as `rater infer --traces` names it."""
Kept = Mapping[tuple[str, str], Line]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one image, in its first repeat.

    Attributes
    ----------
    name : str
        The step; `all` for everything at once.
    response : Response or None
        The standing answer; None for a step that was not asked, or only failed.
    values, stage, flags, reason
        How the answer was read.
    readings : list of Reading
        What the machine held likely, value by value, as far as it is known.
    attention : Attention or None
        Where the answer's tokens looked.
    lacking : str or None
        Why there is no heatmap, where that is particular to this answer.
    absent : str or None
        Why there is no answer.
    """

    name: str
    response: Response | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    stage: str = "none"
    flags: Sequence[str] = ()
    reason: str | None = None
    readings: Sequence[Reading] = ()
    attention: Attention | None = None
    lacking: str | None = None
    absent: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One image of the sample, with its steps."""

    item: Item
    steps: Sequence[Step]

    @property
    def values(self) -> dict[str, Value]:
        """All values that were read, by step or dimension."""
        return {name: value for step in self.steps for name, value in step.values.items()}


def in_order(inquiry: Inquiry, ids: Sequence[str]) -> list[Item]:
    """The items of an inquiry in the order of `ids`."""
    items = {item.image_id: item for item in inquiry.items}
    return [items[image_id] for image_id in ids if image_id in items]


def nothing_open(inquiry: Inquiry, *, traced: bool) -> bool:
    """Whether every question that can be asked has its answer and, if wanted, its traces; loads no model."""
    store = inquiry.stored
    kept = kept_traces(inquiry, store) if traced else {}
    for item in distinct(inquiry.items):
        for repeat in range(inquiry.condition.repeats):
            done = replay(inquiry.plan, item, repeat, store.lookup)
            if done.pending is not None:
                return False
            keys = [outcome.key for outcome in done.outcomes if outcome.key]
            if traced and not all((key, kind) in kept for key in keys for kind in KINDS):
                return False
    return True


def kept_traces(inquiry: Inquiry, store: Store) -> dict[tuple[str, str], Line]:
    """The traces of answers that stand, by key and kind; their files are there."""
    folder, name = traces_folder(inquiry), inquiry.condition.id
    answers = digests(store)
    return {
        (line.key, line.kind): line
        for line in standing_lines(folder, name)
        if answers.get(line.key) == line.text_sha256 and (folder / name / line.file).is_file()
    }


def gather(inquiry: Inquiry, ids: Sequence[str]) -> list[Shown]:
    """Read what is stored about the images: answers from the store, traces where there are any.

    Parameters
    ----------
    inquiry
        Of the condition, about these images.
    ids
        Their ids, in the order of the page.
    """
    store = read_store(inquiry.project.responses, inquiry.condition.id)
    kept = kept_traces(inquiry, store) if inquiry.condition.backend == "transformers" else {}
    walks = [(item, replay(inquiry.plan, item, 0, store.lookup)) for item in in_order(inquiry, ids)]
    keys = {outcome.key for _, walk in walks for outcome in walk.outcomes if outcome.key}
    found = find_lines(store.folder, store.condition, keys)
    lines = {key: _standing(located.response for located in every) for key, every in found.items()}
    shown = []
    for item, walk in walks:
        steps = [_step(inquiry, outcome, lines.get(outcome.key or ""), kept) for outcome in walk.outcomes]
        if walk.pending is not None:
            steps.append(Step(walk.pending.step, absent=_why(store.failure(walk.pending.key))))
        shown.append(Shown(item, steps))
    return shown


def _standing(responses: Iterable[Response]) -> Response | None:
    """The last answer; failures that came after it do not take its place."""
    return next((one for one in reversed(list(responses)) if one.failure is None), None)


def _why(failure: Failure | None) -> str:
    return "not asked yet" if failure is None else f"{failure.kind}: {failure.message}"


def _step(inquiry: Inquiry, outcome: Outcome, response: Response | None, kept: Kept) -> Step:
    if outcome.parsed is None or outcome.key is None or response is None:
        return Step(outcome.step, absent=f"not asked, since {outcome.skipped}" if outcome.skipped else "not asked yet")
    parsed, lacking = outcome.parsed, None
    attention, readings = None, list[Reading]()
    try:
        readings = _readings(inquiry, outcome.step, response, parsed.values, kept)
        attention, lacking = _attention(inquiry, kept.get((outcome.key, "attention")))
    except DataError as error:
        lacking = str(error)
    return Step(
        outcome.step, response, parsed.values, parsed.stage, tuple(parsed.flags), parsed.reason, readings, attention,
        lacking,
    )  # fmt: skip


def _readings(
    inquiry: Inquiry, step: str, response: Response, values: Mapping[str, Value], kept: Kept
) -> list[Reading]:
    line = kept.get((response.key, "logits"))
    if line is not None and line.arrays:
        logits = read_logits(traces_folder(inquiry), inquiry.condition.id, line.image_id, line.step, line.repeat)
        return readings_of(logits, step, values, inquiry.project.study)
    if inquiry.condition.classifier is not None:
        becomes = ClassifierReader(inquiry.project.study, inquiry.condition).becomes
        return readings_of_outputs(response.text, values, becomes)
    if response.log_probabilities and step != ALL_STEPS:
        return readings_of_top(response.log_probabilities, values)
    return []


def _attention(inquiry: Inquiry, line: Line | None) -> tuple[Attention | None, str | None]:
    if line is None:
        return None, None
    if not line.arrays:
        return None, "there was nothing of the image to look at"
    found = read_attention(traces_folder(inquiry), inquiry.condition.id, line.image_id, line.step, line.repeat)
    return found, None
