"""CPU a request of each backend, beside a bare loop over httpx, in one run against the tests' server without latency.

    .venv/bin/python benchmarks/backends.py [--requests 600] [--concurrency 32] [--image 30000]

Every contender sends the same images and prompts and reads the answer's text and tokens. They take turns, so that a
busy machine slows them alike; printed is the median over the turns of this process's CPU time a request (user and
system), and its share of the bare loop's.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import platform
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import httpx  # noqa: E402
from backends_support import PROVIDERS, STUDY, condition, environment, picture, question  # noqa: E402
from wire.running import Running, wire_server  # noqa: E402

from lib.backends.base import Backend  # noqa: E402
from lib.backends.registry import open_backend  # noqa: E402
from lib.protocol.question import Picture  # noqa: E402

STEPS = ("emotion", "valence", "arousal")
ROUNDS = 5
One = Callable[[Picture, str], Awaitable[object]]


def bare_loop(client: httpx.AsyncClient, address: str) -> One:
    """A loop that does nothing but send and read."""

    async def one(image: Picture, step: str) -> object:
        url = f"data:image/png;base64,{base64.b64encode(image.data).decode()}"
        content = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": question(step).prompt}]
        body = {"model": "gpt-4o-mini", "temperature": 0, "messages": [{"role": "user", "content": content}]}
        answer = (await client.post(f"{address}/chat/completions", json=body)).json()
        return answer["choices"][0]["message"]["content"], answer["usage"]["completion_tokens"]

    return one


def of_backend(backend: Backend) -> One:
    """What the runner calls."""
    questions = {step: question(step) for step in STEPS}

    async def one(image: Picture, step: str) -> object:
        answer = await backend.ask(questions[step], image)
        return answer.text, answer.tokens_out

    return one


async def cpu_a_request(one: One, images: list[Picture], concurrency: int) -> float:
    """Seconds of this process's CPU a request; the steps of an image one after the other."""
    places = asyncio.Semaphore(concurrency)

    async def all_steps(image: Picture) -> None:
        async with places:
            for step in STEPS:
                await one(image, step)

    start = time.process_time()
    await asyncio.gather(*map(all_steps, images))
    return (time.process_time() - start) / (len(images) * len(STEPS))


async def measure(wire: Running, requests: int, concurrency: int, size: int) -> dict[str, list[float]]:
    """CPU a request of each contender, turn by turn; the first turn, which opens connections, does not count."""
    images = [picture(number, size) for number in range(requests // len(STEPS))]
    backends = {name: open_backend(condition(name), STUDY) for name in PROVIDERS}
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        contenders = {"bare httpx": bare_loop(client, wire.openai)}
        contenders |= {name: of_backend(backend) for name, backend in backends.items()}
        taken: dict[str, list[float]] = {name: [] for name in contenders}
        for turn in range(ROUNDS + 1):
            for name, one in contenders.items():
                seconds = await cpu_a_request(one, images, concurrency)
                if turn:
                    taken[name].append(seconds)
    for backend in backends.values():
        await backend.close()
    return taken


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--image", type=int, default=30_000)
    given = parser.parse_args()
    with wire_server() as wire:
        os.environ.update(environment(wire))
        taken = asyncio.run(measure(wire, given.requests, given.concurrency, given.image))
    bare = statistics.median(taken["bare httpx"])
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {given}"
    )
    for name, seconds in taken.items():
        middle = statistics.median(seconds)
        print(
            f"{name:12s} {middle * 1e3:6.2f} ms a request (best {min(seconds) * 1e3:.2f}), {middle / bare:.2f} of bare"
        )


if __name__ == "__main__":
    main()
