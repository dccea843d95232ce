"""Fetching a model from Hugging Face's hub, when a user says so: settings, words and safetensors, never code."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.errors import BackendUnavailableError
from lib.local.families import family_of
from lib.local.weights import WANTED, Weights, hub_cache, read_folder, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator

INSTALL = "Install what runs models on this machine: make local"
REACHED_WITHIN = 10.0
"""Seconds in which the hub has to answer at all, before anything is asked of it."""


def pull(model: str, revision: str | None = None) -> Weights:
    """Fetch a model into Hugging Face's cache; what is there already is not fetched again.

    A model that asks for a licence needs the token HF_TOKEN of an account that has accepted it. The hub's address is
    HF_ENDPOINT, where that is set.

    Parameters
    ----------
    model
        Its name on the hub, such as `OpenGVLab/InternVL3-1B-hf`.
    revision
        Branch, tag or commit; `main` by default.

    Raises
    ------
    BackendUnavailableError
        The hub cannot be reached, has no such model or revision, or none that this version runs; with the cure.
    """
    hub = _hub()
    where = f"{model}{f' at {revision}' if revision else ''}"
    place = {"revision": revision, "cache_dir": hub_cache(), "endpoint": os.environ.get("HF_ENDPOINT")}
    with _said(where, hub):
        _reach(hub, model, revision)
        config = Path(hub.hf_hub_download(model, "config.json", **place))
    family_of(_model_type(config), where)
    with _said(where, hub):
        folder = Path(hub.snapshot_download(model, allow_patterns=list(WANTED), **place))
    return read_folder(folder, model, folder.name)


def _reach(hub: Any, model: str, revision: str | None) -> None:  # noqa: ANN401
    """Ask the hub once whether it is there: its own client would try for half a minute, and print each attempt."""
    address = hub.hf_hub_url(model, "config.json", revision=revision, endpoint=os.environ.get("HF_ENDPOINT"))
    hub.get_session().head(address, timeout=REACHED_WITHIN, follow_redirects=False)


def _model_type(config: Path) -> str:
    return str(read_json(config).get("model_type"))


def _hub() -> Any:  # noqa: ANN401, the module
    try:
        import huggingface_hub
        import huggingface_hub.errors
    except ImportError as error:
        raise BackendUnavailableError(f"{error}. {INSTALL}") from error
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        raise BackendUnavailableError("HF_HUB_OFFLINE is set, so nothing is fetched. Unset it, then pull again.")
    return huggingface_hub


@contextmanager
def _said(where: str, hub: Any) -> Iterator[None]:  # noqa: ANN401
    """Turn what fetching may raise into one line with a cure."""
    import httpx2

    errors = hub.errors
    try:
        yield
    except errors.GatedRepoError as error:
        raise BackendUnavailableError(
            f"{where}: asks for its licence to be accepted. Accept it on the model's page, then set HF_TOKEN to a "
            "token of that account."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise BackendUnavailableError(
            f"{where}: the hub has no such model, or shows it to nobody without a token. Correct its name, or set "
            "HF_TOKEN."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise BackendUnavailableError(f"{where}: has no such revision. Take a branch, tag or commit it has.") from error
    except errors.HFValidationError as error:
        raise BackendUnavailableError(
            f"{where}: is no name of a model on the hub, which is like owner/name. A folder of yours is not pulled: "
            "name it as `model` in a condition."
        ) from error
    except errors.LocalEntryNotFoundError as error:
        raise _unreached(where, error) from error
    except errors.EntryNotFoundError as error:
        raise BackendUnavailableError(
            f"{where}: has no config.json, so it is no model that transformers runs."
        ) from error
    except (errors.HfHubHTTPError, httpx2.HTTPError, OSError) as error:
        raise _unreached(where, error) from error


def _unreached(where: str, error: Exception) -> BackendUnavailableError:
    return BackendUnavailableError(
        f"{where}: cannot be fetched ({type(error).__name__}). See that this computer is online, then run the same "
        "command again; what came is kept."
    )
