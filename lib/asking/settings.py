"""How a run asks: how many at once, how fast, how patiently, and for how much money."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass

from lib.asking.money import Tariff
from lib.backends.base import Answer
from lib.contracts.providers import Provider
from lib.protocol.question import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """Settings of one run.

    Attributes
    ----------
    concurrency : int
        The most requests at once; a run starts with fewer and feels its way up.
    requests_per_minute, tokens_per_minute : int or None
        What the provider allows; None where it says nothing.
    deadline : float
        Seconds that one attempt at one question may take, thinking included.
    retries : int
        How often a question is asked again after a failure that may pass.
    first_wait, longest_wait : float
        Seconds: before retry n a random time up to `first_wait` doubled n - 1 times, at most `longest_wait`, passes.
    patience : float
        Seconds: a server that asks for a longer pause than this ends the run.
    in_a_row : int
        So many questions failed one after the other, with no answer in between, end the run.
    grace : float
        Seconds that requests in flight are given when the run is stopped.
    retry_failed : bool
        Ask again what was rejected, and what was answered without a usable value.
    tariff : Tariff or None
        What answers cost; None if nobody asks.
    budget : float or None
        What this run may spend, in the tariff's currency; what earlier runs spent does not count. Nothing is sent once
        it is reached, so that it is overshot by the requests in flight at most.
    answered_before : int or None
        How many of the questions have an answer in the store, where a forecast counted them; for the time left alone.
    in_batches : set of str
        Keys of questions that are with the provider in batches; they are not asked.
    seed : int or None
        Of the random waits.
    kept : callable or None
        Is given each question with its answer once that is in the store; what it raises ends the run.
    """

    concurrency: int = 8
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    deadline: float = 120.0
    retries: int = 6
    first_wait: float = 1.0
    longest_wait: float = 60.0
    patience: float = 600.0
    in_a_row: int = 10
    grace: float = 10.0
    retry_failed: bool = False
    tariff: Tariff | None = None
    budget: float | None = None
    answered_before: int | None = None
    in_batches: Set[str] = frozenset()
    seed: int | None = None
    kept: Callable[[Question, Answer], None] | None = None


def run_settings(
    provider: Provider,
    *,
    thinks: bool,
    concurrency: int | None = None,
    retry_failed: bool = False,
    tariff: Tariff | None = None,
    budget: float | None = None,
    answered_before: int | None = None,
) -> RunSettings:
    """Settings for a provider as `params/providers.yaml` describes it; `concurrency` goes before the file's."""
    return RunSettings(
        concurrency=concurrency or provider.concurrency,
        requests_per_minute=provider.requests_per_minute,
        tokens_per_minute=provider.tokens_per_minute,
        deadline=provider.deadline_thinking if thinks else provider.deadline,
        retries=provider.retries,
        first_wait=provider.first_wait,
        longest_wait=provider.longest_wait,
        retry_failed=retry_failed,
        tariff=tariff,
        budget=budget,
        answered_before=answered_before,
    )
