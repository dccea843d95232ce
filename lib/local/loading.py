"""Loading a model and its processor from a folder: nothing is fetched, no code of others runs."""

from __future__ import annotations

import gc
import importlib.util
import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lib.contracts.local_model import Local
from lib.errors import BackendUnavailableError, named_line
from lib.local.families import Family
from lib.local.folder_faults import faulty_file
from lib.local.image_only import image_only
from lib.local.weights import Weights, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import torch

SAFE: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
QUANTISED = {"8bit", "4bit"}
INSTALL = "Install what runs models on this machine: make local"


def pick_device(wanted: str) -> str:
    """`auto` is CUDA where there is one, else Metal, else the processor.

    Raises
    ------
    BackendUnavailableError
        The wanted one is not there.
    """
    torch = import_torch()
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return choose_device(wanted, there, "torch")


def choose_device(wanted: str, there: Mapping[str, bool], library: str) -> str:
    """Choose among devices, the better first, by whether a library can use them here; `auto` is the first that is.

    Raises
    ------
    BackendUnavailableError
        The wanted one is not there.
    """
    if wanted == "auto":
        return next(name for name, has in there.items() if has)
    if not there[wanted]:
        raise BackendUnavailableError(
            f"local.device: got {wanted!r}, which this machine (or its {library}) does not have. "
            f"Take {' or '.join(name for name, has in there.items() if has)}, or auto."
        )
    return wanted


def import_torch() -> Any:  # noqa: ANN401, the module
    """Import torch, or say how to get it.

    Raises
    ------
    BackendUnavailableError
        It is not installed.
    """
    os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")
    try:
        import torch
        import transformers
    except ImportError as error:
        raise BackendUnavailableError(f"{error}. {INSTALL}") from error
    transformers.utils.logging.disable_progress_bar()
    return torch


def load_model(weights: Weights, family: Family, local: Local, device: str) -> torch.nn.Module:
    """Load a model, ready to answer.

    Raises
    ------
    BackendUnavailableError
        The files do not fit together, the memory does not suffice, or a library is missing; with the cure.
    """
    torch = import_torch()
    import transformers

    settings: dict[str, Any] = {**SAFE, "use_safetensors": True, "dtype": local.precision or "auto"}
    refuse_quantised(local, device)
    own = weights.folder / "generation_config.json"
    if own.is_file():
        read_json(own)  # transformers goes on without a broken one: other settings, and nothing said
    if local.precision in QUANTISED:
        _quieten_bitsandbytes()
        settings |= {"quantization_config": _quantisation(local.precision), "dtype": torch.bfloat16}
        settings["device_map"] = {"": device}
    elif device != "cpu":
        settings["device_map"] = {"": device}
    if family.eager:
        settings["attn_implementation"] = "eager"
    with _said(weights, device), _offline():
        model, report = transformers.AutoModelForImageTextToText.from_pretrained(
            weights.folder, output_loading_info=True, **settings
        )
    lacking = sorted({*report["missing_keys"], *(str(key) for key in report["mismatched_keys"])})
    if lacking:
        raise BackendUnavailableError(
            f"{weights.folder}: has no values for {lacking[0]} ({len(lacking)} in all). Are all of its files there, "
            "and of one model?"
        )
    model.eval()
    model.requires_grad_(False)
    return model


def load_processor(weights: Weights, family: Family) -> Any:  # noqa: ANN401, one of nine classes of transformers
    """Load what turns words and pictures into inputs; for images only, by Pillow on every machine.

    transformers takes torchvision's resampling where that is installed, whose pixels differ a little from Pillow's; an
    answer shall not depend on that.

    Raises
    ------
    BackendUnavailableError
        One of its files is missing or wrong.
    """
    import_torch()
    with _said(weights, "cpu"), _offline():
        processor = image_only(family.processor).from_pretrained(weights.folder, **SAFE)
    if family.template and not processor.chat_template:
        raise BackendUnavailableError(
            f"{weights.folder}: has no chat template (chat_template.jinja). Copy that file, too, if the model has one; "
            "else it is a base model that was not taught to answer: take the instruction-tuned one (names end in -it, "
            "-Instruct or -hf)."
        )
    return processor


def load_config(weights: Weights) -> Any:  # noqa: ANN401, of transformers
    """Load a model's config.

    Raises
    ------
    BackendUnavailableError
        transformers cannot read it.
    """
    import_torch()
    import transformers

    with _said(weights, "cpu"), _offline():
        return transformers.AutoConfig.from_pretrained(weights.folder, **SAFE)


def refuse_quantised(local: Local, device: str) -> None:
    """Refuse 8 and 4 bits where bitsandbytes is missing, or does not run on the device.

    Raises
    ------
    BackendUnavailableError
        With the cure.
    """
    if local.precision not in QUANTISED:
        return
    if device == "mps":
        raise BackendUnavailableError(
            f"local.precision: got {local.precision!r}, which bitsandbytes does not run on Metal. Take float16, device "
            "cpu, or a model that is quantised for MLX (backend mlx)."
        )
    if importlib.util.find_spec("bitsandbytes") is None:
        raise BackendUnavailableError(f"local.precision: {local.precision} needs bitsandbytes. {INSTALL}")


def free_memory(device: str) -> None:
    """Give back to the device what is not used any more."""
    torch = import_torch()
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
    elif device == "mps":
        torch.mps.empty_cache()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that the device's memory is full, however the device says it."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)


def _quieten_bitsandbytes() -> None:
    """Leave out the warning, at every 8-bit product, that its input is made float16: thousands of lines."""
    logging.getLogger("bitsandbytes.autograd._functions").setLevel(logging.ERROR)


def _quantisation(precision: str) -> Any:  # noqa: ANN401, of transformers
    """8 bits: LLM.int8(); 4 bits: NF4. Both of bitsandbytes, which runs them on CUDA and on x86 and ARM processors."""
    torch = import_torch()
    import transformers

    if precision == "8bit":
        return transformers.BitsAndBytesConfig(load_in_8bit=True)
    return transformers.BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
    )


@contextmanager
def _offline() -> Iterator[None]:
    """Keep Hugging Face's library from looking anything up, as its own variable HF_HUB_OFFLINE does."""
    import huggingface_hub.constants as hub

    before = hub.HF_HUB_OFFLINE
    hub.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        hub.HF_HUB_OFFLINE = before


@contextmanager
def _said(weights: Weights, device: str) -> Iterator[None]:
    """Turn what loading may raise into one line with a cure."""
    from safetensors import SafetensorError

    try:
        yield
    except BackendUnavailableError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ImportError, SafetensorError) as error:
        raise BackendUnavailableError(
            faulty_file(weights)
            or f"{weights.folder}: cannot be loaded ({named_line(error)}). Copy or pull the model again; if it stays "
            "so, its files are of a version that transformers does not know."
        ) from error
    except (RuntimeError, MemoryError) as error:
        if is_out_of_memory(error):
            raise BackendUnavailableError(
                f"{weights.name}: {weights.size / 1024**3:.1f} GiB of weights do not fit into the memory of {device}. "
                "Set local.precision to a smaller one (float16, 8bit, 4bit), take a smaller model, or another device."
            ) from error
        raise BackendUnavailableError(f"{weights.folder}: cannot be loaded ({named_line(error)}).") from error
