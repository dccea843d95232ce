"""Every family against transformers' own `generate`: tokens, probabilities, what is computed once, what is inside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra local (make local)")
import torch
from local_support import (
    CLOSE,
    STEPS,
    TALL,
    all_steps,
    answers,
    encoded,
    fresh,
    image,
    log_probabilities,
    plainly,
    request,
    spread,
)
from local_zoo import FAMILIES

from lib.contracts.condition import Thinking
from lib.local.engine import Wanted

EVERY = pytest.mark.parametrize("family", FAMILIES)
NO_PREFIX = {"paligemma"}
CROSSED = {"mllama"}
NO_VISION_ATTENTION = {"qwen2_vl", "qwen2_5_vl", "qwen3_vl", "mllama"}
"""Their towers compute attention without keeping it, or over tiles that are no grid."""
GRIDS = {
    "paligemma": (4, 4), "llava": (4, 4), "qwen2_vl": (5, 4), "qwen2_5_vl": (5, 4), "qwen3_vl": (5, 3),
    "internvl": (2, 2), "gemma3": (2, 2), "mllama": (8, 8), "smolvlm": (2, 2),
}  # fmt: skip
"""Of a picture of 100 x 150 pixels: patches, less what each family merges; Mllama has 2 x 2 tiles of 4 x 4."""


@EVERY
def test_answers_are_those_of_plain_calls_and_each_image_is_seen_once(family: str, engine: Any) -> None:
    model = engine(family)
    asked = all_steps(1, 2)
    given = answers(model, *asked)
    for one, answer in zip(asked, given, strict=True):
        tokens, plain = plainly(model, one)
        assert list(answer.ids) == tokens
        steps = len(tokens)
        assert (spread(answer) - log_probabilities(plain)[:steps]).abs().max() < CLOSE
    lengths = [len(model.prompter.prepare(one).ids) for one in asked]
    prefix = 0 if family in NO_PREFIX else model.prompter.prepare(asked[0]).prefix
    assert model.counts.vision_passes == 2
    assert model.counts.prefilled == sum(lengths) - 4 * prefix
    assert model.counts.reused == 4 * prefix == sum(answer.tokens_reused for answer in given)
    assert [answer.tokens_in for answer in given] == lengths


@EVERY
def test_neither_batch_nor_order_changes_an_answer(family: str, engine: Any) -> None:
    asked = all_steps(1, 2)
    together = answers(engine(family), *asked)
    model = engine(family)
    model.most = 1
    alone = answers(model, *reversed(asked))[::-1]
    assert model.counts.batches == len(asked) > 3
    for one, other in zip(together, alone, strict=True):
        assert one.ids == other.ids and one.text == other.text
        assert (spread(one) - spread(other)).abs().max() < CLOSE


@EVERY
def test_the_picture_and_the_words_change_the_answer(family: str, engine: Any) -> None:
    first, other, words = answers(engine(family), request(1), request(2), request(1, 1))
    assert (spread(first)[0] - spread(other)[0]).abs().max() > 0.01
    assert (spread(first)[0] - spread(words)[0]).abs().max() > 0.01


@EVERY
def test_a_blank_picture_is_no_trouble_and_tokens_are_as_many_as_features(family: str, engine: Any) -> None:
    engine(family).check(Thinking())


@EVERY
def test_the_grid_has_a_place_for_every_image_token(family: str, engine: Any) -> None:
    model = engine(family)
    prepared = model.prompter.prepare(request(1))
    assert (prepared.grid.rows, prepared.grid.columns) == GRIDS[family]
    assert prepared.grid.size == TALL
    assert len(model.reader.places(prepared)) == prepared.grid.rows * prepared.grid.columns
    if family not in CROSSED:
        assert len(prepared.image_at) == prepared.grid.rows * prepared.grid.columns


@EVERY
@pytest.mark.parametrize("place", [(0.0, 0.0), (0.5, 0.0), (0.5, 0.5)], ids=["corner", "edge", "middle"])
def test_a_place_of_the_grid_is_where_the_picture_changes_its_token(
    family: str, place: tuple[float, float], engine: Any
) -> None:
    """Paint the middle of one place: of all tokens, that one's features change most."""
    model = engine(family)
    grid = model.prompter.prepare(request(1)).grid
    row, column = int(place[0] * grid.rows), int(place[1] * grid.columns)
    left, top, right, bottom = grid.box_of(row, column)
    plain, painted = image(5), image(5)
    third = (right - left) / 4, (bottom - top) / 4
    spot = (left + third[0], top + third[1], right - third[0], bottom - third[1])
    painted.paste((255, 0, 0), tuple(round(value) for value in spot))
    change = (_features(model, painted) - _features(model, plain)).norm(dim=-1)
    assert int(change.argmax()) == row * grid.columns + column


def _features(model: Any, pixels: Any) -> torch.Tensor:
    """What the vision tower gives of each place of the grid, row by row."""
    prepared = model.prompter.prepare(_asked(pixels))
    given = model.reader.tensors([prepared], model.family.vision)
    with torch.inference_mode():
        if model.family.crossed:
            out = model.model.model.vision_model(**given).last_hidden_state
            return out.reshape(-1, out.shape[-1])[list(model.reader.places(prepared))]
        features = model.model.get_image_features(**given, return_dict=True).pooler_output
    return torch.cat(list(features)) if isinstance(features, list | tuple) else features[0]


def _asked(pixels: Any) -> Any:
    from lib.local.engine import Request

    return Request("features", STEPS[0], encoded(pixels))


@EVERY
def test_what_goes_on_inside_is_what_transformers_gives(family: str, engine: Any) -> None:
    """Attention and hidden states of two steps about one image, the second with its prefix kept."""
    model = engine(family)
    last = len(model.reader.watcher._blocks)
    wanted = Wanted(attention=True, vision_attention=True, hidden=(0, 1, last))
    asked = [request(1, step, wanted=wanted) for step in (0, 2)]
    for one, answer in zip(asked, answers(model, *asked), strict=True):
        trace, grid = answer.trace, answer.trace.grid
        assert trace.attention.shape[2:] == (4, grid.rows, grid.columns)
        assert trace.attention.shape[:2] == (len(answer.ids), len(trace.attention_layers))
        model.model.set_attn_implementation("eager")
        _, plain = plainly(model, one, output_attentions=True, output_hidden_states=True)
        model.model.set_attn_implementation(model.reader.watcher._usual)
        prepared = model.prompter.prepare(one)
        for step in range(len(answer.ids)):
            for number, layer in enumerate(trace.attention_layers):
                weights = plain.attentions[step][layer - 1][0, :, -1]
                expected = _at(weights, prepared, step, model).reshape(4, grid.rows, grid.columns)
                assert np.abs(expected - trace.attention[step, number]).max() < CLOSE
            for number, layer in enumerate(trace.hidden_layers):
                expected = plain.hidden_states[step][layer][0, -1].numpy()
                assert np.abs(expected - trace.hidden[step, number]).max() < CLOSE * 10
        if family in CROSSED:
            assert trace.hidden_image is None and trace.attention_layers == (2, 4)
        else:
            expected = torch.stack(
                [plain.hidden_states[0][n][0, list(prepared.image_at)].mean(0) for n in (0, 1, last)]
            )
            assert np.abs(expected.numpy() - trace.hidden_image).max() < CLOSE * 10
        assert (trace.vision_attention is None) == (family in NO_VISION_ATTENTION)
    assert model.model.config._attn_implementation == model.reader.watcher._usual[""]


def _at(weights: torch.Tensor, prepared: Any, step: int, model: Any) -> np.ndarray:
    """A plain call's attention to the image: the tiles' patches where it crosses, what is left of a sliding window."""
    places = torch.tensor(model.reader.places(prepared))
    if not model.family.crossed:
        places = places - (len(prepared.ids) + step - weights.shape[-1])
    held = torch.where(places >= 0, weights[:, places.clamp(min=0)], 0.0)
    return np.asarray(held)


def test_a_window_that_has_passed_the_image_gives_it_no_attention(engine: Any) -> None:
    """Gemma 3's first two layers see 16 tokens, and the image lies further back; its third sees all."""
    answer = answers(engine("gemma3"), request(1, wanted=Wanted(attention=True)))[0]
    by_layer = answer.trace.attention.sum((0, 2, 3, 4))
    assert by_layer[0] == by_layer[1] == 0 < by_layer[2]


def test_the_vision_towers_attention_is_an_average_of_what_each_place_gets(engine: Any) -> None:
    answer = answers(engine("paligemma"), request(1, wanted=Wanted(vision_attention=True)))[0]
    assert answer.trace.vision_attention.shape == (2, 2, 4, 4)
    np.testing.assert_allclose(answer.trace.vision_attention.sum((-1, -2)), 1, atol=1e-5)


@pytest.mark.parametrize(("size", "grid"), [((150, 100), (4, 5)), ((60, 60), (2, 2)), ((300, 60), (2, 11))])
def test_grids_are_as_wide_and_high_as_the_picture(size: tuple[int, int], grid: tuple[int, int], engine: Any) -> None:
    """Sides are rounded to multiples of 28 pixels, two patches of 14."""
    model = engine("qwen2_vl")
    one = request(1, size=size)
    found = model.prompter.prepare(one).grid
    assert (found.rows, found.columns) == grid
    answer = answers(model, one)[0]
    assert list(answer.ids) == plainly(model, one)[0]


def test_pictures_of_different_grids_are_not_read_together_and_do_not_mix(engine: Any) -> None:
    model = engine("qwen2_5_vl")
    asked = [request(1), request(2, size=(150, 100)), request(3), request(4, size=(60, 60))]
    given = answers(model, *asked)
    assert model.counts.batches == 3
    for one, answer in zip(asked, given, strict=True):
        assert list(answer.ids) == plainly(model, one)[0]


@pytest.mark.parametrize(
    ("size", "tiles", "box"),
    [((56, 56), (1, 1), (56, 56)), ((112, 56), (1, 2), (112, 56)), ((40, 160), (3, 1), (56, 168))],
)
def test_tiles_lie_beside_and_below_each_other(
    size: tuple[int, int], tiles: tuple[int, int], box: tuple[float, float], engine: Any
) -> None:
    """40 x 160 lies as it is in a column of three tiles of 56, at their left and top."""
    model = engine("mllama")
    one = request(1, size=size)
    grid = model.prompter.prepare(one).grid
    assert (grid.rows, grid.columns) == (tiles[0] * 4, tiles[1] * 4)
    assert grid.box == (0, 0, *box)
    assert list(answers(model, one)[0].ids) == plainly(model, one)[0]


def test_llava_sees_the_middle_of_a_picture(engine: Any) -> None:
    grid = engine("llava").prompter.prepare(request(1)).grid
    assert grid.box == (0, 25, 100, 125)


def test_without_image_no_vision_and_the_same_tokens_as_plainly(engine: Any) -> None:
    for family in ("llava", "qwen3_vl", "gemma3", "mllama"):
        model = engine(family)
        answers(model, request(1))  # what an image leaves behind must not matter
        counted = fresh(model).counts
        one = request(2, 1, picture=None)
        answer = answers(model, one)[0]
        assert list(answer.ids) == plainly(model, one)[0]
        assert counted.vision_passes == 0 and answer.tokens_reused == 0


def test_a_family_that_answers_about_images_alone_says_so(engine: Any) -> None:
    from lib.errors import BackendUnavailableError

    with pytest.raises(BackendUnavailableError, match="text_only cannot ask it"):
        engine("paligemma").generate([request(1, picture=None)])


def test_the_words_around_a_question_are_those_of_the_processors_own_template(engine: Any) -> None:
    for family in ("llava", "qwen2_vl", "gemma3", "mllama"):
        model = engine(family)
        content = [{"type": "image"}, {"type": "text", "text": STEPS[0]}]
        own = model.prompter.processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=False
        )
        assert model.prompter.render(request(1)) == own
