"""What weights bring with them for answering: where an answer ends, tags of thinking, how tokens are drawn."""

from __future__ import annotations

from typing import Any

from lib.contracts.condition import Decoding
from lib.local.turns import CLOSE, OPEN, Words


def words_of(tokenizer: Any, own: Any) -> Words:  # noqa: ANN401, of transformers
    """Tokens with a meaning, by tokenizer and generation settings: ends of an answer, tags of thinking of one token."""
    ends = {own.eos_token_id} if isinstance(own.eos_token_id, int) else set(own.eos_token_id or ())
    if tokenizer.eos_token_id is not None:
        ends.add(tokenizer.eos_token_id)
    tags = [tokenizer(tag, add_special_tokens=False)["input_ids"] for tag in (OPEN, CLOSE)]
    if not all(len(tag) == 1 for tag in tags):
        return Words(frozenset(ends))
    closed = tokenizer(f"{CLOSE}\n\n", add_special_tokens=False)["input_ids"]
    return Words(frozenset(ends), tags[0][0], tags[1][0], tuple(closed))


def own_decoding(own: Any) -> Decoding:  # noqa: ANN401, of transformers
    """What the weights come with for drawing tokens; greedy if they do not say that tokens are drawn."""
    if not own.do_sample:
        return Decoding(temperature=0.0)
    return Decoding(temperature=own.temperature if own.temperature is not None else 1.0, top_p=own.top_p)
