"""A folder of drawn faces: images, manifest with hashes, and the regions of every face."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path

from lib.drawing.design import Plan
from lib.drawing.identities import make_identity
from lib.drawing.journal import Entry, Journal
from lib.drawing.mesh_data import data_folder
from lib.drawing.regions import face_regions
from lib.drawing.render import Pixels, Sitter, draw
from lib.drawing.tables import read_tables, write_tables
from lib.errors import BuildError, DataError

RENDERER = 1
"""Raised whenever the same plan gives other pixels; images of another number are drawn anew."""
QUALITY, EFFORT = 82, 6
"""Of the WebP encoder: lossy quality, and how hard it tries (0 to 6)."""


def encode_webp(pixels: Pixels) -> bytes:
    """The picture as a WebP file; the same bytes for the same pixels and version of the encoder."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="WEBP", quality=QUALITY, method=EFFORT)
    return buffer.getvalue()


def parameters(plan: Plan) -> Entry:
    """What is wanted of an image, as its manifest says it."""
    person, expression, pose = plan.person, plan.expression, plan.pose
    return {
        "image_id": plan.image_id,
        "file": plan.file,
        "race": person.race,
        "gender": person.gender,
        "emotion": expression.emotion,
        "identity": person.name,
        "intensity": expression.intensity,
        "mouth": expression.mouth,
        "yaw": round(pose.yaw, 3),
        "pitch": round(pose.pitch, 3),
        "roll": round(pose.roll, 3),
        "seed": person.seed,
        "renderer": RENDERER,
    }


def draw_person(plans: Sequence[Plan]) -> list[tuple[Entry, bytes]]:
    """Draw all images of one person: for each the entry of its manifest, with its regions, and the file's bytes."""
    identity = make_identity(plans[0].person)
    sitter = Sitter(identity, plans[0].pose)
    finished = []
    for plan in plans:
        pixels = draw(sitter, plan.expression)
        data = encode_webp(pixels)
        finished.append(
            (
                parameters(plan)
                | {
                    "hair": identity.hair.name,
                    "sha256": hashlib.sha256(data).hexdigest(),
                    "pixels_sha256": hashlib.sha256(pixels.tobytes()).hexdigest(),
                    "regions": face_regions(sitter, plan.expression),
                },
                data,
            )
        )
    return finished


def refuse_other_faces(plans: Sequence[Plan], folder: Path) -> None:
    """Refuse a folder whose faces would be lost: others than the plan's, of another seed, or of another intensity.

    Raises
    ------
    DataError
        Its manifest lists such faces; nothing was changed.
    """
    wanted = {plan.image_id: (plan.person.seed, plan.expression.intensity) for plan in plans}
    known = read_tables(folder)
    others = [name for name, entry in known.items() if wanted.get(name) != (entry["seed"], entry["intensity"])]
    if others:
        raise DataError(
            f"{folder}: holds {len(known):,} faces, of which {len(others):,} would be lost, such as {others[0]}: "
            "another number of identities or another seed draws others. Name another folder (--out), or remove it."
        )


def draw_set(plans: Sequence[Plan], folder: Path, workers: int, report: Callable[[int, int], None]) -> int:
    """Draw what is missing in `folder`, then write `manifest.csv` and `regions.parquet`.

    An interrupted run leaves whole images and goes on with the first person whose images are not all there.

    Parameters
    ----------
    plans
        Of one design, the images of a person in a row.
    folder
        Is made if it is not there.
    workers
        Processes; what they draw does not depend on their number.
    report
        Is told how many images are done, and of how many, at the start and after each person.

    Returns
    -------
    int
        How many images had to be drawn.

    Raises
    ------
    BuildError
        A file cannot be written, or a process died.
    MissingFileError
        The mesh is not installed.
    """
    data_folder()
    journal = Journal(folder)
    known = journal.read({plan.image_id: parameters(plan) for plan in plans}, read_tables(folder))
    people = [list(group) for _, group in groupby(plans, key=lambda plan: plan.person)]
    waiting = [person for person in people if any(plan.image_id not in known for plan in person)]
    report(len(known), len(plans))
    drawn = 0
    for finished in _in_processes(waiting, workers):
        for entry, data in finished:
            journal.keep(entry, data)
            known[str(entry["image_id"])] = entry
        drawn += len(finished)
        report(len(known), len(plans))
    ordered = {plan.image_id: known[plan.image_id] for plan in plans}
    write_tables(ordered, folder)
    journal.remove()
    return drawn


def _in_processes(people: Sequence[Sequence[Plan]], workers: int) -> Iterator[list[tuple[Entry, bytes]]]:
    if workers <= 1 or len(people) <= 1:
        yield from map(draw_person, people)
        return
    # A forked child would inherit locks of whatever threads the caller has.
    pool = ProcessPoolExecutor(min(workers, len(people)), mp_context=get_context("spawn"))
    try:
        for done in as_completed([pool.submit(draw_person, person) for person in people]):
            yield done.result()
    except BrokenProcessPool as error:
        raise BuildError(
            "a drawing process died, probably for lack of memory (each takes about 0.5 GB). "
            "Run the same command again with fewer --workers; what is drawn is kept."
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
