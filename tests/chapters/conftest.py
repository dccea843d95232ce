"""Studies of three shapes, checked as the build checks them, and a way to run a chapter's cells in this process."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import polars as pl
import pytest
import yaml
from tests_support import SMALL_STUDY, write_small_study

from lib.build.analyze import Analysis, compute_sections
from lib.build.data import check_data, check_predictions, make_human_null
from lib.project import Project, open_project
from lib.sections.registry import SECTIONS
from lib.study_data import StudyData

REPOSITORY = Path(__file__).resolve().parents[2]
EMOTIONS = {"happy": "Hap", "sad": "Sad", "angry": "Ang", "fear": "Fea", "disgust": "Dis", "neutral": "Neu"}
CENTRES = {"happy": 7, "sad": 4, "angry": 3, "fear": 4, "disgust": 3, "neutral": 5}

BARE_STUDY = {
    "id": "bare",
    "title": "Ratings alone",
    "files": {"ratings": "data/bare.csv"},
    "emotion": {"categories": ["joy", "anger", "calm"], "people_also": ["other"], "intended": False},
    "dimensions": {"valence": {"low": -1, "high": 1, "step": 0.25, "low_label": "bad", "high_label": "good"}},
    "analysis": {"bootstrap_draws": 200},
}


def _root(folder: Path) -> Path:
    (folder / "params").mkdir(parents=True)
    shutil.copytree(REPOSITORY / "params/prompts", folder / "params/prompts")
    (folder / "_quarto.yml").write_text("project:\n  type: website\n", encoding="utf-8")
    return folder


def _checked(root: Path, study: str) -> Project:
    project = open_project(study, root)
    check_data(project)
    if project.study.analysis.human_null:
        make_human_null(project)
    for condition in project.available:
        check_predictions(project, condition)
    return project


def _lab_images() -> pl.DataFrame:
    rows = [
        {"image_id": f"{race[0]}{gender[0]}{n:02d}_{code}", "file": None, "race": race, "gender": gender}
        | {"identity": f"{race[0]}{gender[0]}{n:02d}", "emotion": emotion}
        for race in ("Black", "Caucasian", "Korean")
        for gender in ("Man", "Woman")
        for emotion, code in EMOTIONS.items()
        for n in (1, 2)
    ]
    return pl.DataFrame(rows, schema_overrides={"file": pl.String}).sort("image_id")


def _lab_ratings(images: pl.DataFrame, random: np.random.Generator) -> pl.DataFrame:
    rows = []
    for rater in range(20):
        for index in random.choice(images.height, 30, replace=False):
            emotion = images["emotion"][int(index)]
            values = np.clip(CENTRES[emotion] + random.integers(-2, 3, 3), 1, 9).astype(float)
            label = emotion if random.random() < 0.8 else "surprised"
            rows.append((images["image_id"][int(index)], f"P{rater:03d}", label, *values))
    schema = ["image_id", "participant_id", "emotion", "valence", "arousal", "naturalness"]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _lab_predictions(images: pl.DataFrame, steps: list[str], random: np.random.Generator) -> pl.DataFrame:
    labels = [emotion if random.random() < 0.7 else "neutral" for emotion in images["emotion"]]
    values = {
        name: np.clip([CENTRES[label] + random.integers(-1, 2) for label in labels], 1, 9).astype(float)
        for name in steps
        if name != "emotion"
    }
    tokens = random.integers(100, 900, images.height)
    answers = {"image_id": images["image_id"], "emotion": [None, *labels[1:]], "thinking_tokens": tokens}
    return pl.DataFrame(answers | values).slice(0, 70)


@pytest.fixture(scope="session")
def lab_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The laboratory's study in small, while simulated data stand in."""
    root = _root(tmp_path_factory.mktemp("lab"))
    study = yaml.safe_load((REPOSITORY / "params/study.yaml").read_text(encoding="utf-8"))
    study["analysis"]["bootstrap_draws"] = 200  # how wide intervals are is not looked at here
    (root / "params/study.yaml").write_text(
        yaml.safe_dump(study, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    shutil.copytree(REPOSITORY / "params/conditions", root / "params/conditions")
    shutil.copytree(REPOSITORY / "data/published", root / "data/published")
    twin, random = root / "cache/twin", np.random.default_rng(5)
    (twin / "simulated_predictions").mkdir(parents=True)
    images = _lab_images()
    images.write_parquet(twin / "simulated_images.parquet")
    _lab_ratings(images, random).write_parquet(twin / "simulated_ratings.parquet")
    for path in sorted((root / "params/conditions").glob("*.yaml")):
        condition = yaml.safe_load(path.read_text(encoding="utf-8"))
        frame = _lab_predictions(images, condition.get("steps", ["emotion", "valence", "arousal"]), random)
        if condition["strategy"] == "context_carry":
            parts = {"emotion": 0, "valence": 1, "arousal": 2}
            third = pl.col("thinking_tokens") // 3
            frame = frame.with_columns(
                (third + (pl.col("thinking_tokens") % 3 > place)).cast(pl.Int64).alias(f"thinking_tokens_{step}")
                for step, place in parts.items()
            )
        frame.write_parquet(twin / f"simulated_predictions/{path.stem}.parquet")
    return _checked(root, "params/study.yaml")


@pytest.fixture(scope="session")
def lab_analysis(lab_project: Project) -> Analysis:
    """What all sections find in the laboratory's study in small."""
    analysis = compute_sections(StudyData(lab_project), SECTIONS, lambda _: None)
    assert analysis.refused == {}  # a section that fails is kept as a sentence there
    return analysis


@pytest.fixture(scope="session")
def small_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Another study: 24 images, 12 raters, two races, three emotions, other scales, missing cells, two machines."""
    root = _root(tmp_path_factory.mktemp("small"))
    return _checked(root, str(write_small_study(root)))


@pytest.fixture(scope="session")
def classifier_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small study with one classifier that rates nothing, one machine without an answer, and nobody held out."""
    root = _root(tmp_path_factory.mktemp("classifier"))
    study = root / write_small_study(root)
    content = yaml.safe_load(study.read_text(encoding="utf-8")) | {
        "id": "classifier",
        "analysis": SMALL_STUDY["analysis"] | {"human_null": False},
    }
    study.write_text(yaml.safe_dump(content), encoding="utf-8")
    path = root / "params/small_conditions/machine-1.yaml"
    changes = {"kind": "fer", "strategy": "classifier", "prompts": None, "steps": ["emotion"]}
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")
    silent = root / "data/small/predictions/machine-2.csv"
    frame = pl.read_csv(silent).with_columns(pl.lit(None).alias(name) for name in ("emotion", "valence", "arousal"))
    frame.write_csv(silent)
    return _checked(root, "params/small.yaml")


@pytest.fixture(scope="session")
def bare_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Ratings alone: no manifest, no factors, no intended emotions, no machines, one scale from -1 to 1."""
    root = _root(tmp_path_factory.mktemp("bare"))
    random, labels = np.random.default_rng(3), ["joy", "joy", "anger", "calm", "other"]
    rows = [
        (f"img{image:02d}", f"r{rater}", str(random.choice(labels)), float(random.integers(-4, 5)) / 4)
        for image in range(15)
        for rater in range(6)
        if (image + rater) % 5
    ]
    frame = pl.DataFrame(rows, schema=["image_id", "participant_id", "emotion", "valence"], orient="row")
    (root / "data").mkdir()
    frame.write_csv(root / "data/bare.csv")
    (root / "params/bare.yaml").write_text(yaml.safe_dump(BARE_STUDY), encoding="utf-8")
    return _checked(root, "params/bare.yaml")


Run = Callable[..., tuple[dict[str, Any], Path]]


@pytest.fixture(scope="session")
def run_cells(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a chapter's code cells in this process: what each cell shows, and the file of its numbers. Runs are kept."""
    folder = tmp_path_factory.mktemp("numbers")
    kept: dict[tuple[Path, str], tuple[dict[str, Any], Path]] = {}

    def run(project: Project, chapter: str, *, again: bool = False) -> tuple[dict[str, Any], Path]:
        key = (project.study_file, chapter)
        if again:
            return _run(project, chapter, folder / f"{project.study.id}-{chapter}-again.json")
        if key not in kept:
            kept[key] = _run(project, chapter, folder / f"{project.study.id}-{chapter}.json")
        return kept[key]

    return run


def _run(project: Project, chapter: str, numbers: Path) -> tuple[dict[str, Any], Path]:
    names: dict[str, Any] = {}
    shown: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RATER_ROOT", str(project.root))
        patch.setenv("RATER_RESULTS", str(numbers))
        for cell in nbformat.read(REPOSITORY / f"notebooks/{chapter}.ipynb", 4).cells:
            if cell.cell_type == "code":
                shown[cell.id] = _run_cell(cell.source, names, f"{chapter}: {cell.id}")
            if "parameters" in cell.metadata.get("tags", []):
                names["study"] = project.relative(project.study_file)
    return shown, numbers


def _run_cell(source: str, names: dict[str, Any], where: str) -> Any:
    tree = ast.parse(source, where)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, where, "exec"), names)
    return eval(compile(ast.Expression(last.value), where, "eval"), names) if isinstance(last, ast.Expr) else None
