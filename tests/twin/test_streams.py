from __future__ import annotations

from lib.twin.streams import stream


def test_same_name_same_numbers_and_other_name_or_seed_others():
    draws = [
        stream(seed, *names).integers(1 << 60) for seed, names in [(1, ("a", "b")), (1, ("a", "c")), (2, ("a", "b"))]
    ]
    assert len(set(draws)) == 3
    assert stream(1, "a", "b").integers(1 << 60) == draws[0]
