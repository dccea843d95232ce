"""What asking costs beside the request itself: ours, a bare loop over httpx that keeps nothing, and inspect_ai.

    python -m benchmarks.asking [--images 1440] [--rounds 3] [--concurrency 64] [--inspect PYTHON | --no-inspect]

All ask about the same images with the same prompt (json_single, one request an image) against the tests' server (ours
also in Gemini's language), which answers without latency in a process of its own. Ours is the whole path: replay, key,
image, request, parse, store. They take turns, each in a fresh process that has asked one question before the clock
starts, so that imports are not counted; what is done before the first request and after the last one is. CPU is that of
the asking process with its threads, and the least of all rounds, since a busy machine only adds to it; throughput is
the best of all rounds. `warm` is a second run that finds everything answered.

inspect_ai is installed into a temporary environment (or found by --inspect, the python of one that has it). It asks
through its provider for OpenAI-compatible servers, with its cache off (`warm`: on, and filled by a run before), with
one scorer that reads the answer's JSON, and without copies of the images in its log.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import platform
import random
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INSPECT = ("inspect_ai==0.3.285", "openai==3.54.0")
MODEL = "local-vlm"
TARGETS = {"cold": 2.0, "cold, Gemini": 2.0, "warm": 0.6, "throughput": 0.8, "inspect": 10.0}
DECODING = {"temperature": 0, "seed": 42, "max_tokens": 64}


def main() -> None:
    """Measure in turns and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1440)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--bytes", type=int, default=30_000, help="size of an image")
    parser.add_argument("--inspect", type=Path, help="python of an environment with inspect_ai")
    parser.add_argument("--no-inspect", action="store_true")
    given = parser.parse_args()
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    from wire.running import wire_server

    with tempfile.TemporaryDirectory(prefix="rater-asking-") as scratch, wire_server() as wire:
        folder = Path(scratch)
        write_images(folder / "images", given.images, given.bytes)
        (folder / "prompt.txt").write_text(prompt(), encoding="utf-8")
        job = {"folder": scratch, "server": wire.local, "concurrency": given.concurrency}
        taken: dict[str, list[dict[str, float]]] = {}
        python = None if given.no_inspect else given.inspect or install_inspect(folder / "environment")
        for number in range(given.rounds):
            here = {**job, "round": number}
            for name in ("bare", "ours"):
                taken.setdefault(name, []).append(child(sys.executable, name, here))
            taken.setdefault("ours, warm", []).append(child(sys.executable, "ours", here))
            gemini = {**here, "backend": "gemini", "server": wire.gemini}
            taken.setdefault("ours, Gemini", []).append(child(sys.executable, "ours", gemini))
            if python:
                taken.setdefault("inspect_ai", []).append(child(python, "inspect", here))
        if python:
            child(python, "inspect", {**job, "round": 0, "cache": True})
            taken["inspect_ai, warm"] = [child(python, "inspect", {**job, "round": 0, "cache": True})]
        answered = wire.status()["answered"]
    report(taken, given, answered)


def report(taken: dict[str, list[dict[str, float]]], given: argparse.Namespace, answered: int) -> None:
    """Print the table, the targets and how it was measured."""
    cpu = {name: min(one["cpu"] for one in rounds) / given.images for name, rounds in taken.items()}
    rate = {name: given.images / min(one["wall"] for one in rounds) for name, rounds in taken.items()}
    versions = {name: value for rounds in taken.values() for name, value in rounds[0]["versions"].items()}  # type: ignore[attr-defined]
    print(f"{given.images} images of {given.bytes} bytes, concurrency {given.concurrency}, "
          f"best of {given.rounds} rounds; {answered} answers by the server")  # fmt: skip
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; "
          + ", ".join(f"{name} {value}" for name, value in sorted(versions.items())))  # fmt: skip
    print(f"{'':18s} {'ms CPU a request':>18s} {'requests a second':>18s} {'of bare':>8s}")
    for name in taken:
        share = "" if name.endswith("warm") else f"{rate[name] / rate['bare']:8.2f}"
        print(f"{name:18s} {cpu[name] * 1e3:18.2f} {rate[name]:18.0f} {share}")
    said = {
        "cold": ("ms CPU a request, cold", cpu["ours"] * 1e3, "<="),
        "cold, Gemini": ("ms CPU a request, cold, Gemini", cpu["ours, Gemini"] * 1e3, "<="),
        "warm": ("ms CPU a response, warm", cpu["ours, warm"] * 1e3, "<="),
        "throughput": ("of the bare loop's throughput", rate["ours"] / rate["bare"], ">="),
    }
    if "inspect_ai" in cpu:
        said["inspect"] = ("times ours: CPU of inspect_ai", cpu["inspect_ai"] / cpu["ours"], ">=")
    for name, (words, value, sign) in said.items():
        met = value <= TARGETS[name] if sign == "<=" else value >= TARGETS[name]
        print(f"{'met   ' if met else 'MISSED'} {value:6.2f} {words} (target {sign} {TARGETS[name]:g})")


def write_images(folder: Path, count: int, size: int) -> None:
    """PNG files of noise, all different, of about so many bytes."""
    folder.mkdir()
    side = max(8, int((size / 3) ** 0.5))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    for number in range(count):
        noise = random.Random(number)
        rows = zlib.compress(b"".join(b"\0" + noise.randbytes(3 * side) for _ in range(side)), 1)
        chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
        data = b"".join(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
                        for kind, body in chunks)  # fmt: skip
        (folder / f"i{number:05d}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + data)


def prompt() -> str:
    """The paper's single question."""
    from lib.contracts.prompts import fill, read_prompts
    from lib.contracts.study import read_study

    prompts = read_prompts(ROOT / "params/prompts", "json")
    assert prompts.single is not None
    return fill(prompts.single, read_study(ROOT / "params/study.yaml"), {})


def install_inspect(folder: Path) -> str:
    """Make an environment that has inspect_ai, for this run alone."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin/python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *INSPECT], check=True)
    return python


def child(python: str | Path, name: str, job: dict[str, object]) -> dict[str, float]:
    """One contender in a process of its own."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("INSPECT_", "OPENAI_"))}
    done = subprocess.run(
        [str(python), __file__, name, json.dumps(job)], check=False, capture_output=True, text=True, env=environment,
        cwd=str(job["folder"]),
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return json.loads(done.stdout.splitlines()[-1])


class Clock:
    """Seconds that passed, and that this process computed, since it was made."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def read(self, **versions: str) -> dict[str, object]:
        """What has passed."""
        wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        return {"wall": wall, "cpu": cpu, "versions": versions}


def images_of(job: dict) -> list[Path]:
    return sorted((Path(job["folder"]) / "images").iterdir())


async def bare(job: dict) -> dict[str, object]:
    """As one writes it first: read, encode, post, read the answer's text; nothing is kept."""
    import httpx

    paths, text = images_of(job), (Path(job["folder"]) / "prompt.txt").read_text(encoding="utf-8")
    url, places = f"{job['server']}/chat/completions", asyncio.Semaphore(job["concurrency"])
    limits = httpx.Limits(max_connections=job["concurrency"], max_keepalive_connections=job["concurrency"])

    async def one(path: Path) -> str:
        async with places:
            image = f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
            content = [{"type": "image_url", "image_url": {"url": image}}, {"type": "text", "text": text}]
            body = {"model": MODEL, **DECODING, "messages": [{"role": "user", "content": content}]}
            answer = await client.post(url, json=body)
            answer.raise_for_status()
            return answer.json()["choices"][0]["message"]["content"]

    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        await one(paths[0])
    clock = Clock()
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        answers = await asyncio.gather(*map(one, paths))
    measured = clock.read(httpx=httpx.__version__)
    assert len(answers) == len(paths) and all(answers)
    return measured


async def ours(job: dict) -> dict[str, object]:
    """One run, with all that `rater infer` does for each question."""
    import hashlib
    from importlib.metadata import version

    from lib.asking.report import RunReport
    from lib.asking.run import ask_all
    from lib.asking.settings import RunSettings
    from lib.backends.registry import open_backend
    from lib.contracts.condition import Condition
    from lib.contracts.prompts import read_prompts
    from lib.contracts.study import read_study
    from lib.protocol.plan import Plan
    from lib.protocol.question import Item
    from lib.responses.store import open_store

    study = read_study(ROOT / "params/study.yaml")
    backend = job.get("backend", "openai")
    where = {"server": job["server"], "model": MODEL}
    if backend == "gemini":
        os.environ |= {"GOOGLE_GEMINI_BASE_URL": str(job["server"]), "GEMINI_API_KEY": "none"}
        where = {"model": "gemini-2.5-flash"}
    condition = Condition.model_validate(
        {"id": f"benchmark-{backend}", "name": "B", "short_name": "B", "kind": "vlm", "backend": backend, **where,
         "strategy": "json_single", "prompts": "json", "decoding": DECODING,
         "specification": {"developer": "the tests"}}
    )  # fmt: skip
    prompts = read_prompts(ROOT / "params/prompts", "json")
    paths, folder = images_of(job), Path(job["folder"])
    settings = RunSettings(concurrency=job["concurrency"])

    async def ask(paths: list[Path], store_folder: Path) -> RunReport:
        items = [Item(path.stem, path, hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths]
        backend, plan = open_backend(condition, study), Plan(study, condition, prompts)
        await backend.preflight()
        with open_store(store_folder, condition.id) as store:
            report = await ask_all(plan, items, 1, backend, store, settings=settings)
        await backend.close()
        return report

    await ask(paths[:1], Path(tempfile.mkdtemp(dir=folder)))
    clock = Clock()
    report = await ask(paths, folder / f"responses-{job['round']}")
    measured = clock.read(aiohttp=version("aiohttp"))
    assert report.complete and report.answered + report.answered_before == len(paths)
    return measured


def inspect(job: dict) -> dict[str, object]:
    """An evaluation of inspect_ai, as its manual tells to write one."""
    import inspect_ai
    from inspect_ai import Task, eval  # noqa: A004
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.log import EvalLog
    from inspect_ai.model import ChatMessageUser, ContentImage, ContentText, GenerateConfig, get_model
    from inspect_ai.scorer import Score, Target, mean, scorer
    from inspect_ai.solver import TaskState, generate

    @scorer(metrics=[mean()])
    def reads_json():
        async def score(state: TaskState, target: Target) -> Score:
            try:
                said = json.loads(state.output.completion)
            except ValueError:
                return Score(value=0, answer=state.output.completion)
            return Score(value=1, answer=str(said.get("emotion")), metadata=said)

        return score

    folder = Path(job["folder"])
    os.environ |= {"INSPECT_CACHE_DIR": str(folder / f"inspect-cache-{job['round']}"),
                   "XDG_DATA_HOME": str(folder / "inspect-data")}  # fmt: skip
    text = (folder / "prompt.txt").read_text(encoding="utf-8")
    config = GenerateConfig(max_connections=job["concurrency"], **DECODING)
    model = get_model(
        f"openai-api/wire/{MODEL}", base_url=job["server"], api_key="none", config=config, memoize=False,
    )  # fmt: skip

    def evaluate(paths: list[Path], cache: bool) -> EvalLog:
        samples = [
            Sample(
                id=path.stem,
                input=[ChatMessageUser(content=[ContentImage(image=str(path)), ContentText(text=text)])],
            )
            for path in paths
        ]
        task = Task(dataset=MemoryDataset(samples), solver=generate(cache=cache), scorer=reads_json())
        (log,) = eval(
            task, model=model, display="none", log_dir=str(folder / "inspect-log"), log_images=False,
            log_level="error", max_samples=job["concurrency"],
        )  # fmt: skip
        return log

    evaluate(images_of(job)[:1], cache=False)
    clock = Clock()
    log = evaluate(images_of(job), bool(job.get("cache")))
    measured = clock.read(inspect_ai=inspect_ai.__version__)
    assert log.status == "success", log.error
    assert log.results is not None
    assert log.results.completed_samples == len(images_of(job))
    assert log.results.scores[0].metrics["mean"].value == 1
    return measured


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in {"bare", "ours", "inspect"}:
        sys.path.insert(0, str(ROOT))
        sys.path[:] = [path for path in sys.path if path != str(ROOT / "benchmarks")]
        given_job = json.loads(sys.argv[2])
        run = {"bare": bare, "ours": ours, "inspect": inspect}[sys.argv[1]](given_job)
        print(json.dumps(asyncio.run(run) if asyncio.iscoroutine(run) else run))
    else:
        main()
