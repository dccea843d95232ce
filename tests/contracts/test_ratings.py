from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from lib.contracts.ratings import read_participants, read_ratings, refuse_unrated
from lib.contracts.study import Study, read_study
from lib.errors import DataError

ROOT = Path(__file__).parents[2]
HEAD = "image_id,participant_id,emotion,valence,arousal\n"
IMAGES = ["BM01_Ang", "BM01_Hap"]


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(ROOT / "params/study.yaml")


def read(tmp_path: Path, rows: str, study: Study, **known: list[str]) -> pl.DataFrame:
    path = tmp_path / "ratings.csv"
    path.write_text(HEAD + rows, encoding="utf-8")
    return read_ratings(path, study, known.get("images", IMAGES), known.get("participants"))


def test_good_rows_come_back_typed_and_sorted(tmp_path: Path, study: Study) -> None:
    frame = read(tmp_path, "BM01_Hap,p2,happy,8,6\nBM01_Ang,p1,surprised,2,\n", study)
    assert frame.rows() == [("BM01_Ang", "p1", "surprised", 2.0, None), ("BM01_Hap", "p2", "happy", 8.0, 6.0)]
    assert frame.schema["valence"] == pl.Float64


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("BM01_Ang,p1,angry,0,5", r"row 2, column 'valence': got '0', which is outside 1 to 9"),
        ("BM01_Ang,p1,angry,10,5", r"got '10', which is outside 1 to 9"),
        ("BM01_Ang,p1,angry,5.5,5", r"got '5.5', which is between the steps of 1"),
        ("BM01_Ang,p1,angry,five,5", r"got 'five', which is not a number from 1 to 9"),
        ("BM01_Ang,p1,angry,inf,5", r"got 'inf', which is not a number"),
        ("BM01_Ang,p1,Angry,5,5", r"column 'emotion': got 'Angry', which is not one of .* \(did you mean 'angry'\?\)"),
        ("BM01_Ang,p1,surprise,5,5", r"did you mean 'surprised'\?"),
        ("BM01_Agn,p1,angry,5,5", r"column 'image_id': got 'BM01_Agn', .* \(did you mean 'BM01_Ang'\?\)"),
        (",p1,angry,5,5", r"column 'image_id': got None, every rating needs one"),
        ("BM01_Ang,,angry,5,5", r"column 'participant_id': got None"),
        (
            "BM01_Ang,p1,angry,5,5\nBM01_Ang,p1,sad,4,4",
            r"row 3, column 'participant_id': got 'p1', who rated this image before",
        ),
    ],
)
def test_a_bad_row_is_named_by_row_column_and_value(tmp_path: Path, study: Study, row: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        read(tmp_path, row + "\n", study)


def test_unknown_participant_is_refused_where_the_study_lists_them(tmp_path: Path, study: Study) -> None:
    with pytest.raises(DataError, match=r"got 'p9', which is not a participant"):
        read(tmp_path, "BM01_Ang,p9,angry,5,5\n", study, participants=["p1", "p2"])
    (tmp_path / "who.csv").write_text("participant_id\np1\n", encoding="utf-8")
    assert read_participants(tmp_path / "who.csv") == ["p1"]


def test_all_faults_are_told_at_once_and_counted(tmp_path: Path, study: Study) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path, "".join(f"BM01_Ang,p{n},angy,0,5\n" for n in range(30)), study)
    assert "60 fault(s)" in str(caught.value)
    assert "and 29 more like it" in str(caught.value)
    assert str(caught.value).count("outside 1 to 9") == 10


def test_the_file_is_never_changed(tmp_path: Path, study: Study) -> None:
    with pytest.raises(DataError, match="Nothing was changed"):
        read(tmp_path, "BM01_Ang,p1,angry,0,5\n", study)
    assert (tmp_path / "ratings.csv").read_text(encoding="utf-8") == HEAD + "BM01_Ang,p1,angry,0,5\n"


def test_images_without_ratings_are_refused_or_left_out_as_the_study_says(study: Study) -> None:
    images = pl.DataFrame({"image_id": IMAGES})
    ratings = pl.DataFrame({"image_id": ["BM01_Ang"]})
    with pytest.raises(DataError, match=r"1 of 2 images have no rating: BM01_Hap"):
        refuse_unrated(Path("ratings.csv"), ratings, images, study)
    lenient = study.model_copy(update={"unrated_images": "exclude"})
    assert refuse_unrated(Path("ratings.csv"), ratings, images, lenient)["image_id"].to_list() == ["BM01_Ang"]
