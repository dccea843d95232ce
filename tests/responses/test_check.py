from __future__ import annotations

from lib.responses.check import Checked
from lib.responses.report import StoreReport


def test_what_cost_nothing_is_no_line_of_spending() -> None:
    said = Checked("machine", StoreReport(), {"": 0.0, "USD": 0.25}).words()
    assert [line for line in said if "spent" in line] == ["  spent 0.250000 USD"]
