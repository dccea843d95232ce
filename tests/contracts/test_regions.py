from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from lib.contracts.regions import read_regions
from lib.errors import DataError, MissingFileError

SIZES = {"a": (200, 100), "b": (10, 10)}
HEAD = "image_id,region,left,top,right,bottom,x,y\n"


def table(folder: Path, *rows: str) -> Path:
    path = folder / "regions.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def refusal(folder: Path, *rows: str) -> str:
    with pytest.raises(DataError) as caught:
        read_regions(table(folder, *rows), SIZES)
    return str(caught.value)


def test_boxes_and_outlines_become_shares_of_the_picture(tmp_path: Path) -> None:
    found = read_regions(table(tmp_path, "a,mouth,20,10,60,20,,", "b,eyes,0,0,1,1,1 5 3,2 2 4"), SIZES)
    assert found.rows() == [
        ("a", "mouth", [0.1, 0.3, 0.3, 0.1], [0.1, 0.1, 0.2, 0.2]),
        ("b", "eyes", [0.1, 0.5, 0.3], [0.2, 0.2, 0.4]),
    ]


def test_parquet_holds_outlines_as_lists(tmp_path: Path) -> None:
    frame = pl.DataFrame({"image_id": ["a"], "region": ["mouth"], "x": [[0.0, 100, 100]], "y": [[0.0, 0, 50]]})
    frame.write_parquet(tmp_path / "regions.parquet")
    assert read_regions(tmp_path / "regions.parquet", SIZES).row(0)[2:] == ([0.0, 0.5, 0.5], [0.0, 0.0, 0.5])


def test_the_drawn_faces_regions_are_read() -> None:
    drawn = Path(__file__).parents[2] / "data/stimuli/drawn"
    ids = pl.read_csv(drawn / "manifest.csv")["image_id"]
    found = read_regions(drawn / "regions.parquet", dict.fromkeys(ids, (224, 224)))
    assert found.height == 7 * ids.len() and found["region"].n_unique() == 7


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("z,mouth,1,1,2,2,,", "row 3, column 'image_id': got 'z', which is not an image of the study"),
        (",mouth,1,1,2,2,,", "row 3, column 'image_id': got None, every region needs its image"),
        ("a,Left Eye,1,1,2,2,,", "row 3, column 'region': got 'Left Eye', a region is called by small letters"),
        ("a,elsewhere,1,1,2,2,,", "row 3, column 'region': got 'elsewhere'"),
        ("a,eyes,1,1,2,2,,", "row 3, column 'region': got 'eyes', which is given twice for one image"),
        ("b,mouth,8,1,13,4,,", "mouth: 8.0 to 13.0 across, 1.0 to 4.0 down; image 10 x 10', of which more than half"),
        ("b,mouth,1,-9,3,1,,", "row 3, column 'box': got 'mouth"),
        ("b,mouth,4,1,2,4,,", "which has no extent"),
        ("b,mouth,4,one,2,4,,", "row 3, column 'top': got 'one', which is not a number of pixels"),
        ("b,mouth,4,1,5,,,", "whose box lacks one of left, top, right, bottom"),
        ("b,mouth,,,,,,", "which has neither a box nor an outline"),
        ("b,mouth,,,,,1 2,1 2", "whose outline has fewer than three corners"),
        ("b,mouth,,,,,1 2 q,1 2 3", "whose outline has a corner that is not a number"),
        ("b,mouth,,,,,1 2 4,1 2", "not as many numbers in x as in y"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_row(tmp_path: Path, row: str, said: str) -> None:
    message = refusal(tmp_path, "a,eyes,1,1,2,2,,", row)
    assert said in message and "regions.csv" in message and "fault(s)" in message


def test_half_of_a_box_may_lie_outside(tmp_path: Path) -> None:
    assert read_regions(table(tmp_path, "b,mouth,8,1,12,4,,"), SIZES).height == 1


def test_no_file_and_no_parquet(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="rater stimuli regions"):
        read_regions(tmp_path / "none.csv", SIZES)
    (tmp_path / "broken.parquet").write_bytes(b"no table")
    with pytest.raises(DataError, match="not readable as Parquet"):
        read_regions(tmp_path / "broken.parquet", SIZES)
