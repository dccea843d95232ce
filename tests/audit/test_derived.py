from __future__ import annotations

import pytest
from audit_support import table

from lib.audit.derived import derived_checks, made_of
from lib.audit.intervals import Interval
from lib.audit.rows import read_rows


@pytest.fixture
def verdict(tmp_path):
    def check(printed, statistic, operation, *sources):
        made = [{"id": f"s{n}", "statistic": "mae", "printed": one} | more for n, (one, more) in enumerate(sources)]
        names = " ".join(one["id"] for one in made)
        rows = [{"id": "x", "statistic": statistic, "printed": printed, "from": names, "operation": operation}, *made]
        found = list(derived_checks(read_rows(table(rows, tmp_path / "t.csv"))))
        assert len(found) == 1
        return found[0].outcome.consistent

    return check


def plain(*printed, **more):
    return [(one, more) for one in printed]


# Printed in the documents: tokens of sad and happy faces, of right and wrong answers; MAE over people's; accuracies.
PUBLISHED = [
    ("1.36x", "ratio", "ratio", ("1,290", "949"), True), ("1.37x", "ratio", "ratio", ("1,290", "949"), False),
    ("+69%", "percent_change", "percent_change", ("2,339", "3,959"), True),
    ("+60%", "percent_change", "percent_change", ("2,339", "3,959"), False),
    ("1.71×", "mae_ratio", "ratio", ("1.842", "1.080"), True),
    ("0.528", "bias_gap", "difference", ("1.140", "0.612"), True),
    ("0.22", "difference", "absolute_difference", ("1.24", "1.456"), True),
    ("1.083", "mae", "lowest", ("1.2", "1.08"), True),
    ("1.456", "mae", "highest", ("1.2", "1.08"), False), ("2.3", "mae", "sum", ("1.2", "1.08"), True),
    ("1.14", "mae", "mean", ("1.2", "1.08"), True), ("1.4", "mae", "mean", ("1.2", "1.08"), False),
]  # fmt: skip


@pytest.mark.parametrize(("printed", "statistic", "operation", "sources", "possible"), PUBLISHED)
def test_operations(verdict, printed, statistic, operation, sources, possible):
    assert verdict(printed, statistic, operation, *plain(*sources)) is possible


def test_differences_of_shares_are_in_points(verdict):
    shares = plain("88.1%", "81.2%", statistic="percent_correct")
    assert verdict("+6.9%p", "percentage_points", "difference", *shares)
    assert not verdict("+7.9%p", "percentage_points", "difference", *shares)
    assert verdict("6.9 pp", "percentage_points", "difference", *plain(".881", ".812", statistic="accuracy"))


def test_counts_of_significant_results(verdict):
    """Race and valence in Table S5.1: five of eight; a p of .050 may be on either side."""
    ps = [(one, {"statistic": "p"}) for one in ("< .001***", "< .001***", ".050", ".543", ".562")]
    assert verdict("2", "count", "count_significant", *ps) and verdict("3", "count", "count_significant", *ps)
    assert not verdict("4", "count", "count_significant", *ps) and not verdict("1", "count", "count_significant", *ps)


def test_the_share_of_errors(verdict):
    """Manuscript v5, section 4.1: 171 and 238 confusions of 395 and 558 errors are 42.9%, not 70.6%."""
    sources = [
        *plain("71.1%", "99.2%", statistic="confusion", n=240),
        *plain("0.726", "0.613", statistic="accuracy", n=1440),
    ]
    assert verdict("42.9%", "error_share", "error_share", *sources)
    assert not verdict("70.6%", "error_share", "error_share", *sources)


def test_a_ratio_to_what_may_be_zero_is_never_accused():
    assert made_of("ratio", [Interval(1, 2), Interval(-1, 1)]).holds(1e9)
