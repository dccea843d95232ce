from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.backends.base import BackendError
from lib.stimuli.image_answers import ImageAnswer, read_image_answer


def body(*parts: dict[str, Any], reason: str = "STOP", **more: Any) -> str:
    return json.dumps({"candidates": [{"content": {"parts": list(parts)}, "finishReason": reason}], **more})


def inline(data: bytes, **more: Any) -> dict[str, Any]:
    return {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(data).decode()}, **more}


def test_images_and_words_are_told_apart_and_tokens_of_images_counted() -> None:
    usage = {
        "promptTokenCount": 500, "candidatesTokenCount": 1297, "totalTokenCount": 1797,
        "candidatesTokensDetails": [{"modality": "TEXT", "tokenCount": 7}, {"modality": "IMAGE", "tokenCount": 1290}],
    }  # fmt: skip
    said = body({"text": "Here:"}, inline(b"one"), inline(b"two"), usageMetadata=usage, modelVersion="m-1")
    answer = read_image_answer("X", said)
    assert [picture.data for picture in answer.images] == [b"one", b"two"]
    assert (answer.text, answer.tokens_in, answer.tokens_out, answer.tokens_image) == ("Here:", 500, 1297, 1290)
    assert (answer.model_version, answer.refusal) == ("m-1", None)


def test_drafts_of_thinking_are_no_images() -> None:
    answer = read_image_answer("X", body(inline(b"draft", thought=True), inline(b"final")))
    assert [picture.data for picture in answer.images] == [b"final"]


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        (body(reason="IMAGE_SAFETY"), "the answer was blocked: IMAGE_SAFETY"),
        (json.dumps({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}),
         "the question was blocked: PROHIBITED_CONTENT"),
        (body({"text": "No."}, reason="NO_IMAGE"), None),
    ],
)  # fmt: skip
def test_a_block_is_a_refusal_and_an_answer_without_image_is_an_answer(said: str, refusal: str | None) -> None:
    answer = read_image_answer("X", said)
    assert (answer.images, answer.refusal) == ((), refusal)


def test_what_is_not_base64_is_malformed_and_asked_again() -> None:
    with pytest.raises(BackendError) as failed:
        read_image_answer("X", body({"inlineData": {"mimeType": "image/png", "data": "not base64!"}}))
    assert failed.value.kind == "malformed"


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60)))
def test_any_body_is_an_answer_or_malformed(said: bytes | str) -> None:
    try:
        assert isinstance(read_image_answer("X", said), ImageAnswer)
    except BackendError as error:
        assert error.kind == "malformed"
