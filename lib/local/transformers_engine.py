"""Any of the families in transformers, as an engine: loads, groups questions that can be read together, answers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any

from lib.contracts.condition import Thinking
from lib.contracts.local_model import Local
from lib.errors import BackendUnavailableError, DataError
from lib.local.answering import Answerer
from lib.local.engine import Counts, Generation, Identity, Request, RequestError
from lib.local.families import family_of
from lib.local.kept import Store
from lib.local.loading import free_memory, import_torch, is_out_of_memory, load_model, load_processor, pick_device
from lib.local.memory import first_batch, free_bytes, share_to_keep
from lib.local.own_settings import own_decoding, words_of
from lib.local.probing import probe
from lib.local.prompting import Prepared, Prompter
from lib.local.reading import Reader
from lib.local.watching import Watcher
from lib.local.weights import find_weights, telling_sha256


def never() -> bool:
    """Nobody stops it."""
    return False


class TransformersEngine:
    """One model of transformers in memory; see `lib.local.engine.Engine`.

    Questions that are alike (the same lengths, shapes and wishes) are read side by side and nothing is padded, so that
    what a question is asked beside changes its scores by rounding alone: in float32 by less than 1e-5, which changed no
    token in any test. In 16 bits rounding is coarser, and a token may change where two are nearly as likely; `batch: 1`
    in the condition's `local` rules that out.

    Parameters
    ----------
    model
        A folder, or a name on the hub that was pulled.
    local
        Precision, device and so on.
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
        self.family = family_of(weights.model_type, str(weights.folder))
        digest = telling_sha256(weights, local.sha256)
        self.device = pick_device(local.device)
        torch = import_torch()
        self.model: Any = load_model(weights, self.family, local, self.device)
        self.identity = Identity(
            model=model,
            family=weights.model_type,
            revision=weights.revision,
            sha256=digest,
            precision=local.precision or str(self.model.dtype).removeprefix("torch."),
            device=self.device,
            library=f"transformers {import_version()}",
        )
        self.counts = Counts()
        self.prompter = Prompter(load_processor(weights, self.family), self.model.config, self.family, model)
        self.most = local.batch if isinstance(local.batch, int) else None
        self.store = Store(share_to_keep(self.device))
        watcher = Watcher(self.model, crossed=self.family.crossed)
        self.reader = Reader(self.model, self.family, self.store, watcher, self.counts)
        own = self.model.generation_config
        words = words_of(self.prompter.tokenizer, own)
        self.answerer = Answerer(self.reader, self.prompter.tokenizer, words, own_decoding(own))
        self._inference = torch.inference_mode

    def check(self, thinking: Thinking) -> None:
        """See that an image's tokens are as many as its features, and that the model can think as it shall."""
        with self._inference():
            probe(self, thinking)

    def generate(
        self, requests: Sequence[Request], stopped: Callable[[], bool] = never
    ) -> list[Generation | RequestError]:
        """Answer requests, each as if it were alone."""
        done: dict[int, Generation | RequestError] = {}
        groups: dict[Hashable, list[tuple[int, Prepared]]] = {}
        for number, request in enumerate(requests):
            try:
                prepared = self.prompter.prepare(request)
            except DataError as error:
                done[number] = RequestError(str(error))
                continue
            problem = self.answerer.does_not_fit(prepared)
            if problem is not None:
                done[number] = RequestError(problem)
                continue
            groups.setdefault(self.reader.alike(prepared), []).append((number, prepared))
        for group in groups.values():
            while group:
                size = self._size_for(group[0][1])
                part, answers = self._as_many_as_fit(group, size, stopped)
                done.update(zip((number for number, _ in part), answers, strict=True))
                del group[: len(part)]
        return [done[number] for number in range(len(requests))]

    def close(self) -> None:
        """Free the memory of model and images."""
        self.store.clear()
        del self.model, self.reader, self.answerer
        free_memory(self.device)

    def _size_for(self, prepared: Prepared) -> int:
        room = self.answerer.longest(prepared)
        fits = first_batch(self.model.config, self.model.dtype, room, free_bytes(self.device), self.device)
        return fits if self.most is None else min(fits, self.most)

    def _as_many_as_fit(
        self, group: list[tuple[int, Prepared]], size: int, stopped: Callable[[], bool]
    ) -> tuple[list[tuple[int, Prepared]], list[Generation]]:
        """Answer the first `size` of a group; half as many, from then on, whenever the memory does not suffice."""
        while True:
            part = group[:size]
            try:
                with self._inference():
                    return part, self.answerer.answer([prepared for _, prepared in part], stopped)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
            self.store.clear()
            free_memory(self.device)
            if size == 1:
                raise BackendUnavailableError(
                    f"{self.identity.model}: not even one question fits into the memory of {self.device} beside the "
                    f"model ({self.identity.precision}). Set local.precision to a smaller one, lower the study's "
                    "longest_side of images, or take another device or a smaller model."
                )
            size = self.most = max(1, min(size, len(part)) // 2)


def import_version() -> str:
    """The version of transformers."""
    import transformers

    return str(transformers.__version__)
