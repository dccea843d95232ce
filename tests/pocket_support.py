"""A pocket rater of seconds: a handful of stick faces in place of drawn ones, two epochs a stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from lib.drawing.design import Plan
from lib.drawing.drawn_set import encode_webp
from lib.drawing.expressions import EMOTIONS
from lib.pocket.making import Told, draw_lessons, make_pocket_rater
from lib.pocket.recipe import Recipe, read_recipe
from lib.pocket.training import Progress
from lib.project import Project, open_project

ROOT = Path(__file__).parents[1]
RECIPE = "params/pocket/pocket-rater.yaml"
TINY = {
    "threads": 1,
    "faces": {"training": 1, "validation": 1, "seed": 7, "validation_seed": 8},
    "model": {"image": 48, "patch": 12, "width": 32, "tower_layers": 1, "text_layers": 1, "heads": 2, "wider": 2,
              "vocabulary": 512},
    "seeing": {"epochs": 2, "batch": 12, "rate": 0.002, "decay": 0.05},
    "speaking": {"epochs": 2, "batch": 12, "rate": 0.002, "decay": 0.01, "questions": 3},
}  # fmt: skip


def shipped() -> Recipe:
    """The recipe of the pocket rater."""
    return read_recipe(ROOT / RECIPE)


def tiny_recipe(**changes: Any) -> Recipe:
    """The same, of seconds."""
    return Recipe.model_validate({**shipped().model_dump(), **TINY, **changes})


def project() -> Project:
    """The project at hand."""
    return open_project("params/study.yaml", ROOT)


def stick_face(plan: Plan) -> bytes:
    """A face of a few lines, whose mouth tells the emotion and whose colour the group; drawn faces take too long."""
    place = EMOTIONS.index(plan.expression.emotion)
    image = Image.new("RGB", (224, 224), (150, 150, 150))
    pen = ImageDraw.Draw(image)
    pen.ellipse((40, 20, 184, 204), fill=(120 + 20 * len(plan.person.race) % 100, 110, 90))
    for left in (75, 125):
        pen.ellipse((left, 80, left + 24, 104), fill="white")
    pen.rectangle((70, 130 + 8 * place, 154, 140 + 8 * place + round(20 * plan.expression.intensity)), fill="darkred")
    return encode_webp(np.asarray(image))


def draw_stick_faces(plans: Sequence[Plan], folder: Path, workers: int, report: Callable[[int, int], None]) -> int:
    """As `draw_set`, without drawing."""
    for plan in plans:
        path = folder / plan.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(stick_face(plan))
    report(len(plans), len(plans))
    return len(plans)


def make(recipe: Recipe, faces: Path, work: Path, folder: Path) -> list[Progress]:
    """Make a pocket rater; gives what it said after each epoch."""
    said = list[Progress]()
    told = Told(lambda *_: None, said.append)
    lessons = draw_lessons(recipe, faces, 1, told)
    make_pocket_rater(recipe, project(), lessons, work=work, folder=folder, told=told)
    return said
