"""Where traces are: `<condition>/<condition>_<kind>_<image_id>.npz`, as the laboratory's own programs named them."""

from __future__ import annotations

from pathlib import Path

from lib.contracts.study import check_id
from lib.errors import DataError

LONGEST = 180
FORBIDDEN = frozenset('/\\:*?"<>|')


def checked_image_id(image_id: str) -> str:
    """An image's id as part of a file's name.

    Raises
    ------
    DataError
        It could lead elsewhere, or no file can be named so.
    """
    bad = [sign for sign in image_id if sign in FORBIDDEN or ord(sign) < 32 or ord(sign) == 127]
    if bad or not image_id.strip(". ") or len(image_id.encode("utf-8", "replace")) > LONGEST or _has_half(image_id):
        raise DataError(
            f"image_id: got {image_id!r}, which no file of traces can be named after. Rename the image in the "
            'manifest: no / \\ : * ? " < > |, no control characters, and not longer than '
            f"{LONGEST} bytes."
        )
    return image_id


def trace_file(folder: Path, condition: str, kind: str, image_id: str, repeat: int = 0) -> Path:
    """The file of one kind of traces of one image; all steps are in it.

    The first asking (repeat 0) is named as in `<condition>_attention_<image_id>.npz`; files of later ones have the same
    name in a folder `repeat-<n>`, so that no image's id can be taken for a repeat.

    Parameters
    ----------
    folder
        Of all traces: the study's `cache/traces`.
    condition, kind, image_id, repeat
        Whose trace it is; `kind` is one of `lib.traces.choosing.KINDS`.

    Raises
    ------
    DataError
        No file can be named after the image.
    """
    home = folder / check_id(condition)
    if repeat:
        home /= f"repeat-{int(repeat)}"
    return home / f"{condition}_{kind}_{checked_image_id(image_id)}.npz"


def manifest_file(folder: Path, condition: str, shard: str) -> Path:
    """The lines about the traces that one shard's runs wrote."""
    return folder / check_id(condition) / f"{condition}_manifest_{shard}.jsonl"


def _has_half(text: str) -> bool:
    return any("\ud800" <= sign <= "\udfff" for sign in text)
