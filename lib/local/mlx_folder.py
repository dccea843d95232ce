"""A model's folder in the form that mlx-vlm reads: settings and weights under the names that it knows, and no code.

mlx-vlm 0.7.10 reads settings as older versions of transformers wrote them, and takes a default where it does not find
one: a model saved by transformers 5 then runs with another rotary base, another number of heads or without its image,
and nothing says so. What is not translated here is what mlx-vlm finds by itself.
"""

from __future__ import annotations

import copy
import json
import shutil
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from lib.errors import BackendUnavailableError
from lib.local.weights import Weights

INDEX = "model.safetensors.index.json"
TOWER, OLDER_TOWER = "vision_tower.", "vision_tower.vision_model."
REWRITTEN = ("F8_E8M0",)
"""Types of numbers for which mlx-vlm would rewrite the header of the user's own file while it reads it."""
Settings = dict[str, Any]


@contextmanager
def as_mlx_reads(weights: Weights) -> Iterator[Path]:
    """Give a folder that mlx-vlm can load, for as long as it loads; the user's own stays as it is.

    Weights are links, unless their names have to be changed: then they are copied.

    Raises
    ------
    BackendUnavailableError
        The folder brings code of its own, or its numbers are of a type that cannot be read without changing the file.
    """
    config, names = read_headers(weights)
    newer = any(_older(name) != name for tensors in names.values() for name in tensors)
    with tempfile.TemporaryDirectory(prefix="rater-mlx-") as temporary:
        folder = Path(temporary)
        (folder / "config.json").write_text(json.dumps(translated(config)), encoding="utf-8")
        for path in weights.files:
            if newer:
                _copy_renamed(path, folder / path.name)
            else:
                (folder / path.name).symlink_to(path.resolve())
        if not newer and (weights.folder / INDEX).is_file():
            (folder / INDEX).symlink_to((weights.folder / INDEX).resolve())
        yield folder


def read_headers(weights: Weights) -> tuple[Settings, dict[Path, dict[str, Any]]]:
    """Give a model's settings, and what each of its files says of each weight.

    Raises
    ------
    BackendUnavailableError
        As `as_mlx_reads`.
    """
    config: Settings = json.loads((weights.folder / "config.json").read_bytes())
    if "model_file" in config:
        raise BackendUnavailableError(
            f"{weights.folder / 'config.json'}: model_file: got {config['model_file']!r}, which mlx-vlm would run as a "
            "program. No code of models is run here; take a model of a family that mlx-vlm has itself."
        )
    names = {path: _header(path) for path in weights.files}
    for path, tensors in names.items():
        if any(one.get("dtype") in REWRITTEN for one in tensors.values()):
            raise BackendUnavailableError(
                f"{path}: holds numbers of type {', '.join(REWRITTEN)}, for which mlx-vlm would change the file. "
                "Take a copy of the model in another type (mlx-community has them in 4 and 8 bits)."
            )
    return config, names


def translated(config: Settings) -> Settings:
    """Give the settings of a model as mlx-vlm 0.7.10 reads them; those in the older form come back unchanged.

    Found by comparing logits with transformers' on the same weights, family by family (`tests/local/test_mlx_parity`).
    """
    config = copy.deepcopy(config)
    kind = config.get("model_type")
    text = config.setdefault("text_config", {})
    vision = config.setdefault("vision_config", {})
    _translate_rope(kind, text)
    # Where no padding token is named, 0 is taken, and whatever token that is gets no embedding.
    if "pad_token_id" in text:
        config.setdefault("pad_token_id", text["pad_token_id"])
    if kind in {"qwen2_vl", "qwen2_5_vl"}:
        for name, value in text.items():
            config.setdefault(name, value)
    if kind in {"qwen2_vl", "qwen2_5_vl", "qwen3_vl"} and str(vision.get("model_type", "")).startswith(f"{kind}_"):
        vision["model_type"] = kind
    if kind == "gemma3":
        # The image's features are scaled by the first, pooled by the second; layers see a window by the third.
        _default(config, "hidden_size", text.get("hidden_size"))
        _default(text, "mm_tokens_per_image", config.get("mm_tokens_per_image"))
        layers = text.get("layer_types") or []
        if "full_attention" in layers:
            _default(text, "sliding_window_pattern", layers.index("full_attention") + 1)
    if kind == "mllama":
        _default(vision, "num_attention_heads", vision.get("attention_heads"))
    if kind == "internvl" and text.get("num_attention_heads"):
        _default(text, "head_dim", int(text.get("hidden_size", 0)) // int(text["num_attention_heads"]))
    return config


def _translate_rope(kind: object, text: Settings) -> None:
    rope = text.get("rope_parameters")
    if not rope:
        return
    if kind == "gemma3":
        _default(text, "rope_global_base_freq", rope.get("full_attention", {}).get("rope_theta"))
        _default(text, "rope_local_base_freq", rope.get("sliding_attention", {}).get("rope_theta"))
        rope = rope.get("full_attention", {})
    _default(text, "rope_theta", rope.get("rope_theta"))
    scaling = {name: value for name, value in rope.items() if name != "rope_theta"}
    if scaling.get("rope_type", "default") != "default" or "mrope_section" in scaling:
        _default(text, "rope_scaling", {**scaling, "type": scaling.get("rope_type", "default")})


def _default(settings: Settings, name: str, value: object) -> None:
    if value is not None and settings.get(name) is None:
        settings[name] = value


def _older(name: str) -> str:
    """The name of a weight before transformers 5, which left out a word for SigLIP's and CLIP's towers."""
    inner = name.removeprefix(TOWER)
    if inner == name or not inner.startswith(("embeddings.", "encoder.", "pre_layrnorm.", "post_layernorm.", "head.")):
        return name
    return OLDER_TOWER + inner


def _header(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return {name: one for name, one in _read_header(file).items() if name != "__metadata__"}
    except (OSError, ValueError, struct.error) as error:
        raise BackendUnavailableError(
            f"{path}: cannot be read as safetensors ({error}). Copy or pull it again."
        ) from error


def _read_header(file: BinaryIO) -> dict[str, Any]:
    (length,) = struct.unpack("<Q", file.read(8))
    header = json.loads(file.read(min(length, 100_000_000)))
    if not isinstance(header, dict):
        raise ValueError("its header is no table")
    return header


def _copy_renamed(source: Path, target: Path) -> None:
    """Copy a safetensors file with its weights under their older names; offsets count from the header's end."""
    with source.open("rb") as old, target.open("wb") as new:
        header = {_older(name): one for name, one in _read_header(old).items()}
        written = json.dumps(header, separators=(",", ":")).encode()
        written += b" " * (-len(written) % 8)
        new.write(struct.pack("<Q", len(written)) + written)
        shutil.copyfileobj(old, new, 1 << 20)
