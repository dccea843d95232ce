from __future__ import annotations

import json
import shutil
from pathlib import Path

import nbformat
import pytest
import yaml
from tests_support import write_small_study
from typer.testing import CliRunner

from lib.build.chapters import installed_packages
from lib.cli import main as cli
from lib.cli.trace import _cell, find_entry
from lib.errors import DataError, ParameterError
from lib.project import ROOT_VARIABLE, open_project
from lib.results import RESULTS_VARIABLE, Results

ROOT = Path(__file__).parents[2]
SECRET = "sk-test-1234567890"
runner = CliRunner()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "params", tmp_path / "params")
    shutil.copytree(ROOT / "data/published", tmp_path / "data/published")
    shutil.copy(ROOT / "requirements.lock", tmp_path / "requirements.lock")
    write_small_study(tmp_path)
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path))
    return tmp_path


def invoke(*words: str) -> tuple[int, str]:
    done = runner.invoke(cli.app, list(words))
    return done.exit_code, done.output


def test_doctor_tells_state_and_cure_and_never_a_key(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    code, said = invoke("doctor")
    assert code == 0
    assert "ok     Key OPENAI_API_KEY: set" in said
    assert (
        "todo   Images: data/stimuli/manifest.csv is not there, so no machine can be asked\n"
        "       cure: Put the manifest or the folder of images there.\n" in said
    )
    assert (
        "todo   Key GEMINI_API_KEY: not set; pages need none\n       cure: Export it before asking Gemini 2.5 Flash"
        in said
    )
    assert (
        "Ratings: SIMULATED data stand in\n       cure: Put the real ratings into data/human_ratings/ratings.csv"
        in said
    )
    (predictions,) = [line for line in said.splitlines() if "Predictions" in line]
    assert predictions.startswith("todo   Predictions: SIMULATED for 13 conditions: beit, efficientnet-b0, ")
    assert said.count("data/predictions/<condition>.csv") == 1
    assert "Packages" in said
    assert "Renderer" in said
    assert SECRET not in said


@pytest.mark.parametrize("where", ["other name", "key file"])
def test_doctor_finds_a_key_wherever_asking_finds_it(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY", "RATER_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    if where == "other name":
        monkeypatch.setenv("GOOGLE_API_KEY", SECRET)
    else:
        file = tmp_path / "keys"
        file.write_text(f"GEMINI_API_KEY={SECRET}\n", encoding="utf-8")
        file.chmod(0o644)
        monkeypatch.setenv("RATER_KEY_FILE", str(file))
        assert "Key GEMINI_API_KEY: the key file cannot be used\n       cure: RATER_KEY_FILE: " in invoke("doctor")[1]
        file.chmod(0o600)
    said = invoke("doctor")[1]
    assert "ok     Key GEMINI_API_KEY: set" in said
    assert SECRET not in said


def test_doctor_on_real_files_says_what_is_missing(project: Path) -> None:
    (project / "data/small/predictions/machine-2.csv").unlink()
    code, said = invoke("doctor", "--study", "params/small.yaml")
    assert code == 0
    assert "Ratings: data/small/ratings.csv" in said
    assert "ok     Predictions machine-1: data/small/predictions/machine-1.csv" in said
    assert (
        "Predictions: none for 1 condition: machine-2\n"
        "       cure: Ask: rater infer -m machine-2 --study params/small.yaml. "
        "Or put its predictions into data/small/predictions/machine-2.csv." in said
    )


def test_doctor_says_that_nothing_can_be_simulated_where_the_twin_s_targets_are_missing(project: Path) -> None:
    (project / "data/published/twin_targets.yaml").unlink()
    code, said = invoke("doctor")
    assert code == 1
    assert "wrong  Predictions: data/published/twin_targets.yaml: is missing" in said
    assert "Restore it from git, or put the real ratings into data/human_ratings/ratings.csv." in said
    assert "Key OPENAI_API_KEY" in said  # the report goes on


def test_doctor_explains_a_broken_condition_and_fails(project: Path) -> None:
    path = project / "params/small_conditions/machine-1.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("model:", "modle:"), encoding="utf-8")
    code, said = invoke("doctor", "--study", "params/small.yaml")
    assert code == 1
    assert "unknown key 'modle' (did you mean 'model'?)" in said
    assert "Study: small-study, 1 conditions" in said and "Ratings: data/small" in said  # and the report goes on


@pytest.mark.parametrize("words", [("doctor",), ("backends",), ("models", "list"), ("ablate",), ("infer",)])
def test_lists_name_a_file_that_cannot_be_read_in_one_line_and_go_on(project: Path, words: tuple[str, ...]) -> None:
    for folder in ("small_conditions", "library", "ablations"):
        (project / f"params/{folder}/a-faulty-one.yaml").write_text("nmae: x\n", encoding="utf-8")
    done = runner.invoke(cli.app, [*words, "--study", "params/small.yaml"])
    code, said = done.exit_code, f"{done.output}\n{done.exception}"
    lines = [line for line in said.splitlines() if "a-faulty-one.yaml: " in line]
    assert {line.partition("params/")[2].partition("/")[0] for line in lines} == {"small_conditions", "ablations"}
    assert all("fault(s)" in line for line in lines)
    assert code == (1 if words[0] in {"doctor", "infer"} else 0)
    other = {"models": "pocket-rater", "ablate": "temperature"}.get(words[0], "machine-2")
    assert other in said


def test_doctor_sees_packages_that_are_not_the_locks(project: Path) -> None:
    lock = project / "requirements.lock"
    lock.write_text(lock.read_text(encoding="utf-8").replace("polars==", "polars==99"), encoding="utf-8")
    assert "other versions than the lock: polars" in invoke("doctor")[1]


def write_traceable(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = project / "cache/studies/small-study/cache"
    monkeypatch.setenv(RESULTS_VARIABLE, str(cache / "results/human.json"))
    results = Results("human")
    results.put(["conditions", "gemini-2.5-flash", "kappa"], 0.8531)
    rows = [{"factor": "race", "term": term, "df": 2, "f": f} for term, f in (("race", 3.25), ("race:emotion", 1.5))]
    results.put_rows(["conditions", "gpt-4.1", "valence", "anova"], rows)
    results.save({"cache/data/ratings.parquet": "ab12"})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("results.put(...)", execution_count=None)])
    (cache / "notebooks").mkdir(parents=True)
    nbformat.write(notebook, cache / "notebooks/human.ipynb")
    record = {
        "notebook": "notebooks/human.ipynb", "notebook_sha256": "cd34", "study": "params/small.yaml",
        "study_sha256": "ef56", "lock_sha256": "0a",
        "inputs": {"cache/data/ratings.parquet": "ab12"}, "packages": {"polars": "2.1.0"},
        "python": "3.11", "system": "Linux", "commit": "c0ffee",
        "simulated": True, "started": "2026-11-21", "seconds": 1.0,
    }  # fmt: skip
    (cache / "provenance").mkdir()
    (cache / "provenance/human.json").write_text(json.dumps(record), encoding="utf-8")


def test_doctor_and_trace_count_the_same_packages(project: Path) -> None:
    everything = installed_packages()
    assert "vlm-as-rater" not in everything
    assert f"Packages: {len(everything)} installed" in invoke("doctor")[1]


def test_trace_goes_from_a_number_to_its_cell_inputs_and_environment(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_traceable(project, monkeypatch)
    for key in ("conditions.gemini-2.5-flash.kappa", "conditions.gemini-2_5-flash.kappa"):
        code, said = invoke("trace", key, "--packages", "--study", "params/small.yaml")
        assert code == 0
        for part in (
            "= 0.8531, printed as .853",
            "SIMULATED",
            "notebooks/human.ipynb",
            "cd34",
            "ab12",
            "c0ffee",
            "polars 2.1.0",
        ):
            assert part in said
        assert "Row: " not in said


@pytest.mark.parametrize("position", [".[1]", "[1]", ".1"])
def test_trace_says_which_row_a_cell_is_of(project: Path, monkeypatch: pytest.MonkeyPatch, position: str) -> None:
    write_traceable(project, monkeypatch)
    code, said = invoke("trace", f"conditions.gpt-4.1.valence.anova{position}.f", "--study", "params/small.yaml")
    assert code == 0
    assert said.startswith(
        "conditions.gpt-4.1.valence.anova.[1].f = 1.5, printed as 1.50\nRow: factor race, term race:e"
    )


def test_trace_offers_the_key_that_may_be_meant(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_traceable(project, monkeypatch)
    opened = open_project("params/small.yaml", root=project)
    with pytest.raises(DataError, match=r"\(did you mean 'kappa', as in 'conditions.gemini-2.5-flash.kappa'\?\)"):
        find_entry(opened, "kappaa")
    with pytest.raises(DataError, match=r"\(did you mean 'conditions.gemini-2.5-flash.kappa'\?\)"):
        find_entry(opened, "conditions.gemini-2.5-flash.kapa")
    with pytest.raises(DataError, match=r"records this number\. All keys"):
        find_entry(opened, "qqq")


def test_trace_shows_the_cell_without_its_imports(tmp_path: Path) -> None:
    source = "import polars as pl\nfrom lib import x\n\nresults.put(...)\nif x:\n    pass"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, execution_count=1, id="a")])
    nbformat.write(notebook, tmp_path / "n.ipynb")
    said = _cell(tmp_path / "n.ipynb", 1)
    assert (
        said
        == "Cell 0 (run as number 1, id a)\n    results.put(...)\n    if x:\n        pass\n    (2 imports left out)"
    )


def test_trace_lists_the_rows_of_a_list(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_traceable(project, monkeypatch)
    with pytest.raises(DataError) as told:
        find_entry(open_project("params/small.yaml", root=project), "conditions.gpt-4.1.valence.anova")
    assert str(told.value) == (
        "conditions.gpt-4.1.valence.anova: is a list of 2 rows; name a cell of one, for example\n"
        "  conditions.gpt-4.1.valence.anova.0.df (factor race, term race)\n"
        "  conditions.gpt-4.1.valence.anova.1.df (factor race, term race:emotion)"
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["trace", "x.y", "--study", "params/small.yaml"], "holds no results. Run `rater build` first."),
        (["doctor", "--study", "params/nothing.yaml"], "params/nothing.yaml: there is no such study file"),
    ],
)
def test_a_mistake_ends_in_one_message_without_a_stack_trace(
    project: Path, words: list[str], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["rater", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert says in said
    assert said.startswith("rater: ")
    assert "Traceback" not in said


def test_the_paper_announces_what_is_simulated_or_missing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("lib.cli.build.run_build", lambda project, target, cores: asked.append(target))
    assert "SIMULATED data stand in" in invoke("build")[1]
    (project / "data/small/predictions/machine-2.csv").unlink()
    said = invoke("build", "--study", "params/small.yaml")[1]
    assert "SIMULATED" not in said
    assert "Conditions without predictions, left out: machine-2" in said
    assert asked == ["numbers", "numbers"]


def test_real_ratings_end_the_twin(project: Path) -> None:
    (project / "data/human_ratings").mkdir(parents=True)
    (project / "data/human_ratings/ratings.csv").write_text("image_id\n", encoding="utf-8")
    said = invoke("doctor")[1]
    assert "SIMULATED" not in said
    assert "Predictions: none for 13 conditions: beit, " in said


def test_a_machine_that_the_twin_does_not_know_is_missing_and_breaks_nothing(project: Path) -> None:
    condition = (project / "params/conditions/beit.yaml").read_text(encoding="utf-8").replace("id: beit", "id: robot")
    (project / "params/conditions/robot.yaml").write_text(condition, encoding="utf-8")
    (project / "data/predictions").mkdir()
    (project / "data/predictions/robot.csv").write_text("image_id,emotion\n", encoding="utf-8")
    opened = open_project(root=project)
    assert len(opened.available) == 13
    assert "robot" not in opened.available
    assert "Predictions: none simulated for 1 condition: robot" in invoke("doctor")[1]


def test_simulated_data_stand_in_for_no_other_study(project: Path) -> None:
    text = (project / "params/study.yaml").read_text(encoding="utf-8")
    (project / "params/copy.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match="stand_in: got 'twin', but simulated data stand in for the paper's own"):
        _ = open_project("params/copy.yaml", root=project).study


def test_the_command_line_names_its_verbs() -> None:
    said = invoke("--help")[1]
    assert all(verb in said for verb in ("paper", "build", "doctor", "trace"))
    assert "step" not in yaml.safe_dump(said)
