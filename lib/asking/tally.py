"""Counts of a run while it goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from lib.asking.limiter import Limiter
from lib.asking.progress import Rate, Snapshot
from lib.asking.report import RunReport, Version
from lib.asking.settings import RunSettings
from lib.asking.spending import Spending
from lib.backends.base import Answer
from lib.formats import counted
from lib.protocol.plan import Plan
from lib.protocol.replay import Outcome


class Tally:
    """Counts questions as they are met, answered and lost.

    Attributes
    ----------
    report : RunReport
        The counts.
    failed_in_a_row : int
        Questions that failed since the last answer.
    """

    def __init__(self, plan: Plan, units: int, settings: RunSettings, spending: Spending) -> None:
        self.report = RunReport(questions=units * len(plan.steps), currency=spending.currency)
        self.failed_in_a_row = 0
        self._condition = plan.condition.id
        self._settings = settings
        self._spending = spending
        self._open_units = units
        self._versions: dict[tuple[str | None, str | None], Version] = {}
        self._loop = asyncio.get_running_loop()
        self._start = self._loop.time()
        self._started = time.time()
        self._rate = Rate(self._start)
        self._likeliest = plan.condition.decoding.log_probabilities or 0
        self._scant = self._without = 0

    def met(self, outcomes: Iterable[Outcome], fresh: str | None = None) -> None:
        """Count outcomes that were not counted before; `fresh` is the key that was answered just now."""
        for outcome in outcomes:
            if outcome.key is None:
                self.report.skipped += 1
            elif outcome.key != fresh:
                self.report.answered_before += 1

    def answered(self, answer: Answer, asked_at: str, unparsed: bool) -> None:
        """Count one answer."""
        report = self.report
        report.answered += 1
        report.unparsed += unparsed
        report.tokens_in += answer.tokens_in or 0
        report.tokens_out += answer.tokens_out or 0
        report.tokens_thinking += answer.tokens_thinking or 0
        self.failed_in_a_row = 0
        if self._likeliest and answer.text:
            self._without += not answer.log_probabilities
            self._scant += is_scant(answer, self._likeliest)
        name = (answer.model_version, answer.fingerprint)
        if name in self._versions:
            self._versions[name].answers += 1
        elif name != (None, None):
            self._versions[name] = Version(*name, 1, asked_at)
            report.versions.append(self._versions[name])

    def failed(self, kind: str, message: str) -> None:
        """Count one question that failed for good; `left` counts those behind it."""
        self.report.failed[kind] += 1
        self.report.last_failure[kind] = message
        self.failed_in_a_row += 1

    def rejected(self) -> None:
        """Count one question that was rejected in an earlier run."""
        self.report.rejected += 1

    def in_batch(self) -> None:
        """Count one question that is with the provider."""
        self.report.in_batches += 1

    def left(self, behind: int) -> None:
        """Count the questions of an item that cannot be asked, since one before them was counted as lost."""
        self.report.behind += behind
        self._open_units -= 1

    def complete(self) -> None:
        """Count an item of which all is known."""
        self._open_units -= 1

    def snapshot(self, limiter: Limiter, retries: int, ended: bool) -> Snapshot:
        """How far the run is now."""
        report, spending, now = self.report, self._spending, self._loop.time()
        rate = self._rate.update(report.answered, now)
        parts = report.parts
        remaining = parts.to_ask
        known = (self._settings.answered_before or 0) + report.answered + report.skipped + parts.left_out
        to_ask = min(remaining, max(0, report.questions - known))
        return Snapshot(
            condition=self._condition,
            state="ended" if ended else "stopping" if report.stopped else "running",
            done=parts.done,
            total=report.questions,
            may_follow=max(0, remaining - self._open_units),
            answered=report.answered,
            skipped=report.skipped,
            failures=report.failures,
            rejected=report.rejected,
            in_batches=report.in_batches,
            behind=report.behind,
            retries=retries,
            unparsed=report.unparsed,
            rate=rate,
            seconds_left=to_ask / rate if rate else None,
            cost=None if spending.spent is None else float(spending.spent),
            currency=spending.currency,
            budget=self._settings.budget,
            unpriced=spending.unpriced if spending.tariff else 0,
            concurrency=limiter.limit,
            in_flight=limiter.in_use,
            pause=limiter.pause,
            started=self._started,
            updated=time.time(),
            scant=self._scant + self._without,
            message=report.message,
        )

    def finish(self, limiter: Limiter, retries: int, paused: float) -> RunReport:
        """Give the report of a run that has ended."""
        report, spending = self.report, self._spending
        report.retries, report.paused = retries, paused
        report.cost, report.unpriced = spending.spent, spending.unpriced
        report.seconds = self._loop.time() - self._start
        report.concurrency = (limiter.lowest, limiter.limit)
        report.warnings += self._warnings()
        if report.complete:
            report.stopped = report.message = None
        return report

    def _warnings(self) -> list[str]:
        asked = f"where the condition asks for the {self._likeliest} likeliest (decoding.log_probabilities)"
        warnings = []
        if len(self.report.versions) > 1:
            names = ", ".join(each.words() for each in self.report.versions)
            warnings.append(f"The model changed in mid-run: {names}. Its answers are not all of one machine.")
        if self._scant:
            warnings.append(
                f"{counted(self._scant, 'answer')} came with the log-probability of the chosen token alone, {asked}. "
                f"mlx_vlm.server gives more if it is started with --top-logprobs-k {self._likeliest}."
            )
        if self._without:
            warnings.append(f"{counted(self._without, 'answer')} came without log-probabilities, {asked}.")
        return warnings


def is_scant(answer: Answer, likeliest: int) -> bool:
    """Whether an answer has the log-probability of each chosen token alone, where more were asked for."""
    tokens = answer.log_probabilities or []
    return bool(tokens) and likeliest > 1 and not any(len(token) > 1 for token in tokens)
