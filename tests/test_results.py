from __future__ import annotations

from pathlib import Path

import nbformat
import numpy as np
import papermill
import pytest

from lib.errors import BuildError
from lib.results import RESULTS_VARIABLE, Entry, Results, load_results, nest, variable_name


def test_numbers_come_back_by_key_with_their_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RESULTS_VARIABLE, str(tmp_path / "human.json"))
    results = Results("human")
    results.put(
        ["conditions", "gemini-2.5-flash"], {"kappa": np.float64(0.8531), "n": np.int64(1440), "r": float("nan")}
    )
    results.put(["claims", "best"], 3, text="three")
    assert results.save({"cache/data/ratings.parquet": "ab"}) == "4 numbers from 1 file"
    entries, inputs = load_results(tmp_path / "human.json")
    assert inputs == {"cache/data/ratings.parquet": "ab"}
    assert nest(entries.values()) == {
        "conditions": {"gemini-2.5-flash": {"kappa": 0.8531, "n": 1440, "r": None}},
        "claims": {"best": 3},
    }
    assert nest(entries.values(), text=True) == {
        "conditions": {"gemini-2_5-flash": {"kappa": ".853", "n": "1,440", "r": "–"}},
        "claims": {"best": "three"},
    }
    assert variable_name(entries["conditions.gemini-2.5-flash.kappa"]) == "conditions.gemini-2_5-flash.kappa"


def test_nothing_is_written_when_run_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(RESULTS_VARIABLE, raising=False)
    assert Results("human").save({}) == "0 numbers from 0 files"


def test_one_key_has_one_value() -> None:
    results = Results("human")
    results.put(["a", "b"], 1)
    results.put(["a", "b"], 1)
    with pytest.raises(BuildError, match=r"a\.b is recorded twice: 1, then got 2"):
        results.put(["a", "b"], 2)


@pytest.mark.parametrize("paths", [[("a",), ("a", "b")], [("a", "b"), ("a",)], [("a", "b"), ("a", "b")]])
def test_keys_of_chapters_must_not_clash(paths: list[tuple[str, ...]]) -> None:
    with pytest.raises(BuildError, match=r"^a"):
        nest([Entry(path, 1, "1", None) for path in paths])


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match="got \\["):
        Results("human").put(["a"], [1, 2])


def test_a_number_is_recorded_with_the_cell_that_made_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RESULTS_VARIABLE, str(tmp_path / "results.json"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    sources = [
        "from lib.results import Results\nresults = Results('c')",
        "1 + 1",
        "results.put(['a'], 1)",
        "results.put(['b'], 2)\nresults.save({})",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    nbformat.write(notebook, tmp_path / "in.ipynb")
    papermill.execute_notebook(tmp_path / "in.ipynb", tmp_path / "out.ipynb", kernel_name="python3", progress_bar=False)
    counts = [cell.execution_count for cell in nbformat.read(tmp_path / "out.ipynb", as_version=4).cells]
    entries, _ = load_results(tmp_path / "results.json")
    assert [entries["a"].cell, entries["b"].cell] == [counts[2], counts[3]]


def test_a_table_becomes_a_list_of_rows_and_no_variable():
    results = Results("mixed")
    results.put_rows(["conditions", "0", "anova"], [{"term": "race", "f": 2.5}, {"term": "gender", "f": None}])
    results.put(["conditions", "0", "n"], 3)
    assert nest(results.entries.values()) == {
        "conditions": {"0": {"anova": [{"term": "race", "f": 2.5}, {"term": "gender", "f": None}], "n": 3}}
    }
    assert nest(results.entries.values(), text=True) == {"conditions": {"0": {"n": "3"}}}
    assert results.entries["conditions.0.anova.[0].f"].value == 2.5
