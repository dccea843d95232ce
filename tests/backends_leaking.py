"""Asks every backend, all logs at their loudest, and writes and prints what comes of it; run by test_leaks.py."""

from __future__ import annotations

import asyncio
import logging
import sys
import traceback
from hashlib import sha256
from pathlib import Path

from backends_support import PROMPTS, PROVIDERS, STUDY, condition, outcome
from PIL import Image

from lib.asking.run import ask_all
from lib.asking.settings import RunSettings
from lib.backends.registry import open_backend
from lib.errors import RaterError
from lib.protocol.plan import Plan
from lib.protocol.question import Item
from lib.responses.store import Shard, open_store


def items(folder: Path, count: int) -> list[Item]:
    found = []
    for number in range(count):
        path = folder / f"{number}.png"
        Image.new("RGB", (8, 8), (number, 0, 0)).save(path)
        found.append(Item(path.stem, path=path, sha256=sha256(path.read_bytes()).hexdigest()))
    return found


async def ask_everything(folder: Path, name: str) -> None:
    asked = condition(name)
    plan = Plan(STUDY, asked, PROMPTS)
    backend = open_backend(asked, STUDY)
    try:
        await backend.preflight()
        with open_store(folder / "responses", asked.id, Shard()) as store:
            settings = RunSettings(retries=2, first_wait=0.01, longest_wait=0.02, in_a_row=1000, deadline=20)
            sys.stdout.write(f"{await ask_all(plan, items(folder, 12), 1, backend, store, settings=settings)}\n")
        for number in range(20):
            said = await outcome(backend, number=number)
            sys.stdout.write(f"{said!r} {said}\n")
            if isinstance(said, Exception):
                traceback.print_exception(said, file=sys.stdout)
    except RaterError as error:
        sys.stdout.write(f"{error}\n")
    finally:
        await backend.close()


if __name__ == "__main__":
    where = Path(sys.argv[1])
    logging.basicConfig(level=logging.DEBUG, filename=where / "debug.log")
    logging.getLogger().addHandler(logging.StreamHandler(sys.stderr))
    for provider in PROVIDERS:
        asyncio.run(ask_everything(where, provider), debug=True)
