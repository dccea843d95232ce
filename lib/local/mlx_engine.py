"""Families in mlx-vlm, as an engine: loads from a folder, answers one question at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from lib.contracts.condition import Thinking
from lib.contracts.local_model import Local
from lib.errors import BackendUnavailableError, DataError
from lib.local import mlx_loading as loading
from lib.local.answering import Answerer
from lib.local.engine import Counts, Generation, Identity, Request, RequestError
from lib.local.families import family_of
from lib.local.kept import Store
from lib.local.loading import is_out_of_memory, load_config, load_processor
from lib.local.memory import share_to_keep
from lib.local.mlx_probing import probe
from lib.local.mlx_reading import MlxReader
from lib.local.own_settings import own_decoding, words_of
from lib.local.prompting import Prepared, Prompter
from lib.local.transformers_engine import never
from lib.local.weights import find_weights, telling_sha256


class MlxEngine:
    """One model of mlx-vlm in memory; see `lib.local.engine.Engine`.

    Prompts, tokens and pixels are those of transformers, made by the same code as there, and so are the draws: on the
    same weights both give the same answers (`tests/local/test_mlx_parity`). Questions are answered one after the other,
    so that none can change another's answer. There is no attention and there are no hidden states: mlx computes
    attention in one piece that gives no weights.

    Parameters
    ----------
    model
        A folder, or a name on the hub that was pulled.
    local
        Precision, device and so on; `batch` can only be 1.
    root
        Where relative folders begin.

    Raises
    ------
    BackendUnavailableError
        It cannot be loaded; with the cure.
    """

    def __init__(self, model: str, local: Local | None = None, root: Path | None = None) -> None:
        local = local or Local()
        weights = find_weights(model, local.revision, root)
        loading.refuse_family(weights)
        self.family = family_of(weights.model_type, str(weights.folder))
        digest = telling_sha256(weights, local.sha256)
        device = loading.pick_device(local.device)
        loading.use_device(device)
        processor = load_processor(weights, self.family)
        self.network = loading.load_model(weights, local)
        config = load_config(weights)
        self.identity = Identity(
            model=model,
            family=weights.model_type,
            revision=weights.revision,
            sha256=digest,
            precision=loading.precision_of(self.network),
            device=device,
            library=loading.versions(),
        )
        self.counts = Counts()
        self.prompter = Prompter(processor, config, self.family, model)
        self.store = Store(share_to_keep("cpu"))
        self.reader = MlxReader(self.network, config, self.family, self.store, self.counts)
        own = loading.own_settings(weights, config)
        words = words_of(self.prompter.tokenizer, own)
        self.answerer = Answerer(self.reader, self.prompter.tokenizer, words, own_decoding(own))

    def check(self, thinking: Thinking) -> None:
        """See that an image's tokens are as many as its features, and that the model can think as it shall."""
        probe(self, thinking)

    def generate(
        self, requests: Sequence[Request], stopped: Callable[[], bool] = never
    ) -> list[Generation | RequestError]:
        """Answer requests, one after the other."""
        return [self._answer(request, stopped) for request in requests]

    def close(self) -> None:
        """Free the memory of model and images."""
        self.store.clear()
        del self.network, self.reader, self.answerer
        loading.free_memory()

    def _answer(self, request: Request, stopped: Callable[[], bool]) -> Generation | RequestError:
        if request.picture is None and self.family.crossed:
            raise BackendUnavailableError(
                f"{self.identity.model}: {self.identity.library} lets the layers that look at the image of a "
                f"{self.identity.family} model run without one, on meaningless numbers, so that it cannot be asked "
                "without image. Take backend transformers."
            )
        try:
            prepared = self.prompter.prepare(request)
        except DataError as error:
            return RequestError(str(error))
        problem = self.answerer.does_not_fit(prepared) or self._beyond_window(prepared)
        if problem is not None:
            return RequestError(problem)
        try:
            return self.answerer.answer([prepared], stopped)[0]
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            self.store.clear()
            loading.free_memory()
            raise BackendUnavailableError(
                f"{self.identity.model}: one question does not fit into memory beside the model "
                f"({self.identity.precision}). Lower the study's longest_side of images, or take a smaller model."
            ) from error

    def _beyond_window(self, prepared: Prepared) -> str | None:
        """Why mlx-vlm would read a question otherwise than the model was trained; None if it would not."""
        if self.identity.family != "paligemma":
            return None
        text = self.network.config.text_config
        longest = self.answerer.longest(prepared)
        if text.model_type != "gemma2" or longest <= text.sliding_window:
            return None
        return (
            f"question and answer may have {longest} tokens, but half of the layers see {text.sliding_window}, "
            "which mlx-vlm does not heed. Lower max_tokens, shorten the prompt, or take backend transformers."
        )
