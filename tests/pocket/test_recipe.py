from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pocket_support import RECIPE, ROOT, project, shipped

from lib.contracts.study import Study
from lib.errors import ParameterError
from lib.pocket.recipe import check_study, read_recipe


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        (("faces", "validation_seed"), 20261122, "the same"),
        (("raters", "confused", "happy"), {"happy": 1}, "confused.happy"),
        (("raters", "confused"), {"happy": {"sad": 1}}, "confused: expected a line for each of happy, sad"),
        (("raters", "means", "valence"), {}, "means.valence: expected a line"),
        (("model", "patch"), 10, "no multiple of patch"),
        (("model", "width"), 100, "four times heads"),
        (("seeing", "epoch"), 3, "unknown key 'epoch'"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, where: tuple[str, ...], value: Any, said: str) -> None:
    content = yaml.safe_load((ROOT / RECIPE).read_text(encoding="utf-8"))
    inner = content
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ParameterError, match=said):
        read_recipe(path)


def test_only_a_study_of_the_drawn_emotions_on_nine_steps_fits(small_study: Study) -> None:
    check_study(project().study)
    with pytest.raises(ParameterError, match=r"categories: got joy, anger, calm"):
        check_study(small_study)
    study = project().study
    scale = study.dimensions["arousal"].model_copy(update={"low": 0.0})
    other = study.model_copy(update={"dimensions": {**study.dimensions, "arousal": scale}})
    with pytest.raises(ParameterError, match=r"dimensions\.arousal: got 0 to 9"):
        check_study(other)


def test_any_change_is_another_recipe() -> None:
    recipe = shipped()
    assert recipe.sha256 == shipped().sha256
    assert recipe.sha256 != recipe.model_copy(update={"seed": recipe.seed + 1}).sha256
