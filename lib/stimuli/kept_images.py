"""Keeping the images of answers: whole or not at all, under names of their content, before the answer is written down.

An answer's line in the store holds, as its text, what is kept of its images. A process that is killed after an image
was kept and before its line was written leaves an image that no line knows; the next run takes it for the answer.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import struct
from dataclasses import fields
from pathlib import Path

import msgspec

from lib.backends.base import Answer, Backend, Picture
from lib.errors import one_line
from lib.files import write_aside
from lib.protocol.pictures import media_type_of
from lib.protocol.question import Question
from lib.stimuli.image_answers import ImageAnswer

NAME_DIGITS = 24
SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "GIF": ".gif"}
UNREADABLE = ".unreadable"
RECOVERED = "recovered"
"""The finish reason of an answer whose image was there although its line was not."""


class KeptImage(msgspec.Struct, frozen=True, omit_defaults=True):
    """One image of an answer; width and height are None where it cannot be decoded."""

    file: str
    sha256: str
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None
    fault: str | None = None


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an answer's line holds as its text: the images, and the words that came with them."""

    images: tuple[KeptImage, ...] = ()
    words: str = ""


_decoder = msgspec.json.Decoder(Kept)


def read_kept(text: str) -> Kept:
    """Read the text of a stored answer; what is none of ours has no images."""
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return Kept(words=text)


def prefix_of(key: str) -> str:
    """How the names of a question's images begin."""
    return key[:NAME_DIGITS]


class KeepingBackend:
    """Asks an image model and gives, as the text of each answer, what was kept of its images.

    Parameters
    ----------
    backend
        Gives `ImageAnswer`.
    folder
        Where images are kept.
    known
        Names of files that lines of the store know already.
    """

    def __init__(self, backend: Backend, folder: Path, known: set[str]) -> None:
        self.backend, self.folder = backend, folder
        self._orphans: dict[str, list[Path]] = {}
        for path in sorted(folder.glob("*-*")) if folder.is_dir() else ():
            if path.name not in known and not path.name.startswith("."):
                self._orphans.setdefault(path.name.partition("-")[0], []).append(path)

    async def preflight(self) -> None:
        """As the image model's."""
        await self.backend.preflight()

    async def ask(self, question: Question, picture: Picture | None) -> Answer:
        """Ask once, and keep what comes; a question whose image is there already is not sent.

        Raises
        ------
        lib.backends.base.BackendError
            As the image model's.
        lib.errors.BuildError
            An image could not be written.
        """
        left = self._orphans.pop(prefix_of(question.key), None)
        if left is not None:
            images = await asyncio.to_thread(lambda: tuple(_describe(path.name, path.read_bytes()) for path in left))
            return Answer(text=_text(Kept(images)), finish_reason=RECOVERED)
        answer = await self.backend.ask(question, picture)
        pictures = answer.images if isinstance(answer, ImageAnswer) else ()
        images = await asyncio.to_thread(lambda: tuple(keep(self.folder, question.key, each.data) for each in pictures))
        known = {each.name: getattr(answer, each.name) for each in fields(answer)}
        return type(answer)(**known | {"text": _text(Kept(images, answer.text))})

    async def close(self) -> None:
        """Close the image model."""
        await self.backend.close()


def keep(folder: Path, key: str, data: bytes) -> KeptImage:
    """Write one image, whole or not at all, under a name of its question and its content."""
    described = _describe("", data)
    suffix = UNREADABLE if described.fault else SUFFIXES[_format(data)]
    name = f"{prefix_of(key)}-{described.sha256[:NAME_DIGITS]}{suffix}"
    write_aside(folder / name, lambda path: path.write_bytes(data))
    return msgspec.structs.replace(described, file=name)


def _text(kept: Kept) -> str:
    return msgspec.json.encode(kept).decode()


def _describe(name: str, data: bytes) -> KeptImage:
    from PIL import Image

    digest = hashlib.sha256(data).hexdigest()
    try:
        kind = _format(data)
        with Image.open(io.BytesIO(data), formats=[kind]) as image:
            image.load()
            width, height = image.size
        return KeptImage(name, digest, f"image/{kind.lower()}", len(data), width, height)
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError) as error:
        return KeptImage(name, digest, "unknown", len(data), fault=one_line(error))


def _format(data: bytes) -> str:
    """Tell the format of an image from its first bytes; a server's word for it is not relied on."""
    media_type = media_type_of(data)
    if media_type is None:
        raise ValueError(f"begins with {data[:8]!r}, which is no PNG, JPEG, WebP or GIF")
    return media_type.removeprefix("image/").upper()
