"""`rater stimuli import`: a set of photographs that the user has a copy of, as a study's images."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lib.errors import MissingFileError
from lib.formats import counted


class Kind(StrEnum):
    """The sets that can be read."""

    fer2013 = "fer2013"
    affectnet = "affectnet"
    kdef = "kdef"


def import_set(
    kind: Annotated[Kind, typer.Argument(help="Which set it is.")],
    source: Annotated[Path, typer.Argument(help="Your copy: its folder, or (fer2013) its CSV.")],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", help="Copy images to this folder; default: leave them where they are.")
    ] = None,
    emotions: Annotated[
        str | None, typer.Option(help="Only these, as in happy,sad,angry,fear,disgust,neutral.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Only where a column has a value: angle=straight. All must hold.")
    ] = None,
    each: Annotated[int | None, typer.Option(min=1, help="At most so many of each emotion, as good as drawn.")] = None,
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="Leave out what cannot be read, and list it in left_out.csv.")
    ] = False,
) -> None:
    """Make a manifest and a study file of a set that you have a copy of. Nothing is downloaded."""
    from lib.project import find_root
    from lib.stimuli.import_affectnet import read_affectnet
    from lib.stimuli.import_fer2013 import read_fer2013
    from lib.stimuli.import_kdef import read_kdef
    from lib.stimuli.imported import chosen
    from lib.stimuli.imported_files import LEFT_OUT, refuse_too_few, write_set, write_stub

    read = {Kind.fer2013: read_fer2013, Kind.affectnet: read_affectnet, Kind.kdef: read_kdef}[kind]
    whole = read(source)
    if not leave_out or not whole.images:
        whole.refuse_faults()
    words = [word.strip() for word in (emotions or "").split(",") if word.strip()]
    found = chosen(whole, words, only or (), each)
    refuse_too_few(found)
    manifest = write_set(found, out)
    shown = _by_emotion([image.emotion for image in found.images])
    typer.echo(f"{counted(len(found.images), 'image')} of {len(whole.images):,}: {shown}.")
    if found.faults:
        typer.echo(f"{counted(len(found.faults), 'fault')}, left out: {manifest.parent / LEFT_OUT}")
    typer.echo(f"Manifest: {manifest}")
    try:
        root = find_root()
    except MissingFileError:
        root = Path.cwd()
    stub, written = write_stub(found, manifest, root)
    typer.echo(f"Study file: {stub}{'' if written else ' (was there, and is as it was)'}")
    typer.echo(
        f"Next: copy it to params/{found.kind}.yaml, see that files.images leads to the manifest (a folder under data/ "
        f"may be a link), then `rater stimuli report --study params/{found.kind}.yaml`."
    )


def _by_emotion(emotions: list[str]) -> str:
    return ", ".join(f"{emotions.count(name):,} {name}" for name in dict.fromkeys(sorted(emotions)))
