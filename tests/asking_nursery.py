"""`python -m asking_nursery '{"folder": …, "server": …}'`: starts processes that ask, each in a moment.

Everything is imported once; a line `start 1of2` on standard input then forks a process that asks its shard as
`rater infer` does, and `wait PID` waits for one. Each process is a real one: it can be killed at any moment.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import traceback
from pathlib import Path

import msgspec

import lib.backends.openai_compatible  # noqa: F401
from lib.asking.money import Tariff
from lib.asking.progress import ProgressFile
from lib.asking.run import ask_all
from lib.asking.settings import run_settings
from lib.asking.stopping import Stop, stopped_by_signals
from lib.backends.registry import open_backend
from lib.contracts.condition import Condition
from lib.contracts.prices import Price
from lib.contracts.prompts import read_prompts
from lib.contracts.providers import read_providers
from lib.contracts.study import read_study
from lib.errors import RaterError
from lib.protocol.plan import Plan
from lib.protocol.question import Item
from lib.responses.shard import parse_shard
from lib.responses.store import open_store

PARAMS = Path(__file__).parents[1] / "params"
PRICE = Price.model_validate(
    {"backend": "openai", "model": "local-vlm", "currency": "USD", "input": "0.15", "output": "0.6",
     "date": "2026-11-22", "source": "a test"}
)  # fmt: skip


def make_plan(server: str) -> Plan:
    """The paper's study, asked on although an answer could not be parsed, so that every image has three questions."""
    study = read_study(PARAMS / "study.yaml")
    study = study.model_copy(update={"asking": study.asking.model_copy(update={"unparsed": "without_context"})})
    condition = Condition.model_validate(
        {"id": "local-vlm", "name": "VLM", "short_name": "VLM", "kind": "vlm", "backend": "openai",
         "model": "local-vlm", "server": server, "strategy": "context_carry", "prompts": "json",
         "specification": {"developer": "the tests"}}
    )  # fmt: skip
    return Plan(study, condition, read_prompts(PARAMS / "prompts", "json"))


async def ask(given: dict, items: list[Item], shard_name: str) -> None:
    """Ask one shard, and write the run's report when it ends by itself."""
    folder, plan, shard = Path(given["folder"]), make_plan(given["server"]), parse_shard(shard_name)
    provider = read_providers(folder / "providers.yaml").of(plan.condition)
    settings = run_settings(provider, thinks=False, tariff=Tariff("local-vlm", PRICE, local=False))
    backend, stop = open_backend(plan.condition, plan.study), Stop()
    progress = ProgressFile(folder / f"{shard.name}.progress.json", shard.name)
    with stopped_by_signals(stop), open_store(folder / "responses", plan.condition.id, shard) as store:
        await backend.preflight()
        mine = [item for item in items if shard.takes(item)]
        report = await ask_all(plan, mine, 1, backend, store, settings=settings, progress=progress, stop=stop)
    await backend.close()
    said = msgspec.to_builtins(report, enc_hook=str) | {"complete": report.complete, "shard": shard.name}
    with (folder / "reports.jsonl").open("a") as stream:
        stream.write(json.dumps(said, default=str) + "\n")


def start(given: dict, items: list[Item], shard_name: str) -> int:
    """Fork a process that asks; its exit code is 3 where it is refused, with the message on standard error."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        asyncio.run(ask(given, items, shard_name))
        code = 0
    except RaterError as error:
        sys.stderr.write(f"{error}\n")
        code = 3
    except BaseException:  # noqa: BLE001 - nobody else would say what ended a forked process
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Take orders until standard input ends."""
    given = json.loads(sys.argv[1])
    known = json.loads((Path(given["folder"]) / "items.json").read_text())
    items = [Item(name, Path(path), sha256) for name, path, sha256 in known]
    plan = make_plan(given["server"])
    open_backend(plan.condition, plan.study)  # imports what a client imports when it is made
    for order in sys.stdin:
        verb, _, what = order.strip().partition(" ")
        if verb == "start":
            answer = start(given, items, what)
        elif verb == "wait":
            answer = os.waitstatus_to_exitcode(os.waitpid(int(what), 0)[1])
        else:
            raise ValueError(order)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
