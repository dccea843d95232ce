"""Base faces, and sets made of them against the wire server, for the tests of stimuli."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from PIL import Image, ImageDraw
from wire.running import Running

from lib.asking.report import RunReport
from lib.asking.settings import RunSettings
from lib.build.stimuli_transform import Transforming, make_images, place_images, prepare_transform

ROOT = Path(__file__).resolve().parents[1]
MODEL = "gemini-2.5-flash-image"
KEY = "planted/gemini+image=0123456789"
EMOTIONS = ("angry", "disgust", "fear", "happy", "sad")


def face(seed: int, size: tuple[int, int] = (60, 72)) -> Image.Image:
    """A schematic face: background, head, eyes and shirt; another head for another seed."""
    colours = np.random.default_rng(seed).integers(60, 230, (2, 3)).tolist()
    image = Image.new("RGB", size, (128, 128, 128))
    pen, (width, height) = ImageDraw.Draw(image), size
    left = 0.15 + 0.03 * (seed % 5)
    pen.ellipse((width * left, height * 0.1, width * 0.85, height * (0.75 + 0.02 * (seed % 7))), fill=tuple(colours[0]))
    for x in (0.38, 0.62):
        pen.ellipse((width * x - 4, height * 0.38, width * x + 4, height * 0.44), fill=(20, 20, 20))
    pen.rectangle((0, height * 0.9, width, height), fill=tuple(colours[1]))
    return image


def laboratory_bases(folder: Path, groups: tuple[str, ...] = ("Black Man", "Korean Woman"), each: int = 2) -> Path:
    """Neutral faces in the laboratory's folders, all different."""
    for group in groups:
        prefix = "".join(word[0] for word in group.split())
        (folder / group).mkdir(parents=True, exist_ok=True)
        for number in range(1, each + 1):
            face(sum(map(ord, prefix)) + number).save(folder / group / f"{prefix}{number:02d}_Neu.png")
    return folder


def project(folder: Path) -> Path:
    """A project's root with the real parameters, to be changed at will."""
    (folder / "params").mkdir(parents=True)
    for name in ("prices.yaml", "providers.yaml"):
        shutil.copy(ROOT / "params" / name, folder / "params" / name)
    shutil.copytree(ROOT / "params/stimuli", folder / "params/stimuli")
    (folder / "_quarto.yml").touch()
    return folder


def prepare(root: Path, bases: Path, out: Path, **options: Any) -> Transforming:
    return prepare_transform(root, bases, out, "five-emotions", **options)


def make(root: Path, bases: Path, out: Path, *, budget: float | None = None, retry_failed: bool = False,
         **options: Any) -> RunReport:  # fmt: skip
    """One run, with short waits."""
    return asyncio.run(make_images(prepare(root, bases, out, **options), budget=budget, retry_failed=retry_failed))


def placed(root: Path, bases: Path, out: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Manifest and checks."""
    manifest, checks = place_images(prepare(root, bases, out))
    return pl.read_csv(manifest, infer_schema=False), checks


def log_lines(out: Path) -> list[dict[str, Any]]:
    path = out / "transform/five-emotions/all.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def requests(wire: Running, since: int = 0) -> list[dict[str, Any]]:
    """What the server was asked, from the n-th request on."""
    return wire.events("request")[since:]


def environment(wire: Running) -> dict[str, str]:
    return {**os.environ, "GEMINI_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": wire.gemini, "RATER_ROOT": str(ROOT)}


def short_waits(given: Any) -> Any:
    """Settings of a run as `given` makes them, but with waits that tests can afford."""

    def settings(*positional: Any, **named: Any) -> RunSettings:
        made: RunSettings = given(*positional, **named)
        return RunSettings(**{
            name: getattr(made, name) for name in RunSettings.__dataclass_fields__
        } | {"first_wait": 0.01, "longest_wait": 0.02, "seed": 1})  # fmt: skip

    return settings


def png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
