"""`python -m batch_nursery '{"folder": …, "provider": …}'`: starts processes that ask by batches, each in a moment.

As `asking_nursery`, but every process goes step after step, as `rater infer --batch --wait` does, until all is
answered or it is killed. What failed in so many batches that it is left is asked again as by `--retry-failed`; a
batch whose only line of answers is broken, which can never be fetched, is given up as by `--ignore-batches`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import traceback
from dataclasses import replace
from pathlib import Path

import lib.backends.gemini_batch
import lib.backends.openai_batch  # noqa: F401
from lib.asking.batch import BatchRun
from lib.asking.money import Tariff
from lib.asking.settings import RunSettings
from lib.backends.registry import open_batches
from lib.contracts.condition import Condition
from lib.contracts.prices import read_prices
from lib.contracts.prompts import read_prompts
from lib.contracts.study import read_study
from lib.protocol.plan import Plan
from lib.protocol.question import Item
from lib.responses.batches import open_book
from lib.responses.store import open_store

ROOT = Path(__file__).parents[1]
MODELS = {"openai": "gpt-4o-mini", "gemini": "gemini-2.5-flash"}
SETTLED_AFTER = 1.0
A_BATCH = 25
LONGEST = 60.0
STUCK = 20
"""Steps in which nothing went on but problems."""


def make_plan(provider: str) -> Plan:
    """The paper's study, asked on although an answer could not be parsed."""
    study = read_study(ROOT / "params/study.yaml")
    study = study.model_copy(update={"asking": study.asking.model_copy(update={"unparsed": "without_context"})})
    condition = Condition.model_validate(
        {"id": "asked", "name": "VLM", "short_name": "VLM", "kind": "vlm", "backend": provider,
         "model": MODELS[provider], "strategy": "context_carry", "prompts": "json",
         "specification": {"developer": "the tests"}}
    )  # fmt: skip
    return Plan(study, condition, read_prompts(ROOT / "params/prompts", "json"))


async def ask(folder: Path, provider: str, items: list[Item]) -> None:
    """Go step after step."""
    plan = make_plan(provider)
    price = read_prices(ROOT).find(provider, MODELS[provider])
    settings = RunSettings(tariff=Tariff(MODELS[provider], price, local=False), first_wait=0.02, longest_wait=0.1)
    backend = open_batches(plan.condition, plan.study)
    backend.max_requests = A_BATCH

    def begin(settings: RunSettings) -> BatchRun:
        return BatchRun(plan, items, 1, backend, settings=settings, settled_after=SETTLED_AFTER)

    run, stuck = begin(settings), 0
    end = time.monotonic() + LONGEST
    await backend.preflight()
    while time.monotonic() < end:
        with open_store(folder / "responses", "asked") as store, open_book(store.folder) as book:
            report = await run.step(store, book, ignore_batches=stuck > STUCK)
        if report.complete:
            (folder / "complete").touch()
            break
        stuck = stuck + 1 if report.problems and not report.fetched and not report.submitted else 0
        if report.given_up and not report.waiting and not report.pending:
            run = begin(replace(settings, retry_failed=True))
        await asyncio.sleep(0.01)
    await backend.close()


def start(folder: Path, provider: str, items: list[Item]) -> int:
    """Fork a process that asks."""
    child = os.fork()
    if child:
        return child
    try:
        asyncio.run(ask(folder, provider, items))
        os._exit(0)
    finally:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def main() -> None:
    """Take orders until standard input ends: `start`, and `wait PID`."""
    given = json.loads(sys.argv[1])
    folder = Path(given["folder"])
    known = json.loads((folder / "items.json").read_text())
    items = [Item(name, Path(path), sha256) for name, path, sha256 in known]
    plan = make_plan(given["provider"])
    open_batches(plan.condition, plan.study)  # imports what a client imports when it is made
    for order in sys.stdin:
        verb, _, what = order.strip().partition(" ")
        answer = (
            start(folder, given["provider"], items)
            if verb == "start"
            else os.waitstatus_to_exitcode(os.waitpid(int(what), 0)[1])
        )
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
