"""A small study of another shape than the laboratory's, used wherever a whole study is needed."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import numpy as np
import polars as pl
import yaml

SMALL_STUDY = {
    "id": "small-study",
    "title": "Two races, three emotions, a scale of seven steps",
    "files": {
        "images": "data/small/images.parquet",
        "ratings": "data/small/ratings.csv",
        "predictions": "data/small/predictions",
        "conditions": "params/small_conditions",
    },
    "factors": {"race": {"label": "Race", "levels": ["Asian", "White"]}, "actor": {"label": "Actor"}},
    "emotion": {"categories": ["joy", "anger", "calm"], "people_also": ["other"], "intended": True},
    "dimensions": {
        "valence": {"low": -3, "high": 3, "low_label": "bad", "high_label": "good"},
        "arousal": {"low": 0, "high": 1, "step": 0.25, "low_label": "sleepy", "high_label": "awake"},
    },
    "analysis": {"bootstrap_draws": 200},  # how wide intervals are is not looked at
}


def small_images() -> pl.DataFrame:
    """24 images: 2 races x 3 emotions x 4 actors."""
    rows = [
        {"image_id": f"{race[0]}{actor}{emotion[0]}", "race": race, "actor": f"{race[0]}{actor}", "emotion": emotion}
        for race in ("Asian", "White")
        for emotion in ("joy", "anger", "calm")
        for actor in range(1, 5)
    ]
    return pl.DataFrame(rows)


def small_ratings(seed: int = 1) -> pl.DataFrame:
    """12 raters, each on 20 of the 24 images, some cells empty."""
    generator = np.random.default_rng(seed)
    images = small_images()
    centre = {"joy": 2, "anger": -2, "calm": 0}
    rows = []
    for rater in range(12):
        skipped = set(generator.choice(24, 4, replace=False).tolist())
        for index, image in enumerate(images.iter_rows(named=True)):
            if index in skipped:
                continue
            valence = int(np.clip(centre[image["emotion"]] + generator.integers(-1, 2), -3, 3))
            right = generator.random() < 0.7
            label = image["emotion"] if right else str(generator.choice(["joy", "anger", "calm", "other"]))
            rows.append(
                {
                    "image_id": image["image_id"],
                    "participant_id": f"rater {rater}",
                    "emotion": None if generator.random() < 0.03 else label,
                    "valence": None if generator.random() < 0.03 else float(valence),
                    "arousal": float(generator.integers(0, 5)) / 4,
                }
            )
    return pl.DataFrame(rows)


def small_predictions(seed: int) -> pl.DataFrame:
    """One machine's answers: one image missing, one answer unparsed."""
    generator = np.random.default_rng(seed)
    images = small_images().head(23)
    emotions = [e if generator.random() < 0.8 else "calm" for e in images["emotion"]]
    return pl.DataFrame(
        {
            "image_id": images["image_id"],
            "emotion": [None, *emotions[1:]],
            "valence": generator.integers(-3, 4, 23).astype(float),
            "arousal": generator.uniform(0, 1, 23).round(3),
        }
    )


CONDITION = {
    "name": "A machine", "short_name": "Machine", "kind": "vlm", "backend": "openai", "model": "m-1",
    "strategy": "context_carry", "prompts": "json", "specification": {"developer": "Somebody"},
}  # fmt: skip


def write_small_study(root: Path) -> Path:
    """Write the small study under `root` and give its study file, relative to it."""
    (root / "data/small/predictions").mkdir(parents=True)
    (root / "params/small_conditions").mkdir(parents=True)
    small_images().write_parquet(root / "data/small/images.parquet")
    # As Excel saves it in much of Europe: byte-order mark, semicolons, decimal commas.
    text = small_ratings().write_csv(separator=";").replace(".", ",")
    (root / "data/small/ratings.csv").write_text(text, encoding="utf-8-sig")
    for seed, name in enumerate(("machine-1", "machine-2"), 1):
        text = yaml.safe_dump({"id": name, **CONDITION})
        (root / f"params/small_conditions/{name}.yaml").write_text(text, encoding="utf-8")
        small_predictions(seed).write_csv(root / f"data/small/predictions/{name}.csv")
    path = root / "params/small.yaml"
    path.write_text(yaml.safe_dump(SMALL_STUDY), encoding="utf-8")
    return path.relative_to(root)


LIGHT_CHAPTERS = {
    "design": "results.put(['design', 'prompts'], len(data.project.prompts('plain').steps))",
    "human": "from lib.metrics.human import image_means\n"
    "results.put(['human', 'mean'], image_means(data.ratings, ['valence'])['valence_mean'].mean())",
    "categories": "for name, frame in data.predictions.items():\n"
    "    results.put(['conditions', name, 'categories', 'joy'], int((frame['emotion'] == 'joy').sum()))",
    "twin": "results.put(['twin', 'conditions'], len(data.predictions))",
    "consistency": "from lib.project import LEDGER\n"
    "results.put(['consistency', 'file'], data.read_input(data.project.root / LEDGER).name)",
    "reproduction": "results.put(['reproduction', 'files'], len("
    "[data.read_input(path) for path in sorted((data.project.cache / 'results').glob('[a-q]*.json'))]))",
}
KERNEL = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python"},
}
LABELLED = "#| label: tbl-rows\n#| tbl-cap: Rows.\nMarkdown(f'{data.ratings.height} ratings')"


def write_light_chapters(root: Path) -> None:
    """Replace the chapters by short ones, one for each kind of inputs; name a document that embeds one."""
    snakefile = root / "Snakefile"
    for path in (root / "notebooks").glob("*.ipynb"):
        if path.stem == "inference":  # no chapter: asks machines
            continue
        if path.stem not in LIGHT_CHAPTERS:
            path.unlink()
            text = snakefile.read_text(encoding="utf-8")
            snakefile.write_text(re.sub(rf'    "{path.stem}": \[.*\n', "", text, count=1), encoding="utf-8")
            continue
        opening = (
            "from IPython.display import Markdown\nfrom lib.results import Results\n"
            "from lib.study_data import open_study\n"
            f"data = open_study(study)\nresults = Results('{path.stem}')"
        )
        sources = [
            "study = 'params/study.yaml'",
            opening,
            LIGHT_CHAPTERS[path.stem],
            LABELLED,
            "results.save(data.inputs)",
        ]
        cells = [nbformat.v4.new_markdown_cell(f"# {path.stem}"), *map(nbformat.v4.new_code_cell, sources)]
        cells[1].metadata["tags"] = ["parameters"]
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), path)
    (root / "small").mkdir()
    (root / "small/index.qmd").write_text(
        "---\ntitle: Small\nformat: {html: default, docx: default}\n---\n\n"
        "The mean was {{< var human.mean >}}, see @tbl-rows.\n\n"
        "{{< embed ../cache/notebooks/human.ipynb#tbl-rows >}}\n",
        encoding="utf-8",
    )
    path = root / "params/small.yaml"
    study = yaml.safe_load(path.read_text(encoding="utf-8"))
    study["documents"] = ["small/index.qmd", "provenance/index.qmd"]
    path.write_text(yaml.safe_dump(study), encoding="utf-8")
