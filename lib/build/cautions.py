"""What a user should hear before asking the project's own small model: what it was taught, and what it is not for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from lib.build.asking import Inquiry
from lib.build.sample import has_drawn_faces
from lib.contracts.study import Scale, Study, read_study
from lib.errors import RaterError
from lib.pocket.recipe import TAUGHT_PROMPTS, read_recipe

RECIPES = "params/pocket"
OTHER_IMAGES = (
    "was taught this project's drawn faces and the answers of a rule. The manifest does not say that these images are "
    "drawn: of others its answers are no evidence, and they must not be used on people."
)


def cautions(inquiries: Sequence[Inquiry]) -> list[str]:
    """A line for each thing that makes a pocket rater's answers meaningless, with the conditions that it holds for.

    A model is one where its folder is named as a recipe in `params/pocket` is, whose study's words it was taught.
    """
    said: dict[str, list[str]] = {}
    for inquiry in inquiries:
        for text in _cautions(inquiry):
            said.setdefault(text, []).append(inquiry.condition.id)
    return [f"{', '.join(names)}: {text}" for text, names in said.items()]


def _cautions(inquiry: Inquiry) -> Iterator[str]:
    condition, project = inquiry.condition, inquiry.project
    recipe = project.root / RECIPES / f"{Path(condition.model).name}.yaml"
    if condition.backend not in {"transformers", "mlx"} or not recipe.is_file():
        return
    if condition.strategy != "text_only" and not has_drawn_faces(project.manifest):
        yield OTHER_IMAGES
    try:
        taught = read_study(project.root / read_recipe(recipe).study)
    except RaterError:  # what was taught cannot be told; the model can be asked all the same
        return
    other = list(_other_words(inquiry, taught))
    if other:
        yield (
            f"was taught to answer in other words than this study's: {'; '.join(other)}. Its answers to these "
            "questions have no meaning (docs/pocket.md)."
        )


def _other_words(inquiry: Inquiry, taught: Study) -> Iterator[str]:
    """What was taught where this study's questions differ from it."""
    condition, study = inquiry.condition, inquiry.project.study
    if study.emotion.categories != taught.emotion.categories:
        yield f"emotions {', '.join(taught.emotion.categories)}"
    for name in condition.dimensions:
        scale = taught.dimensions.get(name)
        if scale is None:
            yield f"ratings of {', '.join(taught.dimensions)}, none of {name}"
        elif _words(scale) != _words(study.dimensions[name]):
            yield f"{name} from {scale.low:g} ({scale.low_label}) to {scale.high:g} ({scale.high_label})"
    if condition.prompts not in TAUGHT_PROMPTS:
        yield f"the prompt sets {' and '.join(TAUGHT_PROMPTS)}"


def _words(scale: Scale) -> tuple[object, ...]:
    return scale.low, scale.high, scale.low_label, scale.high_label
