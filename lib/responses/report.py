"""What was found in a condition's stored answers while they were read."""

from __future__ import annotations

from dataclasses import dataclass, field

from lib.formats import counted

SHOWN = 10
KEPT = 1000
CURE = (
    "Lines that cannot be used stay where they are and their questions count as not answered; "
    "`rater responses compact --set-aside` moves them out."
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that cannot be used; it stays in its file, and its question counts as not answered."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: line {self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of a file whose last line was cut off, as a killed process or a full disk leaves it.

    `kept_in` is the file that the bytes were moved to, None while they are where they were. `complete` says that only
    the end of the line was lacking, so that nothing is lost.
    """

    file: str
    size: int
    kept_in: str | None = None
    complete: bool = False

    def __str__(self) -> str:
        if self.complete:
            return f"{self.file}: the last line lacked its end; its answer is whole and counts"
        where = f"set aside in {self.kept_in}" if self.kept_in else "left as they are"
        cut = f"the last line is cut off ({counted(self.size, 'byte')}, {where})"
        return f"{self.file}: {cut}; its question counts as not answered"


@dataclass
class StoreReport:
    """Counts of what a condition's files hold.

    Attributes
    ----------
    lines : int
        Lines that can be used, those that a later line replaced included.
    answers, failures : int
        Questions whose last line is an answer, or says why there is none.
    repeated : int
        Lines that a later line with the same key replaced.
    blank : int
        Empty lines, which mean nothing.
    faults : list of Fault
        The first thousand lines that cannot be used; `fault_count` counts all.
    tails : list of Tail
        Ends that were cut off.
    notes : list of str
        What else the user must know, such as that this system has no file locks.
    """

    lines: int = 0
    answers: int = 0
    failures: int = 0
    repeated: int = 0
    blank: int = 0
    fault_count: int = 0
    faults: list[Fault] = field(default_factory=list)
    tails: list[Tail] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add_fault(self, fault: Fault) -> None:
        """Note one line that cannot be used."""
        self.fault_count += 1
        if len(self.faults) < KEPT:
            self.faults.append(fault)

    def warnings(self, shown: int = SHOWN) -> list[str]:
        """What is wrong, a line each, with what to do about it; empty when all is well."""
        return [*self.findings(shown), *([CURE] if self.fault_count else [])]

    def findings(self, shown: int = SHOWN) -> list[str]:
        """What is wrong, a line each."""
        said = [*self.notes, *map(str, self.tails), *map(str, self.faults[:shown])]
        if self.fault_count > shown:
            said.append(f"and {counted(self.fault_count - shown, 'more line')} that cannot be used")
        return said
