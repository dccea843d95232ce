"""The files of a study's images: where each is, that it is inside the images' folder, and its hash."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lib.errors import DataError, MissingFileError
from lib.files import sha256_file

LISTED_FAULTS = 5
LONGEST = 200


class ImageFiles:
    """The images' folder; each file is hashed when it is first asked for, and once.

    Hashes are of the bytes and are never remembered from run to run by a date or a size: a file that was changed is a
    new question even if its date was not.

    Parameters
    ----------
    manifest
        The manifest, whose folder holds the images, or that folder itself.
    """

    def __init__(self, manifest: Path) -> None:
        self.manifest = manifest
        self.folder = manifest if manifest.is_dir() else manifest.parent
        self._inside = self.folder.resolve()
        self._hashes: dict[Path, str] = {}

    def paths(self, files: Iterable[tuple[str, str | None]]) -> dict[str, Path]:
        """Find the files of images, given as (image_id, file as the manifest names it).

        Returns
        -------
        dict of str to Path
            image_id -> the file's resolved path.

        Raises
        ------
        DataError
            An image has no file named, or one outside the folder, be it by `..`, an absolute path or a link.
        MissingFileError
            Files are not there.
        """
        found: dict[str, Path] = {}
        missing = []
        for image_id, file in files:
            path = self._inside_folder(image_id, file)
            found[image_id] = path
            if not path.is_file():
                missing.append(f"{image_id} ({file})")
        if missing:
            named = ", ".join(missing[:LISTED_FAULTS]) + (", ..." if len(missing) > LISTED_FAULTS else "")
            raise MissingFileError(
                f"{self.folder}: {len(missing)} of {len(found)} images are not there: {named}. "
                f"Put them there, or correct the column file of {self.manifest.name}."
            )
        return found

    def _inside_folder(self, image_id: str, file: str | None) -> Path:
        if not file:
            raise DataError(
                f"{self.manifest}: image {image_id!r}: column file: got nothing, so the image cannot be shown to a "
                "machine. Name its file, from the manifest's folder."
            )
        try:
            path = (self.folder / file).resolve()
            path.is_file()
        except (OSError, RuntimeError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise DataError(
                f"{self.manifest}: image {image_id!r}: column file: got {file[:LONGEST]!r}, which is no usable path "
                f"({reason}). Name the image's file, from the manifest's folder."
            ) from error
        if not path.is_relative_to(self._inside):
            raise DataError(
                f"{self.manifest}: image {image_id!r}: column file: got {file!r}, which leads out of {self.folder}. "
                "Only images inside that folder are sent; copy the file there (the folder itself may be a link)."
            )
        return path

    def hashes(self, paths: Iterable[Path]) -> dict[Path, str]:
        """Hexadecimal SHA-256 of each file's bytes.

        Raises
        ------
        DataError
            A file cannot be read.
        """
        wanted = list(dict.fromkeys(paths))
        new = [path for path in wanted if path not in self._hashes]
        with ThreadPoolExecutor() as pool:
            self._hashes.update(zip(new, pool.map(_hash, new), strict=True))
        return {path: self._hashes[path] for path in wanted}


def _hash(path: Path) -> str:
    try:
        return sha256_file(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}). Make it readable.") from error
