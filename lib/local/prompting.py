"""A question as a model takes it: words with its family's marks, tokens, pixels, and where the image's tokens are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lib.errors import BackendUnavailableError, DataError
from lib.local.engine import Request
from lib.local.families import Family
from lib.local.fitting import grid_of
from lib.local.grids import Grid
from lib.local.turns import CLOSE, OPEN
from lib.protocol.pixels import decode

if TYPE_CHECKING:
    import torch

NO_THOUGHTS = "\n\n" + CLOSE + "\n\n"
OF_WORDS = ("token_type_ids", "mm_token_type_ids", "cross_attention_mask")
"""Inputs with an entry for each token."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request made ready.

    Attributes
    ----------
    ids : tuple of int
        Tokens of the whole question.
    tensors : dict
        Everything else that the model takes, one row each, not yet on its device.
    prefix : int
        How many of the first tokens are the same in all questions about the image; 0 without image.
    picture : str or None
        SHA-256 of the picture's bytes.
    image_at : tuple of int
        Where in `ids` the image's tokens are.
    grid : Grid or None
        Where they lie on the picture.
    opened : bool
        Whether the template has opened thinking.
    """

    request: Request
    ids: tuple[int, ...]
    tensors: dict[str, torch.Tensor]
    prefix: int = 0
    picture: str | None = None
    image_at: tuple[int, ...] = ()
    grid: Grid | None = None
    opened: bool = False


class Prompter:
    """Makes requests ready for one model.

    Parameters
    ----------
    processor, config
        Of transformers.
    family
        The model's.
    name
        The model's, for messages.
    """

    def __init__(self, processor: Any, config: Any, family: Family, name: str) -> None:  # noqa: ANN401
        self.processor, self.config, self.family, self.name = processor, config, family, name
        self.tokenizer = processor.tokenizer
        self.image_token = int(
            config.image_token_id if getattr(config, "image_token_id", None) is not None else config.image_token_index
        )

    def prepare(self, request: Request) -> Prepared:
        """Make one request ready.

        Raises
        ------
        DataError
            Its picture cannot be decoded, or its words hold the image's own mark.
        BackendUnavailableError
            The family does not answer without image.
        """
        text = self.render(request)
        opened = text.rpartition(OPEN)[1] != "" and CLOSE not in text.rpartition(OPEN)[2]
        if opened and request.thinking.mode == "off":
            text, opened = text.rstrip() + NO_THOUGHTS, False
        own = {"add_special_tokens": False} if self._begins(text) else {}
        if request.picture is None:
            ids = self.tokenizer(text, **own)["input_ids"]
            return Prepared(request, tuple(ids), {}, opened=opened)
        return self._with_picture(request, text, own, opened)

    def render(self, request: Request) -> str:
        """The question with the family's marks around it, the image first."""
        if not self.family.template:
            if request.picture is None:
                raise BackendUnavailableError(
                    f"{self.name}: a {self.config.model_type} model answers about images alone; a condition with the "
                    "strategy text_only cannot ask it. Take another model."
                )
            return str(self.processor.image_token) + request.prompt
        content: list[dict[str, str]] = [{"type": "text", "text": request.prompt}]
        if request.picture is not None:
            content.insert(0, {"type": "image"})
        text = self.tokenizer.apply_chat_template(
            [{"role": "user", "content": content}], chat_template=self.processor.chat_template, tokenize=False,
            add_generation_prompt=True, enable_thinking=request.thinking.mode != "off",
        )  # fmt: skip
        return str(text)

    def _begins(self, text: str) -> bool:
        """Whether the template wrote the token that begins a text, which the tokenizer would write once more."""
        begin = self.tokenizer.bos_token
        return begin is not None and text.startswith(begin)

    def _with_picture(self, request: Request, text: str, own: dict[str, bool], opened: bool) -> Prepared:
        assert request.picture is not None
        if str(self.processor.image_token) not in text:
            raise self._drops_the_image()
        sha256 = hashlib.sha256(request.picture.data).hexdigest()
        pixels = decode(request.picture, f"picture {sha256[:12]}")
        self.processor.remember = sha256
        try:
            inputs = dict(
                self.processor(images=[pixels], text=[text], return_tensors="pt", **dict(self.family.images), **own)
            )
        except ValueError as error:
            raise DataError(
                f"picture {sha256[:12]}: {self.name} cannot take it ({' '.join(str(error).split())})."
            ) from error
        ids = tuple(inputs.pop("input_ids")[0].tolist())
        inputs = {
            name: values
            for name, values in inputs.items()
            if name in (*self.family.vision, self.family.types, "cross_attention_mask")
        }
        image_at = tuple(place for place, token in enumerate(ids) if token == self.image_token)
        if not image_at:
            raise self._drops_the_image()
        return Prepared(
            request=request,
            ids=ids,
            tensors=inputs,
            prefix=image_at[-1] + 1,
            picture=sha256,
            image_at=image_at,
            grid=grid_of(self.family, self.config, self.processor, inputs, tokens=len(image_at), size=pixels.size),
            opened=opened,
        )

    def _drops_the_image(self) -> BackendUnavailableError:
        return BackendUnavailableError(
            f"{self.name}: the question has no image token ({self.image_token}): its chat template drops the image, or "
            "its processor is another model's. Pull the model again, or take another revision."
        )
