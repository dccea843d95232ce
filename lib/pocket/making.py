"""From a recipe to a pocket rater: draw, learn words, learn to see, learn to speak, save. Goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lib.pocket.faces import Lessons, draw_faces, training_plans, validation_plans
from lib.pocket.first_sight import begin_with
from lib.pocket.marks import mark_seeing, mark_speaking
from lib.pocket.model import count_parameters, new_model, save_model, steady
from lib.pocket.questions import School
from lib.pocket.raters import Raters
from lib.pocket.recipe import TAUGHT_PROMPTS, Recipe
from lib.pocket.seeing import learn_to_see
from lib.pocket.speaking import ClassRoom, learn_to_speak
from lib.pocket.training import Checkpoint, Progress
from lib.pocket.words import learn_words
from lib.project import Project


@dataclass(frozen=True)
class Told:
    """Who is told how far it is: `drawing` which faces, how many are done, and of how many; `learning` each epoch."""

    drawing: Callable[[str, int, int], None]
    learning: Callable[[Progress], None]


def draw_lessons(recipe: Recipe, work: Path, workers: int, told: Told) -> Lessons:
    """Draw what of the faces is not yet in `work`, by so many processes, and read them."""
    side = recipe.model.image
    sets = {"training": training_plans(recipe.faces), "validation": validation_plans(recipe.faces)}
    read = {}
    for name, plans in sets.items():

        def report(done: int, of: int, name: str = name) -> None:
            told.drawing(name, done, of)

        read[name] = draw_faces(plans, work / name, workers, report, side)
    return Lessons(read["training"], read["validation"])


def make_pocket_rater(
    recipe: Recipe, project: Project, lessons: Lessons, *, work: Path, folder: Path, told: Told
) -> int:
    """Make a pocket rater and write it to `folder`.

    On one machine, with the recipe's number of threads and the same versions of torch and the renderer, the same
    weights come out bit by bit, also when it was stopped in between; elsewhere sums are rounded otherwise, and weights
    come out that differ in value and are as good.

    Parameters
    ----------
    recipe, project
        How, and whose questions.
    lessons
        Of `draw_lessons`.
    work
        Where checkpoints are kept, one a stage; each is taken up where all that it depends on is the same.
    folder
        Where the model goes.
    told
        Who is told.

    Returns
    -------
    int
        How many parameters it has.
    """
    prompts = {name: project.prompts(name) for name in TAUGHT_PROMPTS}
    school = School(project.study, prompts, Raters(recipe.raters))
    texts = list(school.every_text())
    words = learn_words(texts, recipe.model.vocabulary)
    first = mark_seeing(recipe, words, lessons.training)
    second = mark_speaking(recipe, first, texts)
    with steady(recipe.threads, recipe.seed):
        model = new_model(recipe.model, words)
        begin_with(model, lessons.training)
        learn_to_see(model, recipe, lessons, Checkpoint(work / "seeing.safetensors", first), told.learning)
        class_room = ClassRoom(model, words, school, recipe.model.places)
        learn_to_speak(class_room, recipe, lessons, Checkpoint(work / "speaking.safetensors", second), told.learning)
    save_model(model, recipe.model, words, folder)
    return count_parameters(model)
