"""Two tiny studies of the same categories and scale, with machines of known bias: a set of images, and a second one."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml
from tests_support import CONDITION

from lib.build.data import check_data, check_predictions
from lib.build.second_set import check_second_set
from lib.chapters.second_sets import second_sets
from lib.project import open_project
from lib.study_data import StudyData

STUDY: dict[str, Any] = {
    "id": "first", "title": "Made <b>faces</b>",
    "files": {
        "images": "data/first/images.csv", "ratings": "data/first/ratings.csv", "predictions": "data/first",
        "conditions": "params/conditions",
    },
    "factors": {"race": {"label": "Race", "levels": ["Asian", "White"]}, "actor": {"label": "Actor"}},
    "emotion": {"categories": ["joy", "anger"], "intended": True},
    "dimensions": {"valence": {"low": 1, "high": 9, "low_label": "bad", "high_label": "good"}},
    "documents": [], "analysis": {"bootstrap_draws": 300, "human_null": False},
}  # fmt: skip
SECOND = {"id": "real-faces", "letter": "A7", "title": "Real faces", "question": "?", "analysis": "real-faces",
          "second": "params/second.yaml"}  # fmt: skip
EACH = 40


def study(name: str, **changes: Any) -> dict[str, Any]:
    content = copy.deepcopy(STUDY) | {"id": name}
    content["files"] = {key: value.replace("first", name) for key, value in content["files"].items()}
    return content | changes


def write_set(root: Path, name: str, bias: dict[str, dict[str, float]], right: dict[str, int], seed: int) -> None:
    """Faces, eight raters, and machines of known bias by race, that name one emotion in so many wrong."""
    random, folder = np.random.default_rng(seed), root / f"data/{name}"
    folder.mkdir(parents=True)
    images = pl.DataFrame(
        [(f"{race[0]}{emotion[0]}{at:02d}", f"{race}{at}", race, emotion)
         for race in ("Asian", "White") for emotion in ("joy", "anger") for at in range(EACH)],
        schema=["image_id", "actor", "race", "emotion"], orient="row",
    )  # fmt: skip
    images.write_csv(folder / "images.csv")
    level = np.where(images["emotion"] == "joy", 6.0, 4.0)
    ratings = pl.concat(
        images.select("image_id", "emotion").with_columns(
            participant_id=pl.lit(f"P{rater}"),
            valence=pl.Series(np.clip(np.rint(level + random.normal(0, 0.2) + random.normal(0, 0.8, EACH * 4)), 1, 9)),
        ) for rater in range(8)
    )  # fmt: skip
    ratings.write_csv(folder / "ratings.csv")
    people = ratings.group_by("image_id", maintain_order=True).agg(pl.col("valence").mean())["valence"].to_numpy()
    for machine, by_race in bias.items():
        own = people + np.array([by_race[race] for race in images["race"]]) + random.normal(0, 0.3, len(people))
        wrong = pl.Series(np.arange(images.height) % right[machine] == 0)
        named = pl.select(pl.when(wrong).then(pl.lit("anger")).otherwise(pl.lit("joy"))).to_series()
        named = pl.Series([{"joy": emotion, "anger": "anger" if emotion == "joy" else "joy"}[said]
                           for said, emotion in zip(named, images["emotion"], strict=True)])  # fmt: skip
        frame = images.select("image_id").with_columns(emotion=named, valence=pl.Series(own))
        frame.write_csv(folder / f"{machine}.csv")


def write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content), encoding="utf-8")


def make_root(root: Path) -> Path:
    (root / "_quarto.yml").write_text("", encoding="utf-8")
    for name, kind in (("looker", "vlm"), ("classifier", "fer")):
        described = CONDITION | {
            "id": name,
            "name": name,
            "short_name": name,
            "kind": kind,
            "steps": ["emotion", "valence"],
        }
        if kind == "fer":
            described = described | {"strategy": "classifier", "prompts": None}
        write(root / f"params/conditions/{name}.yaml", described)
    write(root / "params/first.yaml", study("first"))
    write(root / "params/second.yaml", study("second", title="Photographs", simulated="Nobody was photographed."))
    write(root / "params/ablations/real-faces.yaml", SECOND)
    return root


def checked(root: Path) -> StudyData:
    project = open_project("params/first.yaml", root)
    check_data(project)
    for name in project.available:
        check_predictions(project, name)
    for one in second_sets(project):
        check_second_set(project, one.ablation.id)
    return StudyData(project)
