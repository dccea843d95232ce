"""What an engine over mlx-vlm keeps to by itself: seeds, order, reuse, the trial before hours are spent, refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlx_support import Models, asked, picture

from lib.contracts.condition import Decoding, Thinking
from lib.contracts.local_model import Local
from lib.errors import BackendUnavailableError
from lib.local.engine import Generation, RequestError, StoppedError, Wanted
from lib.protocol.question import Picture

FAMILY = "qwen2_5_vl"
TOP = Wanted(top=5)
DRAWN = Decoding(temperature=1.0, seed=3, max_tokens=6)


def answer_of(came: Generation | RequestError) -> Generation:
    assert isinstance(came, Generation), came
    return came


@contextmanager
def changed(thing: Any, name: str, value: object) -> Iterator[None]:
    before = getattr(thing, name)
    setattr(thing, name, value)
    try:
        yield
    finally:
        setattr(thing, name, before)


def test_neither_order_nor_company_nor_what_is_kept_changes_an_answer(mlx_models: Models) -> None:
    engine = mlx_models.mlx(FAMILY)
    requests = [asked(f"Question {number} about it?", picture(number % 2), DRAWN, wanted=TOP) for number in range(4)]
    together = [answer_of(came) for came in engine.generate(requests)]
    assert [came.tokens_reused > 0 for came in together] == [False, False, True, True]
    alone = []
    for request in reversed(requests):
        engine.store.clear()
        alone.append(answer_of(engine.generate([request])[0]))
    for one, other in zip(together, reversed(alone), strict=True):
        assert one.ids == other.ids and one.steps is not None and other.steps is not None
        np.testing.assert_array_equal(one.steps.log_probabilities, other.steps.log_probabilities)
    assert len({came.ids for came in together}) == 4


def test_draws_depend_on_seed_and_key_alone(mlx_models: Models) -> None:
    engine = mlx_models.mlx(FAMILY)

    def drawn(seed: int, key: str, temperature: float = 1.0) -> tuple[int, ...]:
        decoding = Decoding(temperature=temperature, seed=seed, max_tokens=6)
        return answer_of(engine.generate([asked("What is it?", picture(0), decoding, key=key)])[0]).ids

    assert drawn(1, "a") == drawn(1, "a")
    assert len({drawn(1, "a"), drawn(2, "a"), drawn(1, "b")}) == 3
    assert drawn(1, "a", 0.0) == drawn(2, "b", 0.0)


def test_counts(mlx_models: Models) -> None:
    engine = mlx_models.mlx(FAMILY)
    engine.store.clear()
    before = engine.counts.vision_passes, engine.counts.prefilled, engine.counts.decoded
    came = [answer_of(one) for one in engine.generate([asked(f"{n}?", picture(7)) for n in range(3)])]
    computed = sum(one.tokens_in - one.tokens_reused for one in came)
    after = engine.counts.vision_passes, engine.counts.prefilled, engine.counts.decoded
    assert [new - old for new, old in zip(after, before, strict=True)] == [
        1,
        computed,
        sum(len(one.ids) - 1 for one in came),
    ]
    assert came[1].tokens_reused == came[2].tokens_reused > 10


def test_a_text_without_image(mlx_models: Models) -> None:
    question = asked("Someone is happy. How pleasant?", None, DRAWN, wanted=TOP)
    mine, reference = (
        answer_of(engine.generate([question])[0])
        for engine in (mlx_models.mlx(FAMILY), mlx_models.transformers(FAMILY))
    )
    assert mine.ids == reference.ids and mine.tokens_reused == 0


def test_cross_attention_without_image_is_refused(mlx_models: Models) -> None:
    with pytest.raises(BackendUnavailableError, match=r"without image.*backend transformers"):
        mlx_models.mlx("mllama").generate([asked("How pleasant?", None)])


def test_what_is_wanted_but_cannot_be_had_is_none(mlx_models: Models) -> None:
    wanted = Wanted(attention=True, vision_attention=True, hidden=(0, 1))
    came = answer_of(mlx_models.mlx(FAMILY).generate([asked("What?", picture(0), wanted=wanted)])[0])
    assert came.trace is not None and came.trace.grid is not None
    assert (came.trace.attention, came.trace.vision_attention, came.trace.hidden) == (None, None, None)


def test_a_damaged_picture_fails_alone(mlx_models: Models) -> None:
    came = mlx_models.mlx(FAMILY).generate(
        [asked("What?", Picture(b"no image", "image/png")), asked("What?", picture(0))]
    )
    assert isinstance(came[0], RequestError) and "damaged" in came[0].message
    assert isinstance(came[1], Generation)


def test_it_stops_between_two_tokens(mlx_models: Models) -> None:
    with pytest.raises(StoppedError):
        mlx_models.mlx(FAMILY).generate([asked("What?", picture(0))], lambda: True)


@pytest.mark.parametrize("family", ["llava", "qwen2_5_vl", "qwen3_vl", "gemma3", "mllama", "smolvlm", "paligemma"])
def test_the_trial_passes_what_fits(mlx_models: Models, family: str) -> None:
    engine = mlx_models.mlx(family)
    before = engine.counts.vision_passes
    engine.check(Thinking())
    assert engine.counts.vision_passes == before


@pytest.mark.parametrize(("family", "name"), [("qwen2_5_vl", "image_token_id"), ("qwen3_vl", "image_token_index")])
def test_the_trial_names_model_and_version_that_lose_the_image(mlx_models: Models, family: str, name: str) -> None:
    # As in mlx-vlm 0.4.1 with Qwen3-VL: the prompt has image tokens, but the model's code does not know them as such.
    engine = mlx_models.mlx(family)
    with changed(engine.network.config, name, 7), pytest.raises(BackendUnavailableError) as caught:
        engine.check(Thinking())
    said = str(caught.value)
    assert "mlx-vlm 0." in said and family in said and "transformers" in said and "\n" not in said


def test_the_trial_counts_what_the_library_would_let_pass(mlx_models: Models) -> None:
    # Qwen2.5-VL's code answers on with fewer image tokens than features, which is another picture.
    engine = mlx_models.mlx("qwen2_5_vl")
    with (
        changed(engine.prompter.processor.image_processor, "merge_size", 4),
        pytest.raises(BackendUnavailableError, match=r"do not match: 2 tokens, of which 2 .* and 8 features"),
    ):
        engine.prompter.processor.known.clear()
        engine.check(Thinking())
    engine.prompter.processor.known.clear()


def test_a_model_that_cannot_think_is_not_asked_to(mlx_models: Models) -> None:
    with pytest.raises(BackendUnavailableError, match=r"thinking\.mode"):
        mlx_models.mlx("llava").check(Thinking(mode="dynamic"))


def test_precision(mlx_models: Models, tmp_path: Path) -> None:
    from lib.local.mlx_engine import MlxEngine

    folder = mlx_models.folder(FAMILY)
    request = asked("How pleasant is this face?", picture(0), wanted=TOP)
    stored = answer_of(mlx_models.mlx(FAMILY).generate([request])[0]).steps
    quantised = MlxEngine(str(folder), Local(precision="4bit", device="cpu"))
    assert (quantised.identity.precision, mlx_models.mlx(FAMILY).identity.precision) == ("4bit", "float32")
    came = answer_of(quantised.generate([request])[0])
    assert came.steps is not None and stored is not None
    assert 1e-3 < np.abs(came.steps.log_probabilities[0] - stored.log_probabilities[0]).max() < 3

    converted = write_as_mlx_community(quantised.network, folder, tmp_path / "4bit")
    again = MlxEngine(str(converted), Local(device="cpu"))
    assert again.identity.precision == "4bit"
    assert answer_of(again.generate([request])[0]).ids == came.ids
    with pytest.raises(BackendUnavailableError, match="stored in 4bit"):
        MlxEngine(str(converted), Local(precision="float16", device="cpu"))
    half = MlxEngine(str(folder), Local(precision="float16", device="cpu"))
    assert half.identity.precision == "float16" and answer_of(half.generate([request])[0]).steps is not None


def write_as_mlx_community(network: Any, source: Path, target: Path) -> Path:
    """A folder as mlx-community has them: names of mlx-vlm, weights and scales, and how they were quantised."""
    import mlx.core as mx
    from mlx.utils import tree_flatten

    from lib.local.mlx_folder import translated

    target.mkdir()
    for path in source.iterdir():
        if path.suffix != ".safetensors":
            (target / path.name).write_bytes(path.read_bytes())
    config = translated(json.loads((source / "config.json").read_text()))
    config["quantization"] = {"group_size": 64, "bits": 4}
    (target / "config.json").write_text(json.dumps(config))
    mx.save_safetensors(str(target / "model.safetensors"), dict(tree_flatten(network.parameters())))
    return target


def test_a_device_that_is_not_there(mlx_models: Models) -> None:
    from lib.local.mlx_engine import MlxEngine

    with pytest.raises(BackendUnavailableError, match=r"local.device: got 'cuda'"):
        MlxEngine(str(mlx_models.folder(FAMILY)), Local(device="cuda"))
