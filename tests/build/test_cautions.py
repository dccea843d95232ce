"""What is said before the pocket rater is asked what it was not taught."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lib.build.asking import Inquiry, inquiry_about
from lib.build.cautions import OTHER_IMAGES, cautions
from lib.project import open_project

ROOT = Path(__file__).parents[2]
POCKET = ("pocket-rater", "pocket-rater-json", "pocket-rater-text-only")


def inquiries(folder: Path, *names: str, **changes: Any) -> list[Inquiry]:
    """Of the demonstration study, with some of its settings changed."""
    content = yaml.safe_load((ROOT / "params/demo.yaml").read_text(encoding="utf-8"))
    for key, change in changes.items():
        content[key] |= change
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    project = open_project(str(path), ROOT)
    return [inquiry_about(project, project.condition(name), []) for name in names]


def test_nothing_is_said_of_what_was_taught_nor_of_other_machines(tmp_path: Path) -> None:
    other = {"categories": ["joy", "sorrow"]}
    assert cautions(inquiries(tmp_path, *POCKET)) == []
    assert cautions(inquiries(tmp_path, "gemma3-4b-ollama", "internvl3-1b", emotion=other)) == []


def test_other_emotions_and_scales_are_said_once_of_all_conditions(tmp_path: Path) -> None:
    scale = {"low": 1, "high": 7, "low_label": "bad", "high_label": "good"}
    changed = inquiries(
        tmp_path, *POCKET, emotion={"categories": ["joy", "sorrow"]}, dimensions={"valence": scale}
    )  # fmt: skip
    (said,) = cautions(changed)
    assert said.startswith(
        f"{', '.join(POCKET)}: was taught to answer in other words than this study's: emotions happy"
    )
    assert "valence from 1 (very unpleasant) to 9 (very pleasant). Its answers" in said and "arousal" not in said


@pytest.mark.parametrize("name", POCKET)
def test_images_that_are_not_drawn_are_said(name: str, tmp_path: Path) -> None:
    said = cautions(inquiries(tmp_path, name, files={"images": "data/photographs/manifest.csv"}))
    assert said == ([] if name.endswith("text-only") else [f"{name}: {OTHER_IMAGES}"])
