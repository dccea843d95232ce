from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from bs4 import BeautifulSoup

from lib.chapters.reproduction import VERDICTS, document_names, reproduce, summarise
from lib.contracts.published import read_published
from lib.tables.ledger import ledger_summary_table, ledger_table

LEDGER = """\
id,version,document,place,subject,dimension,emotion,group,test,statistic,printed,relation,result,superseded_by,note
a,v1,paper,Table 1,gemma,,,,,kappa,.50,,m.kappa,b,
b,v2,paper 2,Table 2,gemma,,,,,kappa,.48,,m.kappa,,
c,v2,paper 2,Table 2,gemma,valence,happy,race=Black;gender=Man,,bias,−0.30,,m.bias,,
d,v2,paper 2,Table 2,gemma,valence,,,race:emotion,p,< .001***,,m.p,,
e,v2,paper 2,Table 2,images,,,,,count,"1,440",,m.n,,images
f,v2,paper 2,section 3,vlm,,,,,mae,1.46,lowest,m.mae,,
g,v2,paper 2,section 3,human,arousal,,,,alpha_ordinal,.125,,m.none,,
"""
TREE = {"m": {"kappa": 0.49, "bias": -0.456, "p": 1e-9, "n": 1440, "mae": 1.4612, "none": None}}


@pytest.fixture
def compared(tmp_path: Path) -> pl.DataFrame:
    path = tmp_path / "ledger.csv"
    path.write_text(LEDGER, encoding="utf-8")
    return reproduce(read_published(path), TREE)


def cells(html: str) -> list[list[str]]:
    rows = BeautifulSoup(html, "html.parser").find("tbody").find_all("tr")
    return [[cell.get_text(strip=True) for cell in row.find_all(["td", "th"])] for row in rows]


def test_every_figure_has_a_row_under_its_place(compared: pl.DataFrame) -> None:
    rows = cells(ledger_table(compared, {"gemma": "Gemma3"}, ["Simulated."]).as_raw_html())
    assert rows == [
        ["Paper, Table 1"],
        ["Gemma3: kappa", ".50", ".490", "−.010", "−1.0", "superseded: now .48 in paper 2, Table 2"],
        ["Paper 2, Table 2"],
        ["Gemma3: kappa", ".48", ".490", "+.010", "+1.0", "differs"],
        ["Gemma3, valence, happy, race Black, gender Man: bias", "−0.30", "−0.456", "−0.156", "−15.6", "differs"],
        ["Gemma3, valence, race × emotion: p", "< .001***", "< .0001", "–", "–", "reproduced"],
        ["Count of images", "1,440", "1,440", "–", "–", "reproduced"],
        ["Paper 2, section 3"],
        ["VLMs: MAE", "from\u00a01.46", "1.461", "–", "–", "reproduced"],
        ["People, arousal: ordinal alpha", ".125", "–", "–", "–", "not available: the data at hand do not have it"],
    ]


def test_the_summary_counts_verdicts_by_version_and_kind(compared: pl.DataFrame) -> None:
    table = ledger_summary_table(summarise(compared), VERDICTS, document_names(compared))
    rows = cells(table.as_raw_html())
    assert rows[:4] == [
        ["All"],
        ["all figures", "7", "3", "2", "1", "1", "0"],
        ["Paper"],
        ["categories", "1", "0", "0", "1", "0", "0"],
    ]
    assert ["tests", "1", "1", "0", "0", "0", "0"] in rows


def test_an_empty_ledger_gives_a_table_without_rows(compared: pl.DataFrame) -> None:
    assert cells(ledger_table(compared.clear(), {}).as_raw_html()) == []
