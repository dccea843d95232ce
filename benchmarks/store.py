"""A million stored answers: how long until a run asks again, in how much memory, and what an append costs.

Run from the project root: python -m benchmarks.store [--repeats 232] [--keep FOLDER]

1,440 images x 3 steps x 232 repeats (1,002,240 lines of about 700 bytes) are written as a run writes them, but for the
very last answer. Then, each in a process of its own: the store is opened and all is replayed up to that one open
question; and a reader as one writes it first (json.loads of every line into a dictionary by key) reads the same file.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
CONDITION, IMAGES = "gpt-4o-mini", 1440
EMOTIONS = ("happy", "sad", "angry", "disgust", "fear", "neutral")


def make_plan():
    from lib.project import open_project
    from lib.protocol.plan import Plan

    project = open_project("params/study.yaml", ROOT)
    condition = project.conditions[CONDITION]
    return Plan(project.study, condition, project.prompts(condition.prompts))


def make_items():
    import hashlib

    from lib.protocol.question import Item

    return [
        Item(f"BM{number:04d}", sha256=hashlib.sha256(str(number).encode()).hexdigest()) for number in range(IMAGES)
    ]


def answer(key: str, step: str) -> str:
    chance = int(key[:6], 16)
    value = EMOTIONS[chance % 6] if step == "emotion" else 1 + chance % 9
    return json.dumps({step: value})


def write(folder: Path, repeats: int) -> None:
    """Write all answers but the last one; the time of appends is measured here."""
    from lib.protocol.replay import replay
    from lib.responses.record import Response
    from lib.responses.store import open_store

    plan, items = make_plan(), make_items()
    spent, lines = 0.0, 0
    with open_store(folder, CONDITION) as store:
        for item in items:
            for repeat in range(repeats):
                for step in plan.steps:
                    question = replay(plan, item, repeat, store.lookup).pending
                    if item is items[-1] and repeat == repeats - 1 and step is plan.steps[-1]:
                        continue
                    text = answer(question.key, step.name)
                    response = Response(
                        key=question.key, condition=CONDITION, image_id=item.image_id, image_sha256=item.sha256,
                        step=step.name, repeat=repeat, prompt=question.prompt, text=text, values=json.loads(text),
                        stage="json", finish_reason="stop", tokens_in=14_212, tokens_out=9, tokens_thinking=0,
                        latency=0.734, cost=0.0021372, currency="USD", backend="openai", model=CONDITION,
                        model_version="gpt-4o-mini-2024-07-18", fingerprint="fp_0123456789" , attempts=1,
                        asked_at="2026-11-22T05:00:00.123+00:00",
                    )  # fmt: skip
                    started = time.perf_counter()
                    store.append(response)
                    spent += time.perf_counter() - started
                    lines += 1
    size = (folder / CONDITION / "all.jsonl").stat().st_size
    print(json.dumps({"lines": lines, "bytes": size, "append_us": spent / lines * 1e6}))


def read(folder: Path, repeats: int) -> None:
    from lib.protocol.replay import replay
    from lib.responses.store import open_store

    plan, items = make_plan(), make_items()
    clock = Clock()
    with open_store(folder, CONDITION) as store:
        opened = clock.lap()
        pending = next(
            question
            for item in items
            for repeat in range(repeats)
            if (question := replay(plan, item, repeat, store.lookup).pending) is not None
        )
        replayed = clock.lap()
        assert pending.step == "arousal" and pending.item is items[-1] and pending.repeat == repeats - 1
        print(json.dumps({"lines": store.report.lines, "open": opened, "replay": replayed, "peak": peak()}))


def naive(folder: Path, limit: int) -> None:
    clock, known = Clock(), {}
    with (folder / CONDITION / "all.jsonl").open(encoding="utf-8") as stream:
        for number, line in enumerate(stream):
            if number == limit:
                break
            content = json.loads(line)
            known[content["key"]] = content
    print(json.dumps({"lines": len(known), "open": clock.lap(), "peak": peak()}))


class Clock:
    """Seconds that passed, and seconds that this process computed, since the last lap."""

    def __init__(self) -> None:
        self.last = time.perf_counter(), time.process_time()

    def lap(self) -> tuple[float, float]:
        now = time.perf_counter(), time.process_time()
        passed = now[0] - self.last[0], now[1] - self.last[1]
        self.last = now
        return passed


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def child(*arguments: object) -> dict[str, float]:
    command = [sys.executable, __file__, *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=232)
    parser.add_argument(
        "--naive-lines", type=int, default=200_000, help="lines for the naive reader, whose memory they fill"
    )
    parser.add_argument("--keep", type=Path, help="folder for the file; used again if it is there")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="rater-store-"))
    try:
        if not (folder / CONDITION / "all.jsonl").exists():
            wrote = child("write", folder, options.repeats)
            print(f"append {wrote['append_us']:.1f} us a line ({wrote['bytes'] / wrote['lines']:.0f} bytes each)")
        ours = child("read", folder, options.repeats)
        (wall, cpu), (replay_wall, replay_cpu) = ours["open"], ours["replay"]
        print(f"store  {ours['lines']:,} lines opened in {wall:.2f} s ({cpu:.2f} s CPU)")
        print(f"       {ours['lines'] / cpu:,.0f} lines a CPU second, peak {ours['peak']:.0f} MB")
        print(f"       replayed in {replay_wall:.2f} s ({replay_cpu:.2f} s CPU)")
        print(f"       asks again after {wall + replay_wall:.2f} s ({cpu + replay_cpu:.2f} s CPU)")
        other = child("naive", folder, options.naive_lines)
        wall, naive_cpu = other["open"]
        rate = other["lines"] / naive_cpu
        print(f"naive  {other['lines']:,} lines in {wall:.2f} s ({naive_cpu:.2f} s CPU: {rate:,.0f} lines/s)")
        print(f"       peak {other['peak']:.0f} MB for these lines")
        print(f"ratio  {ours['lines'] / cpu / rate:.1f} times as many lines a CPU second")
    finally:
        if options.keep is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    if len(sys.argv) > 3 and sys.argv[1] in {"write", "read", "naive"}:
        {"write": write, "read": read, "naive": naive}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
