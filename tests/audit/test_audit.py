from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from audit_support import Made, table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.audit.audit import CONSISTENT, INCONSISTENT, UNCHECKED, audit
from lib.audit.finding import CHECKS

SEEDS = st.integers(0, 2**32 - 1)


def run(rows):
    with tempfile.TemporaryDirectory() as folder:
        return audit(table(rows, Path(folder) / "table.csv"))


def perturbed(rows, name, printed):
    assert any(row["id"] == name for row in rows), [row["id"] for row in rows]
    return [row | {"printed": printed} if row["id"] == name else row for row in rows]


STUDIES = (
    SEEDS, st.integers(2, 7), st.integers(2, 60), st.integers(0, 4), st.sampled_from([0.0, 0.1, 0.9]),
    st.sampled_from([(1, 9), (-1, 1), (0, 100)]),
)  # fmt: skip


def never_accused(seed, classes, size, decimals, unanswered, scale):
    done = run(Made(seed, classes, size, *scale, unanswered).rows(decimals))
    assert [(one.check, one.printed, one.outcome.arithmetic) for one in done.failures] == []


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.tuples(*STUDIES))
def test_statistics_computed_from_answers_and_rounded_are_never_accused(study):
    never_accused(*study)


@pytest.mark.slow
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(st.tuples(*STUDIES))
def test_hundreds_of_studies_are_never_accused(study):
    never_accused(*study)


def test_a_whole_study_reaches_nearly_every_test():
    done = run(Made(1, size=240).rows())
    used = {finding.check for finding in done.findings}
    assert used >= set(CHECKS) - {"t", "folded", "restated", "versions", "derived", "counted"}


@pytest.mark.parametrize(
    ("name", "printed", "check"),
    [
        ("kappa", "0.999", "kappa"),
        ("accuracy-e0", "0.127", "grim"),
        ("accuracy", "0.101", "sums"),
        ("bias-valence", "3.9", "sums"),
        ("bias-valence", "3.9", "bias"),
        ("f1-e0", "0.999", "f1"),
        ("macro_f1", "0.999", "macro_f1"),
        ("mae-valence", "0.001", "mae_bias"),
        ("mae-valence", "7.5", "mae_spread"),
        ("rmse-valence", "0.001", "rmse"),
        ("sd_difference-valence", "0.2", "sd_difference"),
        ("sd-valence", "4.2", "scale"),
        ("mean-valence-human", "9.5", "scale"),
        ("p-race-emotion-machine-valence", "0.999", "p"),
        ("eta_squared-race-emotion-machine-valence", ".9", "eta"),
        ("eta_squared-race-emotion-machine-valence", ".9", "nested"),
    ],
)
def test_a_changed_number_is_caught(name, printed, check):
    rows = Made(3, size=240).rows()
    failed = {finding.check for finding in run(perturbed(rows, name, printed)).failures}
    assert check in failed


def test_the_table_has_failures_first_and_every_number_once_or_more():
    rows = perturbed(Made(3, size=240).rows(), "kappa", "0.999")
    rows.append({"id": "alpha", "version": "v1", "statistic": "alpha_ordinal", "printed": ".4"})
    done = run(rows)
    found = done.table()
    assert found["verdict"][0] == INCONSISTENT
    assert set(found["verdict"]) == {CONSISTENT, INCONSISTENT, UNCHECKED}
    named = set(" ".join(found["ids"]).split())
    assert {row["id"] for row in rows if row["printed"]} == named
    assert found.filter(found["verdict"] == UNCHECKED)["arithmetic"].to_list() == ["Follows from the raw data only."]
    assert done.summary()["failed"].sum() == len(done.failures)


def test_approximations_and_limits_are_left_alone():
    rows = [
        {"id": "a", "statistic": "accuracy", "printed": "~ .126", "n": 240},
        {"id": "b", "statistic": "accuracy", "printed": "> .126", "n": 240, "emotion": "sad"},
    ]
    done = run(rows)
    assert done.findings == ()
    assert "approximation" in done.unchecked[0][1] and "limit" in done.unchecked[1][1]


def test_across_versions_only_what_no_single_version_shows():
    rows = [
        {"id": "r", "version": "v5", "subject": "m", "statistic": "r", "printed": ".901"},
        {"id": "sd", "version": "v5", "subject": "m", "statistic": "sd", "printed": "3.08"},
        {"id": "h", "version": "v5", "subject": "human", "statistic": "sd", "printed": "1.42"},
        {"id": "d", "version": "v10", "subject": "m", "statistic": "sd_difference", "printed": "1.738"},
    ]  # fmt: skip
    done = run(rows)
    assert [(one.check, one.scope, one.outcome.consistent) for one in done.findings] == [
        ("sd_difference", "across versions", False)
    ]
    assert "1.738" in done.failures[0].printed
