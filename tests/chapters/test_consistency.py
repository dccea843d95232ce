from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from great_tables import GT

from lib.audit.audit import audit
from lib.chapters.consistency import changes, failures, ledger_audit, record_consistency
from lib.chapters.lacking import Lacking
from lib.chapters.reproduction import LEDGER
from lib.contracts.published import read_published
from lib.results import Results, load_results
from lib.study_data import StudyData
from lib.tables.consistency import consistency_summary_table, inconsistencies_table

TABLES = ["tbl-consistency-summary", "tbl-inconsistencies", "tbl-changes"]
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def published():
    return audit(read_published(REPOSITORY / LEDGER))


def failed(published, check: str, scope: str) -> set[str]:
    return {
        one.rows[0].key.subject for one in published.failures if one.check == check and one.scope == scope
    }  # fmt: skip


def test_the_contradictions_that_are_known_to_be_there(published) -> None:
    """data/published/twin_targets.yaml, `contradictions`: those that follow from printed numbers alone."""
    fer = {"mobilevit", "efficientnet-b0", "beit", "emonet"}
    vlm = {"gemma3-4b", "llama-3.2-11b-vision", "gemini-2.5-flash", "gpt-4o-mini", "qwen3-vl-4b-thinking"}
    assert failed(published, "kappa", "v10") == fer
    assert failed(published, "kappa", "v6") == fer | vlm
    assert failed(published, "f1", "v5") == {"llama-3.2-11b-vision"}
    assert failed(published, "macro_f1", "v5") == {"llama-3.2-11b-vision"}
    assert "gemma3-4b" in failed(published, "grim", "v5")
    assert failed(published, "sums", "across versions") >= {"gemini-2.5-flash", "gpt-4o-mini", "qwen3-vl-4b-thinking"}
    assert failed(published, "sd_difference", "across versions") == {"llama-3.2-11b-vision"}
    assert failed(published, "bias", "v5") == {"llama-3.2-11b-vision"}
    assert failed(published, "mae_moments", "v5") == {"mobilevit"}
    assert "posterv2" in failed(published, "restated", "v5")
    assert failed(published, "versions", "across versions") == {"llama-3.2-11b-vision"}  # the sign of a group's bias
    assert failed(published, "derived", "v5") == {"pathways"}
    assert len(failed(published, "folded", "v10")) == 7


def test_what_holds_is_not_accused(published) -> None:
    clean = {"p", "stars", "eta", "nested", "mae_bias", "mae_spread", "scale", "sd_parts"}
    assert {one.check for one in published.failures} & clean == set()
    assert {one.check for one in published.findings} >= clean


def test_repeated_failures_are_one_row(published) -> None:
    rows = failures(published, {"mobilevit": "MobileViT"})
    once = rows.filter(pl.col("printed").str.starts_with("MobileViT kappa"))
    assert once["where"].to_list() == ["v5, v6, v10"]
    assert rows.height < len(published.failures)


def test_claims(published) -> None:
    results = Results("consistency")
    record_consistency(results, published, {})
    found = {name: entry.text for name, entry in results.entries.items()}
    assert found["claims.consistency.kappa.v10.share"] == "4 of 13"
    assert found["claims.consistency.folded.v10.share"] == "seven of eight"
    assert found["claims.consistency.kinds.p.failed"] == "0"
    assert results.entries["claims.consistency.changed"].value == changes(published, {}).height


def test_what_later_versions_changed(published) -> None:
    """Gemma3-4B's accuracy is .726 in v5 and v6, and .724 in v10."""
    rows = changes(published, {"gemma3-4b": "Gemma3-4B"})
    assert ("Gemma3-4B accuracy", "0.726", "0.724", "v6 to v10") in rows.rows()
    assert rows.filter(pl.col("earlier") == pl.col("later")).is_empty()


def test_tables_show_texts_from_the_file_as_text() -> None:
    frame = pl.DataFrame(
        {"check": ["T"], "where": ["v1"], "printed": ["<script>alert(1)</script>"], "arithmetic": ["p < .05"]}
    )
    page = inconsistencies_table(frame).as_raw_html()
    assert "<script>" not in page and "&lt;script&gt;" in page
    summary = pl.DataFrame({"check": ["Kappa"], "checked": [1234], "failed": [0]})
    assert "1,234" in consistency_summary_table(summary).as_raw_html()


def test_the_chapter_with_a_ledger(lab_project, run_cells) -> None:
    shown, numbers = run_cells(lab_project, "consistency")
    entries, inputs = load_results(numbers)
    assert all(
        isinstance(shown[name], GT) for name in ("tbl-consistency-summary", "tbl-inconsistencies", "tbl-changes")
    )
    assert "claims.consistency.tests" in entries and list(inputs) == [LEDGER]


def test_the_chapter_without_a_ledger(small_project, run_cells) -> None:
    if (small_project.root / LEDGER).is_file():
        pytest.fail("the fixture should have no ledger")
    assert isinstance(ledger_audit(StudyData(small_project)), Lacking)
    shown, numbers = run_cells(small_project, "consistency")
    assert all(
        isinstance(shown[name], Lacking) for name in ("tbl-consistency-summary", "tbl-inconsistencies", "tbl-changes")
    )
    assert load_results(numbers)[0] == {}
