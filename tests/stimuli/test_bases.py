from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from stimuli_support import ROOT, face, laboratory_bases

from lib.errors import DataError, MissingFileError
from lib.stimuli.bases import read_bases, same_faces
from lib.stimuli.transformation import FOLDER, read_transformation

RECIPE = read_transformation(ROOT / FOLDER, "five-emotions")


def save(folder: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        face(number).save(folder / name)
    return folder


def test_the_laboratory_s_folders_tell_race_gender_and_identity(tmp_path: Path) -> None:
    bases = read_bases(laboratory_bases(tmp_path / "b"), RECIPE)
    assert [(base.stem, base.folder) for base in bases] == [
        ("BM01", "Black Man"), ("BM02", "Black Man"), ("KW01", "Korean Woman"), ("KW02", "Korean Woman"),
    ]  # fmt: skip
    assert bases[2].factors == {"race": "Korean", "gender": "Woman", "identity": "KW01"}


def test_flat_names_tell_the_same_and_other_emotions_and_hidden_files_are_left_out(tmp_path: Path) -> None:
    folder = save(tmp_path, "CM07.png", "CM08_NES.PNG", "CM07_Ang.png", ".CM09.png", "transform/x/CM10.png")
    bases = read_bases(folder, RECIPE)
    assert [(base.stem, base.folder, base.factors["race"]) for base in bases] == [
        ("CM07", "Caucasian Man", "Caucasian"), ("CM08", "Caucasian Man", "Caucasian"),
    ]  # fmt: skip


def test_photographs_of_any_name_have_their_name_as_identity(tmp_path: Path) -> None:
    (base,) = read_bases(save(tmp_path, "person_x1.jpg"), RECIPE)
    assert (base.stem, base.folder, base.factors) == ("person_x1", "", {"identity": "person_x1"})


def test_a_manifest_may_have_any_factors(tmp_path: Path) -> None:
    save(tmp_path, "a/1.png", "a/2.png", "a/3.png")
    (tmp_path / "m.csv").write_text(
        "image_id;file;Age Group;hair;emotion\np1_Neu;a/1.png;old;grey;neutral\np2;a/2.png;young;;neutral\n"
        "p1_Ang;a/3.png;old;grey;angry\n"
    )
    first, second = read_bases(tmp_path / "m.csv", RECIPE)
    assert (first.stem, first.folder) == ("p1", "a")
    assert first.factors == {"identity": "p1", "age_group": "old", "hair": "grey"}
    assert second.factors == {"identity": "p2", "age_group": "young"}


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        ("image_id\np1\n", "column 'file' is missing"),
        ("image_id,file\n,a/1.png\n", "row 2, column 'image_id': got None"),
        ("image_id,file\np1,a/1.png\nP1_Neu,a/2.png\n", "row 3: got 'P1', which row 2 has already"),
        ("image_id,file\np1_Hap,a/1.png\n", "whose code is of another emotion than neutral"),
        ("image_id,file\n../p1,a/1.png\n", "cannot begin a file's name"),
        ("image_id,file\np1,../x.png\n", "leads out of"),
    ],
)
def test_a_faulty_manifest_is_named_by_row_and_value(tmp_path: Path, manifest: str, says: str) -> None:
    folder = save(tmp_path / "in", "a/1.png", "a/2.png")
    (folder / "m.csv").write_text(manifest)
    with pytest.raises(DataError) as refused:
        read_bases(folder / "m.csv", RECIPE)
    assert says in str(refused.value)


def test_missing_and_empty_are_told_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("image_id,file\np1,gone.png\n")
    with pytest.raises(MissingFileError, match=r"p1 \(gone.png\)"):
        read_bases(tmp_path / "m.csv", RECIPE)
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingFileError, match="holds no neutral faces"):
        read_bases(tmp_path / "empty", RECIPE)


def test_two_names_of_one_image_are_told(tmp_path: Path) -> None:
    folder = save(tmp_path, "a.png", "b.png")
    shutil.copy(folder / "a.png", folder / "c.png")
    assert same_faces(read_bases(folder, RECIPE)) == [["a", "c"]]
