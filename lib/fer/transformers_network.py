"""Image classifiers of Hugging Face's transformers, from a folder on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.errors import BackendUnavailableError, one_line
from lib.fer.network import Array, NetworkError

if TYPE_CHECKING:
    from PIL.Image import Image


class TransformersNetwork:
    """An image classifier with its own processor; it gives its logits.

    Parameters
    ----------
    folder
        With config, safetensors and the settings of the image processor.
    labels
        As the condition names them; the model's own must be the same, in the same order.
    threads
        Processor cores; None is torch's own choice.

    Raises
    ------
    BackendUnavailableError
        transformers is not there, the folder is no image classifier, or its labels are others.
    """

    most: int | None = None

    def __init__(self, folder: Path, labels: Sequence[str], threads: int | None) -> None:
        try:
            import torch
            from transformers import AutoConfig, AutoImageProcessor, AutoModelForImageClassification
        except ImportError as error:
            raise BackendUnavailableError(f"transformers cannot be loaded ({error}). Run `make local`.") from error
        own: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        try:
            config = AutoConfig.from_pretrained(folder, **own)
            _check_labels(folder, config, labels)
            self._processor = AutoImageProcessor.from_pretrained(folder, **own)
            model = AutoModelForImageClassification.from_pretrained(
                folder, config=config, use_safetensors=True, dtype=torch.float32, **own
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise BackendUnavailableError(
                f"{folder}: is no image classifier that transformers can open ({one_line(error)}). "
                "Name the folder of one, with config.json, preprocessor_config.json and safetensors."
            ) from error
        if threads is not None:
            torch.set_num_threads(threads)
        self._torch, self._model = torch, model.eval()

    def outputs(self, images: Sequence[Image]) -> Mapping[str, Array]:
        """Give the logits."""
        try:
            with self._torch.inference_mode():
                inputs = self._processor(images=list(images), return_tensors="pt")
                return {"logits": self._model(**inputs).logits.float().numpy()}
        except (RuntimeError, ValueError, MemoryError) as error:
            raise NetworkError(one_line(error)) from error


def _check_labels(folder: Path, config: Any, labels: Sequence[str]) -> None:  # noqa: ANN401, transformers has no types
    known = [str(config.id2label[number]) for number in sorted(config.id2label)]
    if [name.casefold() for name in known] != [name.casefold() for name in labels]:
        raise BackendUnavailableError(
            f"{folder}: its labels are {', '.join(known)}, but classifier.labels are {', '.join(labels)}. "
            f"Write into the condition: labels: [{', '.join(known)}]"
        )
