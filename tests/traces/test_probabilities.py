from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
import pytest

from lib.traces.probabilities import Logits, category_probabilities, scale_probabilities

VALUES = ("1", "2", "10")
STARTS = ("happy", "Happy", " happy", "sad", "Sad", "sane")


def logits(pieces: tuple[str, ...], answer_from: int = 0, **changes: Any) -> Logits:
    row = np.log([0.2, 0.3, 0.5, 0.1, 0.02, 0.1, 0.04, 0.04, 0.04])
    row[2] = np.nan  # two tokens
    words = np.tile(row, (len(pieces), 1)).astype(np.float32)
    words[0] = math.log(1e-3)
    tokens = np.zeros((len(pieces), 2), np.int32)
    given = {
        "key": "k", "ids": tokens, "log_probabilities": np.log(np.full(tokens.shape, 0.25, np.float32)), "words": words,
        "names": (*VALUES, *STARTS), "value_count": 3, "word_ids": (5, 6, -1, 20, 21, 20, 30, 31, 30),
        "generated": (0,) * len(pieces), "pieces": pieces, "answer_from": answer_from, "texts": {0: "x"},
    }  # fmt: skip
    return Logits(**(given | changes))


def test_values_have_their_share_and_the_mass_they_share() -> None:
    frame = scale_probabilities(logits((" ", "2")))
    assert frame["value"].to_list() == [1, 2, 10] and frame["token"].to_list() == [5, 6, -1]
    assert frame["raw"].to_list() == [pytest.approx(0.2), pytest.approx(0.3), None]
    assert frame["probability"].to_list() == [pytest.approx(0.4), pytest.approx(0.6), None]


def test_the_rating_is_looked_for_in_the_answer_and_not_in_the_thinking() -> None:
    assert logits(("1", "</think>", "Rating", ":", " 2"), 2).rating_token == 4
    none = logits(("I", "cannot"))
    for parts in (("1", "0"), ("-", "2"), ("2", ".", "5"), ("1", ".", "2")):
        assert logits(parts).rating_token is None, parts
    assert logits(('{"v":', "2", ',"a":', "1", "}")).rating_tokens == (1, 3)
    assert logits(("2", "/", "9")).rating_token == 0 and logits(("0", ",", " 2", ".")).rating_token == 2
    assert none.rating_token is None and scale_probabilities(none)["probability"].null_count() == 3
    assert logits(("\n", " ", "Happy")).first_token == 2 and logits(("\n",)).first_token is None


def test_a_category_counts_each_token_once_and_says_which_it_shares() -> None:
    one = logits((" ", "happy"))
    frame = category_probabilities(one, ["happy", "sad"])
    # " happy" is the token of "happy": 0.1 + 0.02, not 0.22
    assert frame["raw"].to_list() == [pytest.approx(0.12), pytest.approx(0.08)]
    assert frame["probability"].to_list() == [pytest.approx(0.6), pytest.approx(0.4)]
    assert frame["shared"].to_list() == [False, False]
    shared = category_probabilities(one, ["sad", "sane"])
    assert shared["shared"].to_list() == [True, True]
    assert category_probabilities(logits((" ",)), ["happy"])["raw"].to_list() == [None]


def test_the_likeliest_are_one_row_each() -> None:
    top = logits((" ", "2")).top()
    assert top.height == 4 and top["rank"].to_list() == [1, 2, 1, 2] and top["piece"].to_list() == [" ", " ", "2", "2"]
    assert top["probability"].to_list() == pytest.approx([0.25] * 4) and top.schema["token"] == pl.Int64
