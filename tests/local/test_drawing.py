from __future__ import annotations

from collections import Counter

import pytest

pytest.importorskip("torch", reason="needs the extra local (make local)")
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper, TopPLogitsWarper

from lib.contracts.condition import Decoding
from lib.local.drawing import Draw, Drawer, draw_of, seed_of

SCORES = torch.tensor([2.0, 1.0, 0.5, -1.0, 0.0, 1.9])


def test_the_likeliest_token_is_taken_unless_something_else_is_asked() -> None:
    assert Drawer(Draw(), 0, ()).take(SCORES) == 0


def test_a_penalty_counts_the_questions_tokens_and_those_that_were_said() -> None:
    drawer = Drawer(Draw(penalty=1.5), 0, [0])
    assert drawer.take(SCORES) == 5  # 2 / 1.5 < 1.9
    drawer.said(5)
    assert drawer.take(SCORES) == 0  # 1.9 / 1.5 < 2 / 1.5


@settings(max_examples=50)
@given(
    st.lists(st.integers(0, 5), max_size=6),
    st.sampled_from([0.7, 1.0, 1.3, 1.7]),
    st.floats(0.2, 2.0),
    st.floats(0.05, 0.99),
)
def test_chances_are_those_of_transformers(seen: list[int], penalty: float, temperature: float, top_p: float) -> None:
    """No token that transformers' own steps leave out is ever drawn, and the likeliest of theirs is."""
    ids = torch.tensor([seen], dtype=torch.long)
    scores = RepetitionPenaltyLogitsProcessor(penalty)(ids, SCORES[None].clone()) if seen else SCORES[None].clone()
    scores = TopPLogitsWarper(top_p)(ids, TemperatureLogitsWarper(temperature)(ids, scores))
    allowed = set(scores[0].isfinite().nonzero().flatten().tolist())
    drawn = {Drawer(Draw(temperature, top_p, penalty), seed, seen).take(SCORES) for seed in range(40)}
    assert drawn <= allowed
    if len(allowed) == 1:
        assert drawn == allowed


def test_tokens_are_drawn_as_often_as_they_are_likely() -> None:
    chances = (SCORES.double() / 0.8).softmax(-1)
    drawer = Drawer(Draw(temperature=0.8), 7, ())
    counts = Counter(drawer.take(SCORES) for _ in range(4000))
    for token, chance in enumerate(chances.tolist()):
        assert counts[token] / 4000 == pytest.approx(chance, abs=4 * (chance * (1 - chance) / 4000) ** 0.5)


def test_a_questions_draws_are_its_own() -> None:
    assert len({seed_of(1, "a"), seed_of(2, "a"), seed_of(None, "a"), seed_of(1, "b")}) == 4
    assert seed_of(1, "a") == seed_of(1, "a") < 1 << 63


def test_what_a_condition_leaves_open_comes_from_the_weights() -> None:
    own = Decoding(temperature=0.6, top_p=0.9)
    assert draw_of(Decoding(temperature=None), own) == Draw(0.6, 0.9, 1.0)
    assert draw_of(Decoding(temperature=0.0), own) == Draw(0.0, 1.0, 1.0)
    assert draw_of(Decoding(temperature=None, top_p=0.5, repetition_penalty=1.2), own) == Draw(0.6, 0.5, 1.2)
