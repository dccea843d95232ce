"""`rater ablate` and `rater test-retest`, as a user runs them, against a server of the tests. In this order."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

import polars as pl
import pytest
import yaml
from inference_support import ASKED, KEY, draw_face
from wire.running import Running, wire_server

from lib.build.answered import predict_variant
from lib.build.data import check_data
from lib.build.runner import run_build
from lib.chapters.retest import FIGURES, retest_figures
from lib.project import open_project
from lib.study_data import StudyData

pytestmark = pytest.mark.slow
CACHE = "cache/studies/small-study/cache"
IMAGES = 6


class Ablating:
    """The project, and the server that it asks."""

    def __init__(self, project, wire: Running) -> None:
        self.project, self.wire = project, wire

    def run(self, *words: str) -> tuple[int, str]:
        own = {"OPENAI_BASE_URL": self.wire.openai, "OPENAI_API_KEY": KEY}
        done = subprocess.run(
            self.project.command(*words), cwd=self.project.root, env=self.project.environment() | own,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            timeout=600,
        )  # fmt: skip
        assert "Traceback" not in done.stdout
        return done.returncode, done.stdout

    def lines(self, condition: str) -> list[dict]:
        (file,) = (self.project.root / CACHE / "responses" / condition).glob("*.jsonl")
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]

    def asked(self) -> int:
        return len(self.wire.events("answered"))


@pytest.fixture(scope="module")
def ablating(asked_project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ablating]:
    with wire_server(tmp_path_factory.mktemp("wire") / "log.jsonl", key=KEY) as wire:
        yield Ablating(asked_project, wire)


def test_ablations_are_listed_with_what_they_ask(ablating: Ablating) -> None:
    code, said = ablating.run("ablate")
    assert code == 0
    assert "temperature      A3: Temperature (4 variants of pocket-rater, 240 images)" in said
    assert "models           A6: More models (whatever has answered)" in said


def test_what_cannot_be_varied_is_one_line_and_asks_nothing(ablating: Ablating) -> None:
    for words, says in (
        (("temprature",), "ablation: got 'temprature', which there is not (did you mean 'temperature'?)"),
        (
            ("quantisation", "-m", ASKED),
            "local.precision: got 'float32', but the model of the backend openai runs elsewhere",
        ),
        (("models",), "asks nothing of its own"),
        (("label-alone", "-m", f"{ASKED}.retest-r3.again"), f"which is a variant itself. Vary {ASKED}."),
        (("temperature", "-m", "nobody"), "condition: got 'nobody', which there is not"),
    ):
        code, said = ablating.run("ablate", *words)
        assert code == 1 and says in said and said.count("\n") == 1, said
    assert ablating.asked() == 0


def test_a_dry_run_says_what_waits_for_answers(ablating: Ablating) -> None:
    code, said = ablating.run("ablate", "label-alone", "-m", ASKED, "--limit", str(IMAGES), "--dry-run")
    assert code == 0
    assert f"Then {ASKED}.label-alone.label: asked with what {ASKED} answers, and forecast then." in said
    assert ablating.asked() == 0


def test_what_needs_answers_is_asked_after_them_and_nothing_twice(ablating: Ablating) -> None:
    words = ("ablate", "label-alone", "-m", ASKED, "--limit", str(IMAGES), "--yes", "--budget", "5")
    code, said = ablating.run(*words)
    assert code == 0, said
    named = {line["image_id"]: line["values"]["emotion"] for line in ablating.lines(ASKED) if line["step"] == "emotion"}
    assert len(named) == IMAGES
    alone = ablating.lines(f"{ASKED}.label-alone.label")
    assert all(line.get("image_sha256") is None for line in alone)
    told = {line["prompt"].partition("\n")[0] for line in alone}
    assert told == {f"The facial expression is {emotion}." for emotion in set(named.values())}
    asked = ablating.asked()
    assert asked == 3 * IMAGES + 2 * len(told)
    code, said = ablating.run(*words)
    assert code == 0 and said.count("Nothing to ask: every question has its answer") == 2
    assert ablating.asked() == asked


def test_a_dry_run_forecasts_what_waited_once_the_answers_are_there(ablating: Ablating) -> None:
    code, said = ablating.run("ablate", "label-alone", "-m", ASKED, "--limit", str(IMAGES), "--dry-run")
    assert code == 0 and "Then " not in said
    assert said.count("Nothing to ask: every question has its answer") == 2


def test_a_machine_is_told_another_emotion_with_the_image_beside_a_faulty_ablation(ablating: Ablating) -> None:
    faulty = ablating.project.root / "params/ablations/a-faulty-one.yaml"
    faulty.write_text("nmae: nothing\n", encoding="utf-8")
    code, said = ablating.run("ablate", "single-shot", "-m", ASKED, "--limit", str(IMAGES), "--yes")
    assert code == 0, said
    code, said = ablating.run("build")
    assert code == 1 and "a-faulty-one.yaml" in said and "nmae" in said
    faulty.unlink()
    for name, right in (("intended", True), ("another", False)):
        lines = ablating.lines(f"{ASKED}.single-shot.told-{name}")
        assert {line["step"] for line in lines} == {"valence", "arousal"} and all(
            line.get("image_sha256") for line in lines
        )
        shown = {line["image_id"]: line["prompt"].split(" as ")[1].split(".")[0].split(" ")[0] for line in lines}
        intended = ablating.project.root / "data/small/images.csv"
        rows = [row.split(",") for row in intended.read_text().splitlines()]
        column = rows[0].index("emotion")
        meant = {row[rows[0].index("image_id")]: row[column] for row in rows[1:]}
        assert all((shown[image_id] == meant[image_id]) == right for image_id in shown)
    assert len(ablating.lines(f"{ASKED}.single-shot.at-once")) == IMAGES


def test_the_pilot_asks_again_and_once_backwards_one_by_one(ablating: Ablating) -> None:
    before = len(ablating.wire.events("request"))
    ablating.wire.set(latency=0.02)
    code, said = ablating.run("test-retest", "-m", ASKED, "-n", "4", "-r", "3", "-t", "0.3", "--yes", "--cores", "1")
    assert code == 0, said
    again = ablating.lines(f"{ASKED}.retest-r3-t0_3.again")
    backwards = ablating.lines(f"{ASKED}.retest-r3-t0_3.backwards")
    assert (len(again), len(backwards)) == (36, 12)
    first = {line["key"]: line["values"] for line in again if line.get("repeat", 0) == 0}
    assert {line["key"]: line["values"] for line in backwards} == first  # the very same questions
    orders = [list(dict.fromkeys(line["image_id"] for line in lines)) for lines in (again, backwards)]
    assert sorted(orders[0]) == sorted(orders[1])
    times = sorted((datetime.fromisoformat(line["asked_at"]).timestamp(), line["latency"]) for line in backwards)
    assert all(begin + took <= then + 0.002 for (begin, took), (then, _) in pairwise(times))  # one by one
    assert len(ablating.wire.events("request")) == before + 48
    assert f"{ASKED}: 4 images, each question 3 times, temperature 0.3" in said
    report = json.loads((ablating.project.root / CACHE / f"ablations/retest-r3-t0_3/{ASKED}.json").read_text())
    assert (report["n_images"], report["repeats"], report["target"]) == (4, 3, None)
    for step, figures in report["steps"].items():  # this server answers by prompt and image alone
        assert (figures["identical"], figures["n_images"], figures["backwards"]) == (1, 4, 1), step
        assert f"{step}: 100.0% [39.8%, 100.0%] identical in all repeats" in said
    assert report["steps"]["valence"]["within_sd"] == 0 and report["steps"]["emotion"]["kappa"] == 1
    project = open_project(ablating.project.study, ablating.project.root)
    check_data(project)
    for name in project.ablated:
        predict_variant(project, name)
    shown = retest_figures(StudyData(project))
    assert sorted(shown["step"]) == sorted(report["steps"])  # this pilot and no other
    for row in shown.iter_rows(named=True):
        assert {name: row[name] for name in FIGURES} == {name: report["steps"][row["step"]][name] for name in FIGURES}
    for words, says in ((("-r", "1"), "-r: got 1"), (("-t", "0.123"), "-t: got 0.123; give a temperature with two")):
        code, said = ablating.run("test-retest", "-m", ASKED, *words, "--dry-run")
        assert code == 1 and says in said


def test_a_second_set_is_asked_about_in_its_own_study_and_read_by_the_build(ablating: Ablating) -> None:
    root, study = ablating.project.root, ablating.project.study
    before = ablating.asked()
    code, said = ablating.run("ablate", "real-faces", "-m", ASKED, "--yes")
    assert code == 1 and "second: got 'params/real-faces.yaml', which is not there yet" in said
    content = yaml.safe_load((root / study).read_text(encoding="utf-8"))
    wanted = {"id": "real-faces", "title": "Photographs", "analysis": {"bootstrap_draws": 200}}
    folders = {name: f"data/real/{name}.csv" for name in ("images", "ratings")} | {"predictions": "data/real"}
    wanted["files"] = content["files"] | folders
    (root / "params/real-faces.yaml").write_text(yaml.safe_dump(content | wanted), encoding="utf-8")
    own = pl.read_csv(root / "data/small/images.csv").filter(pl.col("actor").str.ends_with("1"))
    for number, file in enumerate(own["file"]):
        draw_face(root / "data/real" / file, 100 + number)
    own.write_csv(root / "data/real/images.csv")
    for _ in range(2):
        code, said = ablating.run("ablate", "real-faces", "-m", ASKED, "--yes")
        assert code == 0, said
        assert ablating.asked() == before + 3 * own.height
    assert "Nothing to ask: every question has its answer" in said
    assert f"are compared by `rater build --study {study}`." in said
    stored = root / "cache/studies/real-faces/cache/responses" / ASKED / "all.jsonl"
    lines = [json.loads(line) for line in stored.read_text(encoding="utf-8").splitlines()]
    folder = f"{CACHE}/second/real-faces"
    run_build(open_project(study, root), f"{folder}/data/images.parquet", 1)
    assert pl.read_parquet(root / folder / "data/ratings.parquet").is_empty()  # nobody has rated them
    assert pl.read_parquet(root / folder / "data/images.parquet")["image_id"].to_list() == sorted(own["image_id"])
    named = pl.read_parquet(root / folder / f"predictions/{ASKED}.parquet")
    told = {line["image_id"]: line["values"]["emotion"] for line in lines if line["step"] == "emotion"}
    assert dict(named.select("image_id", "emotion").iter_rows()) == told
