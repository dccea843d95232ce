from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from lib.chapters.reproduction import (
    KINDS,
    VERDICTS,
    document_names,
    holds,
    record_reproduction,
    reproduce,
    summarise,
)
from lib.contracts.published import STATISTICS, read_published
from lib.errors import DataError
from lib.results import Results

HEAD = "id,version,document,place,statistic,printed,relation,unit,quoted_from,result,superseded_by,not_computable\n"
ROWS = """\
half,v1,paper,Table 1,kappa,.50,,,,a.kappa,,
off,v1,paper,Table 1,kappa,.48,,,,a.kappa,,
old,v1,paper,Table 1,kappa,.40,,,,a.kappa,new,
new,v2,paper 2,Table 2,kappa,.45,,,,a.kappa,newest,
newest,v3,paper 3,Table 3,kappa,.47,,,,a.kappa,,
same,v1,paper,Table 1,percent_correct,71.3%,,,,a.accuracy_percent,same2,
same2,v2,paper 2,Table 2,accuracy,.713,,proportion,,a.accuracy,,
sign,v1,paper,Table 1,bias,−0.30,,,,a.bias,sign2,
sign2,v2,paper 2,Table 2,bias_size,0.30,,,,abs(a.bias),,
limit,v1,paper,Table 1,p,< .001***,,,,a.p,,
bound,v1,paper,Table 1,difference,0.05,<=,,,a.difference,,
void,v1,paper,Table 1,r,.5,,,,a.nothing,,
gone,v1,paper,Table 1,r,.5,,,,a.gone,,
other,v1,paper,Table 1,r,.72,,,Somebody (2025),,,
age,v1,paper,Table 1,mean,44.6,,,,,,the ratings do not say who rated
loose,v1,paper,Table 1,mean,44.6,,,,,,
"""
TREE = {"a": {"kappa": 0.495, "accuracy": 0.7, "accuracy_percent": 70.0, "bias": -0.5, "p": 0.0004, "difference": 0.054,
              "nothing": None}}  # fmt: skip


@pytest.fixture
def compared(tmp_path: Path) -> pl.DataFrame:
    path = tmp_path / "ledger.csv"
    path.write_text(HEAD + ROWS, encoding="utf-8")
    return reproduce(read_published(path), TREE)


def test_verdicts_by_hand(compared: pl.DataFrame) -> None:
    assert dict(compared.select("id", "verdict").iter_rows()) == {
        "half": "reproduced",  # .495 lies half way: .49 and .50 both round it
        "off": "differs",
        "old": "superseded",
        "new": "superseded",
        "newest": "differs",
        "same": "differs",  # the later version prints the same figure, which replaces nothing
        "same2": "differs",
        "sign": "differs",
        "sign2": "differs",
        "limit": "reproduced",
        "bound": "reproduced",  # .054 rounds to .05
        "void": "not available",
        "gone": "not available",
        "other": "not computable",
        "age": "not computable",
        "loose": "not computable",
    }


def test_differences_are_told_in_points_and_in_last_digits(compared: pl.DataFrame) -> None:
    row = compared.row(by_predicate=pl.col("id") == "off", named=True)
    assert row["recomputed"] == 0.495
    assert row["difference"] == pytest.approx(0.015)
    assert row["last_digits"] == pytest.approx(1.5)


def test_reasons_name_the_last_version_and_the_source(compared: pl.DataFrame) -> None:
    reasons = dict(compared.select("id", "reason").iter_rows())
    assert reasons["old"] == reasons["new"] == "now .47 in paper 3, Table 3"
    assert reasons["other"] == "a figure of Somebody (2025)"
    assert reasons["age"] == "the ratings do not say who rated"
    assert reasons["loose"] == "bound to no result"
    assert reasons["void"] == "the data at hand do not have it"
    assert reasons["gone"] == "no chapter has computed it"


def test_nothing_is_reproduced_from_no_results(compared: pl.DataFrame) -> None:
    empty = reproduce(
        compared.select(pl.exclude("kind", "recomputed", "difference", "last_digits", "verdict", "reason")), {}
    )
    assert set(empty["verdict"]) == {"not available", "not computable"}


@pytest.mark.parametrize(
    ("value", "printed", "decimals", "relation", "said"),
    [
        (0.4950, 0.49, 2, "=", True),
        (0.4951, 0.49, 2, "=", False),
        (0.4849, 0.49, 2, "=", False),
        (-1.2849, -1.28, 2, "=", True),
        (0.0009, 0.001, 3, "<", True),
        (0.001, 0.001, 3, "<", False),
        (0.11, 0.1, 1, ">", True),
        (0.054, 0.05, 2, "<=", True),
        (0.056, 0.05, 2, "<=", False),
        (0.046, 0.05, 2, ">=", True),
        (199.4, 199, 0, "~", True),
        (198.4, 199, 0, "~", False),
        (0.534, 0.535, 3, "lowest", False),
        (0.5351, 0.535, 3, "highest", True),
    ],
)
def test_a_figure_holds_if_it_rounds_to_the_printed_one(
    value: float, printed: float, decimals: int, relation: str, said: bool
) -> None:
    assert holds(value, printed, decimals, relation) is said


def test_a_bad_expression_names_its_row(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    path.write_text("id,statistic,printed,result\nx,kappa,.5,median(a.kappa)\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"row 2 \(x\), column 'result': .* got 'median'"):
        reproduce(read_published(path), TREE)


def test_a_circle_of_versions_ends(tmp_path: Path) -> None:
    path = tmp_path / "ledger.csv"
    path.write_text("id,statistic,printed,result,superseded_by\nx,kappa,.1,a.kappa,y\ny,kappa,.2,a.kappa,x\n", "utf-8")
    assert reproduce(read_published(path), TREE)["verdict"].to_list() == ["superseded", "superseded"]


def test_counts_add_up(compared: pl.DataFrame) -> None:
    summary = summarise(compared)
    assert summary["total"].sum() == compared.height
    assert summary.select(pl.sum_horizontal(VERDICTS)).to_series().to_list() == summary["total"].to_list()
    results = Results("reproduction")
    record_reproduction(results, compared)
    values = {key: entry.value for key, entry in results.entries.items()}
    assert values["claims.ledger.total"] == 16 and values["claims.ledger.compared"] == 11
    assert values["claims.ledger.reproduced.count"] == 3
    assert values["claims.ledger.not_available.count"] == 2
    assert values["claims.ledger.reproduced.percent"] == pytest.approx(300 / 11)
    assert values["claims.ledger.not_available.percent"] == pytest.approx(200 / 16)
    shares = [values[f"claims.ledger.{name}.percent"] for name in ("reproduced", "differs", "superseded")]
    assert sum(shares) == pytest.approx(100)
    assert values["claims.ledger.versions.v2.total"] == 3
    assert sum(values[f"claims.ledger.{name.replace(' ', '_')}.count"] for name in VERDICTS) == 16


def test_every_version_gets_the_document_that_prints_most_of_it(compared: pl.DataFrame) -> None:
    assert document_names(compared) == {"v1": "paper", "v2": "paper 2", "v3": "paper 3"}


def test_kinds_hold_known_statistics_once() -> None:
    listed = [name for names in KINDS.values() for name in names]
    assert len(listed) == len(set(listed))
    assert set(listed) <= set(STATISTICS)
