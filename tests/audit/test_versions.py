from __future__ import annotations

import pytest
from audit_support import table

from lib.audit.rows import best_rows, natural_order, read_rows, scopes
from lib.audit.versions import version_checks


def row(name, version, printed, **more):
    return {"id": name, "version": version, "subject": "m", "statistic": "kappa", "printed": printed} | more


@pytest.fixture
def checked(tmp_path):
    return lambda *rows: [
        (one.check, one.scope, one.outcome.consistent)
        for one in version_checks(read_rows(table(list(rows), tmp_path / "t.csv")))
    ]


def test_fewer_digits_are_no_contradiction_within_a_version(checked):
    assert checked(row("a", "v1", ".848"), row("b", "v1", ".85")) == [("restated", "v1", True)]
    assert checked(row("a", "v1", ".848"), row("b", "v1", ".84")) == [("restated", "v1", False)]


def test_a_percentage_restates_an_accuracy(checked):
    share = row("a", "v1", ".126", statistic="accuracy", emotion="sad")
    assert checked(share, row("b", "v1", "12.6%", statistic="percent_correct", emotion="sad"))[0][2]
    assert not checked(share, row("b", "v1", "12.1%", statistic="percent_correct", emotion="sad"))[0][2]


def test_a_correction_within_a_version_counts_once(checked):
    assert checked(row("a", "v1", ".8", superseded_by="b"), row("b", "v1", ".9")) == []


def test_a_later_version_must_say_what_it_replaces(checked):
    silent = checked(row("a", "v9", ".671"), row("b", "v10", ".646"))
    marked = checked(row("a", "v9", ".671", superseded_by="b"), row("b", "v10", ".646"))
    assert silent == [("versions", "across versions", False)]
    assert marked == [("versions", "across versions", True)]
    assert checked(row("a", "v9", ".67"), row("b", "v10", ".668")) == [("versions", "across versions", True)]


def test_a_bias_does_not_turn_its_sign(checked):
    before = row("a", "v1", "+0.50", statistic="bias", superseded_by="b")
    assert not checked(before, row("b", "v2", "−0.35", statistic="bias"))[0][2]
    assert checked(before, row("b", "v2", "0.35", statistic="bias"))[0][2]


def test_counts_of_different_things_are_different_numbers(checked):
    one = row("a", "v1", "5", statistic="count", note="models")
    assert checked(one, row("b", "v1", "6", statistic="count", note="emotions")) == []
    assert checked(one, row("b", "v1", "6", statistic="count", note="models")) == [("restated", "v1", False)]


def test_versions_are_ordered_by_number():
    assert sorted(["v10", "v6", "draft", "v5.2", "v5"], key=natural_order) == ["draft", "v5", "v5.2", "v6", "v10"]


def test_which_of_two_prints_counts(tmp_path):
    rows = read_rows(
        table(
            [row("a", "v1", ".848", quoted_from="elsewhere"), row("b", "v1", ".85"), row("c", "v1", ".846")],
            tmp_path / "t.csv",
        )
    )
    assert [one.id for one in best_rows(rows).values()] == ["c"]


def test_across_versions_the_latest_that_nothing_replaces(tmp_path):
    rows = read_rows(
        table([row("a", "v1", ".1"), row("b", "v2", ".2"), row("c", "v3", ".3", superseded_by="b")], tmp_path / "t.csv")
    )
    assert [one.id for one in scopes(rows)[-1].rows.values()] == ["b"]
    assert len(scopes(rows[:1])) == 1
