"""Time every section of the results on the study's data, one core: everything the paper needs, all conditions.

Run from the project root, after `rater build`: python -m benchmarks.whole_paper [params/study.yaml]
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

ALONE = {"POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "BENCHMARK_ALONE": "1"}


def whole_paper(study: str) -> None:
    start, start_cpu = time.perf_counter(), time.process_time()
    from lib.results import Results
    from lib.sections.registry import SECTIONS
    from lib.study_data import open_study

    data = open_study(study)
    print(
        f"{len(data.conditions)} conditions, {data.ratings.height:,} ratings, {data.images.height:,} images, one core"
    )
    print(f"{'start':18} {time.perf_counter() - start:6.1f} s   CPU {time.process_time() - start_cpu:6.1f} s")
    n_tables = n_numbers = 0
    for section in SECTIONS:
        began, began_cpu = time.perf_counter(), time.process_time()
        results = Results(section.name)
        n_tables += len(section.compute(data, results))
        n_numbers += len(results.entries)
        print(
            f"{section.name:18} {time.perf_counter() - began:6.1f} s   CPU {time.process_time() - began_cpu:6.1f} s",
            flush=True,
        )
    wall, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    print(f"{'all':18} {wall:6.1f} s   CPU {cpu:6.1f} s   {n_tables} tables, {n_numbers:,} numbers; target 60 s")


def main() -> None:
    study = sys.argv[1] if len(sys.argv) > 1 else "params/study.yaml"
    if os.environ.get("BENCHMARK_ALONE"):
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        whole_paper(study)
        return
    subprocess.run([sys.executable, "-m", "benchmarks.whole_paper", study], check=True, env=os.environ | ALONE)


if __name__ == "__main__":
    main()
