"""Pilots of test and retest: machines of known steadiness are found to be as steady, in chapter and report alike."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from lib.build.retest import retest_lines
from lib.chapters.lacking import lacking
from lib.chapters.retest import FIGURES, compare_repeats, retest_figures
from lib.chapters.retest_record import record_retest
from lib.contracts.known_conditions import KnownConditions
from lib.contracts.study import read_study
from lib.results import Results
from lib.study_data import StudyData
from lib.tables.retest import retest_notes, retest_table

ROOT = Path(__file__).parents[2]
STUDY = read_study(ROOT / "params/demo.yaml")
KNOWN = KnownConditions(ROOT, "params/library", ("pocket-rater", "fer-drawn"))
WHO, EACH = "pocket-rater", 200
NAMES = pl.DataFrame({"condition": [WHO], "short_name": ["Pocket <b>rater</b>"]})


def asked(pilot: str = "retest-r3"):
    return KNOWN.find(f"{WHO}.{pilot}.again")


def answers(values: dict[int, np.ndarray], labels: np.ndarray | None = None) -> pl.DataFrame:
    """Ratings by repeat; labels are the same in all."""
    named = np.array(STUDY.emotion.categories)[np.arange(EACH) % 6] if labels is None else labels
    return pl.concat(
        pl.DataFrame({"image_id": [f"i{at:03d}" for at in range(EACH)], "repeat": repeat, "emotion": named,
                      "valence": value, "arousal": value})
        for repeat, value in values.items()
    ).with_columns(pl.col("repeat").cast(pl.Int64))  # fmt: skip


def study_data(frames: dict[str, pl.DataFrame], monkeypatch: pytest.MonkeyPatch) -> StudyData:
    monkeypatch.setattr(StudyData, "project", property(lambda data: data.source))
    data = StudyData.__new__(StudyData)
    source = SimpleNamespace(known=KNOWN, ablated=list(frames), conditions=KNOWN.own)
    data.__dict__ |= {
        "source": source, "study": STUDY, "inputs": {}, "variants": frames, "repeated_predictions": {},
    }  # fmt: skip
    return data


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    return np.random.default_rng(1).normal(5, 1.5, EACH).round()


def test_a_steady_machine_is(faces) -> None:
    found = compare_repeats(answers(dict.fromkeys(range(3), faces)), answers({0: faces}), asked(), STUDY)
    assert list(found) == ["emotion", "valence", "arousal"]
    for figures in found.values():
        assert (figures["identical"], figures["backwards"], figures["n_images"], figures["backwards_n"]) == (
            1, 1, EACH, EACH,
        )  # fmt: skip
        assert figures["identical_low"] > 0.98 and figures["n_unanswered"] == 0
    assert found["emotion"]["kappa"] == 1 and found["emotion"]["icc2_k"] is None
    assert found["valence"]["icc2_k"] == 1 and found["valence"]["within_sd"] == 0 and found["valence"]["kappa"] is None


def test_noise_of_known_size_is_found(faces) -> None:
    random, size = np.random.default_rng(2), 0.8
    noisy = {repeat: faces + random.normal(0, size, EACH) for repeat in range(3)}
    found = compare_repeats(answers(noisy), answers({0: noisy[0]}), asked(), STUDY)["valence"]
    assert found["within_sd"] == pytest.approx(size, rel=0.1) and found["identical"] == 0
    single = faces.var(ddof=1) / (faces.var(ddof=1) + size**2)  # Spearman-Brown: of the mean of three
    expected = 3 * single / (1 + 2 * single)
    assert found["icc2_k"] == pytest.approx(expected, abs=0.03)
    assert found["icc2_k_low"] < expected < found["icc2_k_high"]
    assert found["backwards"] == 1  # the very same first answers


def test_a_machine_that_the_order_moves_is_steady_and_not_the_same_backwards(faces) -> None:
    moved = np.where(np.arange(EACH) % 4 == 0, faces + 1, faces)
    found = compare_repeats(answers(dict.fromkeys(range(3), faces)), answers({0: moved}), asked(), STUDY)["arousal"]
    assert found["identical"] == 1 and found["backwards"] == 0.75
    assert found["backwards_low"] < 0.75 < found["backwards_high"]


def test_a_missing_answer_equals_none(faces) -> None:
    again = answers(dict.fromkeys(range(3), faces)).filter((pl.col("image_id") != "i000") | (pl.col("repeat") < 2))
    again = again.with_columns(pl.when(pl.col("image_id") != "i001").then("valence"))
    found = compare_repeats(again, answers({0: faces}).tail(EACH - 10), asked(), STUDY)
    assert (found["emotion"]["n_identical"], found["emotion"]["n_unanswered"]) == (EACH - 1, 1)
    assert (found["valence"]["n_images"], found["valence"]["n_identical"]) == (EACH - 1, EACH - 2)
    assert found["valence"]["n_unanswered"] == 1 + 3  # also of the image that was never answered
    assert found["emotion"]["backwards"] == 1 - 10 / EACH
    nothing = compare_repeats(again.clear(), again.clear(), asked(), STUDY)["valence"]
    assert nothing["identical"] is None and nothing["reason"] == "nothing was answered"


def test_the_chapter_shows_every_pilot_and_names_who_is_below(faces, monkeypatch: pytest.MonkeyPatch) -> None:
    shaky = {0: faces, 1: faces, 2: np.where(np.arange(EACH) < 20, faces + 1, faces)}
    frames = {
        f"{WHO}.retest-r3.again": answers(shaky), f"{WHO}.retest-r3.backwards": answers({0: faces}),
        f"{WHO}.retest-r3-t0_7.again": answers(shaky), f"{WHO}.retest-r3-t0_7.backwards": answers({0: faces}),
        f"{WHO}.retest-r5.again": answers(shaky),  # cut short: nothing to compare it with yet
    }  # fmt: skip
    data = study_data(frames, monkeypatch)
    figures = retest_figures(data)
    assert figures.select("pilot", "asked").unique(maintain_order=True).rows() == [
        ("r3", "each question 3 times, temperature 0"), ("r3-t0_7", "each question 3 times, temperature 0.7"),
    ]  # fmt: skip
    alone = compare_repeats(answers(shaky), answers({0: faces}), asked(), STUDY)
    for row in figures.filter(pilot="r3").iter_rows(named=True):
        assert {name: row[name] for name in FIGURES} == {name: alone[row["step"]][name] for name in FIGURES}
    results = Results("retest")
    record_retest(results, figures)
    assert results.entries[f"ablations.retest.{WHO}.r3-t0_7.valence.identical"].value == 0.9
    notes = retest_notes(figures, NAMES, 0.95)
    assert notes[-1] == (
        "Expected at temperature zero: 99% identical. Below it: Pocket <b>rater</b> (r3): valence, "
        "Pocket <b>rater</b> (r3): arousal."
    )
    page = retest_table(figures, NAMES, notes).as_raw_html()
    assert "90.0% [85.0%, 93.8%]" in page and "Pocket &lt;b&gt;rater" in page  # binom.test(180, 200)
    report = {"condition": WHO, "n_images": EACH, "asked": "each question 3 times", "target": 0.99, "steps": alone}
    assert "valence: 90.0% [85.0%, 93.8%] identical in all repeats" in "\n".join(retest_lines(report))
    assert retest_lines(report)[-1].endswith("expected to reach: valence, arousal.")
    assert lacking(data, "retest") is None


def test_without_a_pilot_the_chapter_says_how_to_ask_one(monkeypatch: pytest.MonkeyPatch) -> None:
    data = study_data({}, monkeypatch)
    assert retest_figures(data).is_empty() and retest_figures(data).columns[:3] == ["condition", "pilot", "asked"]
    said = lacking(data, "retest")
    assert said is not None and "rater test-retest -m" in said.cure
