"""Tiny fakes in the shape of three sets; none of the sets themselves is here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from PIL import Image
from stimuli_support import ROOT
from typer.testing import CliRunner

from lib.cli.main import app
from lib.contracts.images import read_images
from lib.contracts.study import Study
from lib.errors import DataError, MissingFileError, ParameterError
from lib.protocol.image_files import ImageFiles
from lib.stimuli.import_affectnet import read_affectnet
from lib.stimuli.import_fer2013 import read_fer2013
from lib.stimuli.import_kdef import read_kdef
from lib.stimuli.imported import ImportedSet, chosen
from lib.stimuli.imported_files import study_stub, write_set, write_stub

PIXELS = np.random.default_rng(1).integers(0, 256, 48 * 48)


def fer(path: Path, *rows: str, head: str = "emotion,pixels,Usage") -> Path:
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def fer_row(emotion: object, usage: str = "Training", pixels: object = None) -> str:
    words = " ".join(map(str, PIXELS)) if pixels is None else pixels
    return f"{emotion},{words},{usage}"


def jpeg(path: Path, shade: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (shade % 256, 40, 90)).save(path, "JPEG")
    return path


def kdef(folder: Path) -> Path:
    for session in "AB":
        for person in ("F01", "M02"):
            for emotion in ("AF", "AN", "DI", "HA", "NE", "SA", "SU"):
                for angle in ("S", "HL"):
                    jpeg(folder / f"{session}{person}" / f"{session}{person}{emotion}{angle}.JPG")
    return folder


def affectnet(folder: Path, parts: tuple[str, ...] = ("train_set", "val_set")) -> Path:
    for part in parts:
        (folder / part / "annotations").mkdir(parents=True)
        for number in range(9):
            jpeg(folder / part / "images" / f"{number}.jpg", number)
            values = {"exp": str(number), "val": "-2" if number == 8 else "-0.25", "aro": "-2" if number == 8 else "1"}
            for name, value in values.items():
                np.save(folder / part / "annotations" / f"{number}_{name}.npy", np.array(value))
    return folder


def is_readable(found: ImportedSet, manifest: Path) -> pl.DataFrame:
    """Read the set as a study does: by its own stub, with every image where the manifest says."""
    study = Study.model_validate(yaml.safe_load(study_stub(found, "data/x/manifest.csv")))
    frame = read_images(manifest, study).frame
    assert frame.height == len(found.images)
    ImageFiles(manifest).paths(frame.select("image_id", "file").iter_rows())
    return frame


def test_fer2013_s_pixels_become_images_of_a_study(tmp_path: Path) -> None:
    rows = [fer_row(code, usage) for code in range(7) for usage in ("Training", "PublicTest", "PrivateTest")]
    found = read_fer2013(fer(tmp_path / "fer2013.csv", *rows))
    manifest = write_set(found, tmp_path / "out")
    frame = is_readable(found, manifest)
    assert sorted(set(frame["intended_emotion"])) == [
        "angry", "disgust", "fear", "happy", "neutral", "sad", "surprised",
    ]  # fmt: skip
    with Image.open(tmp_path / "out/images/fer0000002.png") as image:
        assert (image.mode, image.size, np.asarray(image).ravel().tolist()) == ("L", (48, 48), PIXELS.tolist())
    table = pl.read_csv(manifest)
    assert table["split"].to_list()[:3] == ["training", "public_test", "private_test"]
    assert table.row(3, named=True)["emotion"] == "disgust"


def test_other_headings_and_a_file_without_usage_are_read(tmp_path: Path) -> None:
    spelt = fer(tmp_path / "a.csv", f"0,Training,{' '.join(map(str, PIXELS))}", head="emotion, Usage, pixels")
    assert read_fer2013(spelt).images[0].values == {"split": "training"}
    bare = fer(tmp_path / "b.csv", f"3,{' '.join(map(str, PIXELS))}", head="emotion,pixels")
    assert (read_fer2013(bare).images[0].emotion, read_fer2013(bare).images[0].values) == ("happy", {})


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (fer_row(7), "row 3: column 'emotion': got '7', expected 0 to 6"),
        (fer_row("happy"), "row 3: column 'emotion': got 'happy'"),
        (fer_row("²"), "row 3: column 'emotion': got '²'"),
        (fer_row(1, pixels="1 2 3"), "row 3: column 'pixels': got 3 values, expected 2,304 (48 x 48)"),
        (fer_row(1, pixels="1 256 3"), "row 3: column 'pixels': got '256'"),
        (fer_row(1, pixels="1 -4 3"), "row 3: column 'pixels': got '-4'"),
        ("1", "row 3: column 'pixels': got 0 values"),
    ],
)
def test_a_bad_row_of_fer2013_is_named(tmp_path: Path, row: str, says: str) -> None:
    found = read_fer2013(fer(tmp_path / "f.csv", fer_row(0), row, fer_row(2)))
    assert len(found.images) == 2
    with pytest.raises(DataError) as refused:
        found.refuse_faults()
    assert says in str(refused.value) and "--leave-out" in str(refused.value)


def test_kdef_s_names_are_factors(tmp_path: Path) -> None:
    found = read_kdef(kdef(tmp_path / "kdef"))
    frame = is_readable(found, write_set(found, None))
    assert frame.columns == ["image_id", "file", "gender", "identity", "session", "angle", "intended_emotion"]
    row = frame.row(by_predicate=pl.col("image_id") == "BM02AFHL", named=True)
    assert row == {
        "image_id": "BM02AFHL", "file": "BM02/BM02AFHL.JPG", "gender": "male", "identity": "M02", "session": "B",
        "angle": "half left", "intended_emotion": "fear",
    }  # fmt: skip
    straight = chosen(found, ["happy", "afraid"], ["angle=straight", "session=A"], None)
    assert [image.image_id for image in straight.images] == ["AF01AFS", "AF01HAS", "AM02AFS", "AM02HAS"]
    stub = yaml.safe_load(study_stub(straight, "data/kdef/manifest.csv"))
    assert stub["factors"] == {"gender": {"label": "Gender", "levels": ["female", "male"]},
                               "identity": {"label": "Identity"}}  # fmt: skip
    assert stub["emotion"]["categories"] == ["happy", "fear"]


@pytest.mark.parametrize("name", ["AF01XXS.JPG", "CF01ANS.JPG", "AF1ANS.JPG", "AF01AN.JPG", "AF01ANS_edit.jpg"])
def test_a_name_that_is_none_of_kdef_s_is_told(tmp_path: Path, name: str) -> None:
    jpeg(kdef(tmp_path) / "AF01" / name)
    found = read_kdef(tmp_path)
    assert len(found.images) == 56
    with pytest.raises(DataError, match="expected session"):
        found.refuse_faults()


def test_one_image_in_two_folders_is_told(tmp_path: Path) -> None:
    jpeg(kdef(tmp_path) / "again" / "af01ans.jpg")
    (fault,) = read_kdef(tmp_path).faults
    assert "got 'AF01ANS', which AF01/AF01ANS.JPG has already" in str(fault)


def test_affectnet_s_annotations_ride_along_and_what_shows_no_emotion_is_left_out(tmp_path: Path) -> None:
    found = read_affectnet(affectnet(tmp_path / "affectnet"))
    assert len(found.images) == 16
    frame = is_readable(found, write_set(found, tmp_path / "out"))
    assert frame.columns == ["image_id", "file", "intended_emotion"]
    table = pl.read_csv(tmp_path / "out/manifest.csv")
    first = table.row(by_predicate=pl.col("image_id") == "train_1", named=True)
    assert (first["emotion"], first["annotated_valence"], first["annotated_arousal"], first["split"]) == (
        "happy", -0.25, 1.0, "train",
    )  # fmt: skip
    assert (tmp_path / "out/images/val_7.jpg").read_bytes() == (
        tmp_path / "affectnet/val_set/images/7.jpg"
    ).read_bytes()
    (part,) = affectnet(tmp_path / "one", ("val_set",)).iterdir()
    assert {image.image_id for image in read_affectnet(part).images} == {str(number) for number in range(8)}


def spoil_with_pickle(path: Path) -> None:
    np.save(path, np.array({"never": "opened"}, dtype=object), allow_pickle=True)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda path: path.unlink(), "is not there"),
        (lambda path: path.write_bytes(b""), "cannot be read"),
        (lambda path: path.write_bytes(b"\x93NUMPY"), "cannot be read"),
        (spoil_with_pickle, "cannot be read"),
        (lambda path: np.save(path, np.array([1.0, 2.0])), "expected one number"),
        (lambda path: np.save(path, np.array("happy")), "got 'happy', expected a number"),
        (lambda path: np.save(path, np.array(np.nan)), "got nan, expected a number"),
        (lambda path: np.save(path, np.array(11)), "got 11, expected"),
    ],
)
@pytest.mark.parametrize("name", ["exp", "val"])
def test_a_bad_annotation_is_named_and_a_pickle_never_opened(
    tmp_path: Path, spoil: Callable[[Path], object], says: str, name: str
) -> None:
    folder = affectnet(tmp_path, ("val_set",))
    spoil(folder / f"val_set/annotations/3_{name}.npy")
    found = read_affectnet(folder)
    assert len(found.images) == 7
    (fault,) = found.faults
    assert fault.where == f"val_set/annotations/3_{name}.npy" and says in fault.what


def test_folders_named_after_classes_are_read_by_number_and_by_word(tmp_path: Path) -> None:
    for name in ("train/0", "train/6", "train/9", "Test/anger", "Test/Surprise", ".hidden/fear"):
        jpeg(tmp_path / name / "a b.jpg")
    found = read_affectnet(tmp_path)
    assert {(image.image_id, image.emotion) for image in found.images} == {
        ("train_0_a_b", "neutral"), ("train_6_a_b", "angry"), ("Test_anger_a_b", "angry"),
        ("Test_Surprise_a_b", "surprised"),
    }  # fmt: skip
    assert found.faults == ()
    jpeg(tmp_path / "Test/boredom/1.jpg")
    assert "called 'boredom', which is no emotion" in str(read_affectnet(tmp_path).faults[0])
    with pytest.raises(MissingFileError, match="holds no images in folders named after emotions"):
        (tmp_path / "empty").mkdir()
        read_fer2013(tmp_path / "empty")


def test_some_of_a_set_is_always_the_same_some(tmp_path: Path) -> None:
    found = read_kdef(kdef(tmp_path))
    few = chosen(found, [], [], 3)
    assert [len([image for image in few.images if image.emotion == name]) for name in found.categories] == [3] * 7
    assert chosen(found, [], [], 3) == few
    for emotions, only, says in (
        (["proud"], [], "got 'proud', which"),
        ([], ["angel=straight"], r"did you mean 'angle'"),
        ([], ["angle=strait"], r"did you mean 'straight'"),
        ([], ["straight"], "write column=value"),
    ):
        with pytest.raises(ParameterError, match=says):
            chosen(found, emotions, only, None)


def test_what_others_wrote_is_not_replaced_and_what_was_corrected_stays(tmp_path: Path) -> None:
    folder = kdef(tmp_path / "kdef")
    found = read_kdef(folder)
    manifest = write_set(found, None)
    stub, written = write_stub(found, manifest, tmp_path)
    assert written and yaml.safe_load(stub.read_text())["files"]["images"] == "kdef/manifest.csv"
    stub.write_text("mine")
    assert write_set(found, None) == manifest
    assert write_stub(found, manifest, tmp_path) == (stub, False) and stub.read_text() == "mine"
    manifest.write_text("image_id,file\n")
    with pytest.raises(DataError, match="no import wrote it"):
        write_set(found, None)


def test_the_command_line_imports_and_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATER_ROOT", str(ROOT))
    file = fer(tmp_path / "f.csv", *(fer_row(code) for code in range(7)), fer_row(9))
    runner = CliRunner()
    assert "1 fault" in str(runner.invoke(app, ["stimuli", "import", "fer2013", str(file)]).exception)
    refused = runner.invoke(app, ["stimuli", "import", "fer2013", str(file), "--leave-out"]).exception
    assert isinstance(refused, ParameterError) and "--out: is missing" in str(refused)
    out = tmp_path / "out"
    done = runner.invoke(app, ["stimuli", "import", "fer2013", str(file), "--leave-out", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "7 images of 7" in done.stdout and "1 fault, left out" in done.stdout
    assert sorted(path.name for path in out.iterdir()) == ["images", "left_out.csv", "manifest.csv", "study.yaml"]
    one = ["stimuli", "import", "fer2013", str(file), "--leave-out", "--out", str(tmp_path / "b"), "--emotions", "sad"]
    assert "a study needs two or more" in str(runner.invoke(app, one).exception)
    assert not (tmp_path / "b").exists()
