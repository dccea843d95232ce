"""Where everything is: the project's root, the study at work, and the folders that the study's derived files go to."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml

from lib.contracts.condition import Condition
from lib.contracts.known_conditions import KnownConditions
from lib.contracts.prompts import PromptSet, read_prompts
from lib.contracts.study import SIMULATED_NOTE, Study, read_study
from lib.errors import MissingFileError, ParameterError
from lib.roots import MARK, root_above
from lib.roots import ROOT_VARIABLE as ROOT_VARIABLE  # noqa: PLC0414, for those who import it from here

DEFAULT_STUDY = "params/study.yaml"
STUDY_VARIABLE = "RATER_STUDY"
TWIN_TARGETS = "data/published/twin_targets.yaml"
LEDGER = "data/published/ledger.csv"
SHARD_FILE = re.compile(r"(all|[1-9]\d*of[1-9]\d*)\.jsonl")
IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic"})


@dataclass(frozen=True)
class Project:
    """A checkout of the project and the study at work.

    `root` holds the sources; `home` holds `cache/`, `_output/` and the documents that are rendered. They are the same
    for the study of the paper; another study has its home in `cache/studies/<id>`, so that studies never mix.
    `sound_only` passes over condition files that cannot be read (`KnownConditions`).
    """

    root: Path
    study_file: Path
    sound_only: bool = False

    @cached_property
    def study(self) -> Study:
        """The study at work.

        Raises
        ------
        ParameterError
            Its file is faulty, or another study than the paper's wants the paper's simulated data.
        """
        study = read_study(self.study_file)
        if study.stand_in and not self.is_default:
            raise ParameterError(
                f"{self.relative(self.study_file)}: stand_in: got {study.stand_in!r}, but simulated data stand in "
                f"for the paper's own study only ({DEFAULT_STUDY}). Take the line out."
            )
        return study

    @cached_property
    def known(self) -> KnownConditions:
        """Everything that can be asked."""
        return KnownConditions(self.root, self.study.files.conditions, self.study.machines, self.sound_only)

    @property
    def conditions(self) -> dict[str, Condition]:
        """All conditions of the study, by id."""
        return self.known.own

    def condition(self, name: str) -> Condition:
        """Give a condition that can be asked, or say which there are (`KnownConditions.find`)."""
        return self.known.find(name)

    def prompts(self, name: str) -> PromptSet:
        """One prompt set."""
        return read_prompts(self.root / "params/prompts", name)

    @property
    def home(self) -> Path:
        """Where derived files of this study go."""
        return self.root if self.is_default else self.root / "cache/studies" / self.study.id

    @property
    def is_default(self) -> bool:
        """Whether this is the study of `params/study.yaml`."""
        return self.study_file == self.root / DEFAULT_STUDY

    @property
    def cache(self) -> Path:
        """Derived files of this study."""
        return self.home / "cache"

    @property
    def output(self) -> Path:
        """Rendered pages of this study."""
        return self.home / "_output"

    @property
    def ratings_file(self) -> Path:
        """Where the study says that people's real ratings are."""
        return self.root / self.study.files.ratings

    @property
    def uses_twin(self) -> bool:
        """Whether simulated data stand in. Real ratings end that; real and simulated data never mix."""
        return self.study.stand_in == "twin" and not self.ratings_file.exists()

    @property
    def simulated_note(self) -> str | None:
        """What must be said of data that are simulated; None where none are."""
        return SIMULATED_NOTE if self.uses_twin else self.study.simulated

    @cached_property
    def simulated_conditions(self) -> frozenset[str]:
        """The conditions that the twin answers for; any other has no predictions while the twin stands in.

        Raises
        ------
        MissingFileError
            What the twin is made by is not there.
        """
        try:
            text = (self.root / TWIN_TARGETS).read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise MissingFileError(
                f"{TWIN_TARGETS}: is missing, so no data can be simulated. Restore it from git, or put the real "
                f"ratings into {self.study.files.ratings}."
            ) from error
        return frozenset(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))["choices"]["answers"])

    @property
    def images_file(self) -> Path | None:
        """Where the images' manifest (or folder) is; None if the rated images are the study's images."""
        if self.uses_twin:
            return self.cache / "twin/simulated_images.parquet"
        return self.root / self.study.files.images if self.study.files.images else None

    def predictions_file(self, condition: str) -> Path | None:
        """The file of one condition's predictions, or None while there is none; answers of its own go before it."""
        if self.uses_twin:
            simulated = self.cache / f"twin/simulated_predictions/{condition}.parquet"
            return simulated if condition in self.simulated_conditions else None
        folder = self.study.files.predictions
        candidates = [self.root / folder / f"{condition}{suffix}" for suffix in (".parquet", ".csv")] if folder else []
        return next((path for path in candidates if path.exists()), None)

    @property
    def manifest(self) -> Path | None:
        """The manifest or folder of the study's real images, which machines are shown; None if it names none."""
        return self.root / self.study.files.images if self.study.files.images else None

    @property
    def responses(self) -> Path:
        """The folder of all raw answers, one folder a condition. What they cost makes it no mere cache: never lost."""
        return self.cache / "responses"

    @property
    def inference(self) -> Path:
        """The folder of what runs of `rater infer` leave behind: their notebooks, and how far each condition is."""
        return self.cache / "inference"

    def response_files(self, condition: str) -> list[Path]:
        """The files of raw answers that a condition's predictions are made from; empty where others are used.

        Never while the twin stands in, nor where the images are not there, without which it cannot be told what an
        answer is about, nor before every image was asked about: images without an answer count as wrong.
        """
        item = self.conditions[condition]
        if self.uses_twin or not item.asks or not (self._shows_images or item.strategy == "text_only"):
            return []
        asked = self.asked_about(condition)
        if asked and asked[0] < asked[1]:
            return []
        return self.stored_answers(condition)

    def stored_answers(self, condition: str) -> list[Path]:
        """The files of a condition's raw answers, whoever may use them."""
        files = sorted((self.responses / condition).glob("*.jsonl"))
        return [path for path in files if SHARD_FILE.fullmatch(path.name) and path.stat().st_size]

    @property
    def ablated(self) -> list[str]:
        """The asked variants of the study's conditions, in order of their ids; none beside simulated answers."""
        if self.uses_twin or not self._shows_images or not self.responses.is_dir():
            return []
        found = ((path.name, self.known.variant(path.name)) for path in sorted(self.responses.iterdir()))
        own = (name for name, one in found if one is not None and one.base.id in self.conditions)
        return [name for name in own if self.stored_answers(name)]

    def asked_about(self, condition: str) -> tuple[int, int] | None:
        """About how many images a condition was asked, of how many, as its last run left it; None before one."""
        path = self.inference / condition / "coverage.json"
        if not path.is_file():
            return None
        content = json.loads(path.read_text(encoding="utf-8"))
        return int(content["asked"]), int(content["images"])

    @cached_property
    def _shows_images(self) -> bool:
        """Whether at least one real image is there."""
        if self.manifest is None or not self.manifest.exists():
            return False
        folder = self.manifest if self.manifest.is_dir() else self.manifest.parent
        return any(path.suffix.lower() in IMAGE_SUFFIXES for path in folder.rglob("*"))

    @property
    def available(self) -> list[str]:
        """The conditions that have predictions now, or answers to make them from."""
        return [name for name in self.conditions if self.response_files(name) or self.predictions_file(name)]

    @property
    def answered(self) -> list[str]:
        """The conditions whose predictions are read from their own answers."""
        return [name for name in self.conditions if self.response_files(name)]

    def command(self, words: str) -> str:
        """A command of `rater` as it is typed for this study: `infer -m gpt-4o-mini` is given as `words`."""
        return f"rater {words}" if self.is_default else f"rater {words} --study {self.relative(self.study_file)}"

    def relative(self, path: Path) -> str:
        """`path` as seen from the root, for messages and records that must not depend on the machine."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.as_posix()


def find_root(start: Path | None = None) -> Path:
    """Find the project's root: the environment's RATER_ROOT, or the nearest folder upwards that holds `_quarto.yml`.

    Raises
    ------
    MissingFileError
        Neither is there.
    """
    here = (start or Path.cwd()).resolve()
    root = root_above(here)
    if root is not None:
        return root
    raise MissingFileError(
        f"{here}: neither this folder nor one above it is the project (no {MARK}). Change into it first."
    )


def open_project(study: str | None = None, root: Path | None = None, *, sound_only: bool = False) -> Project:
    """Open the project for one study: `study`, or the environment's RATER_STUDY, or `params/study.yaml`."""
    found = root or find_root()
    name = study or os.environ.get(STUDY_VARIABLE) or DEFAULT_STUDY
    path = (found / name).resolve()
    if not path.is_file():
        raise MissingFileError(f"{name}: there is no such study file. Name one under params/, such as {DEFAULT_STUDY}.")
    return Project(found, path, sound_only)
