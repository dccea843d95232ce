"""Every condition that can be asked by its id: the study's, those ready in the library, and variants of both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from lib.contracts.ablation import Ablation, Variant, find_retest, read_ablations
from lib.contracts.condition import Condition, read_conditions
from lib.contracts.yaml_files import nearest
from lib.errors import ParameterError

LIBRARY = "params/library"
ABLATIONS = "params/ablations"


class Varied(NamedTuple):
    """A condition as an ablation changes it: the condition, the ablation, the variant's name, and the variant."""

    base: Condition
    ablation: Ablation
    name: str
    variant: Variant


@dataclass(frozen=True)
class KnownConditions:
    """The conditions that can be asked.

    Attributes
    ----------
    root : pathlib.Path
        The project's root.
    folder : str or None
        The study's own folder of conditions, from the root.
    chosen : tuple of str
        Which of that folder are the study's; empty for all.
    """

    root: Path
    folder: str | None
    chosen: tuple[str, ...] = ()

    @cached_property
    def own(self) -> dict[str, Condition]:
        """Those of the study, by id."""
        ready = read_conditions(self.root / self.folder) if self.folder else {}
        for name in self.chosen:
            if name not in ready:
                where = self.folder or "files.conditions, which is not set,"
                raise ParameterError(
                    f"machines: got {name!r}, of which {where} has no file{nearest(name, list(ready))}. "
                    "Take it out, or describe it there."
                )
        return {name: ready[name] for name in self.chosen} if self.chosen else ready

    @cached_property
    def library(self) -> dict[str, Condition]:
        """Ready-made ones that are not the study's: they can be asked, and are part of no page.

        Copied into the study's folder of conditions, they become the study's.
        """
        ready = read_conditions(self.root / LIBRARY)
        return {name: condition for name, condition in ready.items() if name not in self.own}

    @cached_property
    def ablations(self) -> dict[str, Ablation]:
        """What can be changed about them, by id."""
        return read_ablations(self.root / ABLATIONS)

    def find(self, name: str) -> Condition:
        """Give a condition: one of the study, or of the library, or a variant (`<condition>.<ablation>.<variant>`).

        Raises
        ------
        ParameterError
            There is none of this id.
        """
        found = self.own.get(name) or self.library.get(name)
        if found is not None:
            return found
        varied = self._variant(name)
        if varied is not None:
            return varied.ablation.varied(varied.base)[name]
        raise ParameterError(
            f"condition: got {name!r}, which there is not{nearest(name, [*self.own, *self.library])}. "
            f"Those of the study: {', '.join(self.own) or 'none'}; ready in {LIBRARY}: "
            f"{', '.join(self.library) or 'none'}. Name one of them, or describe it in "
            f"{self.folder or 'the folder that files.conditions shall name'}/{name}.yaml."
        )

    def has(self, name: str) -> bool:
        """Whether there is a condition of this id."""
        return name in self.own or name in self.library or self._variant(name) is not None

    def variant(self, name: str) -> Varied | None:
        """Of which condition, and how, a condition is a variant; None for any other."""
        return None if name in self.own or name in self.library else self._variant(name)

    def ablation(self, name: str) -> Ablation:
        """Give an ablation.

        Raises
        ------
        ParameterError
            There is none of this id.
        """
        found = self.ablations.get(name) or find_retest(name)
        if found is None:
            raise ParameterError(
                f"ablation: got {name!r}, which there is not{nearest(name, list(self.ablations))}. "
                f"There are: {', '.join(self.ablations) or 'none'}. Name one of them, or describe it in "
                f"{ABLATIONS}/{name}.yaml."
            )
        return found

    def files(self, name: str) -> list[Path]:
        """The files that describe a condition: its own; of a variant, those of the varied one and of the ablation."""
        varied = self.variant(name)
        base = name if varied is None else varied.base.id
        files = [self.root / (self.folder if self.folder and base in self.own else LIBRARY) / f"{base}.yaml"]
        if varied is not None and varied.ablation.id in self.ablations:
            files.append(self.root / ABLATIONS / f"{varied.ablation.id}.yaml")
        return files

    def _variant(self, name: str) -> Varied | None:
        base, _, rest = name.rpartition(".")
        base, _, middle = base.rpartition(".")
        ablation = self.ablations.get(middle) or find_retest(middle)
        condition = self.own.get(base) or self.library.get(base)
        if condition is None or ablation is None or rest not in ablation.variants:
            return None
        return Varied(condition, ablation, rest, ablation.variants[rest])
