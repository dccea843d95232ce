"""A condition's files looked through line by line, with every field."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from lib.formats import counted
from lib.responses.report import StoreReport
from lib.responses.standing import read_lines, stored_folder
from lib.responses.store import read_store, shard_files


@dataclass
class Checked:
    """What a condition's files hold: counts, faults, spending, and what answered.

    Attributes
    ----------
    condition : str
        Its id.
    report : StoreReport
        Counts; faults include lines that lack a field which only exports and notebooks need.
    spent : dict of str to float
        By currency.
    versions, modes : Counter of str
        Answers by the version that the server named, and by how they came (live, batch, imported).
    files : list of str
        The files' names.
    """

    condition: str
    report: StoreReport
    spent: dict[str, float]
    versions: Counter[str] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)
    files: list[str] = field(default_factory=list)

    def words(self) -> list[str]:
        """The report, a line each."""
        report = self.report
        cut = sum(tail.size > 0 for tail in report.tails)
        said = [
            f"{self.condition}: {counted(report.answers, 'answer')}, {counted(report.failures, 'failure')} in "
            f"{counted(report.lines, 'line')} ({', '.join(self.files) or 'no file'}); {report.repeated:,} replaced by "
            f"later ones, {report.blank:,} blank, {report.fault_count:,} that cannot be used"
            + (f", {cut:,} cut off at the end" if cut else "")
        ]
        spent = {currency: amount for currency, amount in sorted(self.spent.items()) if amount}
        said += [f"  spent {amount:.6f} {currency}".rstrip() for currency, amount in spent.items()]
        if set(self.modes) - {"live"}:
            said.append(f"  came by {_shares(self.modes)}")
        if len(self.versions) > 1:
            said.append(f"  answered by {_shares(self.versions)}")
        return said


def check_condition(folder: Path, condition: str) -> Checked:
    """Look through a condition's files.

    Parameters
    ----------
    folder, condition
        The folder of all responses, and the condition's id.

    Raises
    ------
    StoreError
        The condition has no answers, or a file cannot be read.
    """
    files = shard_files(stored_folder(folder, condition))
    store, strict = read_store(folder, condition), StoreReport()
    report = store.report
    checked = Checked(condition, report, store.spent(), files=[path.name for path in files.values()])
    store.close()
    for path in files.values():
        for line in read_lines(path, condition, strict):
            if line.response.failure is None:
                checked.modes[line.response.mode] += 1
                checked.versions[line.response.model_version or "a version that the server did not name"] += 1
    report.faults, report.fault_count = strict.faults, strict.fault_count
    return checked


def stored_conditions(folder: Path) -> list[str]:
    """The conditions that have files of answers."""
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and shard_files(path))


def _shares(counts: Counter[str]) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in counts.most_common())
