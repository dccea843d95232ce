"""Second stage: language learns to answer the study's questions about what the tower sees, which now stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lib.drawing.expressions import EMOTIONS
from lib.pocket.augment import as_seen, vary
from lib.pocket.faces import Faces, Lessons
from lib.pocket.model import see
from lib.pocket.packing import Packed, answers_of, pack
from lib.pocket.questions import Lesson, School
from lib.pocket.recipe import Recipe
from lib.pocket.training import Chance, Checkpoint, Progress, Stage, run
from lib.pocket.words import BEGIN, IMAGE, USER, Speller

if TYPE_CHECKING:
    import torch

USUAL = 0.2
"""Weight of what is always so in an answer (braces, quotes, its end), beside 1 for what is chosen."""
LABELS = 8
"""Questions without image at each step."""
AT_ONCE = 64


def learn_to_speak(
    class_room: ClassRoom,
    recipe: Recipe,
    lessons: Lessons,
    checkpoint: Checkpoint,
    report: Callable[[Progress], None],
) -> None:
    """Train the language side: at each step some questions about each face of a batch, and some about labels alone.

    The loss is the cross entropy with the simulated raters' chances at every token of an answer.
    """
    import torch

    model, training = class_room.model, lessons.training

    def loss(rows: NDArray[np.int64], chance: Chance) -> torch.Tensor:
        with torch.no_grad():
            seen = see(model, vary(training.pixels[rows], training.actions[rows], chance.torch)[0])
        about_faces = class_room.about(training, rows, recipe.speaking.questions, chance.numpy)
        about_labels = class_room.without_image(LABELS, chance.numpy)
        return _loss(answers_of(model, about_faces, seen), about_faces) + 0.2 * _loss(
            answers_of(model, about_labels, None), about_labels
        )

    inner = model.model
    modules = {"join": inner.multi_modal_projector, "text": inner.language_model, "head": model.lm_head}
    stage = Stage(
        "speaking",  recipe.speaking, recipe.seed, modules, len(training), loss,
        lambda: class_room.figures(lessons.validation),
    )  # fmt: skip
    run(stage, checkpoint, report)


class ClassRoom:
    """Asks a model a school's questions, many at once.

    Parameters
    ----------
    model, words
        Of `lib.pocket.model` and `lib.pocket.words`.
    school
        Whose questions.
    places
        Image tokens.
    """

    def __init__(self, model: Any, words: Any, school: School, places: int) -> None:  # noqa: ANN401
        self.model, self.school, self.speller = model, school, Speller(words)
        self.pad = words.pad_token_id
        self.alone = self.speller.ids(BEGIN + USER)
        self.image = (*self.alone, *self.speller.ids(IMAGE) * places)

    def about(
        self, faces: Faces, rows: NDArray[np.int64], questions: int, random: np.random.Generator,
        lessons: tuple[Lesson, ...] | None = None,
    ) -> Packed:  # fmt: skip
        """Ask so many different questions about each of some faces, drawn from `lessons` (or all of the school)."""
        lessons = lessons or self.school.with_image
        packed = []
        for row in rows:
            drawn = random.choice(len(lessons), size=min(questions, len(lessons)), replace=False)
            shown, intensity = EMOTIONS[faces.emotion[row]], float(faces.intensity[row])
            asked = [self.school.about_face(lessons[number], shown, intensity, random) for number in drawn]
            packed.append([self.speller.spell(exercise) for exercise in asked])
        return pack(self.image, packed, self.pad)

    def without_image(self, questions: int, random: np.random.Generator) -> Packed:
        """Ask so many questions about labels."""
        packed = []
        for _ in range(questions):
            lesson = self.school.without_image[random.integers(len(self.school.without_image))]
            exercise = self.school.about_label(lesson, EMOTIONS[random.integers(len(EMOTIONS))], random)
            packed.append([self.speller.spell(exercise)])
        return pack(self.alone, packed, self.pad)

    def figures(self, faces: Faces) -> dict[str, float]:
        """Share of right emotions (`plain`), and by how much chances of choices differ from the raters' (KL, nats)."""
        import torch

        random = np.random.default_rng(0)
        right, differing = list[bool](), list[float]()
        first = self.school.with_image[:1]
        with torch.no_grad():
            for start in range(0, len(faces), AT_ONCE):
                rows = np.arange(start, min(start + AT_ONCE, len(faces)))
                seen = see(self.model, as_seen(faces.pixels[rows]))
                packed = self.about(faces, rows, 1, random, first)
                likeliest = answers_of(self.model, packed, seen).argmax(1)[packed.chosen]
                wanted = [self.speller.ids(EMOTIONS[number])[0] for number in faces.emotion[rows]]
                right += (likeliest.numpy() == np.array(wanted)).tolist()
                packed = self.about(faces, rows, 3, random)
                differing += _divergence(answers_of(self.model, packed, seen), packed)[packed.chosen].tolist()
        return {"accuracy": float(np.mean(right)), "divergence": float(np.mean(differing))}


def _loss(chances: torch.Tensor, packed: Packed) -> torch.Tensor:
    import torch

    weight = torch.where(packed.chosen, 1.0, USUAL)
    return -((packed.targets * chances).sum(1) * weight).sum() / weight.sum()


def _divergence(chances: torch.Tensor, packed: Packed) -> torch.Tensor:
    """Kullback-Leibler divergence of the model's chances from the raters', a value an answer's token."""
    import torch

    own = torch.xlogy(packed.targets, packed.targets).sum(1)
    return own - (packed.targets * chances).sum(1)
