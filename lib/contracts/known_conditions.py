"""Every condition that can be asked by its id: the study's, those ready in the library, and variants of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeVar

from lib.contracts.ablation import Ablation, Variant, ablation_files, find_retest, read_ablation
from lib.contracts.condition import Condition, condition_files, read_condition
from lib.contracts.yaml_files import nearest
from lib.errors import ParameterError, one_line

LIBRARY = "params/library"
ABLATIONS = "params/ablations"
Read = TypeVar("Read", Condition, Ablation)


class Varied(NamedTuple):
    """A condition as an ablation changes it: the condition, the ablation, the variant's name, and the variant."""

    base: Condition
    ablation: Ablation
    name: str
    variant: Variant


@dataclass(frozen=True)
class KnownConditions:
    """The conditions that can be asked.

    One that is named is read from its own file, whatever is wrong with another. All of the study together are refused
    where one cannot be read, so that no page leaves one out that the user has described; `sound_only` gives the others
    instead, for what is no page: asking, and lists that say what `faults` says.

    Attributes
    ----------
    root : pathlib.Path
        The project's root.
    folder : str or None
        The study's own folder of conditions, from the root.
    chosen : tuple of str
        Which of that folder are the study's; empty for all.
    sound_only : bool
        Whether files that cannot be read are passed over where all are meant.
    """

    root: Path
    folder: str | None
    chosen: tuple[str, ...] = ()
    sound_only: bool = False
    _read: dict[Path, Condition] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def own_files(self) -> dict[str, Path]:
        """The files of the study's conditions, by id."""
        files = condition_files(self.root / self.folder) if self.folder else {}
        for name in self.chosen:
            if name not in files:
                where = self.folder or "files.conditions, which is not set,"
                raise ParameterError(
                    f"machines: got {name!r}, of which {where} has no file{nearest(name, list(files))}. "
                    "Take it out, or describe it there."
                )
        return {name: files[name] for name in self.chosen} if self.chosen else files

    @cached_property
    def library_files(self) -> dict[str, Path]:
        """Those of the ready-made ones that are not the study's, by id."""
        files = condition_files(self.root / LIBRARY)
        return {name: path for name, path in files.items() if name not in self.own_files}

    @cached_property
    def own(self) -> dict[str, Condition]:
        """Those of the study, by id.

        Raises
        ------
        ParameterError
            A file cannot be read; all that is wrong with any of them.
        """
        sound, faults = _sort_out(self.own_files, self._condition)
        if faults and not self.sound_only:
            cure = f"Pages show every condition of the study: correct what is named, or take it out of {self.folder}."
            raise ParameterError("\n".join([*map(str, faults.values()), cure]))
        return sound

    @cached_property
    def library(self) -> dict[str, Condition]:
        """Ready-made ones that are not the study's: they can be asked, and are part of no page.

        Copied into the study's folder of conditions, they become the study's.
        """
        return self._all(self.library_files, self._condition)

    @cached_property
    def ablations(self) -> dict[str, Ablation]:
        """What can be changed about them, by id."""
        return self._all(ablation_files(self.root / ABLATIONS), read_ablation)

    @cached_property
    def faults(self) -> dict[Path, str]:
        """What is wrong with files of conditions and ablations, a line each; empty where all can be read."""
        of_conditions = {**self.own_files, **self.library_files}
        found = _sort_out(of_conditions, self._condition)[1]
        found |= _sort_out(ablation_files(self.root / ABLATIONS), read_ablation)[1]
        return {path: one_line(error) for path, error in found.items()}

    def find(self, name: str) -> Condition:
        """Give a condition: one of the study, or of the library, or a variant (`<condition>.<ablation>.<variant>`).

        Raises
        ------
        ParameterError
            There is none of this id, or its file cannot be read.
        """
        found = self._plain(name)
        if found is not None:
            return found
        varied = self._variant(name)
        if varied is not None:
            return varied.ablation.varied(varied.base)[name]
        raise ParameterError(
            f"condition: got {name!r}, which there is not{nearest(name, [*self.own_files, *self.library_files])}. "
            f"Those of the study: {', '.join(self.own_files) or 'none'}; ready in {LIBRARY}: "
            f"{', '.join(self.library_files) or 'none'}. Name one of them, or describe it in "
            f"{self.folder or 'the folder that files.conditions shall name'}/{name}.yaml."
        )

    def has(self, name: str) -> bool:
        """Whether there is a condition of this id."""
        return name in self.own_files or name in self.library_files or self._variant(name) is not None

    def variant(self, name: str) -> Varied | None:
        """Of which condition, and how, a condition is a variant; None for any other."""
        if name in self.own_files or name in self.library_files:
            return None
        try:
            return self._variant(name)
        except ParameterError:
            if self.sound_only:
                return None
            raise

    def ablation(self, name: str) -> Ablation:
        """Give an ablation.

        Raises
        ------
        ParameterError
            There is none of this id, or its file cannot be read.
        """
        found = self._ablation(name)
        if found is None:
            files = ablation_files(self.root / ABLATIONS)
            raise ParameterError(
                f"ablation: got {name!r}, which there is not{nearest(name, list(files))}. "
                f"There are: {', '.join(files) or 'none'}. Name one of them, or describe it in "
                f"{ABLATIONS}/{name}.yaml."
            )
        return found

    def files(self, name: str) -> list[Path]:
        """The files that describe a condition: its own; of a variant, those of the varied one and of the ablation."""
        varied = self.variant(name)
        base = name if varied is None else varied.base.id
        files = [self.own_files.get(base) or self.library_files.get(base) or self.root / LIBRARY / f"{base}.yaml"]
        of_ablation = None if varied is None else ablation_files(self.root / ABLATIONS).get(varied.ablation.id)
        return files if of_ablation is None else [*files, of_ablation]

    def _condition(self, path: Path) -> Condition:
        if path not in self._read:
            self._read[path] = read_condition(path)
        return self._read[path]

    def _plain(self, name: str) -> Condition | None:
        path = self.own_files.get(name) or self.library_files.get(name)
        return None if path is None else self._condition(path)

    def _ablation(self, name: str) -> Ablation | None:
        path = ablation_files(self.root / ABLATIONS).get(name)
        return find_retest(name) if path is None else read_ablation(path)

    def _variant(self, name: str) -> Varied | None:
        base, _, rest = name.rpartition(".")
        base, _, middle = base.rpartition(".")
        condition = self._plain(base)
        ablation = None if condition is None else self._ablation(middle)
        if condition is None or ablation is None or rest not in ablation.variants:
            return None
        return Varied(condition, ablation, rest, ablation.variants[rest])

    def _all(self, files: dict[str, Path], read: Callable[[Path], Read]) -> dict[str, Read]:
        sound, faults = _sort_out(files, read)
        if faults and not self.sound_only:
            raise next(iter(faults.values()))
        return sound


def _sort_out(
    files: dict[str, Path], read: Callable[[Path], Read]
) -> tuple[dict[str, Read], dict[Path, ParameterError]]:
    """What can be read, by id, and what is wrong with the rest, by file."""
    sound: dict[str, Read] = {}
    faults = {}
    for name, path in files.items():
        try:
            sound[name] = read(path)
        except ParameterError as error:
            faults[path] = error
    return sound, faults
