"""Gemini's image models, over the connection that ratings use."""

from __future__ import annotations

from lib.backends.gemini import SERVER, GeminiBackend
from lib.stimuli.image_answers import ImageAnswer, read_image_answer
from lib.stimuli.transformation import Transformation


class ImageModel(GeminiBackend):
    """One transformation asked over `generateContent`, with images in the answers."""

    def __init__(self, transformation: Transformation) -> None:
        super().__init__(transformation.as_condition(), generation=transformation.generation())

    def read(self, body: bytes | str) -> ImageAnswer:
        """Read the body of an answer, with its images."""
        return read_image_answer(SERVER, body)
