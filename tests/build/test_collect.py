from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from tests_support import write_small_study

from lib.build.collect import collect
from lib.build.documents import document_inputs, document_pages, document_sources
from lib.project import Project, open_project
from lib.results import RESULTS_VARIABLE, Results

ROOT = Path(__file__).parents[2]
RECORD = {
    "notebook": "notebooks/human.ipynb", "notebook_sha256": "cd34", "study": "params/small.yaml",
    "study_sha256": "ef56", "lock_sha256": "0a", "inputs": {"cache/a|b.parquet": "ab12"},
    "packages": {"polars": "2.1.0"}, "python": "3.11",
    "system": "Linux", "commit": "c0ffee", "simulated": False, "started": "2026-11-21", "seconds": 1.0,
}  # fmt: skip


def small_project(root: Path, monkeypatch: pytest.MonkeyPatch, study: str) -> Project:
    project = open_project(study, root=root)
    monkeypatch.setenv(RESULTS_VARIABLE, str(project.cache / "results/human.json"))
    results = Results("human")
    results.put(["human", "valence", "mean"], 4.6)
    results.put(["conditions", "machine-1", "kappa"], 0.5)
    results.save({})
    (project.cache / "provenance").mkdir(parents=True)
    (project.cache / "provenance/human.json").write_text(json.dumps(RECORD), encoding="utf-8")
    (project.cache / "data").mkdir()
    (project.cache / "data/warnings.json").write_text('["the design is not balanced"]', encoding="utf-8")
    return project


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "params", tmp_path / "params")
    shutil.copytree(ROOT / "data/published", tmp_path / "data/published")
    shutil.copy(ROOT / "_quarto.yml", tmp_path / "_quarto.yml")
    write_small_study(tmp_path)
    (tmp_path / "report").mkdir()
    (tmp_path / "report/index.qmd").write_text(
        "---\ntitle: R\nbibliography: ../m/a.bib\nformat: {html: default, docx: default}\n---\n\n"
        "{{< include ../cache/includes/banner.md >}}\n\n"
        "{{< var human.valence.mean >}} {{< var conditions.machine-2.kappa >}} {{< var effects.a.all.points >}}\n\n"
        "{{< embed ../cache/notebooks/human.ipynb#tbl-a >}}\n",
        encoding="utf-8",
    )
    return tmp_path


def test_real_data_have_no_banner_and_missing_machines_are_listed_and_absent(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "data/small/predictions/machine-2.csv").unlink()
    project = small_project(root, monkeypatch, "params/small.yaml")
    collect(project, ["human"])
    includes = project.cache / "includes"
    assert (includes / "banner.md").read_text(encoding="utf-8").strip() == ""
    assert "put its predictions into `data/small/predictions/machine-2.csv`" in (includes / "missing.md").read_text(
        encoding="utf-8"
    )
    texts = yaml.safe_load((project.home / "_variables.yml").read_text(encoding="utf-8"))
    assert texts["conditions"] == {"machine-1": {"kappa": ".500"}, "machine-2": {"kappa": "–"}}
    assert texts["effects"] == {"a": {"all": {"points": "–"}}}
    numbers = json.loads((project.cache / "results.json").read_text(encoding="utf-8"))
    assert numbers == {"human": {"valence": {"mean": 4.6}}, "conditions": {"machine-1": {"kappa": 0.5}}}
    provenance = (includes / "provenance.md").read_text(encoding="utf-8")
    for part in (
        "c0ffee",
        "the design is not balanced",
        "`cache/a\\|b.parquet`",
        "polars 2.1.0",
        "`human.valence.mean` | 4.60 |",
    ):
        assert part in provenance


def test_a_misspelt_number_stays_unknown_when_no_machine_is_missing(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = small_project(root, monkeypatch, "params/small.yaml")
    collect(project, ["human"])
    texts = yaml.safe_load((project.home / "_variables.yml").read_text(encoding="utf-8"))
    assert "machine-2" not in texts["conditions"]


def test_the_twin_brings_its_banner(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = small_project(root, monkeypatch, "params/study.yaml")
    collect(project, ["human"])
    banner = (project.cache / "includes/banner.md").read_text(encoding="utf-8")
    assert "Simulated data" in banner
    assert "Whatever is computed from ratings and predictions" in banner, "what is printed elsewhere is not simulated"
    assert "`data/human_ratings/ratings.csv`" in banner


def test_a_document_is_made_from_what_it_names(root: Path) -> None:
    project = open_project("params/small.yaml", root=root)
    home = "cache/studies/small-study"
    assert document_inputs(project, "report/index.qmd") == [
        f"{home}/_variables.yml", f"{home}/cache/includes/banner.md", f"{home}/cache/notebooks/human.ipynb",
    ]  # fmt: skip
    assert document_pages(project, "report/index.qmd") == [
        f"{home}/_output/report/index.html",
        f"{home}/_output/report/index.docx",
    ]
    assert root / "m/a.bib" in document_sources(project, "report/index.qmd")


@pytest.mark.parametrize(
    ("words", "cores"), [(["-j2"], "--cores 2"), (["-j", "3"], "--cores 3"), ([], "params/study.yaml")]
)
def test_make_passes_its_jobs_on(words: list[str], cores: str) -> None:
    environment = {
        name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}
    }
    said = subprocess.run(
        ["make", "-n", "paper", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert said.strip().endswith(cores)
