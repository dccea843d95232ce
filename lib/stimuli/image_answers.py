"""An image model's answer: the images beside the words, as Gemini sends them."""

from __future__ import annotations

import binascii
from base64 import b64decode
from dataclasses import dataclass, fields

import msgspec

from lib.backends.base import Answer
from lib.backends.failures import malformed
from lib.backends.gemini_reading import read_answer
from lib.backends.openai_reading import count
from lib.protocol.question import Picture


@dataclass(frozen=True, slots=True)
class ImageAnswer(Answer):
    """An answer with images, in the order in which they came.

    `tokens_image` are those of `tokens_out` that were spent on images; None where the server did not say.
    """

    images: tuple[Picture, ...] = ()
    tokens_image: int | None = None


class _Inline(msgspec.Struct, rename="camel"):
    mime_type: str = ""
    data: str = ""


class _Part(msgspec.Struct, rename="camel"):
    inline_data: _Inline | None = None
    thought: bool = False


class _Content(msgspec.Struct):
    parts: list[_Part] = []


class _Candidate(msgspec.Struct):
    content: _Content | None = None


class _Modality(msgspec.Struct, rename="camel"):
    modality: str = ""
    token_count: int | None = None


class _Usage(msgspec.Struct, rename="camel"):
    candidates_tokens_details: list[_Modality] | None = None


class _Response(msgspec.Struct, rename="camel"):
    candidates: list[_Candidate] = []


class _Counted(msgspec.Struct, rename="camel"):
    usage_metadata: _Usage | None = None


_decoder = msgspec.json.Decoder(_Response)
_counter = msgspec.json.Decoder(_Counted)


def read_image_answer(server: str, body: str | bytes) -> ImageAnswer:
    """Read the body of status 200: every image of the first candidate, drafts of its thinking left out.

    What the bytes of an image are is not looked at here: a broken one is an answer, too, and was paid for.

    Raises
    ------
    lib.backends.base.BackendError
        It is no answer, or an image in it is not base64.
    """
    answer = read_answer(server, body)
    try:
        response = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise malformed(server, error, body) from None
    content = response.candidates[0].content if response.candidates else None
    inline = [part.inline_data for part in content.parts if part.inline_data and not part.thought] if content else []
    try:
        images = tuple(Picture(b64decode(each.data, validate=True), each.mime_type) for each in inline)
    except (binascii.Error, ValueError) as error:
        raise malformed(server, f"an image that is not base64: {error}") from None
    known = {each.name: getattr(answer, each.name) for each in fields(Answer)}
    return ImageAnswer(**known, images=images, tokens_image=_image_tokens(body))


def _image_tokens(body: str | bytes) -> int | None:
    try:
        usage = _counter.decode(body).usage_metadata
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    details = usage.candidates_tokens_details if usage else None
    return None if details is None else sum(count(one.token_count) or 0 for one in details if one.modality == "IMAGE")
