"""One condition's parsed answers: one row an image and repeat."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from lib.contracts.condition import Condition
from lib.contracts.problems import Problems, parse_number
from lib.contracts.study import Study
from lib.contracts.table_files import read_table

HUMAN_NULL = "human-null"
"""Id of the condition in which one held-out person answers as if a machine."""

CURE = "Put the predictions there (columns image_id, emotion and one a dimension), or ask the machine."


def read_predictions(
    path: Path, condition: Condition, study: Study, image_ids: list[str] | None = None, *, shared: bool = False
) -> pl.DataFrame:
    """Read and check one condition's predictions.

    Parameters
    ----------
    path
        CSV or Parquet with image_id, one column for each step that the condition was asked for (emotion, dimensions)
        and, optionally, condition, repeat (default 0), thinking_tokens and, of a condition that is asked step by step,
        thinking_tokens_<step> (whole numbers). An empty cell is an answer that could not be parsed, or tokens that are
        not known.
    condition, study
        Give the steps, the categories and the scales; machines may answer between a scale's steps.
    image_ids
        The known ids, or None where any will do. Images without a row are not added: they count as wrong later.
    shared
        The file holds several conditions, told apart by its column condition; the rows of the others are passed over.

    Returns
    -------
    polars.DataFrame
        condition, image_id, repeat (Int64), emotion and one Float64 column for each of the study's machine dimensions
        (null where not asked), valid (every asked step was answered), thinking_tokens (Int64; where only the steps'
        tokens are given, their sum), thinking_tokens_<step> for emotion and each of these dimensions (Int64; null where
        not asked, or asked in one question); sorted by image_id and repeat.

    Raises
    ------
    MissingFileError, DataError
        Each fault by row, column, value and cure; the file is not changed.
    """
    asked = [name for name in study.machine_dimensions if name in condition.dimensions]
    tokens = step_token_columns(study)
    emotion = ["emotion"] if condition.asks_emotion else []
    needed, optional = ["image_id", *emotion, *asked], ["repeat", "thinking_tokens", *tokens]
    (needed if shared else optional).append("condition")
    table = read_table(path, needed, CURE, optional=optional)
    table = table.filter(pl.col("condition") == condition.id) if shared else table
    if not condition.asks_emotion:
        table = table.with_columns(pl.lit(None, dtype=pl.String).alias("emotion"))
    table = _checked(path, table, condition, study, image_ids)
    answered = pl.all_horizontal(pl.col(*emotion, *asked).is_not_null())
    return table.select(
        pl.lit(condition.id).alias("condition"),
        "image_id",
        "repeat",
        "emotion",
        *(
            pl.col(name) if name in asked else pl.lit(None, dtype=pl.Float64).alias(name)
            for name in study.machine_dimensions
        ),
        answered.alias("valid"),
        "thinking_tokens",
        *tokens,
    ).sort("image_id", "repeat")


def step_token_columns(study: Study) -> list[str]:
    """The columns of the thinking tokens that each step took: emotion, then the machine dimensions."""
    return [f"thinking_tokens_{step}" for step in ("emotion", *study.machine_dimensions)]


def _checked(
    path: Path, table: pl.DataFrame, condition: Condition, study: Study, image_ids: list[str] | None
) -> pl.DataFrame:
    problems = Problems(path)
    problems.add(table, pl.col("image_id").is_null(), "image_id", "every prediction needs one")
    if image_ids is not None:
        problems.add_unknown(table, "image_id", image_ids, "an image of the study")
    if "condition" in table.columns:
        problems.add_unknown(table, "condition", [condition.id], f"the condition of this file, {condition.id}")
    labels = list(study.emotion.categories)
    problems.add_unknown(table, "emotion", labels, f"one of {', '.join(labels)}")
    for name in (name for name in study.machine_dimensions if name in table.columns):
        table = parse_number(table, name, study.dimensions[name], problems, stepwise=False)
    table = _whole_number(table, "repeat", 0, problems)
    for name in ("thinking_tokens", *step_token_columns(study)):
        table = _whole_number(table, name, None, problems)
    table = _sum_of_steps(table, condition, study, problems)
    question = pl.struct("image_id", "repeat")
    problems.add(
        table,
        question.is_duplicated() & ~question.is_first_distinct(),
        "image_id",
        "which was answered before in this repeat",
    )
    problems.raise_any("Correct these rows, or the condition's steps.")
    return table


def _whole_number(table: pl.DataFrame, column: str, default: int | None, problems: Problems) -> pl.DataFrame:
    if column not in table.columns:
        return table.with_columns(pl.lit(default, dtype=pl.Int64).alias(column))
    number = pl.col(column).cast(pl.Int64, strict=False)
    problems.add(
        table,
        pl.col(column).is_not_null() & (number.is_null() | (number < 0)),
        column,
        "which is not a whole number from 0",
    )
    return table.with_columns(number.fill_null(default) if default is not None else number)


def _sum_of_steps(table: pl.DataFrame, condition: Condition, study: Study, problems: Problems) -> pl.DataFrame:
    """Give `thinking_tokens` the sum of its steps where all are known, noting each row where it says otherwise."""
    by_step = condition.strategy not in {"json_single", "classifier"}
    own = [f"thinking_tokens_{step}" for step in condition.steps if by_step]
    for name in step_token_columns(study):
        if name not in own:
            problems.add(table, pl.col(name).is_not_null(), name, "but the condition has no such step of its own")
    if not own:
        return table
    total = pl.sum_horizontal(pl.col(own))
    complete = pl.all_horizontal(pl.col(own).is_not_null())
    differs = complete & (pl.col("thinking_tokens") != total)
    problems.add(table, differs, "thinking_tokens", f"which is not the sum of {', '.join(own)}")
    known = pl.col("thinking_tokens")
    return table.with_columns(known.fill_null(pl.when(complete).then(total)).alias("thinking_tokens"))
