"""A card for each image of a sample: the face, what was asked and answered, and what the machine held likely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from lib.build.sample_answers import Shown, Step
from lib.build.sample_pictures import ColourScale, face_source, heatmap_source, share_of_image
from lib.build.sample_readings import EMOTION, Reading, Value
from lib.errors import DataError
from lib.formats import ABSENT, capitalised, signed
from lib.protocol.pictures import load_picture
from lib.protocol.question import ALL_STEPS, Item, Picture

LONGEST_TEXT = 4000
SPACE, BREAK, TAB = "␣", "⏎", "⇥"
LEAST_SHOWN = 0.005
EDGE = 0.16
"""How near to an end of the axis (as a share of it) the mean's label is set flush with that end."""


@dataclass(frozen=True, slots=True)
class Face:
    """What is known of an image before anybody is asked: its intended emotion, and label and level of each factor."""

    intended: str | None
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Manner:
    """What all cards share: colours of heatmaps, the top of the axes of ratings, and the size images were sent in."""

    scale: ColourScale
    highest: float
    longest_side: int | None = None


def card(shown: Shown, face: Face, manner: Manner) -> str:
    """One image as HTML; every word of manifest and machine is escaped."""
    picture = _picture(shown.item, manner.longest_side)
    steps = "".join(_step(step, shown.item, picture, manner) for step in shown.steps)
    facts = [*([("Intended", face.intended)] if face.intended else []), *face.facts]
    listed = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in facts)
    told = ", ".join(f"{name.lower()} {value}" for name, value in facts)
    return (
        f'<article class="card"><div>{_portrait(shown.item, picture, told)}<h2>{_text(shown.item.image_id)}</h2>'
        f'<dl class="facts">{listed}</dl>{_verdict(shown, face)}</div><div class="steps">{steps}</div></article>'
    )


def visible(text: str) -> str:
    """A token as it can be seen: spaces and breaks by signs, and nothing that would act on the page; not escaped."""
    named = text.replace(" ", SPACE).replace("\r", "").replace("\n", BREAK).replace("\t", TAB)
    return _plain(named) or ABSENT


def _text(text: str) -> str:
    return escape(_plain(text))


def _plain(text: str) -> str:
    """Text without control characters, of which HTML allows none; line breaks and tabs stay."""
    return "".join(
        sign if sign in "\n\t" or not (ord(sign) < 32 or 127 <= ord(sign) < 160 or 0xD800 <= ord(sign) < 0xE000)
        else "\ufffd" for sign in text.replace("\r\n", "\n")
    )  # fmt: skip


def _picture(item: Item, longest_side: int | None) -> Picture | None:
    if item.path is None:
        return None
    try:
        return load_picture(item, longest_side)
    except DataError:
        return None


def _portrait(item: Item, picture: Picture | None, told: str) -> str:
    if item.path is None:
        return f'<div class="label">{_text(item.label or ABSENT)}</div><p class="small">Asked without image.</p>'
    try:
        source = face_source(picture, item.image_id) if picture is not None else None
    except DataError:
        source = None
    if source is None:
        return '<div class="label">The image cannot be opened</div>'
    return f'<img class="portrait" src="{source}" alt="Face {_text(item.image_id)}: {_text(told)}">'


def _verdict(shown: Shown, face: Face) -> str:
    values = shown.values
    lines = []
    if EMOTION in values:
        said = values[EMOTION]
        compared = ""
        if face.intended and said is not None:
            compared = ", as intended" if said == face.intended else f", intended {face.intended}"
        lines.append(f"Says <b>{_text(_value(said))}</b>{_text(compared)}")
    lines += [f"{capitalised(name)} <b>{_text(_value(value))}</b>" for name, value in values.items() if name != EMOTION]
    inner = "".join(f"<span>{line}</span>" for line in lines) or "<span>No answer</span>"
    return f'<p class="verdict">{inner}</p>'


def _step(step: Step, item: Item, picture: Picture | None, manner: Manner) -> str:
    title = "Everything at once" if step.name == ALL_STEPS else capitalised(step.name)
    head, response = f'<section class="step"><h3>{_text(title)}</h3>', step.response
    if response is None:
        return f'{head}<p class="absent">{_text(capitalised(step.absent or ABSENT))}</p></section>'
    asked, thought = "", ""
    if response.prompt:
        asked = f'<div class="asked"><span class="who">Asked</span>{_words_of(response.prompt)}</div>'
    if response.thoughts:
        thought = f"<details><summary>What it thought</summary>{_words_of(response.thoughts)}</details>"
    said = _words_of(response.refusal or response.text or "(nothing)")
    slots = [
        _map(step, title, item, picture, manner), asked,
        f'{thought}<div class="said"><span class="who">Answered</span>{said}</div>', _how(step),
        "".join(_chart(reading, manner) for reading in step.readings),
    ]  # fmt: skip
    return f"{head}{''.join(f'<div>{slot}</div>' for slot in slots)}</section>"


def _map(step: Step, title: str, item: Item, picture: Picture | None, manner: Manner) -> str:
    seen = step.attention
    if seen is None or picture is None:
        return f'<p class="small">No heatmap: {_text(step.lacking)}</p>' if step.lacking else ""
    try:
        source = heatmap_source(picture, item.image_id, seen, manner.scale)
    except DataError:
        return ""
    share = f"{100 * share_of_image(seen):.0f}% of its attention fell on the image"
    alt = f"Heatmap over face {item.image_id}, step {title.lower()}: {share}"
    return f'<figure class="map"><img src="{source}" alt="{_text(alt)}"><figcaption>{share}.</figcaption></figure>'


def _words_of(text: str) -> str:
    cut = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} ... ({len(text):,} characters in all)"
    return f'<div class="text" dir="auto">{_text(cut.strip())}</div>'


def _how(step: Step) -> str:
    several = len(step.values) > 1
    values = ", ".join(f"{name if several else ''} {_value(value)}".strip() for name, value in step.values.items())
    notes = [f"stage {step.stage}", *step.flags, *([f"because: {step.reason}"] if step.reason else [])]
    if step.response and step.response.finish_reason not in {None, "stop", "STOP"}:
        notes.append(f"ended by {step.response.finish_reason}")
    told = "; ".join(note.replace("_", " ") for note in notes)
    return f'<p class="how">Read as <b>{_text(values or ABSENT)}</b> ({_text(told)})</p>'


def _chart(reading: Reading, manner: Manner) -> str:
    if not reading.bars and not reading.words:
        return ""
    bars = ""
    if reading.bars:
        what = "category" if reading.expected is None else f"{reading.name} rating"
        what = "of its labels" if reading.own else what
        told = ", ".join(f"{name} {_percent(share)}" for name, share in reading.bars)
        mean = f"; mean {reading.expected:.2f}" if reading.expected is not None else ""
        drawn = _rows(reading) if reading.expected is None else _columns(reading, manner)
        bars = (
            f"<p>Probability of each {_text(what)}{_rest(reading)}</p>"
            f'<div role="img" aria-label="{_text(told + mean)}">{drawn}</div>'
        )
    return f'<div class="chart">{bars}{_likeliest(reading)}</div>'


def _rest(reading: Reading) -> str:
    if reading.mass is None or reading.mass > 1 - LEAST_SHOWN:
        return ""
    return f" (all together {_text(_percent(reading.mass))})"


def _columns(reading: Reading, manner: Manner) -> str:
    columns = "".join(
        f"<div{_picked(reading, name)}><em>{_percent(share) if share >= LEAST_SHOWN else ''}</em>"
        f'<i style="--p:{share / manner.highest:.4f}"></i><span>{_text(signed(name))}</span></div>'
        for name, share in reading.bars
    )
    low, high, count = float(reading.bars[0][0]), float(reading.bars[-1][0]), len(reading.bars)
    assert reading.expected is not None
    along = (reading.expected - low) / (high - low) if high > low else 0.0
    place = (along * (count - 1) + 0.5) / count
    side = ' class="first"' if place < EDGE else ' class="last"' if place > 1 - EDGE else ""
    mean = f"<b>▲</b><span{side}>mean {signed(f'{reading.expected:.2f}')}</span>"
    return f'<div class="columns">{columns}</div><div class="mean" style="--x:{100 * place:.2f}%">{mean}</div>'


def _rows(reading: Reading) -> str:
    rows = "".join(
        f'<div{_picked(reading, name)}><span>{_text(name)}</span><i style="--p:{share:.4f}"></i>'
        f"<em>{_text(_percent(share))}</em></div>"
        for name, share in reading.bars
    )
    return f'<div class="rows">{rows}</div>'


def _picked(reading: Reading, name: str) -> str:
    return ' class="picked"' if name == reading.said else ""


def _likeliest(reading: Reading) -> str:
    if not reading.words:
        return ""
    items = "".join(f"<li>{_text(visible(word))} {_text(_percent(share))}</li>" for word, share in reading.words)
    return f'<p class="small">Likeliest words there</p><ol class="words">{items}</ol>'


def _percent(share: float) -> str:
    if 0 < share < LEAST_SHOWN:
        return "<1%"
    return f"{100 * share:.0f}%"


def _value(value: Value) -> str:
    if value is None:
        return "no value"
    return value if isinstance(value, str) else signed(f"{round(value, 2):g}")
