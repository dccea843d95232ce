"""Putting another program's predictions into the store, as if the condition had asked, or into a table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import polars as pl

from lib.contracts.condition import Condition
from lib.contracts.prompts import printed_number
from lib.contracts.study import Study
from lib.protocol.parsing import Parsed, parse_answer
from lib.protocol.plan import Plan
from lib.protocol.question import ALL_STEPS, Item, Question
from lib.protocol.replay import Replayed, replay
from lib.responses.foreign import Foreign, match_image, plain_name
from lib.responses.imported import Imported
from lib.responses.record import Response, line_for, now
from lib.responses.store import Store


def import_answers(store: Store, plan: Plan, items: Iterable[Item], records: Iterable[Foreign]) -> Imported:
    """Store predictions as answers to the questions that the condition would have asked.

    Questions follow from the answers before them, so that an image is taken up to the first step without an answer.
    Answers that are there already are never replaced; where one differs from the file's, nothing more is taken for
    that image.

    Parameters
    ----------
    store
        Of the condition, writable.
    plan, items
        What the condition asks, about which images.
    records
        The other program's predictions.
    """
    done = Imported()
    items = list(items)
    by_id = {item.image_id: item for item in items}
    known = {item.path.name: item.image_id for item in items if item.path} | {name: name for name in by_id}
    for image_id, record in _first_of_each(records, known, done):
        if record.repeat >= plan.condition.repeats:
            done.repeats += 1
            continue
        _import_one(store, plan, by_id[image_id], record, done)
    return done


def import_table(
    study: Study, condition: Condition, records: Iterable[Foreign], known: Mapping[str, str] | None, done: Imported
) -> pl.DataFrame:
    """Give predictions as a table that `lib.contracts.predictions` reads, where questions cannot be told.

    Parameters
    ----------
    study, condition
        Say which steps there are and how values are read.
    records
        The other program's predictions.
    known
        Names and file names of images -> image_id; None where the study's images are not known.
    done
        Takes up what became of them.
    """
    rows = []
    for image_id, record in _first_of_each(records, known, done):
        values: dict[str, object] = {}
        for step in condition.steps:
            text, source = _text(record, step, (step,))
            if text is None:
                values[step] = None
                continue
            values[step] = _note(done, record, source, parse_answer(text, (step,), study), study).values[step]
        rows.append({"image_id": image_id, "repeat": record.repeat, **values})
        done.predictions += 1
    schema = {"image_id": pl.String, "repeat": pl.Int64} | {
        step: pl.String if step == "emotion" else pl.Float64 for step in condition.steps
    }
    return pl.DataFrame(rows, schema=schema).sort("image_id", "repeat")


def _first_of_each(
    records: Iterable[Foreign], known: Mapping[str, str] | None, done: Imported
) -> Iterable[tuple[str, Foreign]]:
    seen: set[tuple[str, int]] = set()
    for record in records:
        image_id = plain_name(record.image) if known is None else match_image(record.image, known)
        if image_id is None:
            done.unknown.append(record.image)
        elif (image_id, record.repeat) in seen:
            done.twice.append(record.image)
        else:
            seen.add((image_id, record.repeat))
            yield image_id, record


def _import_one(store: Store, plan: Plan, item: Item, record: Foreign, done: Imported) -> None:
    steps = {step.name: step for step in plan.steps}
    replayed = replay(plan, item, record.repeat, store.lookup)
    if not _agrees(replayed, record, plan.study):
        done.other.append(record.image)
        return
    before, taken = bool(replayed.outcomes), 0
    while (question := replayed.pending) is not None:
        step = steps[question.step]
        text, source = _text(record, question.step, step.wanted)
        if text is None:
            break
        parsed = _note(done, record, source, parse_answer(text, step.wanted, plan.study), plan.study)
        store.append(_line(plan, question, text, parsed))
        taken += 1
        replayed = replay(plan, item, record.repeat, store.lookup)
    done.unused += record.whole is not None and ALL_STEPS not in steps
    done.predictions += taken > 0
    done.kept += before and not taken
    done.nothing += not replayed.outcomes
    answered = {outcome.step for outcome in replayed.outcomes if outcome.parsed is not None}
    done.behind += [
        f"{record.image} {name}"
        for name, step in steps.items()
        if name not in answered and _text(record, name, step.wanted)[0] is not None
    ]


def _text(record: Foreign, step: str, wanted: tuple[str, ...]) -> tuple[str | None, str]:
    """The text of a step's answer, and where it comes from: the machine's own words, else the value as JSON."""
    raw = record.whole if step == ALL_STEPS else record.texts.get(step)
    if raw is not None:
        return raw, "raw"
    values = {name: record.values[name] for name in wanted if record.values.get(name) is not None}
    return (json.dumps(values, ensure_ascii=False) if values else None), "value"


def _note(done: Imported, record: Foreign, source: str, parsed: Parsed, study: Study) -> Parsed:
    """Count an answer, and note where it does not say what the file's value says."""
    done.answers[source] += 1
    for step, value in parsed.values.items():
        written = record.values.get(step)
        if written is None:
            continue
        meant = _read(json.dumps({step: written}), step, study)
        if source == "raw" and not _same(value, meant):
            done.reread.append(
                f"{record.image} {step}: {_shown(written)} in the file, {_shown(value)} as its text is read here"
            )
        elif source == "value" and (value is None or (step != "emotion" and not _same(value, written))):
            done.unusable[f"{step}: {_shown(written)} became {_shown(value)}"] += 1
    return parsed


def _shown(value: object) -> str:
    if value is None:
        return "no value"
    return printed_number(value) if isinstance(value, int | float) else repr(value)


def _read(text: str, step: str, study: Study) -> object:
    return parse_answer(text, (step,), study).values[step]


def _agrees(replayed: Replayed, record: Foreign, study: Study) -> bool:
    """Whether the answers that are there already say what the file says."""
    for outcome in replayed.outcomes:
        for step, value in outcome.parsed.values.items() if outcome.parsed else ():
            text, _ = _text(record, step, (step,))
            if text is not None and not _same(value, _read(text, step, study)):
                return False
    return True


def _same(value: object, other: object) -> bool:
    try:
        return value == other or (value is not None and float(str(value)) == float(str(other)))
    except ValueError:
        return False


def _line(plan: Plan, question: Question, text: str, parsed: Parsed) -> Response:
    return line_for(
        plan,
        question,
        text=text,
        values=parsed.values,
        stage=parsed.stage,
        flags=parsed.flags,
        reason=parsed.reason,
        asked_at=now(),
        mode="imported",
    )
