from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from tests_support import small_images, small_predictions, small_ratings

from lib.build.user_files import UserFiles, find_conditions, is_simulated, read_user_files
from lib.contracts.condition import describe_unknown
from lib.contracts.predictions import HUMAN_NULL
from lib.errors import DataError, MissingFileError
from lib.study_data import REMAINING_RATINGS, StudyData


@pytest.fixture
def files(tmp_path: Path) -> UserFiles:
    small_images().write_csv(tmp_path / "images.csv")
    small_ratings().write_csv(tmp_path / "ratings.csv")
    (tmp_path / "machines").mkdir()
    for seed, name in enumerate(("one", "two"), 1):
        small_predictions(seed).write_csv(tmp_path / f"machines/{name}.csv")
    return UserFiles(tmp_path / "images.csv", tmp_path / "ratings.csv", tmp_path / "machines")


def test_frames_are_those_of_a_project_and_the_person_is_held_out(files: UserFiles, small_study) -> None:
    checked, remarks = read_user_files(files, small_study, {})
    data = StudyData(checked)
    assert list(data.conditions) == ["one", "two"] and data.missing_conditions == {}
    assert data.images.columns == ["image_id", "file", "race", "actor", "intended_emotion"]
    assert data.human_null is not None and data.human_null["condition"].unique().to_list() == [HUMAN_NULL]
    assert data.ratings.height - data.remaining_ratings.height == data.images.height == 24
    assert data.simulated_note is None
    assert set(data.inputs) == {path.as_posix() for path in (files.images, files.ratings, *files.prediction_files())}
    assert remarks == [
        line
        for name in ("one", "two")
        for line in (
            f"{name}: no file describes it, so it is a machine of unknown kind.",
            f"{name}: only 23 of 24 images have a row; the others count as wrong",
        )
    ]


def test_answers_that_a_conditions_file_does_not_name_are_said_to_be_left_out(files: UserFiles, small_study) -> None:
    checked, remarks = read_user_files(files, small_study, {"one": describe_unknown("one", ("valence",))})
    assert "one: answers on arousal are left out: its file has no such steps. Add them there." in remarks
    assert StudyData(checked).predictions["one"]["arousal"].null_count() == 23


def test_one_file_may_hold_all_conditions(files: UserFiles, small_study) -> None:
    apart, _ = read_user_files(files, small_study, {})
    together = files.ratings.with_name("all.csv")
    named = [pl.read_csv(path).with_columns(pl.lit(path.stem).alias("condition")) for path in files.prediction_files()]
    pl.concat([*named, named[0].with_columns(pl.lit(HUMAN_NULL).alias("condition"))]).write_csv(together)
    checked, _ = read_user_files(UserFiles(files.images, files.ratings, together), small_study, {})
    assert checked.frames.keys() == apart.frames.keys()
    assert all(checked.frames[name].equals(frame) for name, frame in apart.frames.items())


def test_a_fault_in_a_shared_file_is_named_by_its_line(files: UserFiles, small_study) -> None:
    together = files.ratings.with_name("all.csv")
    together.write_text("condition,image_id,emotion,valence,arousal\na,A1j,joy,1,1\nb,A1j,joy,1,1\nb,A2j,joy,9,1\n")
    with pytest.raises(DataError, match=r"row 4, column 'valence': got '9', which is outside -3 to 3"):
        read_user_files(UserFiles(files.images, files.ratings, together), small_study, {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image_id,emotion\nA1j,joy\n", r"row 1: column 'condition' is missing; the file has image_id, emotion"),
        ("condition,image_id,emotion\na,A1j,joy\n,A2j,joy\n", r"row 3, column 'condition': got None"),
        ("condition,image_id,emotion\nA Machine,A1j,joy\n", r"got the condition 'A Machine'; an id is made of"),
    ],
)
def test_a_shared_file_names_its_conditions(text: str, said: str, files: UserFiles, small_study) -> None:
    together = files.ratings.with_name("all.csv")
    together.write_text(text)
    with pytest.raises(DataError, match=said):
        read_user_files(UserFiles(files.images, files.ratings, together), small_study, {})


def test_a_folder_holds_one_file_a_condition(files: UserFiles, tmp_path: Path, small_study) -> None:
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "machines/one.parquet")
    with pytest.raises(DataError, match="two files of the condition 'one'"):
        read_user_files(files, small_study, {})
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingFileError, match=r"empty: holds no <condition>\.csv"):
        UserFiles(None, files.ratings, tmp_path / "empty").prediction_files()
    with pytest.raises(MissingFileError, match="absent: there is no such file or folder"):
        UserFiles(None, files.ratings, tmp_path / "absent").prediction_files()


def test_a_classifier_is_not_asked_for_what_it_never_gave(files: UserFiles, tmp_path: Path, small_study) -> None:
    small_predictions(3).with_columns(valence=None, arousal=None).write_csv(tmp_path / "machines/one.csv")
    checked, _ = read_user_files(files, small_study, {})
    assert checked.conditions["one"].steps == ("emotion",) and checked.conditions["one"].kind == "machine"
    assert checked.frames["predictions/one.parquet"]["valid"].sum() == 22


def test_nobody_is_held_out_where_the_study_does_without(files: UserFiles, small_study) -> None:
    analysis = small_study.analysis.model_copy(update={"human_null": False})
    checked, _ = read_user_files(files, small_study.model_copy(update={"analysis": analysis}), {})
    assert REMAINING_RATINGS not in checked.frames and StudyData(checked).human_null is None


def test_simulated_files_are_known_by_name_and_by_what_they_were_made_from(files: UserFiles, tmp_path: Path) -> None:
    assert not is_simulated(files.ratings)
    assert is_simulated(tmp_path / "simulated_ratings.csv")
    assert is_simulated(tmp_path / "simulated_predictions/one.csv")
    path = tmp_path / "ratings.parquet"
    small_ratings().write_parquet(path, metadata={"rater.sources": '{"cache/twin/simulated_ratings.parquet": "ab"}'})
    assert is_simulated(path)


def test_simulated_and_real_are_never_mixed(files: UserFiles, tmp_path: Path, small_study) -> None:
    simulated = files.ratings.rename(tmp_path / "simulated_ratings.csv")
    with pytest.raises(DataError, match=r"simulated_ratings\.csv: simulated, but .*one\.csv and .*two\.csv not"):
        read_user_files(UserFiles(files.images, simulated, files.predictions), small_study, {})
    checked, _ = read_user_files(UserFiles(files.images, simulated, None), small_study, {})
    assert checked.uses_twin and StudyData(checked).simulated_note is not None


def test_conditions_are_found_beside_the_study_file_or_in_the_project(tmp_path: Path, small_study) -> None:
    study = small_study.model_copy(update={"files": small_study.files.model_copy(update={"conditions": "machines"})})
    from lib.build.analyze import condition_text

    for place, name in ((tmp_path / "project", "far"), (tmp_path / "here", "near")):
        (place / "machines").mkdir(parents=True)
        (place / f"machines/{name}.yaml").write_text(condition_text(describe_unknown(name, ("valence",))))
    study_file = tmp_path / "here/study.yaml"
    assert list(find_conditions(study_file, study, tmp_path / "project", None)) == ["far"]
    assert find_conditions(study_file, study, None, None) == {"near": describe_unknown("near", ("valence",))}
    assert list(find_conditions(study_file, study, None, tmp_path / "project/machines")) == ["far"]
    assert find_conditions(None, study, None, None) == {}
    with pytest.raises(MissingFileError, match="there is no such folder"):
        find_conditions(study_file, study, None, tmp_path / "absent")
