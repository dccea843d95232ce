from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lib.local.engine import Generation, Steps, Trace, Wanted
from lib.local.grids import Grid
from lib.traces.choosing import Choice, parse_choice
from lib.traces.parts import Part, grid_of, parts_of

GRID = Grid(2, 3, (0, 0, 30.5, 20), (30, 20))
SHARES = hnp.arrays(np.float32, (2, 3, 4, 2, 3), elements=st.floats(0, 0.125, width=32))


def came(attention: Any = None, answer_from: int = 0, **trace: Any) -> Generation:
    ids = tuple(range(answer_from + 2))
    inside = Trace(grid=GRID, attention=attention, attention_layers=(2, 5, 8), **trace)
    return Generation("7", "stop", ids, tuple(map(str, ids)), answer_from=answer_from, trace=inside)


def part(generation: Generation, text: str) -> Part:
    choice: Choice = parse_choice(text)
    (found,) = parts_of(generation, choice, Wanted()).values()
    return found


@given(SHARES)
def test_halves_are_as_near_as_is_said(values: Any) -> None:
    found = part(came(values), "attention")
    exact = values.astype(np.float64)
    for name, mean in (("maps", exact.mean(0)), ("tokens", exact.mean(2))):
        assert found.arrays[name].dtype == np.float16
        off = np.abs(found.arrays[name].astype(np.float64) - mean)
        assert np.all(off <= np.where(mean >= 6.1e-5, mean * 5e-4, 3.1e-8) + mean * 1e-6)
    np.testing.assert_allclose(found.arrays["mass"], exact.sum((-2, -1)), rtol=1e-6)
    assert grid_of(found.about) == GRID and found.about["layers"] == [2, 5, 8]


def test_layers_are_chosen_and_thinking_is_left_out() -> None:
    values = np.random.default_rng(0).random((6, 3, 4, 2, 3)).astype(np.float32)
    found = part(came(values, answer_from=4), "attention:5+99")
    assert found.about["layers"] == [5] and found.about["pieces"] == ["4", "5"]
    np.testing.assert_allclose(found.arrays["maps"], values[4:, [1]].mean(0), rtol=1e-3)
    alike = part(came(values[4:], answer_from=4), "attention:5")  # as an engine gives it with answer_only
    np.testing.assert_array_equal(alike.arrays["tokens"], found.arrays["tokens"])
    assert part(came(values), "attention:7").about == {"lacking": "layers 7 do not see the image"}


def test_states_beyond_halves_are_kept_in_full() -> None:
    small, large = np.ones((2, 2, 5), np.float32), np.full((2, 2, 5), 1e6, np.float32)
    image = np.zeros((2, 5), np.float32)
    for states, kind in ((small, np.float16), (large, np.float32)):
        found = part(came(hidden=states, hidden_image=image, hidden_layers=(0, 3)), "hidden")
        assert found.arrays["last"].dtype == kind and np.isfinite(found.arrays["last"]).all()
        assert found.arrays["image"].dtype == np.float16 and found.about["layers"] == [0, 3]


def test_what_there_is_none_of_is_said() -> None:
    nothing = Generation("", "length", (1, 2), ("a", "b"), answer_from=2, trace=Trace(grid=GRID))
    assert part(nothing, "attention").about == {"lacking": "the answer has no tokens"}
    assert part(nothing, "hidden").about == part(nothing, "logits").about == {"lacking": "the answer has no tokens"}
    assert part(nothing, "vision").about == {"lacking": "the model does not give it"}
    blind = Generation("a", "stop", (1,), ("a",), trace=Trace())
    assert part(blind, "attention").about == part(blind, "vision").about == {"lacking": "the question has no image"}


def test_probabilities_go_with_the_words_they_are_of() -> None:
    steps = Steps(np.array([[3, 4]], np.int32), np.zeros((1, 2), np.float32), np.zeros((1, 3), np.float32), (7, -1, 9))
    one = Generation("a", "stop", (3,), ("a",), steps=steps, top_words=(("a", "\x00"),))
    found = parts_of(one, parse_choice("logits"), Wanted(words=("1", "10"), starts=("happy",)))["logits"]
    assert found.about["texts"] == {"3": "a", "4": "\x00"} and found.about["word_ids"] == [7, -1, 9]
    assert (found.about["values"], found.about["starts"]) == (["1", "10"], ["happy"])
