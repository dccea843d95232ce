"""Sets of photographs that a user has a copy of, read into one form whatever their own is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lib.contracts.yaml_files import nearest
from lib.errors import DataError, ParameterError
from lib.formats import counted
from lib.protocol.items import asking_order

LABORATORY = ("happy", "sad", "angry", "fear", "disgust", "neutral", "surprised", "contempt")
"""Emotions in the words of the laboratory's study, in whose order a study lists them; then those that it has not."""
WORDS = {
    "happy": ("happy", "happiness", "ha"), "sad": ("sad", "sadness", "sa"), "angry": ("angry", "anger", "an"),
    "fear": ("fear", "afraid", "fearful", "af"), "disgust": ("disgust", "disgusted", "di"),
    "neutral": ("neutral", "ne"), "surprised": ("surprised", "surprise", "su"), "contempt": ("contempt",),
}  # fmt: skip
SHOWN = 10
SEED = 0


@dataclass(frozen=True)
class ImportedImage:
    """One photograph.

    Attributes
    ----------
    image_id : str
        Its id in the study.
    emotion : str
        The intended (or annotated) emotion, in the words of `LABORATORY`.
    path : Path or None
        Its file; None where only its pixels are known.
    pixels : bytes or None
        Grey values, row by row, of a square image.
    values : dict of str to str
        Further columns of the manifest.
    """

    image_id: str
    emotion: str
    path: Path | None = None
    pixels: bytes | None = None
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """Something in the set that cannot be read: where, and what with its cure."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True)
class ImportedSet:
    """A set as it was read.

    Attributes
    ----------
    kind, title : str
        `kdef`, and what a study of it is called.
    source : Path
        The file or folder that it was read from.
    images : tuple of ImportedImage
        In order of image_id.
    factors : dict of str to tuple of str
        Columns that are factors of a study, each with its levels; without levels any text is one (identity).
    faults : tuple of Fault
        What could not be read.
    """

    kind: str
    title: str
    source: Path
    images: tuple[ImportedImage, ...]
    factors: dict[str, tuple[str, ...]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    @property
    def categories(self) -> tuple[str, ...]:
        """The emotions that there are, in the laboratory's order."""
        there = {image.emotion for image in self.images}
        return tuple(name for name in LABORATORY if name in there)

    def refuse_faults(self) -> None:
        """Refuse a set with faults.

        Raises
        ------
        DataError
            There are some; the first ten are listed.
        """
        if self.faults:
            lines = "\n".join(f"  {fault}" for fault in self.faults[:SHOWN])
            more = len(self.faults) - SHOWN
            rest = f"\n  and {more:,} more" if more > 0 else ""
            raise DataError(
                f"{self.source}: {counted(len(self.faults), 'fault')}\n{lines}{rest}\n"
                "Mend them, or leave out what cannot be read (--leave-out lists it in left_out.csv)."
            )


def emotion_of(word: str) -> str | None:
    """An emotion in the laboratory's word, from any usual one; None if it is none."""
    plain = word.strip().casefold()
    return next((name for name, words in WORDS.items() if plain in words), None)


def chosen(found: ImportedSet, emotions: Sequence[str], only: Sequence[str], each: int | None) -> ImportedSet:
    """Some of a set's images.

    Parameters
    ----------
    found
        The set.
    emotions
        Only these, in any usual word; all without any.
    only
        `column=value` of the manifest, such as `angle=straight`; all must hold.
    each
        At most so many of each emotion, as good as drawn, and always the same.

    Raises
    ------
    ParameterError
        An emotion, column or value is none of the set.
    """
    images: Iterable[ImportedImage] = found.images
    if emotions:
        wanted = {_known_emotion(word, found) for word in emotions}
        images = [image for image in images if image.emotion in wanted]
    for condition in only:
        name, value = _known_value(condition, found)
        images = [image for image in images if image.values.get(name) == value]
    kept = list(images)
    if not kept:
        raise ParameterError(f"--only, --emotions: no image of {found.source} fits all of them. Leave one out.")
    if each is not None:
        kept = [image for emotion in LABORATORY for image in _drawn(kept, emotion, each)]
    return replace(found, images=tuple(sorted(kept, key=lambda image: image.image_id)))


def _drawn(images: Iterable[ImportedImage], emotion: str, each: int) -> list[ImportedImage]:
    of_emotion = {image.image_id: image for image in images if image.emotion == emotion}
    return [of_emotion[image_id] for image_id in asking_order(of_emotion, SEED)[:each]]


def _known_emotion(word: str, found: ImportedSet) -> str:
    emotion = emotion_of(word)
    if emotion is None or emotion not in found.categories:
        raise ParameterError(
            f"--emotions: got {word!r}, which {found.source} does not show; it has {', '.join(found.categories)}."
        )
    return emotion


def _known_value(condition: str, found: ImportedSet) -> tuple[str, str]:
    name, sign, value = (part.strip() for part in condition.partition("="))
    columns = sorted({column for image in found.images for column in image.values})
    if not sign or name not in columns:
        raise ParameterError(
            f"--only: got {condition!r}{nearest(name, columns)}; write column=value with one of the columns "
            f"{', '.join(columns) or '(none)'}."
        )
    values = sorted({image.values[name] for image in found.images if name in image.values})
    if value not in values:
        raise ParameterError(
            f"--only: got {condition!r}{nearest(value, values)}; {name} is one of {', '.join(values[:SHOWN])}."
        )
    return name, value
