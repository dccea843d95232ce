"""One test of printed numbers, with the rows it was about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lib.audit.outcome import Outcome
from lib.audit.rows import ACROSS, Row, Scope

CHECKS = {
    "kappa": "Kappa follows from accuracy",
    "grim": "Share or mean is a possible count",
    "sums": "Parts add up to the whole",
    "f1": "F1 follows from recall",
    "macro_f1": "Macro F1 follows from recalls",
    "mae_bias": "MAE is at least the bias",
    "mae_spread": "MAE fits bias and SD",
    "mae_moments": "MAE fits means, SDs and correlation",
    "rmse": "RMSE fits MAE, bias and SD",
    "bias": "Bias is the difference of the means",
    "sd_difference": "SD of differences fits SDs and r",
    "sd_parts": "SD of all fits those of the parts",
    "scale": "Mean and SD are possible on the scale",
    "p": "p follows from the test statistic",
    "stars": "Stars follow from p",
    "t": "t is the coefficient by its standard error",
    "eta": "Eta squared fits F",
    "nested": "Nested models leave the same residual",
    "folded": "Folded-normal MAE follows from its formula",
    "restated": "A number is printed alike everywhere in a version",
    "versions": "Versions differ only where one says so",
    "derived": "Ratios, differences and changes follow from their numbers",
    "counted": "Counts of significant results follow from their p values",
}


@dataclass(frozen=True)
class Finding:
    """A test: which kind (a key of CHECKS), what it says, on which rows, within which version or across."""

    check: str
    outcome: Outcome
    rows: tuple[Row, ...]
    scope: str

    @property
    def ids(self) -> str:
        """The rows' ids, separated by spaces."""
        return " ".join(row.id for row in self.rows)

    @property
    def printed(self) -> str:
        """What was printed, as a list; of many numbers, the first eight."""
        return self.said()

    def said(self, names: Mapping[str, str] | None = None, most: int = 8) -> str:
        """What was printed, the first `most` numbers, with `names` of the subjects in place of their ids."""
        shown = [(row.called(names or {}), row) for row in self.rows[:most]]
        named = [f"{name} {'= ' if row.relation == '=' else ''}{row.printed}" for name, row in shown]
        more = f", and {len(self.rows) - most} more" if len(self.rows) > most else ""
        return "; ".join(named) + more


def found(check: str, outcome: Outcome, scope: Scope, *rows: Row | None) -> Finding | None:
    """Make a finding; None across versions if all rows are of one version, which has its own."""
    known = tuple(row for row in rows if row is not None)
    if scope.name == ACROSS and len({row.version for row in known}) < 2:
        return None
    return Finding(check, outcome, known, scope.name)
