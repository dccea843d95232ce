"""Which images a sample shows: the same for a seed, balanced, and nobody more often than must be."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.build.sample_choice import choose_sample, person_factor, quotas, rule_words
from lib.contracts.images import read_images
from lib.contracts.study import Study
from lib.errors import ParameterError
from lib.project import open_project

ROOT = Path(__file__).parents[2]
EMOTIONS = ("joy", "anger", "calm")
STUDY = Study.model_validate({
    "id": "any", "title": "Any", "files": {"ratings": "r.csv"},
    "factors": {"age": {"label": "Age", "levels": ["young", "old"]}, "actor": {"label": "Actor"}},
    "emotion": {"categories": EMOTIONS},
    "dimensions": {"valence": {"low": 1, "high": 9, "low_label": "bad", "high_label": "good"}},
})  # fmt: skip


def frame(rows: list[tuple[str, str, str]]) -> pl.DataFrame:
    """Images of emotion, actor and age."""
    names = ("intended_emotion", "actor", "age")
    return pl.DataFrame(
        [{"image_id": f"i{number}", **dict(zip(names, row, strict=True))} for number, row in enumerate(rows)]
    )


designs = st.lists(
    st.tuples(st.sampled_from(EMOTIONS), st.sampled_from("ABCDE"), st.sampled_from(["young", "old"])),
    min_size=1, max_size=9,
).map(frame)  # fmt: skip


def balanced(counts: Counter[str], stock: Counter[str]) -> bool:
    """No emotion with images left is shown two times fewer than another one."""
    return all(counts[one] + 1 >= counts[other] for one in stock for other in stock if counts[one] < stock[one])


@settings(max_examples=120)
@given(designs, st.integers(1, 10), st.integers(0, 9))
def test_emotions_are_balanced_and_nobody_is_shown_more_often_than_must_be(
    images: pl.DataFrame, n: int, seed: int
) -> None:
    ids = choose_sample(images, STUDY, n, seed)
    assert len(ids) == len(set(ids)) == min(n, images.height)
    rows = {row["image_id"]: row for row in images.iter_rows(named=True)}
    stock = Counter(images["intended_emotion"])
    assert balanced(Counter(rows[one]["intended_emotion"] for one in ids), stock)
    # Every other choice of as many images that is balanced, too: none of them shows a person less often.
    fewest = min(
        max(Counter(rows[one]["actor"] for one in other).values())
        for other in combinations(rows, len(ids))
        if balanced(Counter(rows[one]["intended_emotion"] for one in other), stock)
    )
    assert max(Counter(rows[one]["actor"] for one in ids).values()) == fewest
    places = [EMOTIONS.index(rows[one]["intended_emotion"]) for one in ids]
    assert places == sorted(places)


@settings(max_examples=40)
@given(designs, st.integers(1, 6), st.integers(0, 99), st.randoms())
def test_the_same_images_and_seed_give_the_same_sample(images: pl.DataFrame, n: int, seed: int, random: Any) -> None:
    order = list(range(images.height))
    random.shuffle(order)
    assert choose_sample(images, STUDY, n, seed) == choose_sample(images[order], STUDY, n, seed)


@pytest.mark.parametrize(("n", "seed"), [(5, 42), (6, 1), (12, 2), (24, 3)])
def test_a_full_design_is_balanced_in_every_factor(n: int, seed: int) -> None:
    project = open_project("params/drawn.yaml", ROOT)
    assert project.manifest is not None
    images = read_images(project.manifest, project.study).frame
    ids = choose_sample(images, project.study, n, seed)
    shown = images.filter(pl.col("image_id").is_in(ids))
    for factor in ("intended_emotion", "race", "gender"):
        counts = [Counter(shown[factor])[level] for level in images[factor].unique()]
        assert max(counts) - min(counts) <= 1, (factor, counts)
    assert shown["identity"].n_unique() == n
    groups = Counter(shown.select("race", "gender").rows())
    assert max(groups.values()) - min([*groups.values(), 0 if len(groups) < 6 else n]) <= 1
    assert choose_sample(images, project.study, n, seed + 1) != ids


def test_a_study_without_factors_and_emotions_is_sampled_too() -> None:
    study = STUDY.model_copy(update={"factors": {}, "emotion": STUDY.emotion.model_copy(update={"intended": False})})
    images = pl.DataFrame({"image_id": [f"i{number}" for number in range(30)]})
    assert person_factor(study) is None
    assert len(set(choose_sample(images, study, 7, 1))) == 7
    assert rule_words(study, 7, 30, 1).startswith("7 images of 30, and what was free then as seed 1 says.")
    with pytest.raises(ParameterError, match=r"-n: got 0; give the number of images"):
        choose_sample(images, study, 0, 1)


def test_quotas_fill_up_from_below() -> None:
    assert quotas({"a": 5, "b": 1, "c": 5}, 6) == ({"a": 2, "b": 1, "c": 2}, {"a", "c"})
    assert quotas({"a": 2, "b": 1}, 3) == ({"a": 2, "b": 1}, set())


def test_the_rule_names_the_studys_own_factors() -> None:
    said = rule_words(STUDY, 1, 9, 42)
    assert said == (
        "1 image of 9, spread evenly over the intended emotions, nobody twice where that could be avoided, then "
        "balanced over age, and what was free then as seed 42 says. The answers played no part in the choice."
    )
