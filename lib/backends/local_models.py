"""Models in this process, whatever library runs them: questions of a run become requests of an engine."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace

from lib.backends.base import Answer, BackendError
from lib.contracts.condition import Condition
from lib.contracts.study import Study
from lib.errors import BackendUnavailableError
from lib.local.engine import Engine, Generation, Request, RequestError, Wanted
from lib.local.worker import EngineFailedError, Worker
from lib.protocol.question import THINKING_BUDGET, Picture, Question
from lib.roots import root_or_here

Inspect = Callable[[Question, Generation], None]


class LocalBackend(ABC):
    """Asks one condition of a model in this process; a library has a class of its own, which says how it is opened.

    `preflight` loads no weights, so that it is quick however large the model is; they are loaded with the first
    question. What goes wrong then ends the run with its message and cure.

    Parameters
    ----------
    condition
        What is asked; `model` is a folder, from the project's root on, or a model of the hub that `rater models pull`
        has fetched.
    _study
        Not needed: questions are complete.
    wanted
        What is kept of what goes on inside; what the condition's decoding asks for comes by itself.
    inspect
        Is given every question with all that came of it, in the event loop.

    Raises
    ------
    lib.errors.ParameterError
        The condition has a setting that the library has no use for.
    """

    def __init__(
        self,
        condition: Condition,
        _study: Study | None = None,
        *,
        wanted: Wanted | None = None,
        inspect: Inspect | None = None,
    ) -> None:
        self.check(condition)
        self.condition, self.root = condition, root_or_here()
        self.wanted = wanted or Wanted()
        self.inspect = inspect
        self._worker = Worker(self.open_engine, f"model-{condition.id}")

    @staticmethod
    @abstractmethod
    def check(condition: Condition) -> None:
        """Refuse settings that the library has no use for."""

    @abstractmethod
    def open_engine(self) -> Engine:
        """Load the model and try it; in the thread that will answer."""

    @abstractmethod
    def precheck(self) -> None:
        """See that model, processor and device are there, without weights."""

    @property
    def engine(self) -> Engine | None:
        """The engine, once the first question was asked."""
        return self._worker.engine

    async def preflight(self) -> None:
        """See that model, processor and device are there; loads no weights."""
        await asyncio.to_thread(self.precheck)

    async def ask(self, question: Question, picture: Picture | None) -> Answer:
        """Ask one question, alone: no earlier turns stand before it."""
        try:
            came = await self._worker.ask(self._request(question, picture))
        except EngineFailedError as error:
            raise BackendError("rejected", f"{self.condition.model}: {error}") from error
        except BackendUnavailableError as error:
            raise BackendUnavailableError(f"condition {self.condition.id}: {error}") from error
        if isinstance(came, RequestError):
            raise BackendError("rejected", came.message)
        if self.inspect is not None:
            self.inspect(question, came)
        return self._read(came)

    async def close(self) -> None:
        """Free the memory; what is being answered is let go between two tokens."""
        await self._worker.close()

    def _request(self, question: Question, picture: Picture | None) -> Request:
        top = max(self.wanted.top, self.condition.decoding.log_probabilities or 0)
        wanted = self.wanted
        if top != wanted.top:
            wanted = replace(wanted, top=top)
        return Request(
            key=question.key,
            prompt=question.prompt,
            picture=picture if question.with_image else None,
            decoding=self.condition.decoding,
            thinking=self.condition.thinking,
            wanted=wanted,
        )

    def _read(self, came: Generation) -> Answer:
        engine = self._worker.engine
        return Answer(
            text=came.text,
            finish_reason=f"{THINKING_BUDGET}.{came.finish}" if came.forced else came.finish,
            thoughts=came.thoughts if self.condition.decoding.include_thoughts is not False else None,
            tokens_in=came.tokens_in,
            tokens_out=came.tokens_out,
            tokens_thinking=came.tokens_thinking,
            tokens_cached=came.tokens_reused,
            model_version=engine.identity.version if engine is not None else None,
            fingerprint=engine.identity.device if engine is not None else None,
            log_probabilities=self._log_probabilities(came),
            trace=came if self.wanted != Wanted() else None,
        )

    def _log_probabilities(self, came: Generation) -> list[list[tuple[str, float]]] | None:
        """Those of the answer's tokens, without thinking."""
        count = self.condition.decoding.log_probabilities
        if count is None or came.steps is None:
            return None
        return [
            list(zip(words[:count], (float(value) for value in values[:count]), strict=True))
            for words, values in zip(
                came.top_words[came.answer_from :], came.steps.log_probabilities[came.answer_from :], strict=True
            )
        ]
