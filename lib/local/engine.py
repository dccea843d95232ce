"""What a local model is asked and what it gives, the same for every library that runs it (transformers, MLX)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from lib.contracts.condition import Decoding, Thinking
from lib.local.grids import Grid
from lib.protocol.question import Picture

Finish = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be kept of what goes on inside; nothing by default, and what is not wanted costs nothing.

    Attributes
    ----------
    top : int
        So many of the likeliest tokens of every step, from the raw logits; 0 keeps none.
    words, starts : tuple of str
        Words, such as the digits of a scale, whose log-probability is kept at every step; of starts the first token's.
    attention : bool
        Attention of each generated token to the image's grid.
    vision_attention : bool
        How much attention each place of the image gets within the vision tower, where that can be had.
    hidden : tuple of int
        Layers whose hidden states are kept: 0 is what goes into the first layer, n what comes out of layer n, the
        last one behind the final norm, as transformers counts them.
    answer_only : bool
        Attention and hidden states of the answer's tokens alone, without those of thinking, which are many.
    """

    top: int = 0
    words: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    attention: bool = False
    vision_attention: bool = False
    hidden: tuple[int, ...] = ()
    answer_only: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model.

    Attributes
    ----------
    key : str
        What makes this question different from all others. Draws depend on it and on the decoding's seed alone, so
        that neither order nor batches change an answer.
    prompt : str
        The question's words, without image marker and chat template.
    picture : Picture or None
        Encoded image; None asks without.
    """

    key: str
    prompt: str
    picture: Picture | None
    decoding: Decoding = field(default_factory=Decoding)
    thinking: Thinking = field(default_factory=Thinking)
    wanted: Wanted = Wanted()


@dataclass(frozen=True, slots=True)
class Steps:
    """Probabilities of every generated token, thinking included.

    Attributes
    ----------
    ids, log_probabilities : arrays, (steps, k)
        The k likeliest tokens of each step, likeliest first, with their natural logarithms, from raw logits: before
        temperature, penalty and nucleus.
    words : array, (steps, words and starts)
        The same of each wanted word, and of the first token of each wanted start; NaN for words of several tokens.
    word_ids : tuple of int
        Their tokens; -1 for none.
    """

    ids: NDArray[np.int32]
    log_probabilities: NDArray[np.float32]
    words: NDArray[np.float32]
    word_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Trace:
    """What went on inside while one answer was given; None is what was not wanted or cannot be had.

    Steps are all of `Generation.ids`; with `Wanted.answer_only` those from `answer_from` on.

    Attributes
    ----------
    grid : Grid or None
        Where the image's tokens lie; None without image.
    attention : array, (steps, layers, heads, rows, columns), or None
        Attention that led to each generated token, from the last token before it, to each place of the grid. The sum
        over the grid is the attention that the image got; the rest went to words. 0 where a layer does not see the
        place any more (a sliding window that has passed it).
    attention_layers : tuple of int
        Which layers those are, from 1. In a model with cross-attention layers (Mllama) only these see the image.
    vision_attention : array, (layers, heads, rows, columns), or None
        Attention that each place gets within the vision tower, averaged over all places that give it; for the tower's
        own grid, which is finer than `grid` where the model merges places.
    hidden_layers : tuple of int
        Layers of the two below.
    hidden : array, (steps, layers, width), or None
        Hidden state of the last token before each generated one.
    hidden_image : array, (layers, width), or None
        Mean of the hidden states of the image's tokens; None where the image has none (cross-attention).
    """

    grid: Grid | None = None
    attention: NDArray[np.float32] | None = None
    attention_layers: tuple[int, ...] = ()
    vision_attention: NDArray[np.float32] | None = None
    hidden_layers: tuple[int, ...] = ()
    hidden: NDArray[np.float32] | None = None
    hidden_image: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Generation:
    """What came of a request.

    Attributes
    ----------
    text, thoughts : str
        The answer without thinking and special tokens; what was thought before, None if the model did not think.
    finish : str
        `stop`, or `length` where the answer (or, without budget, the thinking) ran out of tokens.
    forced : bool
        The budget of thinking was used up, and the end of thinking was put in the model's mouth.
    ids, pieces : tuple of int, tuple of str
        All generated tokens, thinking and forced ones included, without the end of the turn; their texts.
    answer_from : int
        Where in `ids` the answer begins.
    tokens_in, tokens_out, tokens_thinking : int
        Counts; `tokens_out` is without thinking, `tokens_thinking` without what was forced.
    tokens_reused : int
        Those of `tokens_in` whose computation was there from an earlier question about the image.
    steps : Steps or None
        Probabilities, if wanted; one row for each of `ids`.
    top_words : tuple of tuple of str
        Texts of `steps.ids`.
    trace : Trace or None
        If wanted.
    """

    text: str
    finish: Finish
    ids: tuple[int, ...]
    pieces: tuple[str, ...] = ()
    thoughts: str | None = None
    forced: bool = False
    answer_from: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_thinking: int = 0
    tokens_reused: int = 0
    steps: Steps | None = None
    top_words: tuple[tuple[str, ...], ...] = ()
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class RequestError:
    """Why one request of several was not answered, with the cure: its picture cannot be used, or it does not fit."""

    message: str


@dataclass(slots=True)
class Counts:
    """What an engine has done since it was opened; tests and benchmarks hold it to these.

    `vision_passes` counts images through the vision tower, `prefilled` tokens of questions that were computed,
    `reused` those that were not, `decoded` generated tokens, `batches` calls for one or more requests together.
    """

    vision_passes: int = 0
    prefilled: int = 0
    reused: int = 0
    decoded: int = 0
    batches: int = 0


@dataclass(frozen=True, slots=True)
class Identity:
    """Which weights answer, and how: for the record of each answer."""

    model: str
    family: str
    revision: str | None
    sha256: str | None
    precision: str
    device: str
    library: str

    @property
    def version(self) -> str:
        """One line for the store's `model_version`; the device is no part of it."""
        weights = self.revision or (self.sha256 and f"sha256:{self.sha256[:16]}") or "local"
        return f"{self.model}@{weights} {self.precision} ({self.library})"


class Engine(Protocol):
    """One model in memory, used by one thread at a time.

    Opening it loads the weights and raises `lib.errors.BackendUnavailableError` with the cure if that cannot be.
    """

    identity: Identity
    counts: Counts

    def check(self, thinking: Thinking) -> None:
        """See that an image's tokens are as many as its features, and that the model can think as it shall.

        Raises
        ------
        lib.errors.BackendUnavailableError
            Model and library do not fit; names both.
        """

    def generate(
        self, requests: Sequence[Request], stopped: Callable[[], bool] = lambda: False
    ) -> list[Generation | RequestError]:
        """Answer requests, each as if it were alone; as many at once as memory allows.

        Raises
        ------
        lib.local.engine.StoppedError
            `stopped` became true; nothing is given.
        lib.errors.BackendUnavailableError
            Not even one request at a time fits into memory.
        """

    def close(self) -> None:
        """Free the memory."""


class StoppedError(Exception):
    """Whoever asked does not want the answer any more."""
