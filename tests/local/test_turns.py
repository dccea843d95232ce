from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.contracts.condition import Decoding, Thinking
from lib.local.turns import ROOM_TO_ANSWER, Turn, Words

END, OPENING, CLOSING, BLANK = 0, 1, 2, 3
WORDS = Words(frozenset({END}), OPENING, CLOSING, (CLOSING, BLANK))
BUDGET = Thinking(mode="budget", budget=3)


def turn(tokens: list[int], thinking: Thinking | None = None, *, opened: bool = True, answer: int | None = 4) -> Turn:
    """A turn that was given tokens until it was at its end; forced ones take the place of none given."""
    one = Turn(WORDS, thinking or Thinking(), Decoding(max_tokens=answer), opened=opened, room=10_000)
    given = iter(tokens)
    while one.finish is None:
        forced = one.next_forced
        if one.take(next(given) if forced is None else forced) is None:
            break
    return one


def test_an_answer_ends_with_its_end_or_its_room() -> None:
    ended = turn([7, 8, END], opened=False)
    assert (ended.ids, ended.finish, ended.tokens_out, ended.thoughts) == ([7, 8], "stop", 2, None)
    full = turn([7, 8, 9, 10, 11], opened=False)
    assert (full.ids, full.finish, full.tokens_out) == ([7, 8, 9, 10], "length", 4)


def test_thinking_that_ends_in_time_is_left_alone() -> None:
    one = turn([7, 8, CLOSING, 9, END], BUDGET)
    assert not one.forced
    assert (list(one.thoughts), one.ids[one.answer_from :]) == ([7, 8], [9])
    assert (one.tokens_thinking, one.tokens_out, one.finish) == (2, 1, "stop")


def test_a_model_that_opens_thinking_by_itself_thinks() -> None:
    one = turn([OPENING, 7, CLOSING, 9, END], BUDGET, opened=False)
    assert (list(one.thoughts), one.ids[one.answer_from :]) == ([7], [9])


def test_a_used_up_budget_closes_thinking_and_leaves_room_for_the_answer() -> None:
    one = turn([7, 8, 9, 10, 11, 12, 13, 14], BUDGET)
    assert one.forced and one.ids == [7, 8, 9, CLOSING, BLANK, 11, 12, 13, 14]
    assert (list(one.thoughts), one.ids[one.answer_from :]) == ([7, 8, 9], [11, 12, 13, 14])
    assert (one.tokens_thinking, one.tokens_out, one.finish) == (3, 4, "length")


def test_thinking_that_would_end_the_turn_is_closed_instead_if_it_has_a_budget() -> None:
    one = turn([7, END, 9, END], BUDGET)
    assert one.forced and list(one.thoughts) == [7] and one.ids[one.answer_from :] == [9]
    free = turn([7, END], Thinking(mode="dynamic"))
    assert not free.forced and free.finish == "stop" and free.tokens_out == 0 and list(free.thoughts) == [7]


def test_thinking_without_budget_ends_somewhere() -> None:
    one = turn([7] * 9000, Thinking(mode="dynamic"))
    assert one.finish == "length" and one.tokens_thinking == 8192 and one.tokens_out == 0


def test_a_closing_tag_exactly_at_the_budget_is_the_models_own() -> None:
    one = turn([7, 8, 9, CLOSING, 5, END], BUDGET)
    assert not one.forced and one.tokens_thinking == 3


def test_room_for_an_answer_that_the_condition_does_not_limit() -> None:
    assert turn([7] * 1000, opened=False, answer=None).tokens_out == ROOM_TO_ANSWER


@given(
    st.lists(st.sampled_from([OPENING, CLOSING, 7, 8, 9]), min_size=60, max_size=60),
    st.booleans(),
    st.integers(1, 12),
    st.integers(1, 12),
)
def test_counts_always_add_up(tokens: list[int], opened: bool, budget: int, answer: int) -> None:
    one = turn(tokens, Thinking(mode="budget", budget=budget), opened=opened, answer=answer)
    assert one.tokens_thinking <= budget
    assert one.tokens_out == answer == len(one.ids) - one.answer_from
    tags = 0 if one.thoughts is None else one.answer_from - one.tokens_thinking
    assert 0 <= tags <= 1 + len(WORDS.closed)


def test_room_behind_a_long_question() -> None:
    one = Turn(WORDS, Thinking(), Decoding(max_tokens=50), opened=False, room=2)
    assert (one.take(7), one.finish) == (7, None)
    assert (one.take(8), one.finish) == (8, "length")


@pytest.mark.parametrize("words", [Words(frozenset({END}))])
def test_a_model_without_tags_never_thinks(words: Words) -> None:
    one = Turn(words, Thinking(), Decoding(max_tokens=2), opened=False, room=100)
    one.take(1), one.take(2)
    assert one.thoughts is None and one.finish == "length"
