"""A small study with real images whose machine can be asked over the wire."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import yaml
from PIL import Image, ImageDraw
from tests_support import CONDITION, small_images, write_small_study

KEY = "sk-planted-4f9c21d07be8"
ASKED = "gpt-asked"


def draw_face(path: Path, number: int) -> None:
    """A face of its own for each number."""
    image = Image.new("RGB", (96, 96), (10 * number % 255, 200 - 5 * number, 90))
    ImageDraw.Draw(image).ellipse((20, 20, 76, 76), fill=(255, 220 - 3 * number, 180))
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


def let_own_servers_cost(root: Path) -> None:
    """The tests' server stands for those that bill."""
    path = root / "params/prices.yaml"
    prices = yaml.safe_load(path.read_text(encoding="utf-8"))
    for price in prices["prices"]:
        price["own_servers"] = True
    path.write_text(yaml.safe_dump(prices), encoding="utf-8")


def write_asked_study(root: Path) -> str:
    """The small study with 24 drawn images and a condition in place of its first machine; give its study file."""
    study = write_small_study(root)
    images = small_images().with_columns(pl.format("faces/{}.png", pl.col("image_id")).alias("file"))
    for number, file in enumerate(images["file"]):
        draw_face(root / "data/small" / file, number)
    images.write_csv(root / "data/small/images.csv")
    (root / "data/small/images.parquet").unlink()
    (root / "data/small/predictions/machine-1.csv").unlink()
    (root / "params/small_conditions/machine-1.yaml").unlink()
    described = {
        "id": ASKED,
        **CONDITION,
        "model": "gpt-4o-mini",
        "decoding": {"temperature": 0, "image_detail": "low"},
    }
    (root / f"params/small_conditions/{ASKED}.yaml").write_text(yaml.safe_dump(described), encoding="utf-8")
    if (root / "params/prices.yaml").exists():
        let_own_servers_cost(root)
    content = yaml.safe_load((root / study).read_text(encoding="utf-8"))
    content["files"]["images"] = "data/small/images.csv"
    (root / study).write_text(yaml.safe_dump(content), encoding="utf-8")
    return str(study)
