from __future__ import annotations

from pathlib import Path

import pytest

from lib.contracts.images import images_of_ratings, read_images
from lib.contracts.study import Study, read_study
from lib.errors import DataError, MissingFileError
from lib.twin.design import twin_images

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(ROOT / "params/study.yaml")


def manifest(tmp_path: Path, study: Study, edit=lambda frame: frame):
    path = tmp_path / "manifest.csv"
    edit(twin_images().rename({"intended_emotion": "emotion"})).write_csv(path)
    return read_images(path, study)


def test_the_whole_design_is_balanced_and_sorted(tmp_path: Path, study: Study) -> None:
    images = manifest(tmp_path, study)
    assert images.warnings == ()
    assert images.frame.columns == ["image_id", "file", "race", "gender", "identity", "intended_emotion"]
    assert images.frame["image_id"].is_sorted()
    assert images.frame.height == 1440


def test_an_unbalanced_design_is_a_warning_that_names_the_cells(tmp_path: Path, study: Study) -> None:
    images = manifest(tmp_path, study, lambda frame: frame.filter(frame["image_id"] != "KW07_Sad"))
    assert images.warnings == ("the design is not balanced: most cells have 40 images, but Korean x Woman x sad: 39",)


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("race", "Blakc", r"got 'Blakc', which is not a level of race: .* \(did you mean 'Black'\?\)"),
        ("emotion", "Happy", r"got 'Happy', which is not one of .* \(did you mean 'happy'\?\)"),
        ("image_id", "BM01_Dis", r"got 'BM01_Dis', which is given twice"),
        ("gender", None, r"row 2, column 'gender': got None, every image needs a level"),
    ],
)
def test_a_bad_cell_is_named(tmp_path: Path, study: Study, column: str, value: str | None, says: str) -> None:
    import polars as pl

    def edit(frame: pl.DataFrame) -> pl.DataFrame:
        first = pl.int_range(pl.len()) == 0
        return frame.with_columns(pl.when(first).then(pl.lit(value)).otherwise(pl.col(column)).alias(column))

    with pytest.raises(DataError, match=says):
        manifest(tmp_path, study, edit)


def test_the_laboratorys_folders_tell_the_design(tmp_path: Path, study: Study) -> None:
    for folder, name in [
        ("Black Man", "BM01_Ang.png"),
        ("Korean Woman", "KW40_NES.png"),
        ("Black Man", "BM01_hap.JPG"),
    ]:
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).touch()
    (tmp_path / "Black Man/.DS_Store").touch()
    frame = read_images(tmp_path, study).frame
    assert frame.rows() == [
        ("BM01_Ang", "Black Man/BM01_Ang.png", "Black", "Man", "BM01", "angry"),
        ("BM01_hap", "Black Man/BM01_hap.JPG", "Black", "Man", "BM01", "happy"),
        ("KW40_NES", "Korean Woman/KW40_NES.png", "Korean", "Woman", "KW40", "neutral"),
    ]


def test_a_file_name_that_tells_no_emotion_is_refused(tmp_path: Path, study: Study) -> None:
    (tmp_path / "Black Man").mkdir()
    (tmp_path / "Black Man/BM01_Sur.png").touch()
    with pytest.raises(DataError, match=r"got the file name 'BM01_Sur.png', expected one like BM01_Ang.png"):
        read_images(tmp_path, study)


def test_empty_folders_and_absent_manifests_tell_the_cure(tmp_path: Path, study: Study) -> None:
    with pytest.raises(MissingFileError, match="Put the manifest there"):
        read_images(tmp_path, study)
    with pytest.raises(MissingFileError, match="there is no such file"):
        read_images(tmp_path / "no.csv", study)
    (tmp_path / "manifest.csv").touch()
    with pytest.raises(MissingFileError, match=r"Its manifest is there: name .*manifest\.csv itself"):
        read_images(tmp_path, study)


def test_rated_images_stand_for_a_manifest_only_without_factors_and_intended_emotions(study: Study) -> None:
    import polars as pl

    ids = pl.Series(["b", "a", "b"])
    with pytest.raises(DataError, match=r"files\.images: is not set"):
        images_of_ratings(ids, study)
    plain = study.model_copy(update={"factors": {}, "emotion": study.emotion.model_copy(update={"intended": False})})
    assert images_of_ratings(ids, plain).frame["image_id"].to_list() == ["a", "b"]
