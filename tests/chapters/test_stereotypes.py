from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from lib.chapters.claims_stereotypes import claim_entropy, claim_indices
from lib.chapters.stereotypes import (
    image_mean_variation,
    index_frame,
    machine_variation,
    people_variation,
    record_stereotypes,
)
from lib.results import Results
from lib.study_data import StudyData

NAMES = pl.DataFrame({"condition": ["a", "b"], "short_name": ["A", "B"], "type": ["VLM", "FER"]})


def test_entropy_is_at_the_steps_of_each_dimensions_own_scale(small_project) -> None:
    data = StudyData(small_project)
    machines = machine_variation(data)
    arousal = machines.filter(pl.col("dimension") == "arousal")
    assert arousal["distinct"].max() > 5 >= arousal["distinct_steps"].max()
    assert (machines["entropy"] <= machines["distinct_steps"].log(2) + 1e-12).all()
    people = people_variation(data)
    assert (
        people.select("dimension", "emotion").rows()
        == machines.select("dimension", "emotion").unique(maintain_order=True).sort("dimension", "emotion").rows()
    )


def test_what_faces_differ_by_is_less_than_what_image_means_do(lab_project) -> None:
    found = image_mean_variation(StudyData(lab_project))
    assert (found["sd_faces"] <= found["sd"]).all()
    assert found["n"].unique().to_list() == [12]


def test_faces_that_differ_by_chance_alone_do_not_differ(small_project) -> None:
    data = StudyData(small_project)
    random = np.random.default_rng(1)
    images = data.images["image_id"].to_list()
    noise = pl.DataFrame(
        {
            "image_id": images * 300,
            "participant_id": np.repeat([f"p{i}" for i in range(300)], len(images)),
            "emotion": "joy",
            "valence": random.integers(-3, 4, 300 * len(images)).astype(float),
            "arousal": random.integers(0, 5, 300 * len(images)) / 4,
        }
    )
    data.ratings = noise
    found = image_mean_variation(data)
    assert (found["sd_faces"] < found["sd"]).all() and found["sd_faces"].min() == 0


@pytest.mark.parametrize("shape", ["bare_project", "classifier_project"])
def test_without_machines_that_rate_there_are_no_indices(shape: str, request: pytest.FixtureRequest) -> None:
    data = StudyData(request.getfixturevalue(shape))
    assert index_frame(data).is_empty()
    assert machine_variation(data).drop_nulls("sd").is_empty()
    assert people_variation(data).height > 0


def test_keys(small_project) -> None:
    data = StudyData(small_project)
    frames = {
        "variation": machine_variation(data),
        "variation_people": people_variation(data),
        "variation_image_means": image_mean_variation(data),
        "stereotyping": index_frame(data),
    }
    results = Results("stereotypes")
    record_stereotypes(results, frames)
    keys = set(results.entries)
    assert {
        "conditions.machine-1.valence.variation.joy.entropy", "conditions.machine-1.valence.variation.joy.distinct",
        "human.valence.variation.joy.sd", "human.valence.variation.joy.sd_faces",
        "conditions.machine-1.arousal.collapse_low", "conditions.machine-1.arousal.polarity",
    } <= keys  # fmt: skip


def test_claims_count_machines_whose_interval_leaves_out_a_person() -> None:
    indices = pl.DataFrame(
        {
            "condition": ["a", "b"],
            "dimension": ["valence"] * 2,
            "collapse": [0.6, -0.2], "collapse_low": [0.5, -0.3], "collapse_high": [0.7, -0.1],
            "collapse_means": [0.1, -3.0], "collapse_means_low": [-0.1, -4.0], "collapse_means_high": [0.2, -2.0],
            "polarity": [2.0, 0.5], "polarity_low": [1.8, 0.2], "polarity_high": [2.2, 1.1],
            "sd_ratio": [2.1, 0.9],
        }
    )  # fmt: skip
    results = Results("stereotypes")
    claim_indices(results, indices, NAMES)
    texts = {key: entry.text for key, entry in results.entries.items()}
    assert texts["claims.collapse.machines.valence.collapsed.names"] == "A"
    assert texts["claims.collapse.machines.valence.wider.names"] == "B"
    assert texts["claims.collapse.machines.valence.more_than_means.names"] == "B"
    assert texts["claims.polarity.machines.valence.exaggerated.names"] == "A"
    assert texts["claims.polarity.machines.valence.understated.names"] == "none"
    assert texts["claims.polarity.machines.valence.most.short_name"] == "A"
    machines = pl.DataFrame(
        {"condition": ["a", "b"], "dimension": ["valence"] * 2, "emotion": ["joy"] * 2, "entropy": [0.0, 2.5]}
    )
    claim_entropy(results, machines, machines.drop("condition").with_columns(entropy=3.0), NAMES)
    assert results.entries["claims.entropy.machines.valence.high"].value == 2.5
    assert results.entries["claims.entropy.people.valence.low"].value == 3
