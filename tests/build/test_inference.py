"""`rater infer` from the forecast to the numbers, as a user runs it, against a server of the tests. In this order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import polars as pl
import pytest
from inference_support import ASKED, KEY, draw_face
from wire.answers import expected
from wire.running import Running, wire_server

from lib.files import sha256_file
from lib.responses.store import open_store

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="looks into /proc for kernels that go on asking"),
]
CACHE = "cache/studies/small-study/cache"
QUESTIONS = 24 * 3


class Asking:
    """The project, the server that it asks, and everything that was ever printed."""

    def __init__(self, project, wire: Running) -> None:
        self.project, self.wire = project, wire
        self.cache = project.root / CACHE
        self.printed = ""

    @property
    def environment(self) -> dict[str, str]:
        own = {"OPENAI_BASE_URL": self.wire.openai, "OPENAI_API_KEY": KEY}
        return self.project.environment() | own

    def run(self, *words: str) -> tuple[int, str]:
        done = subprocess.run(
            self.project.command(*words), cwd=self.project.root, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=600,
        )  # fmt: skip
        self.printed += done.stdout
        assert "Traceback" not in done.stdout
        return done.returncode, done.stdout

    def infer(self, *words: str) -> tuple[int, str]:
        return self.run("infer", "-m", ASKED, *words)

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.project.command("infer", "-m", ASKED, *words), cwd=self.project.root, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip

    def lines(self) -> list[dict]:
        files = sorted((self.cache / f"responses/{ASKED}").glob("*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]

    def wait_for(self, count: int) -> None:
        end = time.monotonic() + 120
        while len(self.lines()) < count:
            assert time.monotonic() < end, "nothing is asked"
            time.sleep(0.05)

    def wait_until_nothing_asks(self) -> None:
        """Until no kernel is left that works in the project."""
        end = time.monotonic() + 60
        while self.project.root in working_folders():
            assert time.monotonic() < end, "somebody goes on asking"
            time.sleep(0.2)

    def answered(self) -> list[dict]:
        return self.wire.events("answered")


def working_folders() -> set[Path]:
    """The folders in which kernels of notebooks run on this machine."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if b"ipykernel_launcher" in (process / "cmdline").read_bytes():
                found.add((process / "cwd").readlink())
        except OSError:  # it ended while it was looked at
            continue
    return found


@pytest.fixture(scope="module")
def asking(asked_project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    log = tmp_path_factory.mktemp("wire") / "log.jsonl"
    with wire_server(log, key=KEY) as wire:
        yield Asking(asked_project, wire)


def test_a_dry_run_says_what_it_takes_and_asks_nothing(asking: Asking) -> None:
    code, said = asking.infer("--dry-run")
    assert code == 0
    # 24 images at 2,833 tokens each in 3 questions is 203,976 tokens; 0.15 USD a million.
    (row,) = [line for line in said.splitlines() if line.startswith(f"{ASKED} ")]
    assert row.split()[:5] == [ASKED, "24", str(QUESTIONS), "0", str(QUESTIONS)]
    assert "an image 2,833 tokens" in said
    assert "0.031 to 0.032 USD" in row
    assert asking.wire.events() == []
    assert not (asking.cache / "responses").exists()


def test_without_a_yes_nothing_that_costs_is_asked(asking: Asking) -> None:
    code, said = asking.infer()
    assert code == 1
    assert "nobody is there to agree to that. Add --yes to ask" in said
    assert asking.answered() == []


def test_without_a_key_one_line_says_so_before_anything_starts(asking: Asking) -> None:
    asking.wire.set(key="another")
    code, said = asking.infer("--yes")
    asking.wire.set(key=KEY)
    assert code == 1
    assert said.splitlines()[-1].startswith("rater: ")
    assert not (asking.cache / "inference").exists()


def test_ctrl_c_finishes_what_is_on_its_way_and_keeps_a_record(asking: Asking) -> None:
    asking.wire.set(latency=0.4)
    process = asking.start("--yes", "--concurrency", "2")
    asking.wait_for(7)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to the whole group
    said = process.communicate(timeout=120)[0]
    asking.printed += said
    assert process.returncode == 130, said
    stored = asking.lines()
    assert 7 <= len(stored) < QUESTIONS
    assert len(asking.answered()) == len(stored)  # what was on its way was awaited, and nothing was begun any more
    assert f"{len(stored)} of {QUESTIONS} questions done" in said
    assert f"To go on: rater infer -m {ASKED} --yes --concurrency 2" in said
    record = nbformat.read(asking.cache / f"inference/{ASKED}/all-latest.ipynb", as_version=4)
    assert all(cell.execution_count for cell in record.cells if cell.cell_type == "code")
    (told,) = [cell for cell in record.cells if "concurrency =" in cell.source]  # the values stand there once
    assert told.metadata.tags == ["parameters"]
    assert told.source.startswith("# What this run was told\nstudy = ")
    assert "concurrency = 2" in told.source
    shown = "".join(str(cell.get("outputs")) for cell in record.cells)
    assert "data:image/jpeg;base64," in shown
    assert "interrupted" in shown
    asking.wait_until_nothing_asks()


def test_half_asked_conditions_are_on_no_page(asking: Asking) -> None:
    _, said = asking.run("doctor")
    assert "of 24 images; go on: rater infer -m gpt-asked" in said
    assert f"predictions {ASKED}" not in asking.project.steps("build")


def test_who_comes_second_is_told_who_asks(asking: Asking) -> None:
    before = len(asking.lines())
    with open_store(asking.cache / "responses", ASKED):
        code, said = asking.infer("--yes")
    assert code == 1
    assert f"process {os.getpid()} on " in said
    assert "asks its shard all. Wait until it ends or stop it" in said
    assert len(asking.lines()) == before


def test_killed_at_once_it_loses_nothing_that_was_answered(asking: Asking) -> None:
    before = len(asking.lines())
    process = asking.start("--yes", "--concurrency", "2")
    asking.wait_for(before + 5)
    process.kill()
    process.communicate()
    asking.wait_until_nothing_asks()  # whoever asks notices that its master is gone
    assert len(asking.lines()) == len(asking.answered())
    assert len(asking.lines()) < QUESTIONS


def test_the_next_run_asks_only_the_rest(asking: Asking) -> None:
    asking.wire.set(latency=0.0)
    code, said = asking.infer("--yes")
    assert code == 0, said
    assert f"{QUESTIONS} of {QUESTIONS} questions done" in said
    asked = [event["digest"] for event in asking.wire.events("request")]
    assert len(asking.answered()) == QUESTIONS
    assert len(set(asked)) == QUESTIONS  # no question twice
    keys = [line["key"] for line in asking.lines()]
    assert len(set(keys)) == len(keys) == QUESTIONS
    cost = sum(e["tokens_in"] * 150 + (e["tokens_out"] + e["tokens_thinking"]) * 600 for e in asking.answered())
    assert sum(line["cost"] for line in asking.lines()) == pytest.approx(cost / 1e9, rel=1e-12)


def test_numbers_come_from_the_answers(asking: Asking) -> None:
    assert f"predictions {ASKED}" in asking.project.steps("build")
    frame = pl.read_parquet(asking.cache / f"predictions/{ASKED}.parquet")
    first = {line["image_id"]: line for line in asking.lines() if line["step"] == "emotion"}
    assert frame.height == 24
    for row in frame.iter_rows(named=True):
        line = first[row["image_id"]]
        sha256 = sha256_file(asking.project.root / f"data/small/faces/{row['image_id']}.png")
        assert line["image_sha256"] == sha256
        assert row["emotion"] == expected(line["prompt"], sha256)["emotion"]
        assert row["valid"]
    results = json.loads((asking.cache / "results.json").read_text(encoding="utf-8"))
    assert results["conditions"][ASKED]["categories"]["joy"] == int((frame["emotion"] == "joy").sum())
    assert asking.project.steps("build") == set()


def test_nothing_is_asked_twice(asking: Asking) -> None:
    code, said = asking.infer("--yes")
    assert code == 0
    assert "Nothing to ask: every question has its answer." in said
    assert len(asking.answered()) == QUESTIONS


def test_a_changed_image_is_asked_about_again_and_no_other_beside_a_faulty_condition(asking: Asking) -> None:
    path = asking.project.root / "data/small/faces/A1j.png"
    draw_face(path, 77)
    before = len(asking.answered())
    faulty = asking.project.root / "params/small_conditions/a-faulty-one.yaml"
    faulty.write_text("nmae: nobody\n", encoding="utf-8")
    code, said = asking.infer("--yes")
    assert code == 0, said
    assert "3 answered now" in said and "a-faulty-one" not in said
    code, said = asking.run("build")
    assert code == 1 and "a-faulty-one.yaml" in said and "or take it out of params/small_conditions" in said
    faulty.unlink()
    fresh = asking.lines()[-3:]
    assert len(asking.answered()) == before + 3
    assert {(line["image_id"], line["image_sha256"]) for line in fresh} == {("A1j", sha256_file(path))}
    steps = asking.project.steps("build")
    assert f"predictions {ASKED}" in steps
    assert "predictions machine-2" not in steps


def test_one_changed_answer_redoes_what_depends_on_it_and_no_more(asking: Asking) -> None:
    file = asking.cache / f"responses/{ASKED}/all.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines()
    place = next(n for n, line in enumerate(lines) if json.loads(line)["step"] == "arousal")
    changed = json.loads(lines[place])
    changed["text"] = '{"arousal": 0.25}'
    lines[place] = json.dumps(changed)
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    steps = asking.project.steps("build")
    assert {f"predictions {ASKED}", "notebook categories"} <= steps
    assert not steps & {"predictions machine-2", "notebook human", "images and ratings", "one rater held out"}
    frame = pl.read_parquet(asking.cache / f"predictions/{ASKED}.parquet")
    assert frame.filter(pl.col("image_id") == changed["image_id"])["arousal"].item() == 0.25


def test_a_prediction_is_followed_to_its_raw_answers(asking: Asking) -> None:
    code, said = asking.run("trace", "--image", "A2j", "-m", ASKED)
    assert code == 0
    assert said.count("question | ") == said.count("answer | ") == 3
    assert "read by stage json" in said
    assert f"{CACHE}/responses/{ASKED}/all.jsonl, line " in said


def test_shards_share_a_budget_that_holds(asking: Asking) -> None:
    for file in (asking.cache / f"responses/{ASKED}").glob("*.jsonl"):
        file.unlink()
    asking.wire.set(latency=0.05)
    code, said = asking.infer("--yes", "--shards", "2", "--budget", "0.001", "--concurrency", "2", "--cores", "2")
    assert code == 1
    assert said.count("The budget of this run") == 1  # though each shard has its share, and its own line
    assert "It is this run's share of --budget, by what each condition and shard may cost." in said
    assert all(f"{ASKED} {shard}: " in said for shard in ("1of2", "2of2"))
    assert {file.name for file in (asking.cache / f"responses/{ASKED}").glob("*.jsonl")} == {"1of2.jsonl", "2of2.jsonl"}
    dearest = max(line["cost"] for line in asking.lines())
    assert sum(line["cost"] for line in asking.lines()) <= 0.001 + 4 * dearest  # two requests at once in each process
    code, said = asking.infer("--yes", "--shards", "2")
    assert code == 0, said
    assert len({line["key"] for line in asking.lines()}) == len(asking.lines()) == QUESTIONS


def test_the_key_is_nowhere(asking: Asking) -> None:
    assert KEY not in asking.printed
    for path in asking.project.root.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes(), path
