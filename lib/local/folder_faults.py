"""Which file of a model's folder is at fault, where its library could not load it and says so in its own terms."""

from __future__ import annotations

from pathlib import Path

from lib.errors import BackendUnavailableError, one_line
from lib.local.weights import Weights, read_json

WORDS = ("tokenizer.json", "tokenizer.model", "vocab.json", "*.tiktoken")
"""Any of these holds the words of a model; the first is what transformers writes today."""
PICTURES = "preprocessor_config.json"
BOTH = "processor_config.json"
"""Settings of words and pictures together; newer ones hold those of pictures, too."""


def faulty_file(weights: Weights) -> str | None:
    """Name the file of a model's folder that is broken or missing, with the cure; None if no file is.

    Only asked after loading failed: what a family needs besides is not looked for.
    """
    folder, again = weights.folder, _again(weights)
    for path in sorted(folder.glob("*.json")):
        try:
            read_json(path)
        except BackendUnavailableError:
            return f"{path}: is no whole JSON file ({path.stat().st_size:,} bytes). {again}"
    for path in weights.files:
        problem = _broken(path)
        if problem:
            return f"{path}: is no whole safetensors file ({path.stat().st_size:,} bytes; {problem}). {again}"
    if not any(next(folder.glob(name), None) for name in WORDS):
        return f"{folder}: lacks {WORDS[0]}, which holds the model's words. {again}"
    both = folder / BOTH
    if not (folder / PICTURES).is_file() and not (both.is_file() and "image_processor" in read_json(both)):
        return f"{folder}: lacks {PICTURES}, which says how pictures are made ready for the model. {again}"
    return None


def lacks_processor(weights: Weights) -> str | None:
    """Say that a folder has no settings of words and pictures together, which some families can do without."""
    if (weights.folder / BOTH).is_file():
        return None
    return f"{weights.folder}: lacks {BOTH}, which says how words and pictures go together. {_again(weights)}"


def _again(weights: Weights) -> str:
    if weights.revision is None:
        return "Copy it there from where the model comes from, whole."
    return f"Pull the model again: rater models pull {weights.name}"


def _broken(path: Path) -> str | None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "numpy"):
            return None
    except (SafetensorError, OSError) as error:
        return one_line(error)
