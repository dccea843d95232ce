"""An imported set as files: a manifest, images where they are or copied, and a study file to begin with."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from lib.contracts.study import Study
from lib.errors import DataError, ParameterError
from lib.files import write_aside, write_text
from lib.stimuli.import_fer2013 import SIDE
from lib.stimuli.imported import ImportedImage, ImportedSet

MANIFEST = "manifest.csv"
STUDY = "study.yaml"
LEFT_OUT = "left_out.csv"
IMAGES = "images"
MARK = "imported_from"
LABELS = {"gender": "Gender", "identity": "Identity", "session": "Session", "angle": "Angle"}
HEAD = """# A study of {title}, written by `rater stimuli import`: yours to correct. Factors that the set does not
# tell (race, for example) are left out; add a column to the manifest and name it here, and it is a factor.
# Ratings are yours to bring: image_id, participant_id, emotion, valence, arousal.
"""


def write_set(found: ImportedSet, out: Path | None) -> Path:
    """Write manifest and, where there are faults, `left_out.csv`; copy images if `out` says where to.

    Parameters
    ----------
    found
        The set.
    out
        The folder to copy images to (`images/`); None leaves them where they are and writes into the set's folder.

    Returns
    -------
    Path
        The manifest, whose folder holds all images.

    Raises
    ------
    ParameterError
        The images have to be made of pixels, and nobody said where.
    DataError
        There is a manifest already that no import wrote.
    """
    if out is None and not found.source.is_dir():
        raise ParameterError(
            f"--out: is missing; {found.source} holds pixels and no image files. Name the folder to write them to."
        )
    folder = out or found.source
    manifest = folder / MANIFEST
    _refuse_foreign(manifest)
    files = [_place(image, found.source, out) for image in found.images]
    extra = list(dict.fromkeys(name for image in found.images for name in image.values))
    rows = [
        [image.image_id, file, image.emotion, *(image.values.get(name, "") for name in extra), found.kind]
        for image, file in zip(found.images, files, strict=True)
    ]
    _write_csv(manifest, ["image_id", "file", "emotion", *extra, MARK], rows)
    if found.faults:
        _write_csv(folder / LEFT_OUT, ["where", "what"], [[fault.where, fault.what] for fault in found.faults])
    return manifest


def refuse_too_few(found: ImportedSet) -> None:
    """Refuse images of one emotion alone, which are no study.

    Raises
    ------
    ParameterError
        They are such.
    """
    if len(found.categories) < 2:
        shown = ", ".join(found.categories)
        raise ParameterError(f"--emotions: a study needs two or more, and the images that were chosen show {shown}.")


def study_stub(found: ImportedSet, manifest: str) -> str:
    """The text of a study file whose factors and categories are those of the set.

    Parameters
    ----------
    found
        The set.
    manifest
        Where the manifest is, from the project's root.
    """
    scale = {"low": 1, "high": 9}
    folder = Path(manifest).parent.as_posix()
    content: dict[str, Any] = {
        "id": found.kind,
        "title": f"How people and machines see {found.title}",
        "files": {
            "images": manifest, "ratings": f"{folder}/ratings.csv", "predictions": f"{folder}/predictions",
            "conditions": "params/conditions",
        },
        "factors": _factors(found),
        "emotion": {"categories": list(found.categories), "intended": True},
        "dimensions": {
            "valence": {**scale, "low_label": "very unpleasant", "high_label": "very pleasant"},
            "arousal": {**scale, "low_label": "very calm", "high_label": "very excited"},
        },
        "documents": ["report/index.qmd", "provenance/index.qmd"],
    }  # fmt: skip
    Study.model_validate(content)
    return HEAD.format(title=found.title) + yaml.safe_dump(content, sort_keys=False, width=110, allow_unicode=True)


def write_stub(found: ImportedSet, manifest: Path, root: Path) -> tuple[Path, bool]:
    """Write `study.yaml` beside the manifest; one that is there is kept. Give its path, and whether it was written."""
    path = manifest.parent / STUDY
    if path.exists():
        return path, False
    whole = manifest.resolve()
    inside = whole.relative_to(root).as_posix() if whole.is_relative_to(root) else f"data/{found.kind}/{MANIFEST}"
    return write_text(path, study_stub(found, inside)), True


def _factors(found: ImportedSet) -> dict[str, Any]:
    named = {}
    for name, levels in found.factors.items():
        varies = {image.values[name] for image in found.images if name in image.values}
        if len(varies) < 2:
            continue
        there = [level for level in levels if level in varies]
        named[name] = {"label": LABELS[name], **({"levels": there} if levels else {})}
    return named


def _place(image: ImportedImage, source: Path, out: Path | None) -> str:
    """Put one image where it shall be; give its file from the manifest's folder."""
    if image.path is not None and out is None:
        return image.path.relative_to(source).as_posix()
    assert out is not None
    if image.path is None:
        assert image.pixels is not None
        data = _png(image.pixels)
        target = out / IMAGES / f"{image.image_id}.png"
        if not target.is_file() or target.read_bytes() != data:
            write_aside(target, lambda path: path.write_bytes(data))
    else:
        original = image.path
        target = out / IMAGES / f"{image.image_id}{original.suffix.lower()}"
        if not target.is_file() or target.stat().st_size != original.stat().st_size:
            write_aside(target, lambda path: shutil.copyfile(original, path))
    return target.relative_to(out).as_posix()


def _png(pixels: bytes) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.frombytes("L", (SIDE, SIDE), pixels).save(stream, "PNG")
    return stream.getvalue()


def _refuse_foreign(manifest: Path) -> None:
    if manifest.is_file() and MARK not in manifest.open(encoding="utf-8", errors="replace").readline():
        raise DataError(
            f"{manifest}: is there already, and no import wrote it. Move it elsewhere, or give another --out; nothing "
            "was replaced."
        )


def _write_csv(path: Path, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    write_text(path, stream.getvalue())
