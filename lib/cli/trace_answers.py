"""From a prediction back to what a machine was asked and said: the raw lines behind it, and how they were read."""

from __future__ import annotations

from collections.abc import Iterator

import typer

from lib.build.asking import condition_items, plan_of, real_images
from lib.contracts.yaml_files import nearest
from lib.errors import DataError
from lib.formats import counted
from lib.project import Project
from lib.protocol.question import Item
from lib.protocol.replay import Outcome
from lib.responses.behind import Located, StepBehind, behind
from lib.responses.record import Response
from lib.responses.store import read_store


def trace_answers(project: Project, image_id: str, name: str, repeat: int) -> None:
    """Print every step of one prediction: the question, the raw answer, how it was read, and where its line is."""
    condition = project.condition(name)
    plan, item = plan_of(project, condition), _find_item(project, image_id, name)
    source = f"{project.relative(item.path)} (SHA-256 {item.sha256})" if item.path else f"the label {item.label}"
    typer.echo(f"Image {image_id}: {source}")
    settings = condition.decoding.model_dump(exclude_none=True) | {"thinking": condition.thinking.mode}
    told = ", ".join(f"{key} {value}" for key, value in settings.items())
    typer.echo(
        f"Condition {name}: {condition.model} by {condition.backend}, {condition.strategy}, {told}; repeat {repeat}"
    )
    for step in behind(plan, item, repeat, read_store(project.responses, name)):
        typer.echo("\n" + "\n".join(_step_lines(project, step)))
    if name in project.known.own_files and not project.response_files(name):
        file = project.predictions_file(name)
        other = project.relative(file) if file else "none"
        typer.echo(f"\nThese answers are not what pages show now; the predictions that count: {other}.")


def _find_item(project: Project, image_id: str, name: str) -> Item:
    images = real_images(project)
    known = images["image_id"].to_list()
    if image_id not in known:
        raise DataError(f"--image: got {image_id!r}, which is no image of the study{nearest(image_id, known)}.")
    return next(iter(condition_items(project, project.condition(name), images.filter(images["image_id"] == image_id))))


def _step_lines(project: Project, step: StepBehind) -> Iterator[str]:
    yield f"{step.step}: {_read_as(step.outcome)}"
    if not step.lines:
        if step.outcome is None or step.outcome.key:
            yield "  not asked yet"
        return
    *older, last = step.lines
    yield from _line(project, last)
    for each in older:
        said = printable(_said(each.response))
        yield f"  replaced: {each.file}, line {each.line}, of {each.response.asked_at}: {said}"


def _read_as(outcome: Outcome | None) -> str:
    if outcome is None:
        return "no answer"
    if outcome.parsed is None:
        return f"not asked, since {outcome.skipped}"
    several = len(outcome.parsed.values) > 1
    values = ", ".join(
        f"{name if several else ''} {_shown(value)}".strip() for name, value in outcome.parsed.values.items()
    )
    how = f"read by stage {outcome.parsed.stage}"
    notes = [*outcome.parsed.flags, *([f"because: {outcome.parsed.reason}"] if outcome.parsed.reason else [])]
    notes += [] if outcome.with_context else ["asked without earlier answers"]
    return f"{values} ({'; '.join([how, *notes])})"


def _shown(value: str | float | None) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else f"{value:g}"


def _line(project: Project, located: Located) -> Iterator[str]:
    response = located.response
    yield f"  {project.relative(project.responses)}/{located.file}, line {located.line} (key {response.key})"
    version = response.model_version or "version not said"
    parts = [response.asked_at, response.mode, version, counted(response.attempts, "attempt")]
    if response.latency is not None:
        parts.append(f"{response.latency:.2f} s")
    counts = {"in": response.tokens_in, "out": response.tokens_out, "thinking": response.tokens_thinking}
    told = [f"{count:,} {what}" for what, count in counts.items() if count is not None]
    parts += [f"tokens {', '.join(told)}"] if told else []
    if response.cost is not None and response.currency:
        parts.append(f"{response.cost:.6f} {response.currency}")
    parts += [f"finish reason {response.finish_reason}"] if response.finish_reason else []
    yield f"  {', '.join(parts)}"
    yield from _block("question", response.prompt)
    if response.thoughts:
        yield from _block("thoughts", response.thoughts)
    yield from _block("failed" if response.failure else "answer", _said(response))


def _said(response: Response) -> str:
    if response.failure:
        return f"{response.failure.kind}: {response.failure.message}"
    return response.refusal or response.text


def _block(name: str, text: str) -> Iterator[str]:
    lines = text.split("\n") or [""]
    for number, line in enumerate(lines):
        yield f"  {name if number == 0 else '':>8} | {printable(line)}"


def printable(text: str) -> str:
    """Text of a machine as a terminal may show it: what would steer the terminal is written out."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
