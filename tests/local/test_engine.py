"""The engine beside what families differ in: thinking, draws, memory, ends, pictures and models that are no good."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra local (make local)")
import torch
from local_support import STEPS, all_steps, answers, encoded, image, plainly, request

from lib.contracts.condition import Decoding, Thinking
from lib.contracts.local_model import Local
from lib.errors import BackendUnavailableError
from lib.local.engine import Request, RequestError, StoppedError, Wanted
from lib.local.precheck import precheck
from lib.local.transformers_engine import TransformersEngine
from lib.protocol.question import Picture

THINKS = "qwen3_vl"


def drawn(key: str, seed: int = 1, **changes: Any) -> Request:
    decoding = Decoding(temperature=1.2, top_p=0.9, seed=seed, max_tokens=6)
    return Request(key, STEPS[0], encoded(image(1)), decoding, **changes)


def test_draws_depend_on_seed_and_key_and_not_on_what_is_asked_beside(engine: Any) -> None:
    model = engine("llava")
    together = [one.ids for one in answers(model, drawn("a"), drawn("b"), request(1, wanted=Wanted()), drawn("c"))]
    assert answers(model, drawn("b"))[0].ids == together[1]
    assert answers(model, drawn("c"), drawn("a"))[1].ids == together[0]
    assert len({*together, answers(model, drawn("a", seed=2))[0].ids}) == 5


def test_a_repetition_penalty_is_that_of_transformers(engine: Any) -> None:
    model = engine("smolvlm")
    asked = request(1, decoding=Decoding(max_tokens=8, repetition_penalty=1.6))
    tokens, _ = plainly(model, asked, repetition_penalty=1.6)
    assert list(answers(model, asked)[0].ids) == tokens != plainly(model, asked)[0]


def test_thinking_is_closed_when_its_budget_is_used_up(engine: Any) -> None:
    model = engine(THINKS)
    asked = request(1, thinking=Thinking(mode="budget", budget=5), decoding=Decoding(max_tokens=3))
    answer = answers(model, asked)[0]
    assert answer.forced and (answer.tokens_thinking, answer.tokens_out) == (5, 3)
    closed = model.answerer.words.closed
    assert answer.ids[5 : 5 + len(closed)] == closed and answer.answer_from == 5 + len(closed)
    assert "</think>" not in answer.text + (answer.thoughts or "")
    longer = answers(model, request(1, thinking=Thinking(mode="budget", budget=9), decoding=Decoding(max_tokens=1)))[0]
    assert longer.ids[:5] == answer.ids[:5] and longer.tokens_thinking == 9


def test_the_answer_behind_a_forced_end_is_what_the_model_says_behind_it(engine: Any) -> None:
    """The same tokens, put into a plain call's question, are continued in the same way."""
    model = engine(THINKS)
    asked = request(1, thinking=Thinking(mode="budget", budget=4), decoding=Decoding(max_tokens=3))
    answer = answers(model, asked)[0]
    prepared = model.prompter.prepare(asked)
    ids = torch.tensor([[*prepared.ids, *answer.ids[: answer.answer_from]]])
    types = torch.nn.functional.pad(prepared.tensors["mm_token_type_ids"], (0, answer.answer_from))
    with torch.inference_mode():
        plain = model.model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), **{**prepared.tensors, "mm_token_type_ids": types},
            max_new_tokens=3, do_sample=False,
        )  # fmt: skip
    model.model.model.rope_deltas = None
    assert plain[0, ids.shape[1] :].tolist() == list(answer.ids[answer.answer_from :])


def test_answers_that_think_longer_or_shorter_are_read_side_by_side(engine: Any) -> None:
    model = engine(THINKS)
    asked = [
        Request(str(seed), STEPS[0], encoded(image(seed)), Decoding(max_tokens=seed), Thinking(mode="budget", budget=6))
        for seed in (1, 2, 3, 4)
    ]
    together = answers(model, *asked)
    assert model.counts.batches == 1
    assert [one.ids for one in together] == [answers(model, one)[0].ids for one in asked]


def test_a_template_that_opens_thinking_is_closed_where_it_is_off(engine: Any) -> None:
    model = engine(THINKS)
    prepared = model.prompter.prepare(request(1))
    assert not prepared.opened
    assert model.prompter.tokenizer.decode(prepared.ids).endswith("<think>\n\n</think>\n\n")
    thinks = model.prompter.prepare(request(1, thinking=Thinking(mode="dynamic")))
    assert thinks.opened and model.prompter.tokenizer.decode(thinks.ids).endswith("<think>\n")


def test_a_model_that_cannot_think_is_not_asked_to(engine: Any, zoo: Any) -> None:
    for check in (engine("llava").check, lambda thinking: precheck(str(zoo("llava")), Local(), thinking)):
        with pytest.raises(BackendUnavailableError, match=r"got 'dynamic', but the model has no token </think>"):
            check(Thinking(mode="dynamic"))


def test_words_of_a_scale_have_probabilities(engine: Any) -> None:
    answer = answers(engine("qwen2_vl"), request(1, wanted=Wanted(top=600, words=("1", "9", "unheard of"))))[0]
    by_word = dict(zip(answer.top_words[0], answer.steps.log_probabilities[0], strict=True))
    assert answer.steps.words[0, 0] == by_word["1"] and answer.steps.words[0, 1] == by_word["9"]
    assert np.isnan(answer.steps.words[:, 2]).all()


def test_a_full_memory_halves_the_batch_and_changes_no_answer(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model = engine("llava")
    asked = all_steps(1, 2, 3, 4, 5)
    expected = [one.ids for one in answers(model, *asked)]
    model = engine("llava")
    read, sizes = model.reader.read, []

    def full(batch: Any) -> Any:
        sizes.append(len(batch))
        if len(batch) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return read(batch)

    monkeypatch.setattr(model.reader, "read", full)
    assert [one.ids for one in answers(model, *asked)] == expected
    assert sizes[:2] == [5, 2] and max(sizes[1:]) == 2


@pytest.mark.parametrize(
    "error",
    [MemoryError(), RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 9 bytes"),
     RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)")],
)  # fmt: skip
def test_a_memory_that_holds_not_even_one_question_ends_with_a_cure(
    error: Exception, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = engine("llava")

    def full(_: Any) -> Any:
        raise error

    monkeypatch.setattr(model.reader, "read", full)
    with pytest.raises(BackendUnavailableError, match=r"not even one question fits into the memory of cpu.*precision"):
        model.generate([request(1), request(2)])


def test_any_other_error_is_not_taken_for_a_full_memory(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model = engine("llava")

    def broken(_: Any) -> Any:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(model.reader, "read", broken)
    with pytest.raises(RuntimeError, match="mat1"):
        model.generate([request(1)])


def test_images_that_are_kept_no_more_are_seen_again_with_the_same_answer(engine: Any) -> None:
    model = engine("internvl")
    expected = [one.ids for one in answers(model, *all_steps(1, 2))]
    model = engine("internvl")
    model.most, limit, model.store.largest = 1, model.store.largest, 1
    try:
        assert [one.ids for one in answers(model, *all_steps(1, 2))] == expected
        assert model.counts.vision_passes > 2 and model.store.size == max(
            kept.size for kept in model.store._kept.values()
        )
    finally:
        model.store.largest = limit


def test_it_stops_between_two_tokens(engine: Any) -> None:
    model, asked = engine("llava"), []

    def stop() -> bool:
        asked.append(model.counts.decoded)
        return model.counts.decoded >= 2

    with pytest.raises(StoppedError):
        model.generate([request(1)], stop)
    assert asked == [0, 1, 2]


@pytest.mark.parametrize(
    "picture", [Picture(b"", "image/png"), Picture(b"\x89PNG\r\n\x1a\n", "image/png"), Picture(b"GIF89a;", "image/gif")]
)
def test_a_picture_that_is_no_good_costs_its_own_answer_alone(picture: Picture, engine: Any) -> None:
    good = request(1)
    bad, answer = engine("qwen2_5_vl").generate([request(2, picture=picture), good])
    assert isinstance(bad, RequestError) and "is damaged, or no image" in bad.message
    assert answer.ids == answers(engine("qwen2_5_vl"), good)[0].ids


def test_a_picture_that_a_model_cannot_take_costs_its_own_answer_alone(engine: Any) -> None:
    """Qwen's processor takes no picture more than 200 times as long as it is wide."""
    long, answer = engine("qwen2_vl").generate([request(1, size=(2, 900)), request(2)])
    assert isinstance(long, RequestError) and "cannot take it" in long.message
    assert answer.text is not None


@pytest.mark.parametrize("mode", ["L", "P", "LA", "RGBA", "CMYK"])
def test_every_kind_of_picture_reaches_the_model_as_rgb(mode: str, engine: Any) -> None:
    kind = "TIFF" if mode == "CMYK" else "PNG"
    asked = Request(mode, STEPS[0], encoded(image(1).convert(mode), kind), Decoding(max_tokens=2))
    assert len(answers(engine("llava"), asked)[0].ids) == 2


def test_a_question_that_is_too_long_is_refused_with_its_length(engine: Any) -> None:
    asked = Request("long", "word " * 3000, encoded(image(1)))
    came = engine("llava").generate([asked])[0]
    assert isinstance(came, RequestError)
    assert "(16 of them the image's), but the model reads 2048" in came.message


def test_the_marks_of_an_image_in_the_words_are_refused(engine: Any) -> None:
    came = engine("llava").generate([Request("x", "What is <image> here?", encoded(image(1)))])[0]
    assert isinstance(came, RequestError) and "cannot take it" in came.message


def test_a_picture_is_processed_once_for_all_its_questions(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model = engine("gemma3")
    pictures = model.prompter.processor.image_processor
    calls = []
    own = type(pictures).__call__

    def counted(self: Any, *given: Any, **settings: Any) -> Any:
        calls.append(1)
        return own(self, *given, **settings)

    monkeypatch.setattr(type(pictures), "__call__", counted)
    answers(model, *all_steps(77, 78))
    assert len(calls) == 2


def copied(zoo: Any, family: str, to: Path) -> Path:
    return Path(shutil.copytree(zoo(family), to / family))


def changed(folder: Path, name: str, **values: Any) -> None:
    path = folder / name
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_tokens_that_are_not_as_many_as_features_are_found_before_anything_is_asked(zoo: Any, tmp_path: Path) -> None:
    folder = copied(zoo, "internvl", tmp_path)
    changed(folder, "processor_config.json", image_seq_length=9)
    model = TransformersEngine(str(folder))
    with pytest.raises(BackendUnavailableError, match=r"do not match: 9 tokens, 4 features.*pull it again") as caught:
        model.check(Thinking())
    assert "internvl, transformers" in str(caught.value)
    model.close()


def test_a_template_that_drops_the_image_is_found_without_weights(zoo: Any, tmp_path: Path) -> None:
    folder = copied(zoo, "qwen2_5_vl", tmp_path)
    (folder / "chat_template.jinja").write_text("{% for m in messages %}{{ m.content[-1].text }}{% endfor %}")
    (folder / "model.safetensors").write_bytes(b"never read")
    with pytest.raises(BackendUnavailableError, match="has no image token"):
        precheck(str(folder), Local(), Thinking())


def test_a_base_model_is_refused(zoo: Any, tmp_path: Path) -> None:
    folder = copied(zoo, "llava", tmp_path)
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(BackendUnavailableError, match="base model that was not taught to answer"):
        precheck(str(folder), Local(), Thinking())


@pytest.mark.parametrize("data", [b"", b"no safetensors at all"])
def test_weights_that_are_damaged_are_one_line(data: bytes, zoo: Any, tmp_path: Path) -> None:
    folder = copied(zoo, "llava", tmp_path)
    (folder / "model.safetensors").write_bytes(data)
    with pytest.raises(BackendUnavailableError, match=r"model\.safetensors: is no whole safetensors file") as caught:
        TransformersEngine(str(folder))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("tokenizer.json", None, r"llava: lacks tokenizer\.json, which holds the model's words\. Copy it there"),
        ("tokenizer.json", b'{"a', r"tokenizer\.json: is no whole JSON file \(3 bytes\)"),
        ("preprocessor_config.json", None, r"llava: lacks preprocessor_config\.json, which says how pictures"),
        ("processor_config.json", None, r"llava: lacks processor_config\.json, which says how words and pictures"),
        ("processor_config.json", b"", r"processor_config\.json: is no whole JSON file \(0 bytes\)"),
        ("tokenizer_config.json", b"[", r"tokenizer_config\.json: is no whole JSON file"),
    ],
)
def test_a_file_that_is_missing_or_broken_is_named(
    name: str, data: bytes | None, says: str, zoo: Any, tmp_path: Path
) -> None:
    folder = copied(zoo, "llava", tmp_path)
    (folder / name).unlink(missing_ok=True)
    if data is not None:
        (folder / name).write_bytes(data)
    with pytest.raises(BackendUnavailableError, match=says) as caught:
        precheck(str(folder), Local(), Thinking())
    assert "\n" not in str(caught.value) and "transformers" not in str(caught.value)


def test_generation_settings_that_are_broken_are_not_passed_over(zoo: Any, tmp_path: Path) -> None:
    folder = copied(zoo, "llava", tmp_path)
    (folder / "generation_config.json").write_bytes(b"{")
    with pytest.raises(BackendUnavailableError, match=r"generation_config\.json: cannot be read"):
        TransformersEngine(str(folder))


def test_weights_that_lack_values_would_answer_by_chance_and_are_refused(zoo: Any, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = copied(zoo, "llava", tmp_path)
    values = load_file(folder / "model.safetensors")
    del values[next(name for name in values if "layers.1.self_attn.q_proj" in name and "vision" not in name)]
    save_file(values, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(BackendUnavailableError, match=r"has no values for .*layers\.1\.self_attn\.q_proj"):
        TransformersEngine(str(folder))


def test_other_weights_than_the_conditions_are_refused(zoo: Any) -> None:
    with pytest.raises(BackendUnavailableError, match=r"local\.sha256: got '0{64}', but .*llava has [0-9a-f]{64}\."):
        TransformersEngine(str(zoo("llava")), Local(sha256="0" * 64))


def test_a_device_that_is_not_there(zoo: Any) -> None:
    missing = next(name for name in ("cuda", "mps") if not _there(name))
    with pytest.raises(BackendUnavailableError, match=f"got '{missing}', which this machine"):
        TransformersEngine(str(zoo("llava")), Local(device=missing))


def _there(device: str) -> bool:
    return torch.cuda.is_available() if device == "cuda" else torch.backends.mps.is_available()


@pytest.mark.parametrize("precision", ["bfloat16", "float16", "8bit", "4bit"])
def test_precision(precision: str, zoo: Any, opened: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Fewer bits give nearly the same probabilities, and say so in the record, silently; 4 bits less so than 8."""
    if precision.endswith("bit") and "float" not in precision:
        pytest.importorskip("bitsandbytes", reason="needs the extra local (make local)")
    model = TransformersEngine(str(zoo("qwen2_vl")), Local(precision=precision))
    exact, rounded = (answers(one, request(1))[0] for one in (opened("qwen2_vl"), model))
    from local_support import spread

    off = (spread(exact)[0].exp() - spread(rounded)[0].exp()).abs().sum().item()
    assert 0 < off < {"bfloat16": 0.3, "float16": 0.05, "8bit": 0.6, "4bit": 1.5}[precision]
    assert f" {precision} (transformers " in model.identity.version
    assert not [record for record in caplog.records if record.name.startswith("bitsandbytes")]
    model.close()
    assert not hasattr(model, "model")
