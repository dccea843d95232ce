from __future__ import annotations

import pytest
from tests_support import CONDITION

from lib.contracts.condition import Condition
from lib.contracts.study import Study
from lib.errors import ParameterError
from lib.traces.choosing import Choice, parse_choice, refuse_others, scale_values, wanted_for, ways_to_write


def test_kinds_and_layers_are_read() -> None:
    assert parse_choice("logits, attention") == Choice(("attention", "logits"))
    assert parse_choice("all").kinds == ("attention", "logits", "hidden", "vision")
    assert parse_choice("hidden:16+0+8,attention:2").layers == {"hidden": (0, 8, 16), "attention": (2,)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "got ''; there are attention"), ("attentions", "got 'attentions'"), ("logits:3", "take layers"),
        ("hidden:a", "hidden: got layers 'a'"), ("hidden:", "got layers ''"), ("hidden:-1", "got layers '-1'"),
    ],
)  # fmt: skip
def test_what_is_no_kind_or_layer_is_refused(text: str, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        parse_choice(text)


def test_layers_that_a_model_does_not_have_are_refused() -> None:
    parse_choice("hidden:0+28,attention:1+28").check_layers(28, "m")
    for text, said in (("hidden:29", "got layer 29, but m has layers 0 to 28"), ("attention:0", "layers 1 to 28")):
        with pytest.raises(ParameterError, match=said):
            parse_choice(text).check_layers(28, "m")


@pytest.mark.parametrize(("count", "layers"), [(28, (0, 7, 14, 21, 28)), (3, (0, 1, 2, 3)), (1, (0, 1))])
def test_hidden_layers_are_spread(count: int, layers: tuple[int, ...]) -> None:
    assert parse_choice("hidden").hidden_layers(count) == layers


@pytest.mark.parametrize("backend", ["mlx", "ollama", "openai", "gemini"])
def test_others_than_transformers_are_refused_with_the_reason(backend: str) -> None:
    condition = Condition.model_validate({"id": "c", **CONDITION, "backend": backend})
    with pytest.raises(
        ParameterError, match=rf"c: --traces: got backend '{backend}'; .*Only models of the backend"
    ) as e:
        refuse_others(condition)
    assert "\n" not in str(e.value)


def test_values_are_those_of_the_scales_that_were_asked_for(small_study: Study) -> None:
    condition = Condition.model_validate({"id": "c", **CONDITION})
    assert scale_values(small_study, condition) == ("-3", "-2", "-1", "0", "1", "2", "3")
    long = small_study.model_copy(
        update={"dimensions": {n: s.model_copy(update={"high": 100.0}) for n, s in small_study.dimensions.items()}}
    )
    assert scale_values(long, condition) == ()


def test_words_are_wanted_with_logits_alone() -> None:
    wanted = wanted_for(parse_choice("logits"), 4, ("1", "2"), ("happy",))
    assert (wanted.top, wanted.words, wanted.hidden, wanted.answer_only) == (50, ("1", "2"), (), True)
    assert wanted.starts == ways_to_write("happy") == ("happy", "Happy", " happy", " Happy")
    assert wanted_for(parse_choice("hidden"), 4, ("1",), ("happy",)).starts == ()
