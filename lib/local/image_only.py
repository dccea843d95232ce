"""Processors of transformers without their part for videos, which needs torchvision; they remember pictures."""

from __future__ import annotations

import copy
from collections import OrderedDict
from typing import Any

REMEMBERED = 32
"""Pictures whose processed form is kept, so that three questions about one process it once."""


def image_only(name: str) -> Any:  # noqa: ANN401, a class made here
    """A processor class without its part for videos, which needs torchvision, and that remembers pictures."""
    import transformers

    whole: Any = getattr(transformers, name)

    class ImageOnly(whole):  # type: ignore[misc]
        """`remember` names the picture that comes next; None remembers nothing."""

        remember: str | None = None

        @classmethod
        def _get_arguments_from_pretrained(cls, path: Any, processor_dict: Any = None, **settings: Any) -> list[Any]:  # noqa: ANN401
            settings.pop("subfolder", None)
            loaders = {
                "tokenizer": lambda: transformers.AutoTokenizer.from_pretrained(path, **settings),
                "image_processor": lambda: transformers.AutoImageProcessor.from_pretrained(
                    path, backend="pil", **settings
                ),
            }
            return [loaders.get(part, lambda: None)() for part in cls.get_attributes()]

        def check_argument_for_proper_class(self, name: str, argument: Any) -> Any:  # noqa: ANN401
            if argument is None and "video" in name:
                return None
            return super().check_argument_for_proper_class(name, argument)

        def _process_images(self, images: Any, **settings: Any) -> Any:  # noqa: ANN401
            known: OrderedDict[str, Any] = self.__dict__.setdefault("known", OrderedDict())
            if self.remember is None:
                return super()._process_images(images, **settings)
            if self.remember not in known:
                known[self.remember] = super()._process_images(images, **settings)
            known.move_to_end(self.remember)
            while len(known) > REMEMBERED:
                known.popitem(last=False)
            inputs, marks = known[self.remember]
            return copy.copy(inputs), list(marks)

    ImageOnly.__name__ = name
    return ImageOnly
