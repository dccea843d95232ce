"""Whatever stands in a table that the reader accepts, the audit ends with a report."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from audit_support import table
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from lib.audit.audit import audit
from lib.audit.report import text_report
from lib.contracts.published import OPERATIONS, STATISTICS
from lib.errors import DataError

PRINTED = st.one_of(
    st.sampled_from(["0", "0.000", "1", "1.000", ".848", "−3.2", "< .001***", "> 9", "~ 2", "71.1%", "9" * 40]),
    st.floats(-20, 2000).map(lambda value: f"{value:.3f}"),
    st.integers(0, 10**9).map(str),
)
ROW = st.fixed_dictionaries(
    {"statistic": st.sampled_from(sorted(STATISTICS)), "printed": PRINTED},
    optional={
        "version": st.sampled_from(["v5", "v10", "draft"]),
        "subject": st.sampled_from(["m", "human"]),
        "dimension": st.sampled_from(["valence"]),
        "emotion": st.sampled_from(["sad", "happy", "fear"]),
        "answer": st.sampled_from(["sad", "happy"]),
        "test": st.sampled_from(["race", "both"]),
        "tested_after": st.sampled_from(["race", "both", "other"]),
        "unit": st.just("percent"),
        "n": st.sampled_from([1, 2, 3, 40, 80, 120, 10**12]),
        "categories": st.sampled_from([2, 3, 6]),
        "scale_low": st.sampled_from([-1, 1]),
        "scale_high": st.sampled_from([1.5, 9]),
        "step": st.sampled_from([0.25, 1, 1000]),
        "decimals": st.sampled_from([3, 30, 400]),
        "operation": st.sampled_from(OPERATIONS),
    },
)


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.lists(ROW, min_size=1, max_size=40), st.data())
def test_it_never_crashes(rows, data):
    names = [f"row{number}" for number in range(len(rows))]
    made = []
    for name, row in zip(names, rows, strict=True):
        sources = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3)) if "operation" in row else []
        made.append(row | {"id": name, "from": " ".join(sources) or None})
    with tempfile.TemporaryDirectory() as folder:
        try:
            frame = table(made, Path(folder) / "table.csv")
        except DataError:  # what the reader refuses is not the audit's matter
            reject()
    done = audit(frame)
    assert text_report(done, "table").startswith("table: ")
    json.dumps(done.table().to_dicts(), allow_nan=False)
    known = {name for finding in done.findings for name in finding.ids.split()} | {row.id for row, _ in done.unchecked}
    assert known == set(frame["id"])
