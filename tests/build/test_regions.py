from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from PIL import Image

from lib.build.regions import gather_regions
from lib.errors import DataError, MissingFileError, ParameterError
from lib.project import Project, open_project
from lib.stimuli.image_sizes import image_size
from lib.study_data import REGIONS, StudyData

STUDY = {
    "id": "faces", "title": "Two faces", "emotion": {"categories": ["joy", "anger"]},
    "files": {"images": "data/manifest.csv", "ratings": "data/ratings.csv", "regions": "data/regions.csv"},
    "dimensions": {"valence": {"low": 1, "high": 9, "low_label": "bad", "high_label": "good"}},
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Project:
    for name in ("params", "data"):
        (tmp_path / name).mkdir()
    Image.new("RGB", (40, 20)).save(tmp_path / "data/a.png")
    turned = Image.new("RGB", (40, 20))
    exif = turned.getexif()
    exif[0x0112] = 6  # shown a quarter turn to the right
    turned.save(tmp_path / "data/b.jpg", exif=exif)
    (tmp_path / "data/manifest.csv").write_text("image_id,file,emotion\na,a.png,joy\nb,b.jpg,anger\n")
    (tmp_path / "data/regions.csv").write_text(
        "image_id,region,left,top,right,bottom\na,mouth,10,10,20,15\nb,mouth,10,10,20,30\n"
    )
    (tmp_path / "params/faces.yaml").write_text(yaml.safe_dump(STUDY))
    return open_project("params/faces.yaml", tmp_path)


def test_regions_are_placed_on_pictures_as_they_are_seen(project: Project) -> None:
    assert image_size(project.root / "data/b.jpg") == (20, 40)
    gather_regions(project)
    found = StudyData(project).regions
    assert found is not None and found["x"].to_list() == [[0.25, 0.5, 0.5, 0.25], [0.5, 1.0, 1.0, 0.5]]
    assert found["y"].to_list() == [[0.5, 0.5, 0.75, 0.75], [0.25, 0.25, 0.75, 0.75]]


def test_a_faulty_region_leaves_nothing_behind(project: Project) -> None:
    path = project.root / "data/regions.csv"
    path.write_text(path.read_text() + "c,mouth,1,1,2,2\na,nose,39,1,60,5\n")
    with pytest.raises(DataError, match=r"row 4, column 'image_id': got 'c'(.|\n)*row 5, column 'box'"):
        gather_regions(project)
    assert not (project.cache / REGIONS).exists()


def test_images_are_needed(project: Project) -> None:
    (project.root / "data/a.png").unlink()
    with pytest.raises(MissingFileError, match=r"a\.png"):
        gather_regions(project)
    (project.root / "data/a.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"a\.png: cannot be read as an image"):
        gather_regions(project)


def test_a_study_without_regions_has_none(project: Project) -> None:
    files = {name: value for name, value in STUDY["files"].items() if name != "regions"}
    project.study_file.write_text(yaml.safe_dump(STUDY | {"files": files}))
    plain = open_project("params/faces.yaml", project.root)
    assert StudyData(plain).regions is None
    with pytest.raises(ParameterError, match="names no regions"):
        gather_regions(plain)
