"""What asking a classifier costs beside the network itself: ours, batched and one by one, and a bare loop.

    python -m benchmarks.fer [--images 1440] [--rounds 3] [--threads 2]

All show face-api's network the same images (224 pixels, PNG) with as many threads. `bare` decodes, resizes and runs the
network one image at a time, and keeps nothing. Ours is the whole path of `rater infer`: replay, key, picture, batch,
reading, store; `single` is the same with batches of one. They take turns; the best of all rounds counts, since a busy
machine only adds. Imports and the opening of the network are not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("bare", "single", "batched")
TARGET = 0.7


def main() -> None:
    """Measure in turns and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1440)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    with tempfile.TemporaryDirectory(prefix="rater-fer-") as scratch:
        items = write_images(Path(scratch) / "images", given.images)
        best = dict.fromkeys(NAMES, 0.0)
        for number in range(given.rounds):
            for name in NAMES:
                folder = Path(scratch) / f"{name}-{number}"
                seconds = bare(items, given.threads) if name == "bare" else asked(items, name, folder, given.threads)
                best[name] = max(best[name], given.images / seconds)
    print(f"{given.images} images, {given.threads} threads, best of {given.rounds}")
    for name in NAMES:
        print(f"  {name:8} {best[name]:7.0f} images a second   {best[name] / best['bare']:.2f} of bare")
    share = best["batched"] / best["bare"]
    print(f"  batched at least {TARGET} of bare: {'yes' if share >= TARGET else 'NO'}")


def write_images(folder: Path, count: int) -> list[Any]:
    """Faces of which no two are alike, as items."""
    from fer_support import smiling_face
    from PIL import Image

    from lib.protocol.question import Item

    folder.mkdir()
    items = []
    for number in range(count):
        pixels = smiling_face(number / count * 2 - 1, 224)
        pixels[0, :16] = list(number.to_bytes(3, "big"))
        path = folder / f"{number}.png"
        Image.fromarray(pixels).save(path, compress_level=1)
        items.append(Item(path.stem, path, hashlib.sha256(path.read_bytes()).hexdigest()))
    return items


def condition(batch: int, threads: int) -> Any:
    """face-api with its settings of speed."""
    from lib.contracts.condition import read_conditions

    found = read_conditions(ROOT / "params/library")["face-api"]
    return found.model_copy(
        update={"classifier": found.classifier.model_copy(update={"batch": batch, "threads": threads})}
    )


def bare(items: list[Any], threads: int) -> float:
    """Seconds of a loop over files."""
    import numpy as np
    import onnxruntime
    from PIL import Image

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(ROOT / "lib/fer/assets/face-api-expression.onnx"), options)
    mean = np.array([122.782, 117.001, 104.298], np.float32)
    start = time.perf_counter()
    for item in items:
        small = Image.open(item.path).convert("RGB").resize((112, 112), Image.Resampling.BILINEAR)
        numbers = (np.asarray(small, np.float32) - mean) / 255
        session.run(None, {"image": np.ascontiguousarray(numbers.transpose(2, 0, 1)[None])})
    return time.perf_counter() - start


def asked(items: list[Any], name: str, folder: Path, threads: int) -> float:
    """Seconds of a whole run."""
    from protocol_support import make_study

    from lib.asking.run import ask_all
    from lib.asking.settings import RunSettings
    from lib.backends.registry import open_backend
    from lib.protocol.plan import Plan
    from lib.responses.store import open_store

    described, study = condition(1 if name == "single" else 16, threads), make_study()

    async def run() -> float:
        backend = open_backend(described, study)
        await backend.preflight()
        start = time.perf_counter()
        with open_store(folder, "face-api") as store:
            await ask_all(Plan(study, described), items, 1, backend, store, settings=RunSettings(concurrency=32))
        seconds = time.perf_counter() - start
        await backend.close()
        return seconds

    return asyncio.run(run())


if __name__ == "__main__":
    main()
