"""What can be seen of a model without its weights: that it is there, of a known family, sees images and can think."""

from __future__ import annotations

from pathlib import Path

from lib.contracts.condition import Decoding, Thinking
from lib.contracts.local_model import Local
from lib.errors import BackendUnavailableError, named_line
from lib.local.engine import Request
from lib.local.families import Family, family_of
from lib.local.folder_faults import lacks_processor
from lib.local.probing import blank_picture, refuse_thinking
from lib.local.turns import CLOSE
from lib.local.weights import Weights, find_weights


def precheck(model: str, local: Local, thinking: Thinking, root: Path | None = None) -> None:
    """Find a model, load its processor and count the image's tokens in a question; seconds, whatever its size.

    Raises
    ------
    BackendUnavailableError
        With the cure.
    """
    from lib.local.loading import pick_device, refuse_quantised

    weights = find_weights(model, local.revision, root)
    family = family_of(weights.model_type, str(weights.folder))
    refuse_quantised(local, pick_device(local.device))
    try_prompt(weights, family, thinking)


def try_prompt(weights: Weights, family: Family, thinking: Thinking) -> None:
    """Count the image's tokens in a question, and see that thinking would come to an end; loads no weights.

    Raises
    ------
    BackendUnavailableError
        With the cure.
    """
    from lib.local.loading import load_config, load_processor
    from lib.local.prompting import Prompter

    prompter = Prompter(load_processor(weights, family), load_config(weights), family, weights.name)
    try:
        prompter.prepare(Request("precheck", "What is this?", blank_picture(), Decoding(), thinking))
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise BackendUnavailableError(
            lacks_processor(weights)
            or f"{weights.folder}: its processor cannot make a question ready ({named_line(error)}). Copy or pull the "
            "model again; if it stays so, its files are of a version that transformers does not know."
        ) from error
    tag = prompter.tokenizer(CLOSE, add_special_tokens=False)["input_ids"]
    refuse_thinking(weights.name, thinking, len(tag) == 1)
