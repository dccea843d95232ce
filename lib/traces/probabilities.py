"""What a model held likely at every token of an answer, and its probabilities of all ratings and categories."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lib.traces.choosing import ways_to_write
from lib.traces.parts import Part
from lib.traces.reading import images_with, read_trace

BEGUN = re.compile(r"(\d[.,]?|[-\u2212.])$")
GOES_ON = re.compile(r"\d|[.,]\d")
SCALE = {"value": pl.Float64, "probability": pl.Float64, "raw": pl.Float64, "token": pl.Int64}
CATEGORIES = {"category": pl.String, "probability": pl.Float64, "raw": pl.Float64, "shared": pl.Boolean}


@dataclass(frozen=True, slots=True)
class Logits:
    """Likeliest tokens of every step, from the raw logits, before temperature and penalties.

    Attributes
    ----------
    key : str
        Of the answer.
    ids, log_probabilities : array, (steps, 50)
        Likeliest first; natural logarithms.
    words : array, (steps, words)
        Log-probability of each of `names`; NaN where a word takes several tokens and is no start.
    names : tuple of str
        The scale's values, and behind them the categories in their ways of writing, of which the first token counts.
    value_count : int
        How many of `names` are values.
    word_ids : tuple of int
        Their tokens; -1 for none.
    generated, pieces : tuple of int, tuple of str
        All tokens of thinking and answer, and their texts.
    answer_from : int
        Where in those the answer begins.
    texts : dict of int to str
        Texts of `ids`.
    """

    key: str
    ids: NDArray[np.int32]
    log_probabilities: NDArray[np.float32]
    words: NDArray[np.float32]
    names: tuple[str, ...]
    value_count: int
    word_ids: tuple[int, ...]
    generated: tuple[int, ...]
    pieces: tuple[str, ...]
    answer_from: int
    texts: dict[int, str]

    @property
    def rating_token(self) -> int | None:
        """The step that gave the rating: the first of `rating_tokens`; None where there is none."""
        return next(iter(self.rating_tokens), None)

    @property
    def rating_tokens(self) -> tuple[int, ...]:
        """Steps of the answer's numbers that are one of the scale's values and one token; no parts of longer numbers.

        An answer in JSON has one for each dimension, in its order; a sentence may name other numbers, too. Numbers such
        as `10`, `-3` and `5.5` in a tokenizer of single digits are none.
        """
        return tuple(at for at in self._answer() if self._is_value(at))

    @property
    def first_token(self) -> int | None:
        """The step of the answer's first token that is not blank; None if there is none."""
        return next((at for at in self._answer() if self.pieces[at].strip()), None)

    def top(self) -> pl.DataFrame:
        """The likeliest tokens, one row each.

        Columns: token (the step, from 0), piece (what was said), rank (from 1), id, candidate (its text),
        log_probability (natural) and probability; never null.
        """
        steps, count = self.ids.shape
        return pl.DataFrame(
            {
                "token": np.repeat(np.arange(steps), count),
                "piece": np.repeat(np.array(self.pieces[:steps], dtype=object), count).tolist(),
                "rank": np.tile(np.arange(1, count + 1), steps),
                "id": self.ids.ravel(),
                "candidate": [self.texts[number] for number in self.ids.ravel().tolist()],
                "log_probability": self.log_probabilities.ravel(),
            }
        ).with_columns(probability=pl.col("log_probability").exp())

    def _is_value(self, at: int) -> bool:
        """Whether a token is a value by itself, and no part of a longer number."""
        piece = self.pieces[at]
        before, behind = "".join(self.pieces[self.answer_from : at]), "".join(self.pieces[at + 1 :])
        begun = BEGUN.search(before) if piece[:1].strip() else None
        return piece.strip() in self.names[: self.value_count] and not begun and not GOES_ON.match(behind)

    def _answer(self) -> range:
        return range(self.answer_from, len(self.pieces))


def read_logits(folder: Path, condition: str, image_id: str, step: str, repeat: int = 0) -> Logits:
    """What a model held likely while it gave one answer.

    Raises
    ------
    lib.errors.DataError
        There is no such trace, or it is damaged.
    """
    return logits_of(read_trace(folder, condition, "logits", image_id, step, repeat=repeat))


def logits_of(part: Part) -> Logits:
    """What a trace of logits holds; its `about` must not say that it lacks them."""
    about, arrays = part.about, part.arrays
    return Logits(
        about["key"], arrays["ids"], arrays["log_probabilities"], arrays["words"],
        (*about["values"], *about["starts"]), len(about["values"]), tuple(about["word_ids"]),
        tuple(about["generated"]), tuple(about["pieces"]), about["answer_from"],
        {int(token): text for token, text in about["texts"].items()},
    )  # fmt: skip


def scale_probabilities(logits: Logits, at: int | None = None) -> pl.DataFrame:
    """Probability of each value of the scale where the rating was given.

    Parameters
    ----------
    logits
        Of the answer with the rating.
    at
        The step; `logits.rating_token` by default.

    Returns
    -------
    DataFrame
        value, probability (of the values alone: raw divided by the sum of raw), raw (as the model gave it; the sum over
        values is the mass that they have together, and the rest is other tokens), token (its id). Null in probability
        and raw where a value is not one token, or no token of the answer is a value.
    """
    names = logits.names[: logits.value_count]
    place = logits.rating_token if at is None else at
    raw = np.full(len(names), np.nan)
    if place is not None:
        raw = np.exp(logits.words[place, : len(names)].astype(np.float64))
    mass = np.nansum(raw)
    frame = {
        "value": [float(name) for name in names],
        "probability": raw / mass if mass > 0 else np.full(len(names), np.nan),
        "raw": raw,
        "token": list(logits.word_ids[: len(names)]),
    }
    return pl.DataFrame(frame, schema=SCALE).with_columns(pl.col("probability", "raw").fill_nan(None))


def category_probabilities(logits: Logits, categories: Sequence[str], at: int | None = None) -> pl.DataFrame:
    """Probability of each category by the first token of its name, in all ways of writing it.

    Parameters
    ----------
    logits
        Of the answer with the category.
    categories
        In the study's order.
    at
        The step; `logits.first_token` by default.

    Returns
    -------
    DataFrame
        category, probability (of the categories alone), raw (the sum over ways of writing, each token once), shared
        (another category begins with one of its tokens, so that they cannot be told apart by it). Null where the
        answer has no token.
    """
    place = logits.first_token if at is None else at
    number = {name: at for at, name in enumerate(logits.names) if at >= logits.value_count}
    tokens = {
        word: {logits.word_ids[number[way]]: number[way] for way in ways_to_write(word) if way in number}
        for word in categories
    }
    rows: list[dict[str, Any]] = []
    for word in categories:
        own = {token: column for token, column in tokens[word].items() if token >= 0}
        raw = None
        if place is not None and own:
            raw = float(np.exp(logits.words[place, list(own.values())].astype(np.float64)).sum())
        shared = any(set(own) & set(tokens[other]) for other in categories if other != word)
        rows.append({"category": word, "raw": raw, "shared": shared})
    mass = sum(row["raw"] or 0.0 for row in rows)
    for row in rows:
        row["probability"] = row["raw"] / mass if row["raw"] is not None and mass > 0 else None
    return pl.DataFrame(rows, schema={name: CATEGORIES[name] for name in CATEGORIES})


def all_scale_probabilities(folder: Path, condition: str, step: str, repeat: int = 0) -> pl.DataFrame:
    """Probabilities of the scale's values over all images that were traced at a step.

    Returns
    -------
    DataFrame
        image_id, step, repeat and the columns of `scale_probabilities`, one row an image and value; mass is the sum of
        raw and expected the mean of values by probability, the same in all rows of an image; null as there.

    Raises
    ------
    lib.errors.MissingFileError
        Nothing was traced.
    lib.errors.DataError
        A file is damaged.
    """
    frames = [
        scale_probabilities(read_logits(folder, condition, image_id, step, repeat)).select(
            pl.lit(image_id).alias("image_id"), pl.lit(step).alias("step"), pl.lit(repeat).alias("repeat"), pl.all()
        )
        for image_id in images_with(folder, condition, "logits", step, repeat)
    ]
    known = pl.col("probability").is_not_null()
    return pl.concat(frames).with_columns(
        mass=pl.when(known.any().over("image_id")).then(pl.col("raw").sum().over("image_id")),
        expected=pl.when(known.any().over("image_id")).then(
            (pl.col("value") * pl.col("probability")).sum().over("image_id")
        ),
    )
