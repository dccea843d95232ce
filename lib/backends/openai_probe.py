"""Which kind of server an address is, and whether it has the model; found out without asking anything that costs."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from lib.backends import openai_settings as kinds
from lib.backends.base import BackendError
from lib.backends.failures import from_network, from_status
from lib.backends.openai_http import OpenAIHttp, Reply
from lib.backends.openai_settings import Flavour, key_name
from lib.contracts.condition import Condition
from lib.errors import BackendUnavailableError

WITHIN = 10.0
LOADED_WITHIN = 60.0
"""Seconds that a model is given to be loaded, or refused, before it is asked about images all the same."""
MESSAGE = 200
OWNERS = {
    "vllm": kinds.VLLM,
    "llamacpp": kinds.LLAMA_CPP,
    "organization_owner": kinds.LM_STUDIO,
    "organization-owner": kinds.LM_STUDIO,
}
"""What a server says of itself in its list of models (`owned_by`)."""


async def recognise(
    http: OpenAIHttp, condition: Condition, address: str, hosted: bool, lacking: bool = False
) -> Flavour:
    """Give the kind of server at `address`, which has the condition's model.

    Parameters
    ----------
    http, condition, address, hosted
        What is asked, where, and whether that is OpenAI itself.
    lacking
        Whether no key is set for it.

    Raises
    ------
    BackendUnavailableError
        No server is there, it does not take the key, or it does not have the model: one line with the cure.
    """
    where, key = f"condition {condition.id}: {'OpenAI' if hosted else address}", key_name(condition, hosted)
    if hosted:
        response = await _get(http, f"/models/{condition.model}", where)
        if response.status_code == 404:
            raise BackendUnavailableError(
                f"{where} has no model {condition.model!r} for this key. Correct `model`, or ask for access to it."
            )
        _check(response, where, key, lacking)
        return kinds.HOSTED
    response = await _get(http, "/models", where)
    if response.status_code == 404:
        raise BackendUnavailableError(
            f"{where} lists no models (404). The address of an OpenAI-compatible server usually ends in /v1."
        )
    models = _models(response)
    flavour = await _flavour(http, response, models, where)
    # transformers serve lists nothing but 500 where nothing was ever downloaded, and serves a folder all the same.
    if not (flavour is kinds.TRANSFORMERS and response.status_code == 500):
        _check(response, where, key, lacking)
    names = [str(model.get("id")) for model in models]
    if flavour.lists_all and condition.model not in names:
        listed = ", ".join(names[:5]) + (", …" if len(names) > 5 else "") if names else "none"
        raise BackendUnavailableError(
            f"{where} ({flavour.name}) does not serve {condition.model!r}, but {listed}. "
            "Start it with that model, or correct `model` in the condition."
        )
    if flavour is kinds.TRANSFORMERS:
        await _load(http, condition.model, where)
    return flavour


async def _load(http: OpenAIHttp, model: str, where: str) -> None:
    """Have transformers serve load a model; asked about images, it answers 500 to one that it cannot load."""
    try:
        async with asyncio.timeout(LOADED_WITHIN):
            response = await http.post(_root(http, "/load_model"), msgspec.json.encode({"model": model}))
    except (aiohttp.ClientError, OSError):
        return
    lines = response.content.decode(errors="replace").splitlines()
    events = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    try:
        last = msgspec.json.decode(events[-1]) if events else None
    except msgspec.DecodeError:
        return
    if isinstance(last, dict) and last.get("status") == "error":
        why = " ".join(str(last.get("message")).split())[:MESSAGE]
        raise BackendUnavailableError(
            f"{where} ({kinds.TRANSFORMERS.name}) cannot load {model!r}: {why} Correct `model` in the condition: "
            "a folder on the server's machine, or the name of a model that it has."
        )


def _root(http: OpenAIHttp, path: str) -> str:
    return urlsplit(http.address)._replace(path=path, query="", fragment="").geturl()


async def _flavour(http: OpenAIHttp, response: Reply, models: list[dict[str, Any]], where: str) -> Flavour:
    signature = response.headers.get("server", "").lower()
    # uvicorn signs before the application does.
    if "mlx_vlm" in signature:
        return kinds.MLX
    if "llama.cpp" in signature:
        return kinds.LLAMA_CPP
    found = {OWNERS[owner] for owner in (str(model.get("owned_by")) for model in models) if owner in OWNERS}
    if len(found) == 1:
        return found.pop()
    if "uvicorn" in signature:
        # transformers serve says nothing of itself; its routes do.
        described = await _get(http, _root(http, "/openapi.json"), where)
        if described.status_code == 200 and b'"/load_model"' in described.content:
            return kinds.TRANSFORMERS
    return kinds.OTHER


async def _get(http: OpenAIHttp, path: str, where: str, again: bool = True) -> Reply:
    try:
        async with asyncio.timeout(WITHIN):
            return await http.get(path)
    except (aiohttp.ClientError, OSError) as error:
        late = from_network("", error).kind == "timeout"
    if again and not late:  # a server that fails at one request may close the connection before the next
        return await _get(http, path, where, again=False)
    reason = "did not answer in time" if late else "does not answer"
    raise BackendUnavailableError(f"{where} {reason}. Start the server, or correct its address.")


def _check(response: Reply, where: str, key: str, lacking: bool) -> None:
    if response.status_code == 200:
        return
    failure: BackendError = from_status(where, response.status_code, response.content, response.headers)
    if failure.kind == "unauthorized" and lacking:
        raise BackendUnavailableError(
            f"{where} wants a key ({response.status_code}), and {key} is not set. Set it, or put it into the file that "
            "RATER_KEY_FILE names."
        )
    if failure.kind == "unauthorized":
        raise BackendUnavailableError(f"{failure.message} Set {key} to a key that is allowed here.")
    raise BackendUnavailableError(f"{failure.message} Try again later, or correct the address.")


def _models(response: Reply) -> list[dict[str, Any]]:
    try:
        listed = msgspec.json.decode(response.content)
    except msgspec.DecodeError:
        return []
    data = listed.get("data") if isinstance(listed, dict) else None
    return [model for model in data if isinstance(model, dict)] if isinstance(data, list) else []
