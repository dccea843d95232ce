"""The pocket rater's model card, filled from what was measured; see `assets/card.md`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from lib.drawing.expressions import EMOTIONS
from lib.drawing.identities import GENDERS, RACES
from lib.files import sha256_file, write_text
from lib.pocket.recipe import RATED, Recipe

CARD = "README.md"
CELLS = len(RACES) * len(GENDERS)


@dataclass(frozen=True)
class Made:
    """What a card says beside recipe and figures.

    Attributes
    ----------
    parameters : int
    environment : str
        Machine and versions, a sentence.
    sources : dict of path
        Files whose hashes stand in the card, by what they are.
    test_folder : str
        The faces on which was measured, as a path of the project.
    test_faces : int
    """

    parameters: int
    environment: str
    sources: Mapping[str, Path]
    test_folder: str
    test_faces: int


def write_card(folder: Path, recipe: Recipe, figures: Mapping[str, Any], made: Made) -> Path:
    """Write a model's card into its folder.

    Parameters
    ----------
    folder
        With the model.
    recipe
        Of the model.
    figures
        Of `lib.pocket.evaluation.evaluate`.
    made
        What else there is to say.
    """
    with_image = {name: value for name, value in figures.items() if "accuracy" in value}
    first = next(iter(with_image))
    weights = folder / "model.safetensors"
    sources = {"weights (`model.safetensors`)": weights, **made.sources}
    faces, model = recipe.faces, recipe.model
    words = {
        "id": recipe.id, "parameters": f"{made.parameters:,}", "bytes": f"{weights.stat().st_size:,}",
        "tower_layers": model.tower_layers, "text_layers": model.text_layers, "width": model.width,
        "patch": model.patch, "image": model.image, "grid": model.grid,
        "training_people": CELLS * faces.training, "training_faces": CELLS * faces.training * len(EMOTIONS),
        "validation_people": CELLS * faces.validation, "validation_faces": CELLS * faces.validation * len(EMOTIONS),
        "seed": faces.seed, "validation_seed": faces.validation_seed, "spread": recipe.raters.spread,
        "environment": made.environment, "test_faces": f"{made.test_faces:,}", "test_folder": f"`{made.test_folder}`",
        "hashes": "\n".join(f"| {what} | `{sha256_file(path)}` |" for what, path in sources.items()),
        "first": f"`{first}`",
        "accuracy": accuracy_table(with_image),
        "confusion": confusion_table(with_image[first]["confusion"]),
        "intensity": intensity_table(with_image[first]),
        "others": others(figures),
    }  # fmt: skip
    template = (files("lib.pocket") / "assets/card.md").read_text(encoding="utf-8")
    return write_text(folder / CARD, template.format_map(words))


def accuracy_table(with_image: Mapping[str, Any]) -> str:
    """Accuracy of each condition, in all and by group and emotion, and the share of answers that could be read."""
    measured = list(with_image.values())
    rows = [["all", *(_percent(value["accuracy"]) for value in measured)]]
    for by in (f"accuracy_by_{name}" for name in ("race", "gender", "group", "emotion")):
        rows.extend([level, *(_percent(value[by][level]) for value in measured)] for level in measured[0][by])
    rows.append(["*answers that could be read*", *(_percent(value["read"]) for value in measured)])
    return _table(["", *(f"`{name}`" for name in with_image)], rows)


def confusion_table(confusion: Mapping[str, Mapping[str, int]]) -> str:
    """Counts of answers by intended emotion."""
    said = [*EMOTIONS, *sorted({name for row in confusion.values() for name in row} - set(EMOTIONS))]
    rows = [[emotion, *(str(row.get(name, 0)) for name in said)] for emotion, row in confusion.items()]
    return _table(["", *said], rows)


def intensity_table(measured: Mapping[str, Any]) -> str:
    """Correlations of expected ratings with intensity, by emotion."""
    emotions = list(measured[RATED[0]]["intensity"])
    rows = [[name, *(_number(measured[name]["intensity"][emotion]) for emotion in emotions)] for name in RATED]
    return _table(["", *emotions], rows)


def others(figures: Mapping[str, Any]) -> str:
    """Sentences on temperature and precision."""
    lines = list[str]()
    for name, value in figures.items():
        if "changed" not in value:
            continue
        how = f"drawn at temperature {value['temperature']}" if name == "drawn" else f"in {name} (processor)"
        changed = ", ".join(f"{step} {_percent(share)}" for step, share in value["changed"].items())
        lines.append(
            f"- {value['faces']} faces {how}, beside greedy answers in float32: other answers {changed}; expected "
            f"ratings differ by up to {_number(value['expected_apart'])}."
        )
    return "\n".join(lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *(["---:"] * (len(head) - 1))], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}%"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
