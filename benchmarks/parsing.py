"""How fast and how well answers are read, and a million mutated ones: `python benchmarks/parsing.py [number]`."""

from __future__ import annotations

import sys
import time
import timeit
from collections import Counter
from itertools import cycle
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from parsing_answers import ENDS, mutated, wrong  # noqa: E402

from lib.contracts.study import read_study  # noqa: E402
from lib.protocol.parsing import parse_answer  # noqa: E402

LISTS = ROOT / "tests/protocol"
ALL = ("emotion", "valence", "arousal")
TYPICAL = [
    ('{"emotion": "happy"}', ("emotion",)),
    ('{"valence": 7}', ("valence",)),
    ('{"emotion": "happy", "valence": 7, "arousal": 5}', ALL),
    ('```json\n{"emotion": "happy", "valence": 7, "arousal": 5}\n```', ALL),
    ("Happy", ("emotion",)),
    ("7", ("valence",)),
    ("Emotion: happy, Valence: 7, Arousal: 5", ALL),
    ("I would rate the pleasantness of this facial expression as a 7, since the man smiles.", ("valence",)),
]


def asked_in(first: str) -> tuple[str, ...]:
    """The steps that a line of the lists of answers asks, from the value it expects or the step it names."""
    if "," in first:
        return ALL
    return (first,) if first in ALL else ("valence",) if first.isdigit() else ("emotion",)


def main() -> None:
    paper, other = read_study(ROOT / "params/study.yaml"), read_study(ROOT / "params/affectnet-c25.yaml")
    for text, wanted in TYPICAL:
        calls = timeit.repeat(
            lambda text=text, wanted=wanted: parse_answer(text, wanted, paper),
            number=5000, repeat=7, timer=time.process_time,
        )  # fmt: skip
        print(f"{min(calls) / 5000 * 1e6:7.1f} µs of CPU  {text[:60]!r}")
    for kind in ("chatty", "misleading"):
        answers = [
            line.partition("\t") for line in (LISTS / f"test_parsing_{kind}.txt").read_text("utf-8").splitlines()[1:]
        ]
        read = sum(
            parse_answer(text.replace("\\n", "\n").replace("\\u200b", "\u200b"), asked_in(first), paper).reason is None
            for first, _, text in answers
        )
        print(f"{read} of {len(answers)} {kind} answers read")
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    asked = cycle([(ALL, paper), (("emotion",), paper), (("valence",), paper), (("valence",), other), (ALL, other)])
    stages: Counter[str] = Counter()
    began = time.process_time()
    for text, (wanted, study), end in zip(mutated(20260222, number), asked, cycle(ENDS), strict=False):
        parsed = parse_answer(text, wanted, study, finish_reason=end)
        fault = wrong(parsed, wanted, study)
        if fault is not None:
            sys.exit(f"{text!r} asked for {wanted}: {fault}: {parsed}")
        stages[parsed.stage] += 1
    print(f"{number:,} mutated answers: {time.process_time() - began:.1f} s of CPU with making and checking them")
    print("  ".join(f"{stage} {count / number:.1%}" for stage, count in stages.most_common()))


if __name__ == "__main__":
    main()
