"""The wire server's Gemini as an image model: the image that was sent, with a mouth that depends on the words."""

from __future__ import annotations

import base64
import io
from typing import Any

from PIL import Image, ImageDraw, UnidentifiedImageError
from wire.answers import draw
from wire.dialect import Asked, BadRequestError, Said

WANTED = "base"
TOKENS = 1290
WORD_TOKENS = 7


def wanted(settings: dict[str, Any], encoded: list[str]) -> dict[str, str]:
    """What a request for an image is answered from; nothing if it asks for words."""
    if "IMAGE" not in settings.get("responseModalities", []):
        return {}
    if "thinkingConfig" in settings:
        raise BadRequestError("Thinking is not supported for this model.")
    if len(encoded) != 1:
        raise BadRequestError(f"expected one image to edit, got {len(encoded)}")
    return {WANTED: encoded[0]}


def make(encoded: str, prompt: str, number: int = 0) -> bytes:
    """The image that is answered to `prompt`: for the same request always the same bytes."""
    data = base64.b64decode(encoded)
    try:
        with Image.open(io.BytesIO(data)) as image:
            made = image.convert("RGB")
    except (UnidentifiedImageError, OSError) as error:
        raise BadRequestError(f"Unable to process input image: {error}") from None
    shade = draw("mouth", prompt, number) % 256
    width, height = made.size
    box = (width * 0.35, height * 0.7, width * 0.65, height * (0.74 + shade / 2560))
    ImageDraw.Draw(made).ellipse(box, fill=(shade, 40, 60))
    stream = io.BytesIO()
    made.save(stream, "PNG")
    return stream.getvalue()


def render(asked: Asked, said: Said) -> dict[str, Any]:
    """The body of an answer to a request for an image."""
    data = [make(asked.more[WANTED], asked.prompt, number) for number in range(2 if said.fault == "two_images" else 1)]
    if said.fault == "broken_image":
        data = [data[0][: len(data[0]) // 2]]
    if said.fault in {"no_image", "refusal", "empty"}:
        data = []
    parts: list[dict[str, Any]] = [
        {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(one).decode()}} for one in data
    ]
    if said.fault == "no_image":
        parts = [{"text": "I cannot edit this picture."}]
    reason = {"no_image": "NO_IMAGE", "refusal": "IMAGE_SAFETY"}.get(said.fault or "", "STOP")
    words = WORD_TOKENS if said.fault == "no_image" else 0
    details = [{"modality": "IMAGE", "tokenCount": TOKENS * len(data)}] if data else []
    usage = {
        "promptTokenCount": said.usage.tokens_in, "candidatesTokenCount": TOKENS * len(data) + words,
        "totalTokenCount": (said.usage.tokens_in or 0) + TOKENS * len(data) + words, "candidatesTokensDetails": details,
    }  # fmt: skip
    body: dict[str, Any] = {"modelVersion": asked.model, "usageMetadata": usage}
    if said.fault == "refusal" and draw("blocked", asked.prompt, asked.image) % 2:
        return body | {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
    content = {"role": "model", "parts": parts} if parts else {"role": "model"}
    return body | {"candidates": [{"content": content, "finishReason": reason, "index": 0}]}
