from __future__ import annotations

import polars as pl

from lib.chapters.thinking import record_tokens, summarise_tokens, thinking_tokens
from lib.results import Results
from lib.study_data import StudyData

TOKENS = pl.DataFrame(
    {"condition": ["a"] * 4, "emotion": ["sad", "sad", "joy", None], "correct": [True, False, True, True]}
    | {"tokens": [100, 300, 200, 400]}
)


def test_means_by_emotion_and_outcome() -> None:
    summary = {row["part"]: row["mean"] for row in summarise_tokens(TOKENS).iter_rows(named=True)}
    assert summary == {"all": 250, "correct": 700 / 3, "wrong": 300, "joy": 200, "sad": 200}


def test_how_much_more_is_spent_on_wrong_labels() -> None:
    results = Results("categories")
    record_tokens(results, summarise_tokens(TOKENS))
    assert results.entries["conditions.a.thinking_tokens.wrong_more_percent"].text == "28.6%"
    assert results.entries["conditions.a.thinking_tokens.correct"].text == "233"


def test_machines_without_tokens_are_left_out(small_project) -> None:
    tokens = thinking_tokens(StudyData(small_project))
    assert tokens.is_empty()
    assert summarise_tokens(tokens).is_empty()
    results = Results("categories")
    record_tokens(results, summarise_tokens(tokens))
    assert results.entries == {}
