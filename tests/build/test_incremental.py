"""What is rebuilt after a change, and what is not; each test leaves the project built."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import numpy as np
import pytest

from lib.build.runner import snakemake_command
from lib.project import open_project
from lib.study_data import traced_conditions, traced_name
from lib.traces.files import write_part
from lib.traces.manifest import append, line_for
from lib.traces.naming import trace_file
from lib.traces.parts import Part

pytestmark = pytest.mark.slow
HOME = "cache/studies/small-study"
PREDICTIONS = "data/small/predictions/machine-1.csv"
OF_PREDICTIONS = {f"notebook {name}" for name in ("categories", "twin")}
OF_RESULTS = {"notebook reproduction"}  # reads the numbers of all other chapters
ALL_CHAPTERS = OF_PREDICTIONS | OF_RESULTS | {"notebook design", "notebook human"}


def results(built) -> dict:
    return json.loads((built.root / HOME / "cache/results.json").read_text(encoding="utf-8"))


def test_nothing_is_done_when_nothing_changed(built) -> None:
    assert built.steps("paper") == set()


def test_a_touched_file_is_no_change(built) -> None:
    for name in (PREDICTIONS, "data/small/ratings.csv", built.study, "lib/metrics/human.py", "notebooks/human.ipynb"):
        os.utime(built.root / name)
    assert built.steps("paper") == set()


def test_one_changed_prediction_redoes_only_what_depends_on_it(built) -> None:
    before = results(built)
    built.edit(PREDICTIONS, "joy", "anger")
    os.utime(built.root / PREDICTIONS, (0, 0))  # put back from an old archive: content decides, not the date
    steps = built.steps()
    assert steps == {"predictions machine-1", "numbers"} | OF_PREDICTIONS | OF_RESULTS
    after = results(built)
    assert before["conditions"]["machine-1"] != after["conditions"]["machine-1"]
    assert before["conditions"]["machine-2"] == after["conditions"]["machine-2"]
    assert before["human"] == after["human"]


def test_a_changed_rating_redoes_all_chapters_but_no_machine(built) -> None:
    text = (built.root / "data/small/ratings.csv").read_text(encoding="utf-8-sig")
    line = next(line for line in text.splitlines()[1:] if ";calm;" in line)
    built.edit("data/small/ratings.csv", line, line.replace(";calm;", ";other;"))
    steps = built.steps()
    assert steps >= ALL_CHAPTERS
    assert "one rater held out" in steps


def test_a_changed_prompt_redoes_the_methods_only_and_a_changed_notebook_itself_and_a_lost_file_is_made(built) -> None:
    built.edit("params/prompts/plain.yaml", "source: ", "source: revised, ")
    path = built.root / "notebooks/human.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += "\n\nAnother sentence."
    nbformat.write(notebook, path)
    (built.root / HOME / "cache/notebooks/twin.ipynb").unlink()
    changed = {"notebook design", "notebook human", "notebook twin"}
    assert built.steps() == changed | {"numbers"} | OF_RESULTS


def test_a_changed_condition_redoes_its_predictions_and_not_the_others(built) -> None:
    built.edit("params/small_conditions/machine-1.yaml", "short_name: Machine", "short_name: Device")
    steps = built.steps()
    assert "predictions machine-1" in steps
    assert "predictions machine-2" not in steps
    assert steps >= OF_PREDICTIONS


def test_a_changed_study_parameter_redoes_the_chapters_two_at_once_on_two_cores(built) -> None:
    built.edit(built.study, "title: ", "title: Revised, ")
    assert built.steps("build", "--cores", "2") >= ALL_CHAPTERS
    records = [json.loads(p.read_text()) for p in (built.root / HOME / "cache/provenance").glob("*.json")]
    spans = sorted((record["started_seconds"], record["started_seconds"] + record["seconds"]) for record in records)
    assert any(later[0] < earlier[1] for earlier, later in itertools.pairwise(spans))


def test_changed_code_redoes_what_imports_it_and_no_more(built) -> None:
    with (built.root / "lib/press/pdf.py").open("a", encoding="utf-8") as stream:
        stream.write("\n# a change\n")
    assert built.steps() == set()
    assert {step.split()[0] for step in built.steps("paper")} == {"page"}
    with (built.root / "lib/metrics/human.py").open("a", encoding="utf-8") as stream:
        stream.write("\n# a change\n")
    steps = built.steps()
    assert "notebook human" in steps
    assert "images and ratings" not in steps
    assert not any(step.startswith("predictions") for step in steps)


def test_a_changed_lock_redoes_everything_and_a_killed_build_goes_on_and_ends_the_same(built) -> None:
    expected = results(built)
    with (built.root / "requirements.lock").open("a", encoding="utf-8") as stream:
        stream.write("\n# a change\n")
    done = built.kill_when("images and ratings")
    for path in (built.root / HOME / "cache").rglob("*.json"):
        json.loads(path.read_text(encoding="utf-8"))
    for path in (built.root / HOME / "cache/notebooks").glob("*.ipynb"):
        nbformat.validate(nbformat.read(path, as_version=4))
    assert done | built.steps() >= ALL_CHAPTERS | {"predictions machine-1", "predictions machine-2"}
    assert results(built) == expected
    assert built.steps() == set()


def test_bad_data_stop_the_build_and_lose_nothing(built) -> None:
    expected = results(built)
    path = built.root / PREDICTIONS
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace("calm", "clam", 1), encoding="utf-8")
    finished = built.run("build")
    assert finished.returncode == 1
    assert "column 'emotion': got 'clam'" in finished.stdout
    assert "did you mean 'calm'?" in finished.stdout
    assert "Traceback" not in finished.stdout + finished.stderr
    path.write_text(good, encoding="utf-8")
    built.steps()
    assert results(built) == expected


def test_a_failing_cell_is_named_and_the_old_numbers_stay(built) -> None:
    expected = results(built)
    path = built.root / "notebooks/human.ipynb"
    good = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(good, as_version=4)
    notebook.cells.insert(3, nbformat.v4.new_code_cell("1 / 0"))
    nbformat.write(notebook, path)
    finished = built.run("build")
    assert finished.returncode == 1
    assert "notebooks/human.ipynb: cell" in finished.stdout
    assert "ZeroDivisionError" in finished.stdout
    assert "Traceback" not in finished.stdout + finished.stderr
    path.write_text(good, encoding="utf-8")
    built.steps()
    assert results(built) == expected


def test_a_second_build_at_the_same_time_is_refused(built) -> None:
    import fcntl

    lock = Path(built.root / HOME / "cache/build.lock")
    with lock.open("w", encoding="utf-8") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        finished = built.run("build")
    assert finished.returncode == 1
    assert "Another build of this study is running" in finished.stderr


def test_traces_are_read_where_they_are_and_anew_when_they_changed(built) -> None:
    project = open_project(built.study, built.root)
    home, target = project.cache / "traces", f"{HOME}/cache/{traced_name('machine-1', 'hidden')}"

    def steps() -> set[str]:
        command = snakemake_command(project, [target], 1)
        finished = subprocess.run(
            command, cwd=built.root, env=built.environment() | {"PYTHONPATH": str(built.root)}, capture_output=True,
            text=True, check=False, timeout=600,
        )  # fmt: skip
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return set(re.findall(r"^  (.+) \(\d+\.\d s\)$", finished.stdout, re.MULTILINE))

    def trace(value: float) -> None:
        about = {"key": "k", "step": "emotion", "text_sha256": "t", "model_version": "m", "device": "cpu"}
        part = Part({"last": np.full((1, 3), value, np.float16)}, about | {"layers": [0]})
        size = write_part(trace_file(home, "machine-1", "hidden", "a"), "emotion", part)
        append(
            home,
            "machine-1",
            "all",
            line_for(home, "hidden", part, size, condition="machine-1", image_id="a", repeat=0),
        )

    assert traced_conditions(project, "hidden") == []
    trace(1)
    assert traced_conditions(project, "hidden") == ["machine-1"]
    assert steps() == {"traces machine-1 hidden"}
    trace(2)
    assert steps() == {"traces machine-1 hidden"}
    shutil.rmtree(home)
