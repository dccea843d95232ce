"""Pictures and questions for local models, and transformers' own `generate` as what every answer is held to."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import torch
from PIL import Image

from lib.contracts.condition import Decoding
from lib.local.engine import Counts, Generation, Request, Wanted
from lib.local.transformers_engine import TransformersEngine
from lib.protocol.question import Picture

STEPS = (
    "What is the facial expression in this image? Choose one from: happy, sad, angry. Answer with a single word only.",
    "You identified this face as happy. How pleasant is this facial expression? Answer with a single number only.",
    "You identified this face as happy with pleasantness 5 out of 9. Rate from 1 to 9. Answer with a number only.",
)
TALL = (100, 150)
"""Pixels, width and height: no family's grid of it is a square of the picture's own."""
TOKENS = 4
EVERY_TOKEN = Wanted(top=10_000)
CLOSE = 1e-5
"""How near log-probabilities are to those of a plain call, in float32."""


def image(seed: int, size: tuple[int, int] = TALL) -> Image.Image:
    """Coloured noise, the same for a seed."""
    values = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(values)


def encoded(pixels: Image.Image, kind: str = "PNG", **settings: Any) -> Picture:
    """A picture's bytes."""
    buffer = io.BytesIO()
    pixels.save(buffer, kind, **settings)
    return Picture(buffer.getvalue(), f"image/{kind.lower()}")


def request(seed: int = 0, step: int = 0, *, size: tuple[int, int] = TALL, **changes: Any) -> Request:
    """One step about one picture; greedy, a few tokens, with all log-probabilities."""
    given = {"decoding": Decoding(max_tokens=TOKENS), "wanted": EVERY_TOKEN, **changes}
    picture = given.pop("picture", encoded(image(seed, size)))
    return Request(f"{seed}-{step}", STEPS[step], picture, **given)


def all_steps(*seeds: int) -> list[Request]:
    """Every step about every picture, as a run of many items asks them."""
    return [request(seed, step) for step in range(len(STEPS)) for seed in seeds]


def fresh(engine: TransformersEngine) -> TransformersEngine:
    """An engine as it was when it was opened: nothing kept, nothing counted."""
    engine.store.clear()
    engine.counts = engine.reader.counts = Counts()
    engine.most = None
    return engine


def answers(engine: TransformersEngine, *requests: Request) -> list[Generation]:
    """Answers, all of which came."""
    given = engine.generate(requests)
    assert all(isinstance(one, Generation) for one in given), given
    return [one for one in given if isinstance(one, Generation)]


def plainly(engine: TransformersEngine, asked: Request, **wishes: Any) -> tuple[list[int], Any]:
    """Ask by one plain call of transformers' `generate`: nothing kept, nothing shared; tokens and all it gives."""
    prepared = engine.prompter.prepare(asked)
    ids = torch.tensor([prepared.ids])
    inner = engine.model.model
    if hasattr(inner, "rope_deltas"):
        inner.rope_deltas = None
    try:
        with torch.inference_mode():
            given = engine.model.generate(
                input_ids=ids, attention_mask=torch.ones_like(ids), **prepared.tensors,
                max_new_tokens=asked.decoding.max_tokens, do_sample=False, output_logits=True,
                return_dict_in_generate=True, **wishes,
            )  # fmt: skip
    finally:
        if hasattr(inner, "rope_deltas"):
            inner.rope_deltas = None
    said = given.sequences[0, ids.shape[1] :].tolist()
    return [token for token in said if token not in engine.answerer.words.ends], given


def log_probabilities(given: Any) -> torch.Tensor:
    """Log-probabilities of every token at every step of a plain call."""
    return torch.stack([scores[0] for scores in given.logits]).float().log_softmax(-1)


def spread(answer: Generation) -> torch.Tensor:
    """An answer's log-probabilities in the order of the vocabulary."""
    assert answer.steps is not None
    ids = torch.tensor(answer.steps.ids).long()
    return torch.empty(ids.shape).scatter_(1, ids, torch.tensor(answer.steps.log_probabilities))
