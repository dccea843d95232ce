"""Whether an Ollama is there, has the model, and can do what a condition wants; found out without loading a model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import httpx

from lib.backends.failures import from_network, line_without_keys
from lib.backends.ollama_settings import address_of
from lib.backends.refusing import refuse
from lib.contracts.condition import Condition
from lib.errors import BackendUnavailableError

WITHIN = 10.0
THINKS_SINCE = (0, 9, 0)
LOG_PROBABILITIES_SINCE = (0, 12, 11)


@dataclass(frozen=True, slots=True)
class Found:
    """The model's digest, and what to send as `think` (None: nothing, the model does not know of it)."""

    digest: str | None
    think: bool | None


async def examine(condition: Condition, headers: dict[str, str]) -> Found:
    """Look at server and model.

    Raises
    ------
    BackendUnavailableError
        No Ollama is there, or it lacks the model: one line with the cure.
    lib.errors.ParameterError
        The model, or this version of Ollama, cannot do what the condition sets.
    """
    base = address_of(condition)
    where = f"condition {condition.id}: Ollama at {base}"
    async with httpx.AsyncClient(base_url=base, timeout=WITHIN, headers=headers) as client:
        try:
            version = _json(await client.get("/api/version"), where).get("version")
            tags = _json(await client.get("/api/tags"), where).get("models") or []
            shown = await client.post("/api/show", json={"model": condition.model})
        except (httpx.HTTPError, OSError) as error:
            late = from_network("", error).kind == "timeout"
            raise BackendUnavailableError(
                f"{where} {'did not answer in time' if late else 'does not answer'}. Start it (`ollama serve`), or "
                "name its address (`server` in the condition, or OLLAMA_HOST)."
            ) from None
    if shown.status_code == 404:
        raise BackendUnavailableError(
            f"{where} does not have {condition.model!r}. Run `ollama pull {condition.model}`."
        )
    model = _json(shown, where)
    _check_version(condition, version)
    return Found(_digest(tags, condition.model), _think(condition, model))


def _check_version(condition: Condition, version: object) -> None:
    found = tuple(int(part) for part in re.findall(r"\d+", str(version))[:3])
    too_old = f"Ollama {version} is too old for it and would drop it in silence"
    # A build of one's own calls itself 0.0.0.
    if len(found) < 3 or not any(found):
        return
    if condition.thinks and found < THINKS_SINCE:
        raise refuse(condition, "thinking.mode", condition.thinking.mode, too_old, "Update Ollama to 0.9.0 or later.")
    if condition.decoding.log_probabilities is not None and found < LOG_PROBABILITIES_SINCE:
        value = condition.decoding.log_probabilities
        raise refuse(condition, "decoding.log_probabilities", value, too_old, "Update Ollama to 0.12.11 or later.")


def _think(condition: Condition, model: dict[str, Any]) -> bool | None:
    wanted = condition.thinks
    capabilities = model.get("capabilities")
    controls = model.get("thinking")
    values = controls.get("values") if isinstance(controls, dict) else None
    mode = condition.thinking.mode
    if isinstance(capabilities, list) and "vision" not in capabilities and condition.strategy != "text_only":
        raise refuse(condition, "model", condition.model, "it takes no images", "Choose a model with vision.")
    if wanted and isinstance(capabilities, list) and "thinking" not in capabilities:
        cure = 'Write `thinking: {mode: "off"}`, or choose a model that thinks.'
        raise refuse(condition, "thinking.mode", mode, f"{condition.model} does not think", cure)
    if isinstance(values, list) and wanted not in values and any(isinstance(value, bool) for value in values):
        cure = "Write `thinking: {mode: dynamic}`." if not wanted else 'Write `thinking: {mode: "off"}`.'
        raise refuse(condition, "thinking.mode", mode, f"{condition.model} only takes think = {values}", cure)
    if not wanted and isinstance(capabilities, list) and "thinking" not in capabilities:
        return None
    return wanted


def _digest(tags: list[dict[str, Any]], model: str) -> str | None:
    names = {model, model if ":" in model.rpartition("/")[2] else f"{model}:latest"}
    same = (tag for tag in tags if names & {tag.get("name"), tag.get("model")})
    return next((str(tag["digest"]) for tag in same if tag.get("digest")), None)


def _json(response: httpx.Response, where: str) -> dict[str, Any]:
    if response.status_code in {401, 403}:
        raise BackendUnavailableError(
            f"{where} wants a key that is allowed there ({response.status_code}). Set OLLAMA_API_KEY, or "
            "RATER_SERVER_KEY where a condition's file names the server."
        )
    try:
        value = response.json() if response.status_code == 200 else None
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise BackendUnavailableError(
            f"{where} answers {response.status_code} ({line_without_keys(response.text)[:80]!r}), as no Ollama does. "
            "Correct its address (`server` in the condition, or OLLAMA_HOST)."
        )
    return value
