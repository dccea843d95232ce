"""Whole runs against the wire server's Gemini: what is asked, kept, placed and flagged, and what a fault costs."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from base64 import b64encode
from pathlib import Path

import polars as pl
import pytest
from stimuli_support import (
    EMOTIONS,
    KEY,
    ROOT,
    environment,
    face,
    laboratory_bases,
    log_lines,
    make,
    placed,
    prepare,
    requests,
)  # fmt: skip
from typer.testing import CliRunner
from wire.running import Running

from lib.build.stimuli_transform import forecast_transform
from lib.cli.main import app
from lib.contracts.images import read_images
from lib.contracts.study import read_study
from lib.errors import BackendUnavailableError, BuildError, DataError, MissingFileError, ParameterError, StoreError
from lib.responses.store import open_store

COST = 0.0387
"""USD of one image: 1,290 tokens at 30 USD a million, as the maker's price page put it (0.039)."""


@pytest.fixture
def bases(tmp_path: Path) -> Path:
    return laboratory_bases(tmp_path / "bases")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "set"


def asked(wire: Running, before: int) -> int:
    return len(requests(wire)) - before


def test_a_set_is_made_named_and_read_by_the_laboratory_s_study(
    wire: Running, root: Path, bases: Path, out: Path
) -> None:
    before = len(requests(wire))
    report = make(root, bases, out)
    assert (report.complete, report.answered, report.unparsed, asked(wire, before)) == (True, 20, 0, 20)
    manifest, checks = placed(root, bases, out)
    assert manifest.height == 24
    assert checks.filter(pl.col("flags") != "").is_empty()
    study = read_study(ROOT / "params/study.yaml")
    for source in (out, out / "manifest.csv"):
        frame = read_images(source, study).frame
        assert frame.height == 24
        assert frame.group_by("intended_emotion").len()["len"].to_list() == [4] * 6
    prompts = {one["prompt"]: one["image"] for one in requests(wire, before)}
    assert len(prompts) == len(EMOTIONS)
    base = bases / "Black Man/BM01_Neu.png"
    assert (out / "Black Man/BM01_Neu.png").read_bytes() == base.read_bytes()
    assert hashlib.sha256(base.read_bytes()).hexdigest() in {one["image"] for one in requests(wire, before)}


def test_every_answer_has_its_line_with_what_it_cost(wire: Running, root: Path, bases: Path, out: Path) -> None:
    report = make(root, bases, out, limit=3)
    lines = log_lines(out)
    assert len(lines) == 3 and len({line["key"] for line in lines}) == 3
    for line in lines:
        (kept,) = (out / "transform/five-emotions/images").glob(f"{line['key'][:24]}-*")
        assert hashlib.sha256(kept.read_bytes()).hexdigest() == line["values"]["image"]
        assert line["tokens_out"] == 1290
        assert line["cost"] == pytest.approx(COST + line["tokens_in"] * 0.30 / 1e6)
        assert {"prompt", "model_version", "asked_at", "latency", "image_sha256"} <= set(line)
    assert float(report.cost or 0) == pytest.approx(sum(line["cost"] for line in lines))


def test_nothing_is_asked_twice_and_what_changes_is_asked_anew(
    wire: Running, root: Path, bases: Path, out: Path
) -> None:
    make(root, bases, out)
    before = len(requests(wire))
    assert make(root, bases, out).answered_before == 20
    (bases / "Black Man/BM01_Neu.png").rename(bases / "Black Man/BM99_Neu.png")
    assert make(root, bases, out).answered == 0
    recipe = root / "params/stimuli/five-emotions.yaml"
    words = recipe.read_text()
    recipe.write_text(words.replace("corners of the mouth drawn down", "corners of the mouth drawn far down"))
    assert make(root, bases, out).answered == 4
    recipe.write_text(words)
    assert make(root, bases, out).answered == 0
    face(77).save(bases / "Black Man/BM02_Neu.png")
    assert make(root, bases, out).answered == 5
    assert asked(wire, before) == 9


def test_faults_in_passing_are_asked_again_and_the_provider_s_pause_is_kept(
    wire: Running, root: Path, bases: Path, out: Path
) -> None:
    wire.set(script=["rate_limit", "half_body", "server_503", "reset", "invalid_json", "wrong_shape"])
    before = len(requests(wire))
    report = make(root, bases, out, limit=4)
    assert (report.complete, report.answered, report.retries, asked(wire, before)) == (True, 4, 6, 10)
    assert report.paused > 0
    assert len(log_lines(out)) == 4


def test_answers_without_a_usable_image_are_kept_flagged_and_asked_again_only_on_request(
    wire: Running, root: Path, bases: Path, out: Path
) -> None:
    wire.set(script=["no_image", "two_images", "broken_image", "refusal", "refusal"])
    report = make(root, bases, out, limit=6)
    assert (report.complete, report.answered, report.unparsed) == (True, 6, 4)
    _, checks = placed(root, bases, out)
    flags = sorted(checks["flags"].to_list())
    assert flags == ["", "broken_image", "no_image", "refusal", "refusal", "several_images"]
    assert len(list((out / "transform/five-emotions/images").iterdir())) == 4
    blocked = [line for line in log_lines(out) if "refusal" in line]
    assert all(line["values"] == {"image": None} and line["reason"] == "refusal" for line in blocked)
    assert {line["cost"] > 0 for line in log_lines(out)} == {True}
    before = len(requests(wire))
    assert make(root, bases, out, limit=6).answered == 0
    assert make(root, bases, out, limit=6, retry_failed=True).answered == 4
    assert asked(wire, before) == 4
    _, checks = placed(root, bases, out)
    assert sorted(checks["flags"].to_list()) == ["", "", "", "", "", "several_images"]
    assert len(list((out / "transform/five-emotions/images").iterdir())) == 8, "the broken one stays"


def test_a_second_take_stands_for_the_first_which_stays(wire: Running, root: Path, bases: Path, out: Path) -> None:
    make(root, bases, out)
    manifest, _ = placed(root, bases, out)
    first = (out / "Korean Woman/KW01_Hap.png").read_bytes()
    wire.set(script=["no_image"])
    make(root, bases, out, take=2, choice="KW01_Hap")
    placed(root, bases, out)
    assert (out / "Korean Woman/KW01_Hap.png").read_bytes() == first, "a take without an image replaces nothing"
    assert make(root, bases, out, take=3, choice="KW01_Hap").answered == 1
    assert make(root, bases, out).answered == 0
    manifest, _ = placed(root, bases, out)
    assert dict(manifest.select("image_id", "take").iter_rows())["KW01_Hap"] == "3"
    kept = [path.read_bytes() for path in (out / "transform/five-emotions/images").iterdir()]
    assert len(kept) == 21 and first in kept


def test_the_budget_ends_a_run_and_the_forecast_says_what_is_left(
    wire: Running, root: Path, bases: Path, out: Path
) -> None:
    expected = forecast_transform(prepare(root, bases, out))
    assert expected.count.to_ask == 20 and expected.cost is not None
    assert 20 * COST < float(expected.cost[0]) < float(expected.cost[1]) < 20 * (COST + 0.001)
    report = asyncio_make(root, bases, out, budget=COST * 3)
    assert report.stopped == "budget" and 3 <= report.answered < 20
    left = forecast_transform(prepare(root, bases, out))
    assert left.count.to_ask == 20 - report.answered
    assert make(root, bases, out).answered == left.count.to_ask


def asyncio_make(root: Path, bases: Path, out: Path, budget: float):
    providers = root / "params/providers.yaml"
    providers.write_text("providers: {gemini: {concurrency: 1}}\n")
    return make(root, bases, out, budget=budget)


def test_an_unknown_price_is_said_and_no_budget_is_taken(wire: Running, root: Path, bases: Path, out: Path) -> None:
    (root / "params/prices.yaml").write_text("prices: []\n")
    expected = forecast_transform(prepare(root, bases, out))
    assert expected.cost is None
    assert any("has no price of gemini-2.5-flash-image" in said for said in expected.assumptions)
    with pytest.raises(ParameterError, match=r"the price of .* is not known"):
        make(root, bases, out, budget=1.0)
    report = make(root, bases, out, limit=2)
    assert (report.cost, report.unpriced) == (None, 2)
    assert all("cost" not in line for line in log_lines(out))


def test_an_image_whose_line_was_lost_is_not_paid_for_again(wire: Running, root: Path, bases: Path, out: Path) -> None:
    make(root, bases, out, limit=5)
    path = out / "transform/five-emotions/all.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]) + lines[3][:100])
    before = len(requests(wire))
    report = make(root, bases, out, limit=5)
    assert (report.complete, report.answered, asked(wire, before)) == (True, 2, 0)
    _, checks = placed(root, bases, out)
    assert sorted(checks["flags"].to_list()) == ["", "", "", "recovered", "recovered"]
    assert checks["cost"].null_count() == 2


def test_an_image_that_is_gone_is_told_and_made_again_on_request(
    wire: Running, root: Path, bases: Path, out: Path
) -> None:
    make(root, bases, out, limit=3)
    next((out / "transform/five-emotions/images").iterdir()).unlink()
    assert make(root, bases, out, limit=3).answered == 0
    _, checks = placed(root, bases, out)
    assert sorted(checks["flags"].to_list()) == ["", "", "image_lost"]
    assert make(root, bases, out, limit=3, retry_failed=True).answered == 1


def test_files_of_others_are_never_replaced(wire: Running, root: Path, bases: Path, out: Path) -> None:
    make(root, bases, out)
    (out / "Black Man").mkdir()
    face(5).save(out / "Black Man/BM01_Ang.png")
    own = (out / "Black Man/BM01_Ang.png").read_bytes()
    with pytest.raises(DataError, match=r"BM01_Ang\.png: is there already, and is no image of this transformation"):
        placed(root, bases, out)
    assert (out / "Black Man/BM01_Ang.png").read_bytes() == own
    (out / "Black Man/BM01_Ang.png").unlink()
    (out / "manifest.csv").write_text("image_id,file\nx,y\n")
    with pytest.raises(DataError, match=r"manifest\.csv: is there already"):
        placed(root, bases, out)


def test_mistakes_are_told_before_anything_is_asked(wire: Running, root: Path, bases: Path, out: Path) -> None:
    before = len(requests(wire))
    with pytest.raises(MissingFileError, match=r"there is no such transformation \(did you mean 'five-emotions'"):
        from lib.build.stimuli_transform import prepare_transform

        prepare_transform(root, bases, out, "five-emotion")
    with pytest.raises(ParameterError, match=r"--emotion: got 'hapy', which five-emotions does not make \(did you"):
        prepare(root, bases, out, emotions=["hapy"])
    with pytest.raises(ParameterError, match="fits no image_id"):
        prepare(root, bases, out, choice="XX*")
    wire.set(models=["another"])
    with pytest.raises(BackendUnavailableError, match=r"has no model 'gemini-2\.5-flash-image'"):
        make(root, bases, out)
    wire.set(models=None, key="another")
    with pytest.raises(BackendUnavailableError) as refused:
        make(root, bases, out)
    assert KEY not in str(refused.value)
    with open_store(out / "transform", "five-emotions"), pytest.raises(StoreError, match="Wait until it ends"):
        make(root, bases, out)
    assert asked(wire, before) == 0


def start(wire: Running, bases: Path, out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "lib.cli.main", "stimuli", "transform", str(bases), "--out", str(out), "--yes",
         "--concurrency", "2"],
        cwd=ROOT, env=environment(wire), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def wait_for(count: int, out: Path) -> None:
    until = time.monotonic() + 120
    while len(log_lines(out)) < count:
        assert time.monotonic() < until, "no answers came"
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_ended_goes_on_where_it_was(
    wire: Running, root: Path, bases: Path, out: Path, number: signal.Signals
) -> None:
    wire.set(latency=0.15)
    before = len(requests(wire))
    process = start(wire, bases, out)
    wait_for(3, out)
    os.kill(process.pid, number)
    said, _ = process.communicate(timeout=60)
    wire.set(latency=0.0)
    stored = len(log_lines(out))
    assert 3 <= stored < 20
    if number == signal.SIGINT:
        assert process.returncode == 130, said
        assert "Interrupted." in said and "again to go on" in said
        assert "Manifest:" in said
        assert asked(wire, before) == stored, "what was on its way was awaited"
    report = make(root, bases, out)
    assert (report.complete, report.answered) == (True, 20 - stored)
    assert asked(wire, before) <= 20 + 2, "two requests were on their way at most"
    assert len(placed(root, bases, out)[0]) == 24


def test_a_planted_key_is_found_nowhere_though_the_server_echoes_it(
    wire: Running, bases: Path, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATER_ROOT", str(ROOT))
    wire.set(script=["server_500", "bad_request", "server_503", "no_image", "refusal", "unauthorized"])
    done = CliRunner().invoke(app, ["stimuli", "transform", str(bases), "--out", str(out), "--yes"])
    (tmp_path / "said").write_text(f"{done.output}{done.exception!r}")
    assert done.exit_code == 1
    assert "[key]" in done.output, "the server echoed no key: the test shows nothing"
    for path in [path for path in tmp_path.rglob("*") if path.is_file()]:
        content = path.read_bytes()
        for written in (KEY.encode(), b64encode(KEY.encode())):
            assert written not in content, f"{path.name} holds the key"


def test_the_command_line_says_what_it_would_take_and_refuses_without_a_yes(
    wire: Running, bases: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(requests(wire))
    monkeypatch.setenv("RATER_ROOT", str(ROOT))
    done = CliRunner().invoke(app, ["stimuli", "transform", str(bases), "--out", str(out)])
    assert isinstance(done.exception, BuildError) and "nobody is there to agree to that" in str(done.exception)
    assert "4 base faces, 20 images chosen, 20 images to make with gemini-2.5-flash-image." in done.stdout
    assert asked(wire, before) == 0 and not (out / "manifest.csv").exists()
    done = CliRunner().invoke(app, ["stimuli", "transform", str(bases), "--out", str(out), "--budget", "0"])
    assert "--budget: got 0" in str(done.exception)
