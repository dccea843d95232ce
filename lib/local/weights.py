"""Where weights are: in a folder of the user's, or pulled before from Hugging Face's hub; never fetched unasked."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.errors import BackendUnavailableError
from lib.files import checked_sha256, sha256_file

HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".h5", ".msgpack")
WANTED = ("*.json", "*.safetensors", "*.jinja", "*.txt", "*.model", "*.tiktoken")
"""What is pulled: settings, words and safetensors; no pickled weights and no code."""


@dataclass(frozen=True, slots=True)
class Weights:
    """One model on this machine.

    Attributes
    ----------
    folder : Path
        Where its files are.
    name : str
        As the condition calls it.
    model_type : str
        Of its config.
    revision : str or None
        The hub's commit; None for a folder of the user's.
    files : tuple of Path
        Its safetensors, in order of their names.
    """

    folder: Path
    name: str
    model_type: str
    revision: str | None
    files: tuple[Path, ...]

    @property
    def size(self) -> int:
        """Bytes of all weights."""
        return sum(path.stat().st_size for path in self.files)


def find_weights(model: str, revision: str | None = None, root: Path | None = None) -> Weights:
    """Find a model: a folder (relative ones from `root`), or what `rater models pull` put into Hugging Face's cache.

    Raises
    ------
    BackendUnavailableError
        It is not there, is no model, or its weights are pickled; with the cure.
    """
    folder = (root or Path.cwd()) / Path(model).expanduser()
    if folder.is_dir():
        if revision is not None:
            raise BackendUnavailableError(
                f"{model}: local.revision: got {revision!r}, but {folder} is a folder, which has none. Take revision "
                "out (sha256 says which weights are meant), or name the model as the hub does."
            )
        return read_folder(folder, model, None)
    if HUB_NAME.fullmatch(model) is None:
        raise BackendUnavailableError(f"{model}: there is no such folder. Correct `model`, or put the weights there.")
    found = _pulled(model, revision)
    if found is None:
        option = f" --revision {revision}" if revision else ""
        raise BackendUnavailableError(
            f"{model}: is neither a folder nor pulled yet. Pull it: rater models pull {model}{option}"
        )
    return read_folder(found, model, found.name)


def read_folder(folder: Path, name: str, revision: str | None) -> Weights:
    """See that a folder holds a model in safetensors.

    Raises
    ------
    BackendUnavailableError
        It does not.
    """
    config = folder / "config.json"
    model_type = read_json(config).get("model_type")
    if not isinstance(model_type, str):
        raise BackendUnavailableError(
            f"{config}: model_type: got {model_type!r}, expected its family's name. Is this the folder of a model?"
        )
    files = tuple(sorted(folder.glob("*.safetensors")))
    if not files:
        pickled = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLED)
        held = (
            f"only pickled ones ({', '.join(pickled[:3])}), which can run code and are not read" if pickled else "none"
        )
        raise BackendUnavailableError(
            f"{folder}: expected weights in safetensors, got {held}. Take a revision that has them, or convert them."
        )
    missing = [part for part in _listed(folder) if not (folder / part).is_file()]
    if missing:
        raise BackendUnavailableError(
            f"{folder}: {missing[0]} is missing ({len(missing)} of its weights' files are). "
            f"Copy it there, or run rater models pull again."
        )
    return Weights(folder, name, model_type, revision, files)


def weights_sha256(weights: Weights) -> str:
    """Hexadecimal SHA-256 over the weights' files: their own hash if there is one, else of the list of their hashes.

    The list is `<sha256>  <name>` lines as `sha256sum *.safetensors` prints them, in order of names.
    """
    hashes = [(sha256_file(path), path.name) for path in weights.files]
    if len(hashes) == 1:
        return hashes[0][0]
    return hashlib.sha256("".join(f"{digest}  {name}\n" for digest, name in hashes).encode()).hexdigest()


def telling_sha256(weights: Weights, wanted: str | None) -> str | None:
    """Give the weights' hash where a condition names one, or nothing else says which weights they are; else None.

    Raises
    ------
    BackendUnavailableError
        They are not those that the condition names.
    """
    if wanted is None and weights.revision is not None:
        return None
    return checked_sha256(weights_sha256(weights), wanted, f"{weights.name}: local.sha256", weights.folder)


def hub_cache() -> Path:
    """Hugging Face's cache of models, where its own programs look for it."""
    home = Path(os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    return Path(os.environ.get("HF_HUB_CACHE") or home / "hub").expanduser()


def pulled_models() -> Iterator[tuple[str, str, Path]]:
    """Name, commit and folder of every model in Hugging Face's cache that has a config."""
    for folder in sorted(hub_cache().glob("models--*")):
        name = folder.name.removeprefix("models--").replace("--", "/")
        for snapshot in sorted((folder / "snapshots").glob("*")):
            if (snapshot / "config.json").is_file():
                yield name, snapshot.name, snapshot


def _pulled(model: str, revision: str | None) -> Path | None:
    """The folder of a pulled revision (a branch, tag or commit); None if it is not there."""
    home = hub_cache() / f"models--{model.replace('/', '--')}"
    wanted = revision or "main"
    reference = home / "refs" / wanted
    commit = reference.read_text(encoding="ascii").strip() if reference.is_file() else wanted
    exact = home / "snapshots" / commit
    if exact.is_dir():
        return exact
    begun = sorted(path for path in (home / "snapshots").glob(f"{commit}*")) if len(commit) >= 7 else []
    return begun[0] if len(begun) == 1 else None


def read_json(path: Path) -> dict[str, Any]:
    """Read a file of settings.

    Raises
    ------
    BackendUnavailableError
        It is not there, or no JSON.
    """
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise BackendUnavailableError(
            f"{path.parent}: has no config.json, so it is not the folder of a model. Name the folder that has one."
        ) from error
    except (OSError, ValueError) as error:
        raise BackendUnavailableError(f"{path}: cannot be read ({error}). Copy the model there again.") from error
    return value if isinstance(value, dict) else {}


def _listed(folder: Path) -> list[str]:
    """The files that the index of weights in several parts lists."""
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return []
    parts = read_json(index).get("weight_map")
    return sorted({str(part) for part in parts.values()}) if isinstance(parts, dict) else []
