"""How CPU time and memory of the whole human side grow from 72 thousand to 7.2 million ratings.

Run from the project root: python -m benchmarks.scaling
Each size runs in a process of its own, on one core, so that its peak memory is its own.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time

import numpy as np
import polars as pl

from lib.metrics.counts import count_ratings
from lib.metrics.human import describe_people, image_means
from lib.metrics.icc_incomplete import icc_from_components, ratings_per_image
from lib.metrics.mixed_crossed import fit_crossed

SCALE = np.arange(1.0, 10.0)
N_IMAGES = 1440
SIZES = {"72 thousand": 1, "720 thousand": 10, "7.2 million": 100}


def make_ratings(times: int) -> pl.DataFrame:
    """The laboratory's images with `times` as many people, each rating 72 images."""
    rng = np.random.default_rng(0)
    n_raters = 1000 * times
    rater = np.repeat(np.arange(n_raters, dtype=np.int32), 72)
    start = rng.integers(0, N_IMAGES, n_raters)
    image = ((start[:, None] + 20 * np.arange(72)[None, :] + rng.integers(0, 20, (n_raters, 72))) % N_IMAGES).ravel()
    value = rng.uniform(2.5, 7.5, N_IMAGES)[image] + rng.normal(0, 0.65, n_raters)[rater]
    value = np.clip(np.rint(value + rng.normal(0, 1.25, image.size)), 1, 9)
    images, people = pl.Series(range(N_IMAGES)).cast(pl.String), pl.Series(range(n_raters)).cast(pl.String)
    return pl.DataFrame({"image_id": images.gather(image), "participant_id": people.gather(rater), "valence": value})


def human_side(ratings: pl.DataFrame) -> dict[str, float]:
    """Counts, alpha, leave-one-out and pairwise errors, image means; then the crossed model and both reliabilities."""
    start = time.process_time()
    counts = count_ratings(ratings, "valence", SCALE)
    describe_people(counts)
    image_means(ratings, ["valence"])
    counted = time.process_time()
    fit = fit_crossed(ratings, "valence")
    order = [list(fit.variances).index(name) for name in ("image_id", "participant_id", "residual")]
    values = [fit.variances[name] for name in ("image_id", "participant_id", "residual")]
    k = ratings_per_image(counts.counts.sum(axis=1), "harmonic")
    found = icc_from_components(*values, fit.variance_covariance[np.ix_(order, order)], k=k, confidence=0.95)
    done = time.process_time()
    return {"counts": counted - start, "model": done - counted, "icc2_1": found.icc2_1 or 0.0}


def one_size(times: int) -> None:
    ratings = make_ratings(times)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    spent = human_side(ratings)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    total = spent["counts"] + spent["model"]
    print(
        f"{ratings.height:>10,} ratings   counts, alpha, errors {spent['counts']:6.2f} s   "
        f"ICC {spent['model']:6.2f} s   "
        f"all {total:6.2f} s   {1e6 * total / ratings.height:6.2f} us a rating   "
        f"peak {peak:.2f} GB ({before:.2f} GB of it before)   ICC(2,1) {spent['icc2_1']:.3f}",
        flush=True,
    )


def main() -> None:
    if len(sys.argv) > 1:
        one_size(int(sys.argv[1]))
        return
    alone = os.environ | {"POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    for times in SIZES.values():
        subprocess.run([sys.executable, "-m", "benchmarks.scaling", str(times)], check=True, env=alone)


if __name__ == "__main__":
    main()
