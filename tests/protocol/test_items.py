"""Which images a run asks about, in which order, and where their files may lie."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol_support import make_condition, make_study

from lib.errors import DataError, MissingFileError, ParameterError
from lib.protocol import image_files
from lib.protocol.image_files import ImageFiles
from lib.protocol.items import another_emotion, asking_order, chosen_ids, distinct, study_items
from lib.protocol.question import Item
from lib.responses.shard import shards

EMOTIONS = ["happy", "sad", "angry"]
IDS = [
    f"{group}{number:02d}_{emotion[:3].title()}"
    for group in ("BM", "KW")
    for number in range(1, 5)
    for emotion in EMOTIONS
]
TOLD = make_condition(strategy="text_only", steps=("valence", "arousal"))


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    folder = tmp_path / "stimuli"
    folder.mkdir()
    for image_id in IDS:
        (folder / f"{image_id}.png").write_bytes(image_id.encode())
    path = folder / "manifest.csv"
    path.write_text("", encoding="utf-8")
    return path


def images(**files: str | None) -> pl.DataFrame:
    names = {image_id: f"{image_id}.png" for image_id in IDS} | files
    intended = [EMOTIONS[number % 3] for number in range(len(IDS))]
    return pl.DataFrame({"image_id": IDS, "file": [names[one] for one in IDS], "intended_emotion": intended})


def items(manifest: Path, frame: pl.DataFrame | None = None, **options: Any) -> list[Item]:
    return study_items(
        make_study(), make_condition(), images() if frame is None else frame, ImageFiles(manifest), **options
    )


def test_all_images_with_the_hashes_of_their_bytes(manifest: Path) -> None:
    found = items(manifest)
    assert sorted(item.image_id for item in found) == sorted(IDS)
    for item in found:
        assert item.sha256 == hashlib.sha256(item.image_id.encode()).hexdigest()
        assert item.path == manifest.parent.resolve() / f"{item.image_id}.png"
        assert item.label is None


def test_a_trial_run_is_a_fixed_sample_of_all_groups(manifest: Path) -> None:
    first = [item.image_id for item in items(manifest, limit=8)]
    assert first == [item.image_id for item in items(manifest)][:8]
    assert first == [item.image_id for item in study_items(make_study(), TOLD, images(), None, limit=8)]
    assert {name[:2] for name in first} == {"BM", "KW"} and first != sorted(first)


@given(st.sets(st.text(max_size=8), max_size=20), st.text(max_size=8), st.integers(0, 9))
def test_more_images_change_no_order(ids: set[str], more: str, seed: int) -> None:
    order = asking_order(ids, seed)
    assert sorted(order) == sorted(ids)
    assert [one for one in asking_order(ids | {more}, seed) if one in ids] == order


def test_another_seed_is_another_order() -> None:
    assert asking_order(IDS, 1) != asking_order(IDS, 2)


def test_only_chosen_images_are_hashed_and_each_once(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[Path] = []
    plain = image_files.sha256_file
    monkeypatch.setattr(image_files, "sha256_file", lambda path: hashed.append(path) or plain(path))
    files = ImageFiles(manifest)
    for _ in range(2):
        chosen = study_items(make_study(), make_condition(), images(), files, choice="KW0[12]_*")
        assert sorted(item.image_id for item in chosen) == [
            one for one in sorted(IDS) if one.startswith(("KW01", "KW02"))
        ]
    assert len(hashed) == 6 == len(set(hashed))


def test_a_file_names_images(manifest: Path, tmp_path: Path) -> None:
    listed = tmp_path / "trial.txt"
    listed.write_text("\ufeffimage_id\n# a comment\nKW01_Sad\n\n BM01_Hap \nKW01_Sad\n", encoding="utf-8")
    assert chosen_ids(IDS, str(listed)) == ["KW01_Sad", "BM01_Hap"]
    listed.write_text("KW01_Sat\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"trial\.txt: line 1: got 'KW01_Sat'.*\(did you mean 'KW01_Sad'\?\)"):
        chosen_ids(IDS, str(listed))
    listed.write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(DataError, match="names no image"):
        chosen_ids(IDS, str(listed))
    listed.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="not readable as text"):
        chosen_ids(IDS, str(listed))


def test_a_pattern_that_fits_nothing_is_explained() -> None:
    with pytest.raises(ParameterError, match=r"--images: got 'XX\*', which is no file and fits no image_id.*BM01_Hap"):
        chosen_ids(IDS, "XX*")


def test_labels_are_the_intended_emotions_or_another_machines() -> None:
    told = study_items(make_study(), TOLD, images(), None)
    assert Counter(item.label for item in told) == {"happy": 8, "sad": 8, "angry": 8}
    assert all(item.path is None and item.sha256 is None for item in told)
    asked = TOLD.model_copy(update={"label_from": "other"})
    answers = {IDS[0]: "fear", IDS[1]: None}
    labelled = {item.image_id: item.label for item in study_items(make_study(), asked, images(), None, labels=answers)}
    assert (labelled[IDS[0]], labelled[IDS[1]], labelled[IDS[2]]) == ("fear", None, None)
    with pytest.raises(
        ParameterError, match=r"label_from: got 'other', of which no answers are known\. Ask other first"
    ):
        study_items(make_study(), asked, images(), None)
    with pytest.raises(ParameterError, match="has no intended emotions to ask about"):
        study_items(make_study(), TOLD, images().drop("intended_emotion"), None)


def test_an_image_is_shown_with_the_intended_emotion_or_any_other(manifest: Path) -> None:
    told = make_condition(steps=("valence", "arousal"))
    given = {"intended": told, "another": told.model_copy(update={"label_from": "another"})}
    found = {name: study_items(make_study(), one, images(), ImageFiles(manifest)) for name, one in given.items()}
    assert all(item.sha256 for items in found.values() for item in items)
    intended = {item.image_id: item.label for item in found["intended"]}
    assert intended == dict(images().select("image_id", "intended_emotion").iter_rows())
    wrong = {item.image_id: item.label for item in found["another"]}
    assert set(wrong.values()) <= set(make_study().emotion.categories)
    assert all(wrong[image_id] != emotion for image_id, emotion in intended.items())
    again = study_items(make_study(), given["another"], images(), ImageFiles(manifest), limit=3)
    assert all(wrong[item.image_id] == item.label for item in again)


def test_the_other_emotions_are_told_about_equally_often() -> None:
    study = make_study()
    drawn = Counter(another_emotion(study, f"face-{number}", "happy") for number in range(5000))
    others = [name for name in study.emotion.categories if name != "happy"]
    assert drawn.keys() == set(others) and another_emotion(study, "face", None) is None
    # Chance alone puts a chi-square with 4 degrees of freedom above 18.5 once in a thousand.
    assert sum((drawn[name] - 1000) ** 2 / 1000 for name in others) < 18.5


def test_equal_content_is_asked_about_once_and_in_one_part(manifest: Path) -> None:
    (manifest.parent / "KW04_Ang.png").write_bytes(b"BM01_Hap")
    found = items(manifest)
    assert len(distinct(found)) == len(found) - 1
    told = study_items(make_study(), TOLD, images(), None)
    assert {item.label for item in distinct(told)} == set(EMOTIONS) and len(distinct(told)) == 3
    for these in (found, told):
        parts = [[item for item in these if shard.takes(item)] for shard in shards(3)]
        assert sorted(item.image_id for part in parts for item in part) == sorted(IDS)
        contents = [{item.sha256 or item.label for item in part} for part in parts]
        assert sum(map(len, contents)) == len(set.union(*contents))


def test_images_without_files_are_explained(manifest: Path) -> None:
    with pytest.raises(ParameterError, match=r"files\.images: is not set in the study file"):
        study_items(make_study(), make_condition(), images(), None)
    with pytest.raises(DataError, match=r"image 'BM01_Hap': column file: got nothing"):
        items(manifest, images(BM01_Hap=None))
    for name in ("BM01_Hap", "KW02_Sad"):
        (manifest.parent / f"{name}.png").unlink()
    with pytest.raises(MissingFileError, match=r"stimuli: 2 of 24 images are not there: .*KW02_Sad \(KW02_Sad\.png\)"):
        items(manifest)
    (manifest.parent / "BM01_Hap.png").mkdir()
    with pytest.raises(MissingFileError, match="2 of 24"):
        items(manifest)


@pytest.mark.parametrize(
    "file", ["../secret.png", "a/../../secret.png", "{outside}", "linked.png", "folder/secret.png"]
)
def test_no_file_outside_the_folder_is_ever_sent(manifest: Path, file: str) -> None:
    outside = manifest.parent.parent / "secret.png"
    outside.write_bytes(b"secret")
    (manifest.parent / "linked.png").symlink_to(outside)
    (manifest.parent / "folder").symlink_to(outside.parent)
    name = file.format(outside=outside)
    with pytest.raises(DataError, match=r"image 'BM01_Hap': column file: got .*, which leads out of"):
        items(manifest, images(BM01_Hap=name))


@pytest.mark.parametrize("file", ["a\0b", "x" * 5000])
def test_a_path_that_is_none_is_explained(manifest: Path, file: str) -> None:
    with pytest.raises(DataError, match=r"image 'BM01_Hap': .* which is no usable path"):
        items(manifest, images(BM01_Hap=file))


def test_the_folder_itself_and_links_inside_it_may_be_links(manifest: Path, tmp_path: Path) -> None:
    (manifest.parent / "again.png").symlink_to(manifest.parent / "BM01_Hap.png")
    link = tmp_path / "link"
    link.symlink_to(manifest.parent)
    found = items(link / "manifest.csv", images(KW01_Sad="again.png"))
    assert {item.image_id: item.sha256 for item in found}["KW01_Sad"] == hashlib.sha256(b"BM01_Hap").hexdigest()
    assert len(items(link)) == len(IDS)  # the folder instead of its manifest


def test_a_file_that_cannot_be_read_is_explained(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(image_files, "sha256_file", refuse)
    with pytest.raises(DataError, match=r"\.png: cannot be read \(Permission denied\)"):
        items(manifest)
