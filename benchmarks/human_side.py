"""Time the human baseline from counts against the plain way, at the laboratory's size.

Run from the project root: python -m benchmarks.human_side
"""

from __future__ import annotations

import time
from collections.abc import Callable

import krippendorff
import numpy as np
import polars as pl

from lib.metrics.counts import count_ratings
from lib.metrics.human import describe_people, image_means
from lib.metrics.human_null import hold_out
from lib.metrics.majority import majority

N_IMAGES, N_RATERS, RATERS_PER_IMAGE = 1440, 1000, 50
SCALE = np.arange(1.0, 10.0)
LABELS = ["happy", "sad", "angry", "fear", "disgust", "neutral", "surprised"]


def make_ratings() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    rater = np.concatenate([rng.choice(N_RATERS, RATERS_PER_IMAGE, replace=False) for _ in range(N_IMAGES)])
    image = np.repeat(np.arange(N_IMAGES), RATERS_PER_IMAGE)
    centre = rng.uniform(2, 8, N_IMAGES)[image]
    return pl.DataFrame(
        {
            "image_id": [f"image{i:04d}" for i in image],
            "participant_id": [f"p{i:04d}" for i in rater],
            "emotion": rng.choice(LABELS, image.size),
            "valence": np.clip(np.rint(rng.normal(centre, 1.5)), 1, 9),
        }
    )


def from_counts(ratings: pl.DataFrame) -> tuple[float, float, float]:
    baseline = describe_people(count_ratings(ratings, "valence", SCALE))
    return baseline.loo_mae, baseline.pairwise_mae, baseline.alpha_ordinal


def plainly(ratings: pl.DataFrame) -> tuple[float, float, float]:
    left_out, pairs = [], []
    for (_,), image in ratings.group_by("image_id"):
        values = image["valence"].to_numpy()
        left_out += [abs(value - np.delete(values, i).mean()) for i, value in enumerate(values)]
        pairs += [abs(values[i] - values[j]) for i in range(len(values)) for j in range(i)]
    matrix = ratings.pivot("image_id", index="participant_id", values="valence").drop("participant_id").to_numpy()
    alpha = krippendorff.alpha(matrix, value_domain=SCALE, level_of_measurement="ordinal")
    return float(np.mean(left_out)), float(np.mean(pairs)), float(alpha)


def seconds(task: Callable[[], object], repeats: int) -> float:
    task()
    spent = []
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        spent.append(time.perf_counter() - start)
    return min(spent)


def main() -> None:
    ratings = make_ratings()
    difference = max(abs(a - b) for a, b in zip(from_counts(ratings), plainly(ratings), strict=True))
    fast, slow = seconds(lambda: from_counts(ratings), 10), seconds(lambda: plainly(ratings), 1)
    print(f"{ratings.height:,} ratings of {N_IMAGES:,} images; leave-one-out, pairwise and ordinal alpha")
    print(f"from counts {fast * 1e3:8.1f} ms")
    print(f"plainly     {slow * 1e3:8.1f} ms   {slow / fast:,.0f} times as long, largest difference {difference:.1e}")
    others = {
        "image means": lambda: image_means(ratings, ["valence"]),
        "majority": lambda: majority(ratings, None, LABELS),
        "hold out": lambda: hold_out(ratings, LABELS, 0, ["valence"]),
    }
    for name, task in others.items():
        print(f"{name:11} {seconds(task, 10) * 1e3:8.1f} ms")


if __name__ == "__main__":
    main()
