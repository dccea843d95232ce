"""Every condition's answers beside people's: a workbook with one sheet a condition, and one JSON file each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from lib.build.workbook import NAME_LENGTH, Workbook, write_workbook
from lib.chapters.answers import modal_labels, reference_emotions
from lib.chapters.conditions import condition_names, machine_dimensions
from lib.contracts.predictions import HUMAN_NULL
from lib.files import write_json
from lib.metrics.human import image_means
from lib.study_data import StudyData

ANSWERS = "inference_results.xlsx"


def write_answers(folder: Path, data: StudyData, say: Callable[[str], None]) -> list[Path]:
    """Write `inference_results.xlsx` and a `<condition>_predictions.json` for each machine."""
    answers = {name: beside_people(data, frame) for name, frame in data.repeated_predictions.items()}
    files = []
    for name, frame in answers.items():
        content = {"condition": name, "simulated": data.simulated_note is not None, "predictions": frame.to_dicts()}
        files.append(write_json(folder / f"{name}_predictions.json", content))
    if data.human_null is not None:
        answers[HUMAN_NULL] = beside_people(data, data.human_null, data.remaining_ratings)

    def fill(book: Workbook) -> None:
        overview = _overview(data, answers)
        title = [[f"Answers of every condition: {data.study.title}"], [data.simulated_note or "Real data."]]
        explained = [
            ["One sheet a condition; one row an image and repeat. people_* are over all ratings of the image, in the "
             "sheet human-null over the others'. bias_* is the answer minus people's mean."]
        ]  # fmt: skip
        book.notes("Notes", title + explained, {0: "title", 1: "alarm" if data.simulated_note else "text"}, [120])
        book.table("Overview", overview)
        for name, frame in answers.items():
            book.table(name[:NAME_LENGTH], frame)
            say(f"answers: {name}")

    return [write_workbook(folder / ANSWERS, fill), *files]


def beside_people(data: StudyData, answers: pl.DataFrame, ratings: pl.DataFrame | None = None) -> pl.DataFrame:
    """One condition's answers beside what the images show and how people rated them.

    Parameters
    ----------
    data
        The study.
    answers
        The condition's predictions, every repeat; an image without a row stays, with nulls.
    ratings
        People's ratings to compare with; by default all.

    Returns
    -------
    polars.DataFrame
        image_id, the study's factors, intended (reference emotion), people_emotion (most frequent label; null where
        several tie), people_<dimension> (mean), repeat, emotion, correct, one column a dimension, bias_<dimension>
        (answer minus mean), valid, thinking_tokens and the like.
    """
    people = data.ratings if ratings is None else ratings
    dimensions = machine_dimensions(data)
    reference = reference_emotions(data, ratings).images.rename({"emotion": "intended"}).drop("file")
    labels = modal_labels(people, list(data.study.emotion.people_categories)).rename({"emotion": "people_emotion"})
    means = image_means(people, dimensions).select(
        "image_id", *(pl.col(f"{name}_mean").alias(f"people_{name}") for name in dimensions)
    )
    joined = reference.join(labels, on="image_id", how="left", maintain_order="left")
    joined = joined.join(means, on="image_id", how="left", maintain_order="left")
    joined = joined.join(answers.drop("condition"), on="image_id", how="left", maintain_order="left")
    correct = (pl.col("emotion") == pl.col("intended").cast(pl.String)).fill_null(value=False)
    place = joined.columns.index("emotion") + 1
    with_bias = joined.insert_column(place, joined.select(correct.alias("correct")).to_series())
    return with_bias.with_columns(
        *((pl.col(name) - pl.col(f"people_{name}")).alias(f"bias_{name}") for name in dimensions),
        pl.col("valid").fill_null(value=False),
    ).with_columns(pl.col(pl.Enum).cast(pl.String))


def _overview(data: StudyData, answers: dict[str, pl.DataFrame]) -> pl.DataFrame:
    names = condition_names(data).with_columns(pl.col("condition").cast(pl.String))
    rows = [
        {
            "condition": name,
            "images": frame["image_id"].n_unique(),
            "repeats": frame["repeat"].n_unique() if frame["repeat"].null_count() < frame.height else 0,
            "answers": frame.height - frame["repeat"].null_count(),
            "valid": int(frame["valid"].sum()),
            "correct": int(frame["correct"].sum()),
        }
        for name, frame in answers.items()
    ]
    schema = {"condition": pl.String} | dict.fromkeys(("images", "repeats", "answers", "valid", "correct"), pl.Int64)
    counted = pl.DataFrame(rows, schema=schema)
    return names.join(counted, on="condition", how="inner", maintain_order="left")
