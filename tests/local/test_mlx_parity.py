"""The same weights in mlx-vlm and in transformers: the same tokens and prompts, answers and counts, in every family."""

from __future__ import annotations

import numpy as np
import pytest
from mlx_support import Models, asked, picture

from lib.contracts.condition import Decoding, Thinking
from lib.errors import BackendUnavailableError
from lib.local.engine import Generation, Wanted

RUN = ("paligemma", "llava", "qwen2_vl", "qwen2_5_vl", "qwen3_vl", "gemma3", "mllama", "smolvlm")
FARTHEST = 2e-5
"""Of log-probabilities in float32; scores go up to 6, and the greatest distance seen was 8.4e-6."""
QUESTIONS = ("What is the emotion?", "How pleasant is this facial expression?", "Rate from 1 to 9.")


@pytest.mark.parametrize("family", RUN)
def test_answers_are_those_of_transformers(mlx_models: Models, family: str) -> None:
    wanted = Wanted(top=5, words=("happy", "5"))
    greedy = Decoding(max_tokens=4)
    drawn = Decoding(temperature=1.0, top_p=0.9, repetition_penalty=1.2, seed=3, max_tokens=4)
    requests = [
        asked(question, picture(number), decoding, wanted=wanted)
        for number in range(2)
        for question, decoding in zip(QUESTIONS[1:], (greedy, drawn), strict=True)
    ]
    ours, theirs = mlx_models.mlx(family), mlx_models.transformers(family)
    for engine in (ours, theirs):
        engine.store.clear()
        engine.counts.vision_passes = engine.counts.prefilled = engine.counts.reused = 0
    pairs = list(zip(ours.generate(requests), theirs.generate(requests), strict=True))
    for mine, reference in pairs:
        assert isinstance(mine, Generation) and isinstance(reference, Generation)
        assert mine.steps is not None and reference.steps is not None
        assert mine.ids == reference.ids
        assert (mine.text, mine.tokens_in, mine.tokens_out) == (
            reference.text,
            reference.tokens_in,
            reference.tokens_out,
        )
        np.testing.assert_allclose(mine.steps.log_probabilities, reference.steps.log_probabilities, atol=FARTHEST)
        np.testing.assert_allclose(mine.steps.words, reference.steps.words, atol=FARTHEST)
    counts = [(one.vision_passes, one.prefilled, one.reused) for one in (ours.counts, theirs.counts)]
    assert counts[0] == counts[1] and counts[0][0] == 2, "each image goes through the vision tower once"
    first, other = pairs[0][0], pairs[2][0]
    assert isinstance(first, Generation) and isinstance(other, Generation)
    assert first.steps is not None and other.steps is not None
    moved = np.abs(first.steps.log_probabilities[0] - other.steps.log_probabilities[0]).max()
    assert moved > 1000 * FARTHEST, "another image, another answer"


@pytest.mark.parametrize("thinking", [Thinking(), Thinking(mode="budget", budget=3)], ids=["off", "budget"])
def test_thinking_is_that_of_transformers(mlx_models: Models, thinking: Thinking) -> None:
    request = asked(QUESTIONS[0], picture(0), Decoding(max_tokens=4, temperature=1.0, seed=1), thinking)
    (mine,), (reference,) = (
        engine.generate([request]) for engine in (mlx_models.mlx("qwen3_vl"), mlx_models.transformers("qwen3_vl"))
    )
    assert isinstance(mine, Generation) and mine == reference
    assert mine.forced == (thinking.mode != "off") and (mine.thoughts is None) == (thinking.mode == "off")


def test_a_family_that_mlx_vlm_reads_otherwise_is_refused_by_name(mlx_models: Models) -> None:
    with pytest.raises(BackendUnavailableError, match=r"internvl.*backend transformers") as caught:
        mlx_models.mlx("internvl")
    assert "\n" not in str(caught.value)


def test_a_window_that_mlx_vlm_does_not_heed_is_said(mlx_models: Models) -> None:
    engine = mlx_models.mlx("paligemma")
    before = engine.network.config.text_config.sliding_window
    engine.network.config.text_config.sliding_window = 24
    try:
        (answer,) = engine.generate([asked(QUESTIONS[1], picture(0), Decoding(max_tokens=8))])
    finally:
        engine.network.config.text_config.sliding_window = before
    assert "does not heed" in getattr(answer, "message", "")
