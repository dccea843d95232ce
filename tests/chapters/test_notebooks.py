from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from great_tables import GT
from plotnine import ggplot

from lib.chapters.lacking import Lacking
from lib.press.notebook import cell_options
from lib.results import load_results, nest

REPOSITORY = Path(__file__).resolve().parents[2]
CHAPTERS = [
    "design",
    "human",
    "categories",
    "dimensions",
    "agreement",
    "mixed",
    "substitutability",
    "stereotypes",
    "thinking",
    "responses",
    "retest",
    "ablations",
    "real_faces",
    "inner",
    "attention",
    "machines",
    "calibration",
    "demographics",
    "omnibus",
    "reproduction",
    "twin",
]
SHAPES = ["lab_project", "small_project", "bare_project", "classifier_project"]
SIMULATED = "Simulated data"
NOT_STATISTICS = re.compile(r"\bF1\b|\(A[1-9]\)")


def _cells(chapter: str) -> list[Any]:
    return nbformat.read(REPOSITORY / f"notebooks/{chapter}.ipynb", 4).cells


def _labelled(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name.startswith(("tbl-", "fig-"))}


@pytest.mark.parametrize("chapter", CHAPTERS)
class TestSource:
    def test_holds_no_outputs_and_validates(self, chapter: str) -> None:
        notebook = nbformat.read(REPOSITORY / f"notebooks/{chapter}.ipynb", 4)
        nbformat.validate(notebook)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                assert cell.outputs == [] and cell.execution_count is None

    def test_begins_with_its_question_and_ends_with_its_numbers(self, chapter: str) -> None:
        cells = _cells(chapter)
        assert cells[0].cell_type == "markdown" and "What this chapter answers" in cells[0].source
        assert cells[1].metadata["tags"] == ["parameters"] and cells[1].source == 'study = "params/study.yaml"'
        assert cells[-1].source == "results.save(data.inputs)"

    def test_labels_are_the_cells_ids_with_captions_and_alternative_texts(self, chapter: str) -> None:
        for cell in _cells(chapter):
            if cell.cell_type != "code" or not cell.source.startswith("#|"):
                continue
            options = cell_options(cell.source, cell.id)
            kind = cell.id.partition("-")[0]
            assert options["label"] == cell.id
            assert set(options) == {"label", f"{kind}-cap"} | ({"fig-alt"} if kind == "fig" else set())

    def test_types_no_statistic(self, chapter: str) -> None:
        for cell in _cells(chapter):
            texts = [cell.source] if cell.cell_type == "markdown" else []
            if cell.cell_type == "code":
                options = cell_options(cell.source, cell.id)
                texts = [text for name, text in options.items() if name != "label"]
            for text in texts:
                assert not re.search(r"\d", NOT_STATISTICS.sub("", text)), (cell.id, text)

    def test_table_ids_are_the_labels(self, chapter: str, lab_project, run_cells) -> None:
        shown, _ = run_cells(lab_project, chapter)
        for name, value in _labelled(shown).items():
            if isinstance(value, GT):
                assert f'<div id="{name}"' in value.as_raw_html()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_runs_for_any_study(chapter: str, shape: str, request: pytest.FixtureRequest, run_cells) -> None:
    shown, numbers = run_cells(request.getfixturevalue(shape), chapter)
    entries, inputs = load_results(numbers)
    # no study here has stored answers
    unasked = {"responses", "retest", "real_faces", "ablations", "inner", "attention"}
    assert bool(inputs) is (
        chapter not in {"twin", "reproduction", *unasked} or (chapter not in unasked and shape == "lab_project")
    )  # with real data, the twin's chapter reads nothing; the published figures are those of the paper's study
    assert all(len(digest) == 64 for digest in inputs.values())
    nest(entries.values())
    nest(entries.values(), text=True)
    for name, value in _labelled(shown).items():
        assert isinstance(value, GT | ggplot | Lacking), name
        if isinstance(value, GT):
            assert "<tbody" in value.as_raw_html()
        if isinstance(value, Lacking):
            assert value._repr_markdown_().startswith("*Not available: this study has no ")


def _drawn(figure: ggplot) -> int:
    return len(figure._repr_mimebundle_()[0]["image/png"])


@pytest.mark.parametrize("shape", ["small_project", "bare_project", "classifier_project"])  # the paper draws its own
@pytest.mark.parametrize("chapter", [name for name in CHAPTERS if name != "twin"])
def test_figures_can_be_drawn(chapter: str, shape: str, request: pytest.FixtureRequest, run_cells) -> None:
    shown, _ = run_cells(request.getfixturevalue(shape), chapter)
    for name, value in _labelled(shown).items():
        if isinstance(value, ggplot):
            assert _drawn(value) > 5000, name


def test_every_page_says_simulated_while_the_twin_stands_in(lab_project, run_cells) -> None:
    for chapter in CHAPTERS:
        shown, _ = run_cells(lab_project, chapter)
        for name, value in _labelled(shown).items():
            if isinstance(value, GT):
                assert SIMULATED in value.as_raw_html(), name
            elif isinstance(value, ggplot):
                assert SIMULATED in value.labels.caption, name


def test_nothing_says_simulated_on_real_data(small_project, run_cells) -> None:
    for chapter in CHAPTERS:
        shown, _ = run_cells(small_project, chapter)
        for name, value in _labelled(shown).items():
            if isinstance(value, GT):
                assert SIMULATED not in value.as_raw_html(), name
            elif isinstance(value, ggplot):
                assert SIMULATED not in str(getattr(value.labels, "caption", None)), name


def test_a_study_without_machines_says_so_and_keeps_its_human_chapter(bare_project, run_cells) -> None:
    human, _ = run_cells(bare_project, "human")
    assert not any(isinstance(value, Lacking) for value in _labelled(human).values())
    for chapter in ("categories", "dimensions", "substitutability", "stereotypes", "demographics", "omnibus"):
        shown, _ = run_cells(bare_project, chapter)
        assert all(isinstance(value, Lacking) for value in _labelled(shown).values()), chapter


def test_real_data_need_no_twin(small_project, run_cells) -> None:
    shown, _ = run_cells(small_project, "twin")
    assert all(isinstance(value, Lacking) for value in _labelled(shown).values())


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_twice_the_same(chapter: str, small_project, run_cells) -> None:
    first, numbers = run_cells(small_project, chapter)
    second, again = run_cells(small_project, chapter, again=True)
    assert again.read_bytes() == numbers.read_bytes()
    for name, value in _labelled(first).items():
        if isinstance(value, GT):
            assert value.as_raw_html() == second[name].as_raw_html(), name


def test_all_chapters_numbers_fit_into_one_tree(lab_project, run_cells) -> None:
    entries = [entry for name in CHAPTERS for entry in load_results(run_cells(lab_project, name)[1])[0].values()]
    tree = nest(entries)
    for dimension in ("valence", "arousal", "naturalness"):
        assert {"mean", "sd", "alpha_ordinal", "loo_mae", "pairwise_mae"} <= set(tree["human"][dimension])
    assert set(tree["conditions"]) == {path.stem for path in (REPOSITORY / "params/conditions").glob("*.yaml")} | {
        "human-null"
    }
    for name, condition in tree["conditions"].items():
        assert {"n", "n_valid", "accuracy", "kappa", "macro_f1", "per_emotion", "confusion"} <= set(condition), name
        assert {"accuracy", "f1"} <= set(condition["per_emotion"]["sad"])
        if name not in ("posterv2", "beit"):
            assert {"r", "mae", "rmse", "bias", "sd_difference"} <= set(condition["valence"]), name
    assert tree["conditions"]["gemma3-4b"]["n"] == 72
    assert tree["conditions"]["gemma3-4b"]["n_valid"] == 69  # one unparsed, two missing
    assert sum(tree["conditions"]["gemma3-4b"]["confusion"]["angry"].values()) == 12
    json.dumps(tree, allow_nan=False)
