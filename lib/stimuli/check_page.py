"""The manipulation check as one page of HTML that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

import polars as pl

from lib.formats import bounded, capitalised, counted
from lib.metrics.categories import UNANSWERED
from lib.stimuli.check import ManipulationCheck
from lib.stimuli.page_parts import figure, gallery, table, whole_page

STYLE = """
table.matrix td { text-align: right; min-width: 3.2rem; } table.matrix td.hit { font-weight: 600; }
table.matrix td small { color: #555; } table.matrix tbody th { border-bottom: 1px solid #ddd; }
"""
WHAT_IT_IS_NOT = (
    "This is what one classifier, trained on pictures of other people, answered to these pictures. It is no "
    "evidence about people: nobody rated anything here, and a face that the classifier mistakes may be clear to "
    "everyone, or the other way round. Differences between groups are those of the classifier and of the pictures "
    "together and cannot be told apart; they are no finding about anybody's faces. Only people's ratings validate a "
    "set of faces."
)
ONE_PERSON = (
    "The interval over persons draws persons ({}) with all their images, since faces of one person may be recognised "
    "or mistaken together; an interval over images is too narrow then. With few persons both are too narrow."
)
NO_PERSONS = (
    "The study has no factor without listed levels (such as identity), so it is not known which images show one "
    "person. The intervals take every image for independent; they are too narrow where persons show several."
)


def check_page(check: ManipulationCheck, folder: Path) -> str:
    """The whole page; `folder` holds the images."""
    parts = [
        f"<h1>Manipulation check: {escape(check.title)}</h1>",
        f'<p class="note">{WHAT_IT_IS_NOT}</p>',
        _summary(check, folder),
        _matrix(check),
        *_groups(check),
        _worst(check),
        *_pictures(check, folder),
    ]
    return whole_page(f"{check.title}: manipulation check", parts, STYLE)


def headline(check: ManipulationCheck) -> str:
    """Accuracy of all images with its intervals and chance, in one sentence."""
    row = check.accuracy.row(0, named=True)
    level = f"{check.confidence:.0%}"
    said = f"Of {counted(row['n'], 'image')}, {row['correct']:,} were named as intended: {bounded(row['accuracy'])}"
    intervals = f"{level} interval over images {_span(row['low'], row['high'])}"
    if row["person_low"] is not None:
        whom = counted(row["n_persons"], "person")
        intervals += f", over {whom} {_span(row['person_low'], row['person_high'])}"
    missing = f" {row['n_unanswered']:,} had no answer and count as wrong." if row["n_unanswered"] else ""
    return f"{said} ({intervals}; chance is {bounded(check.chance)}).{missing}"


def group_rows(frame: pl.DataFrame) -> Iterator[tuple[str | int | None, ...]]:
    """Rows of `ManipulationCheck.accuracy` as they are printed: level, n, accuracy, and both intervals."""
    for row in frame.iter_rows(named=True):
        people = _span(row["person_low"], row["person_high"])
        yield row["level"], row["n"], bounded(row["accuracy"]), _span(row["low"], row["high"]), row["n_persons"], people


def group_heads(by: str, confidence: float) -> list[str]:
    """The heads of `group_rows`."""
    level = f"{confidence:.0%}"
    return [by, "Images", "As intended", f"{level} over images", "Persons", f"{level} over persons"]


def worst_rows(check: ManipulationCheck) -> Iterator[tuple[str | int | None, ...]]:
    """Rows of `ManipulationCheck.worst` as they are printed."""
    for row in check.worst.iter_rows(named=True):
        span = _span(row["low"], row["high"])
        wrong = None if row["taken_for"] is None else f"{row['taken_for']} ({row['times']:,})"
        yield row["level"], row["intended"], row["n"], bounded(row["accuracy"]), span, wrong


def worst_heads(check: ManipulationCheck) -> list[str]:
    """The heads of `worst_rows`."""
    by = check.worst["by"][0]
    return [by, "Intended", "Images", "As intended", f"{check.confidence:.0%} over images", "Mistaken most for"]


def _span(low: float | None, high: float | None) -> str | None:
    return None if low is None or high is None else f"{bounded(low)} to {bounded(high)}"


def _summary(check: ManipulationCheck, folder: Path) -> str:
    scores = check.scores
    kappa = f" Cohen's κ is {bounded(scores.kappa)}." if scores.kappa is not None else ""
    aside = ""
    if check.aside:
        aside = (
            f" What it gives to {escape(', '.join(check.aside))}, no category of the study, is shared out among its "
            "other labels."
        )
    persons = ONE_PERSON.format(escape(", ".join(check.persons))) if check.persons else NO_PERSONS
    return (
        f"<p>{escape(headline(check))}{kappa}</p>"
        f'<p class="note">Images in {escape(folder.name)}; asked: {escape(check.condition)} ({escape(check.model)}).'
        f"{aside} {persons}</p>"
    )


def _matrix(check: ManipulationCheck) -> str:
    table_of = check.scores.confusion
    answers = [name for name in table_of["predicted"].unique(maintain_order=True) if name != UNANSWERED]
    if table_of.filter(pl.col("predicted") == UNANSWERED)["count"].sum():
        answers.append(UNANSWERED)
    counts = {(row[0], row[1]): row[2:] for row in table_of.iter_rows()}
    head = "".join(f"<th>{escape(name)}</th>" for name in ["intended", *answers])
    body = ""
    for intended in check.categories:
        body += f"<tr><th>{escape(intended)}</th>"
        for answer in answers:
            count, share = counts[intended, answer]
            shade = f"rgba(46, 100, 160, {0.55 * (share or 0):.3f})"
            hit = ' class="hit"' if answer == intended else ""
            body += f'<td{hit} style="background: {shade}">{count:,} <small>{bounded(share or 0, 2)}</small></td>'
        body += "</tr>"
    note = "Rows are what was intended, columns what was answered: images, and their share of the row."
    matrix = f'<table class="matrix"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'<h2>Intended and answered</h2><p class="note">{note}</p><div class="scroll">{matrix}</div>'


def _groups(check: ManipulationCheck) -> Iterator[str]:
    names = [name for name in check.accuracy["by"].unique(maintain_order=True) if name != "all"]
    if not names:
        return
    yield "<h2>By group</h2>"
    for by in names:
        own = check.accuracy.filter(pl.col("by") == by)
        yield f"<h3>{escape(capitalised(by))}</h3>{table(group_heads(by, check.confidence), group_rows(own))}"
        emotions = check.levels.filter(pl.col("by") == by).pivot(on="intended", index="level", values="accuracy")
        shown = [name for name in check.categories if name in emotions.columns]
        rows = (
            (row["level"], *(None if row[name] is None else bounded(row[name], 2) for name in shown))
            for row in emotions.iter_rows(named=True)
        )
        yield table([f"{by}, as intended", *shown], rows)


def _worst(check: ManipulationCheck) -> str:
    return f"<h2>Recognised least</h2>{table(worst_heads(check), worst_rows(check))}"


def _pictures(check: ManipulationCheck, folder: Path) -> Iterator[str]:
    note = (
        "Of each emotion the images that got the lowest probability of it: look at them first, and at what they are "
        "taken for. All images are in images.csv, in this order."
    )
    yield f'<h2>Accepted least</h2><p class="note">{note}</p>'
    for emotion in check.categories:
        figures = (
            figure(folder / str(row["file"]), row["image_id"], _remark(row["predicted"], row["probability"]))
            for row in check.lowest(emotion).iter_rows(named=True)
        )
        yield f"<h3>{escape(capitalised(emotion))}</h3>{gallery(figures)}"


def _remark(predicted: str | None, probability: float | None) -> str:
    if probability is None:
        return "no answer"
    return f"{bounded(probability)}; {predicted or 'no category'}"
