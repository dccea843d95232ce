"""`rater infer --batch` as a user runs it, against a server of the tests. In this order."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator

import nbformat
import polars as pl
import pytest
from inference_support import ASKED, KEY
from wire.running import Running, wire_server

from lib.build.asking import prepare
from lib.project import open_project
from lib.responses.predictions import predictions_of

pytestmark = pytest.mark.slow
CACHE = "cache/studies/small-study/cache"
LIVE = "gpt-live"
GEMINI = {"batch": "gemini-batch", "live": "gemini-live"}


class Asking:
    """The project, the server that it asks, and everything that was ever printed."""

    def __init__(self, project, wire: Running) -> None:
        self.project, self.wire, self.printed = project, wire, ""

    def start(self, *words: str) -> subprocess.Popen[str]:
        own = {
            "OPENAI_BASE_URL": self.wire.openai, "OPENAI_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": self.wire.gemini,
            "GEMINI_API_KEY": KEY,
        }  # fmt: skip
        return subprocess.Popen(
            self.project.command("infer", *words), cwd=self.project.root, env=self.project.environment() | own,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip

    def infer(self, *words: str) -> tuple[int, str]:
        process = self.start(*words)
        said = process.communicate(timeout=600)[0]
        self.printed += said
        assert "Traceback" not in said
        return process.returncode, said

    def batch(self, *words: str) -> tuple[int, str]:
        return self.infer("-m", ASKED, "--batch", *words)

    def predictions(self, condition: str) -> pl.DataFrame:
        project = open_project(self.project.study, self.project.root)
        inquiry = prepare(project, condition)
        return predictions_of(inquiry.plan, inquiry.items, inquiry.stored).predictions.drop("condition")

    def row(self, said: str, condition: str = ASKED) -> str:
        """The last row of a table about a condition."""
        return [line for line in said.splitlines() if re.match(rf"{condition}  ", line)][-1]


def write_conditions(project) -> None:
    folder = project.root / "params/small_conditions"
    asked = (folder / f"{ASKED}.yaml").read_text(encoding="utf-8")
    (folder / f"{LIVE}.yaml").write_text(asked.replace(f"id: {ASKED}", f"id: {LIVE}"), encoding="utf-8")
    gemini = asked.replace("backend: openai", "backend: gemini").replace("gpt-4o-mini", "gemini-2.5-flash")
    gemini = gemini.replace("image_detail: low", "media_resolution: low")
    for name in GEMINI.values():
        (folder / f"{name}.yaml").write_text(gemini.replace(f"id: {ASKED}", f"id: {name}"), encoding="utf-8")


@pytest.fixture(scope="module")
def asking(asked_project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    write_conditions(asked_project)
    with wire_server(tmp_path_factory.mktemp("wire") / "log.jsonl", key=KEY, batches={"polls": 0}) as wire:
        yield Asking(asked_project, wire)


def test_a_dry_run_says_half_the_price_and_hands_in_nothing(asking: Asking) -> None:
    _, live = asking.infer("-m", ASKED, "--dry-run")
    code, said = asking.batch("--dry-run")
    assert (code, asking.wire.events("batch")) == (0, [])
    costs = [float(re.search(r"([\d.]+) USD", text)[1]) for text in (live, said)]
    assert costs[1] == pytest.approx(costs[0] / 2, rel=0.1)


def test_what_has_no_meaning_with_batches_is_refused(asking: Asking) -> None:
    for words in (["--shards", "2"], ["--concurrency", "4"]):
        code, said = asking.batch(*words)
        assert code == 1
        assert "has no meaning with --batch. Leave it out." in said
    assert "goes with --batch only" in asking.infer("-m", ASKED, "--wait")[1]
    for said, words in [
        ("'ollama' has no batches", ["-m", "gemma3-4b-ollama", "--batch", "--dry-run"]),
        ("--budget: got 0;", ["-m", ASKED, "--budget", "0", "--dry-run"]),
    ]:
        refused = asking.infer(*words)
        assert refused[0] == 1 and refused[1].startswith("rater: ") and said in refused[1], "before any forecast"


def test_without_a_yes_nothing_is_handed_in(asking: Asking) -> None:
    code, said = asking.batch()
    assert code == 1
    assert "nobody is there to agree to that" in said
    assert asking.wire.events("batch") == []


def test_a_call_hands_in_and_the_next_ones_fetch_and_go_on(asking: Asking) -> None:
    asking.wire.set(batches={"polls": 0, "create": ["lost"]})
    code, said = asking.batch("--yes")
    assert code == 1
    assert "It is not known yet whether the provider took 1 batch" in said
    asking.wire.set(batches={"polls": 1, "shuffle": True})
    code, said = asking.batch("--yes")
    assert code == 0, said
    assert re.split(r"\s{2,}", asking.row(said))[1:] == ["72", "0", "24", "48", "0", "0", "0", "nothing"]
    assert "24 questions in 1 batch: the provider takes up to a day. Run the same command again" in said
    assert len(asking.wire.events("batch")) == 1


def test_the_doctor_knows_what_is_with_the_provider(asking: Asking) -> None:
    said = asking.project.run("doctor").stdout.splitlines()
    at = said.index(f"todo   Batches {ASKED}: 24 questions in 1 batch with the provider")
    assert said[at + 1].endswith(f"Fetch the answers: rater infer -m {ASKED} --batch --study params/small.yaml")


def test_a_live_run_meanwhile_leaves_those_questions_alone(asking: Asking) -> None:
    code, said = asking.infer("-m", ASKED, "--yes")
    assert code == 0
    assert "0 of 72 questions done; not asked now: 24 in batches, 48 behind them; what is in batches may cost" in said
    assert f"`rater infer -m {ASKED} --batch --study params/small.yaml` fetches them" in said
    assert asking.wire.events("request") == []


def test_waiting_goes_on_until_all_is_answered(asking: Asking) -> None:
    asking.wire.set(batches={"polls": 0, "shuffle": True, "missing": 0.1})
    code, said = asking.batch("--yes", "--wait", "--every", "0.01")
    assert code == 0, said
    assert "Complete: every question has its answer." in said
    assert re.split(r"\s{2,}", asking.row(said))[1:3] == ["72", "72"]
    assert said.count("looking every") == 1  # advice is given once, and none to do what is being done
    assert "Run the same command again" not in said
    (record,) = (asking.project.root / CACHE / f"inference/{ASKED}").glob("all-2*.ipynb")
    assert f"Record: {CACHE}/inference/{ASKED}/{record.name}" in said
    shown = "".join(str(cell.get("outputs")) for cell in nbformat.read(record, as_version=4).cells)
    assert "by batches; this notebook describes what they brought" in shown
    assert "72, 0 of them in this run" in shown
    assert "data:image/jpeg;base64," in shown
    assert "Next:" in said or "counts on pages" in said
    code, said = asking.batch("--yes")
    assert (code, "Complete" in said) == (0, True)


def test_live_and_by_batches_the_predictions_are_the_same(asking: Asking) -> None:
    assert asking.infer("-m", LIVE, "--yes")[0] == 0
    by_batch, live = asking.predictions(ASKED), asking.predictions(LIVE)
    assert by_batch.height == 24
    assert by_batch.equals(live)
    folder = asking.project.root / CACHE / "responses"
    costs = {}
    for name in (ASKED, LIVE):
        lines = [json.loads(line) for line in (folder / name / "all.jsonl").read_text().splitlines()]
        assert {line.get("mode", "live") for line in lines} == {"batch" if name == ASKED else "live"}
        costs[name] = sum(line.get("cost", 0) for line in lines)
    assert costs[ASKED] == pytest.approx(costs[LIVE] / 2)
    bodies = [event["body"] for event in asking.wire.events("batched") if event["text"]]
    assert {body["model"] for body in bodies} == {"gpt-4o-mini"}


def test_gemini_too(asking: Asking) -> None:
    code, said = asking.infer("-m", GEMINI["batch"], "--batch", "--yes", "--wait", "--every", "0.01")
    assert code == 0, said
    assert asking.infer("-m", GEMINI["live"], "--yes")[0] == 0
    by_batch, live = (asking.predictions(name) for name in GEMINI.values())
    assert by_batch.height == 24
    assert by_batch.equals(live)


def test_ctrl_c_ends_the_waiting_in_a_moment(asking: Asking) -> None:
    shutil.rmtree(asking.project.root / CACHE / f"responses/{LIVE}")
    asking.wire.set(batches={"polls": 1000})
    before = len(asking.wire.events("batch"))
    process = asking.start("-m", LIVE, "--batch", "--yes", "--wait")
    end = time.monotonic() + 60
    while len(asking.wire.events("batch")) == before and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)
    began = time.monotonic()
    said = process.communicate(timeout=60)[0]
    assert (process.returncode, time.monotonic() - began < 5) == (130, True), said
    assert f"Interrupted. All is written down; to go on: rater infer -m {LIVE} --batch --yes --wait" in said


def test_the_key_is_nowhere(asking: Asking) -> None:
    assert KEY not in asking.printed
    for path in (asking.project.root / CACHE).rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes(), path
