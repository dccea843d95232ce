"""A manipulation check: of made-up answers by hand, and of drawn faces by the classifier that the project installs."""

from __future__ import annotations

import html.parser
import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from stimuli_support import ROOT, face, project
from typer.testing import CliRunner

from lib.cli.main import app
from lib.contracts.study import Study
from lib.errors import DataError, ParameterError
from lib.metrics.resampling import Resampling
from lib.stimuli.check import ManipulationCheck, check_manipulation, in_quarters
from lib.stimuli.check_page import check_page, headline

EVIL = '<script>alert(1)</script>"&'
CONTENT = {
    "id": "any", "title": f"Any study {EVIL}", "files": {"images": "m.csv", "ratings": "r.csv"},
    "factors": {
        "age_group": {"label": "Age", "levels": ["old", "young"]},
        "hair": {"label": "Hair", "levels": ["dark", "fair"]},
        "actor": {"label": "Actor"},
    },
    "emotion": {"categories": ["joy", "calm", "rage"]},
    "dimensions": {"valence": {"low": 1, "high": 9, "low_label": "low", "high_label": "high"}},
}  # fmt: skip
STUDY = Study.model_validate(CONTENT)
DRAWS = Resampling(seed=1, draws=200)


def answers() -> pl.DataFrame:
    """2 ages x 2 colours of hair x 2 of the emotions x 4 actors; only joy of old and fair ones goes wrong."""
    rows = []
    for age in ("old", "young"):
        for hair in ("dark", "fair"):
            for actor in range(4):
                for emotion in ("joy", "calm"):
                    wrong = (age, hair, emotion) == ("old", "fair", "joy") and actor < 3
                    rows.append({
                        "image_id": f"{age}{hair}{actor}{emotion}", "file": f"{len(rows)}.png", "age_group": age,
                        "hair": hair, "actor": str(actor), "intended": emotion,
                        "predicted": ("rage" if actor else "calm") if wrong else emotion,
                        "probability": 0.1 * actor if wrong else 0.9,
                    })  # fmt: skip
    return pl.DataFrame(rows)


def check(frame: pl.DataFrame, study: Study = STUDY) -> ManipulationCheck:
    return check_manipulation(frame, study, DRAWS, condition=f"tiny {EVIL}", model="v1", aside=["surprise"])


def test_groups_and_crossings_of_any_factors_are_there_with_the_counts_that_were_made() -> None:
    found = check(answers())
    assert found.accuracy["by"].unique(maintain_order=True).to_list() == [
        "all",
        "age_group",
        "hair",
        "age_group x hair",
    ]
    shares = {(by, level): (right, n) for by, level, right, n in
              found.accuracy.select("by", "level", "correct", "n").iter_rows()}  # fmt: skip
    assert shares["all", "all"] == (29, 32)
    assert shares["age_group", "old"] == shares["hair", "fair"] == (13, 16)
    assert shares["age_group x hair", "old x fair"] == (5, 8) and shares["age_group x hair", "young x dark"] == (8, 8)
    people = dict(found.accuracy.select("level", "n_persons").iter_rows())
    assert (people["all"], people["old"], people["old x fair"]) == (16, 8, 4)
    assert found.chance == 1 / 2  # two emotions were intended, though three can be answered


def test_the_worst_cell_comes_first_with_what_it_is_taken_for() -> None:
    worst = check(answers()).worst.row(0, named=True)
    assert (worst["level"], worst["intended"], worst["accuracy"]) == ("old x fair", "joy", 0.25)
    assert (worst["taken_for"], worst["times"]) == ("rage", 2)


def test_the_images_least_accepted_come_first_and_those_without_an_answer_last() -> None:
    frame = answers()
    first = frame["image_id"][0]
    blank = pl.col("image_id") == first
    frame = frame.with_columns(
        pl.when(~blank).then("predicted").alias("predicted"), pl.when(~blank).then("probability").alias("probability")
    )
    found = check(frame)
    assert found.lowest("joy", 4)["probability"].to_list() == pytest.approx([0.0, 0.1, 0.2, 0.9])
    assert found.images["image_id"].to_list()[-1] == first
    assert " 1 had no answer and count as wrong." in headline(found)
    assert found.scores.correct == 28


def test_a_study_without_persons_says_that_it_knows_of_none() -> None:
    factors = {name: factor for name, factor in CONTENT["factors"].items() if name != "actor"}
    found = check(answers().drop("actor"), Study.model_validate(CONTENT | {"factors": factors}))
    assert found.persons == () and found.accuracy["person_low"].null_count() == found.accuracy.height
    assert "it is not known which images show one person" in check_page(found, Path())
    assert "over 16 persons" in headline(check(answers())) and "persons" not in headline(found)


def test_what_cannot_be_checked_is_refused() -> None:
    with pytest.raises(DataError, match=r"none of 32 images has an answer.*--retry-failed"):
        check(answers().with_columns(pl.lit(None, dtype=pl.String).alias("predicted")))
    aimless = CONTENT | {"emotion": {"categories": ["joy", "calm"], "intended": False}}
    with pytest.raises(ParameterError, match=r"emotion\.intended: got False"):
        check(answers(), Study.model_validate(aimless))


class _Page(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href"} or name.startswith("on")]


def test_the_page_needs_nothing_else_escapes_every_word_and_says_what_it_is_not(tmp_path: Path) -> None:
    frame = answers().with_columns(pl.col("image_id") + EVIL)
    for number in range(frame.height - 1):
        face(number).save(tmp_path / f"{number}.png")
    text = check_page(check(frame), tmp_path)
    page = _Page()
    page.feed(text)
    assert "script" not in page.tags and text.count("&lt;script&gt;") > 10
    assert len(page.addresses) == 16 and all(each.startswith("data:image/jpeg;base64,") for each in page.addresses)
    assert "It is no evidence about people" in text and "surprise, no category of the study" in text


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the real study and classifier, and the manifest of six emotions of two drawn people."""
    root = project(tmp_path / "project")
    (root / "params/library").mkdir()
    for name in ("study.yaml", "library/face-api-drawn.yaml", "library/pocket-rater.yaml"):
        shutil.copy(ROOT / "params" / name, root / "params" / name)
    shutil.copytree(ROOT / "params/conditions", root / "params/conditions")
    monkeypatch.setenv("RATER_ROOT", str(root))
    source = ROOT / "data/stimuli/drawn"
    manifest = pl.read_csv(source / "manifest.csv").filter(pl.col("identity").is_in(["BM01", "KW02"]))
    for file in manifest["file"]:
        (tmp_path / "set" / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / file, tmp_path / "set" / file)
    manifest.write_csv(tmp_path / "set/manifest.csv")
    return tmp_path / "set/manifest.csv"


def test_drawn_faces_are_asked_about_once_and_give_the_same_page_again(drawn: Path, tmp_path: Path) -> None:
    command = ["stimuli", "check", "--images", str(drawn)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert "asked about 12 of 12 images" in done.stdout and "Of 12 images" in done.stdout
    folder = tmp_path / "project/cache/stimuli/check/face-api-drawn"
    first = (folder / "check.html").read_bytes()
    again = CliRunner().invoke(app, command)
    assert again.exit_code == 0 and "asked about" not in again.stdout
    assert (folder / "check.html").read_bytes() == first
    images = pl.read_csv(folder / "images.csv")
    assert images.height == 12 and images["probability"].is_between(0, 1).all()
    assert images["probability"].is_sorted() and (images["predicted"] == images["intended"]).sum() > 4
    assert pl.read_csv(folder / "confusion.csv")["count"].sum() == 12
    assert pl.read_csv(folder / "accuracy.csv")["n"].to_list()[0] == 12


def test_more_columns_of_the_manifest_can_be_grouped_by(drawn: Path, tmp_path: Path) -> None:
    command = ["stimuli", "check", "--images", str(drawn), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, [*command, "--by", "mouth", "--by", "yaw", "--by", "renderer"])
    assert done.exit_code == 0, done.output
    table = pl.read_csv(tmp_path / "out/accuracy.csv")
    counts = {by: dict(table.filter(pl.col("by") == by).select("level", "n").iter_rows()) for by in table["by"]}
    truth = dict(pl.read_csv(drawn)["mouth"].value_counts().iter_rows())
    assert counts["mouth"] == truth and sum(counts["yaw"].values()) == 12
    assert list(counts["renderer"].values()) == [12]
    assert pl.read_csv(tmp_path / "out/levels.csv").filter(pl.col("by") == "mouth")["n"].sum() == 12
    assert "Recognised least" in done.stdout and "race x gender" in done.stdout.split("Recognised least")[1]
    for name, says in (("mouht", r"got 'mouht' \(did you mean 'mouth'\?\)"), ("race", "got 'race'"),
                       ("image_id", "got 'image_id'")):  # fmt: skip
        failed = CliRunner().invoke(app, [*command, "--by", name]).exception
        assert isinstance(failed, ParameterError) and re.search(says, str(failed)) and "__row__" not in str(failed)


def test_many_numbers_become_quarters_and_equal_ones_stay_together() -> None:
    named = in_quarters(pl.Series("x", [0.0, 0.0, 0.0, 0.0, 1.25, 2.0, 3.0, None, 4.0]))
    assert named.to_list() == [*["2: 0.0 to 0.0"] * 4, "3: 1.25 to 2.0", "3: 1.25 to 2.0", "4: 3.0 to 4.0", None,
                               "4: 3.0 to 4.0"]  # fmt: skip


def test_an_image_that_cannot_be_read_is_said_and_counts_as_wrong(drawn: Path) -> None:
    drawn.with_name("Black Man").joinpath("BM01_Ang.webp").write_bytes(b"RIFF no picture")
    done = CliRunner().invoke(app, ["stimuli", "check", "--images", str(drawn)])
    assert done.exit_code == 0, done.output
    assert "1 image failed" in done.stdout and "1 had no answer and count as wrong" in done.stdout.replace("\n", "")


def test_who_is_no_classifier_is_refused(drawn: Path) -> None:
    done = CliRunner().invoke(app, ["stimuli", "check", "-m", "pocket-rater", "--images", str(drawn)])
    assert isinstance(done.exception, ParameterError) and "no classifier of emotions" in str(done.exception)
