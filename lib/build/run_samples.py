"""Samples of raw answers beside their images, chosen by a rule that anybody can repeat."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from lib.build.asking import real_images
from lib.build.run_record import Record
from lib.protocol.question import Item
from lib.protocol.replay import Outcome, replay

RULE = (
    "For each emotion the first image in the study's order of asking that was answered, then, of images not shown yet, "
    "the first answers of each kind that gave no value."
)
RAW = "white-space:pre-wrap;text-align:left;background:none;margin:0;padding:0 0 0 0.6em;border-left:3px solid #bbb"
EACH_KIND = 3
MOST_UNREAD = 12
THUMBNAIL = 112
LONGEST_TEXT = 600


@dataclass(frozen=True)
class Sample:
    """One image (or label) in its first repeat, why it is shown, and what came of its steps."""

    item: Item
    why: str
    outcomes: list[Outcome]


def choose_samples(record: Record) -> list[Sample]:
    """Choose samples by `RULE`; emotions are the intended ones, or where there are none the machine's own."""
    inquiry = record.inquiry
    intended = _intended(record)
    first: dict[str, Sample] = {}
    unread: dict[str, list[Sample]] = {}
    for item in inquiry.items:
        done = replay(inquiry.plan, item, 0, record.store.lookup)
        answered = [outcome for outcome in done.outcomes if outcome.parsed is not None]
        if not answered:
            continue
        emotion = intended.get(item.image_id) or item.label or str(done.values.get("emotion") or "")
        if emotion and emotion not in first:
            first[emotion] = Sample(
                item, f"{'intended' if emotion in intended.values() else 'label'}: {emotion}", done.outcomes
            )
            continue
        for outcome in answered:
            reason = outcome.parsed.reason if outcome.parsed else None
            kind = unread.setdefault(f"{outcome.step}: {reason}", []) if reason else []
            if reason and len(kind) < EACH_KIND:
                kind.append(Sample(item, f"no value: {reason.replace('_', ' ')}", done.outcomes))
                break
    order = list(inquiry.project.study.emotion.categories)
    named = sorted(first, key=lambda name: order.index(name) if name in order else len(order))
    rest = [sample for kind in unread.values() for sample in kind]
    return [*(first[name] for name in named), *rest[:MOST_UNREAD]]


def samples_html(record: Record) -> str:
    """The samples as HTML: a small image, the raw text of each step, and what it was read as; all text is escaped."""
    samples = choose_samples(record)
    if not samples:
        return "<p>No answers yet.</p>"
    cells = "".join(_sample(record, sample) for sample in samples)
    return f"<p>{html.escape(RULE)}</p><table><tbody>{cells}</tbody></table>"


def _sample(record: Record, sample: Sample) -> str:
    steps = "".join(_step(record, outcome) for outcome in sample.outcomes if outcome.parsed is not None)
    unasked = [outcome for outcome in sample.outcomes if outcome.parsed is None]
    if unasked:
        names = ", ".join(html.escape(outcome.step) for outcome in unasked)
        steps += f"<div><b>{names}</b>: not asked, since {html.escape(unasked[0].skipped or '')}</div>"
    picture = _thumbnail(sample.item.path) if sample.item.path else html.escape(sample.item.label or "")
    caption = f"{html.escape(sample.item.image_id)}<br><small>{html.escape(sample.why)}</small>"
    left = 'style="text-align:left;vertical-align:top"'
    return f"<tr><td {left}>{picture}<br>{caption}</td><td {left}>{steps}</td></tr>"


def _step(record: Record, outcome: Outcome) -> str:
    assert outcome.parsed is not None and outcome.key is not None
    stored = record.store.lookup(outcome.key)
    text = (stored.refusal or stored.text) if stored else ""
    text = text or "(nothing)"
    shown = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} ... ({len(text):,} characters)"
    several = len(outcome.parsed.values) > 1
    values = ", ".join(f"{key if several else ''} {_value(value)}" for key, value in outcome.parsed.values.items())
    stage = "not read" if outcome.parsed.stage == "none" else outcome.parsed.stage
    how = "; ".join([stage, *outcome.parsed.flags, *filter(None, [outcome.parsed.reason])]).replace("_", " ")
    return (
        f'<div style="margin-bottom:0.6em"><b>{html.escape(outcome.step)}</b>: {html.escape(values.strip())} '
        f'<small>({html.escape(how)})</small><pre style="{RAW}">{html.escape(shown)}</pre></div>'
    )


def _value(value: str | float | None) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else f"{value:g}"


def _intended(record: Record) -> Mapping[str, str | None]:
    if not record.inquiry.project.study.emotion.intended:
        return {}
    images: pl.DataFrame = real_images(record.inquiry.project)
    return dict(images.select("image_id", "intended_emotion").iter_rows())


def _thumbnail(path: Path) -> str:
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            small = ImageOps.exif_transpose(image).convert("RGB")
            small.thumbnail((THUMBNAIL, THUMBNAIL))
    except (OSError, UnidentifiedImageError):
        return "(the image cannot be opened)"
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=80)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="" src="data:image/jpeg;base64,{data}">'
