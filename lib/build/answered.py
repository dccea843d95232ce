"""The step from stored answers to predictions: every text read anew, nothing asked."""

from __future__ import annotations

import polars as pl

from lib.build.asking import condition_items, plan_of
from lib.build.data import few_answers, write_frame
from lib.project import Project
from lib.responses.predictions import Predicted, predictions_of
from lib.responses.store import Store, read_store
from lib.study_data import IMAGES, answers_name, predictions_name, spent_name, variant_name


def predict_from_answers(project: Project, condition: str) -> list[str]:
    """Put one condition's predictions into `cache/predictions/`, and how its answers were read into `cache/answers/`.

    Returns
    -------
    list of str
        Warnings for the user: images without an answer, and lines of the store that cannot be read.
    """
    images = pl.read_parquet(project.cache / IMAGES)
    predicted, store = from_answers(project, condition, images)
    sources = project.response_files(condition)
    write_frame(project, predictions_name(condition), predicted.predictions, *sources)
    write_frame(project, answers_name(condition), predicted.answers, *sources)
    spent = [(condition, currency, cost) for currency, cost in sorted(store.spent().items())]
    schema = {"condition": pl.String, "currency": pl.String, "spent": pl.Float64}
    write_frame(project, spent_name(condition), pl.DataFrame(spent, schema=schema, orient="row"), *sources)
    return [*store.report.warnings(), *few_answers(predicted.predictions, images.height)]


def predict_variant(project: Project, condition: str) -> list[str]:
    """Put the predictions of a variant, of the images that it was asked about, into `cache/ablations/`.

    Returns
    -------
    list of str
        Warnings for the user: lines of the store that cannot be read.
    """
    predicted, store = from_answers(project, condition, pl.read_parquet(project.cache / IMAGES))
    write_frame(project, variant_name(condition), predicted.predictions, *project.stored_answers(condition))
    return store.report.warnings()


def from_answers(project: Project, condition: str, images: pl.DataFrame) -> tuple[Predicted, Store]:
    """A condition's predictions of some images, and the answers that they are made from."""
    described = project.condition(condition)
    store = read_store(project.responses, condition, detailed=True)
    return predictions_of(plan_of(project, described), condition_items(project, described, images), store), store
