"""A set with one of every fault: each is found, by image, and nothing else is."""

from __future__ import annotations

import html.parser
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image
from stimuli_support import ROOT, face
from typer.testing import CliRunner

from lib.build.stimuli_report import images_of, look_at_design, write_report
from lib.cli.main import app
from lib.contracts.study import Study
from lib.errors import MissingFileError
from lib.project import open_project
from lib.stimuli.design_report import KINDS, DesignReport

EVIL = '<script>alert(1)</script>"&'
STUDY = Study.model_validate(
    {
        "id": "any", "title": f"Any study {EVIL}", "files": {"images": "data/any/manifest.csv", "ratings": "r.csv"},
        "factors": {
            "age_group": {"label": "Age", "levels": ["old", "young"]},
            "hair": {"label": "Hair", "levels": ["dark", "fair"]},
            "actor": {"label": "Actor"},
        },
        "emotion": {"categories": ["joy", "calm"]},
        "dimensions": {"valence": {"low": 1, "high": 9, "low_label": "low", "high_label": "high"}},
    }
)  # fmt: skip


def balanced(folder: Path) -> pl.DataFrame:
    """2 ages x 2 colours of hair x 2 emotions x 3 actors, all sound and different."""
    rows = []
    for age in ("old", "young"):
        for hair in ("dark", "fair"):
            for actor in range(3):
                for emotion in ("joy", "calm"):
                    image_id = f"{age}{hair}{actor}{emotion}"
                    face(len(rows) * 3 + 1, (240, 288)).save(folder / f"{image_id}.png")
                    rows.append({"image_id": image_id, "file": f"{image_id}.png", "emotion": emotion,
                                 "Age group": age, "hair": hair, "actor": f"{age}{hair}{actor}"})  # fmt: skip
    return pl.DataFrame(rows)


def look(folder: Path, manifest: pl.DataFrame) -> DesignReport:
    manifest.write_csv(folder / "manifest.csv")
    return look_at_design(folder / "manifest.csv", STUDY, 1)


def found(report: DesignReport) -> set[tuple[str, str]]:
    return set(report.findings.select("image_id", "kind").iter_rows())


def test_a_sound_set_of_any_factors_has_no_findings(tmp_path: Path) -> None:
    report = look(tmp_path, balanced(tmp_path))
    assert found(report) == set() and report.serious == 0 and report.warnings == ()
    assert report.cells["n"].to_list() == [3] * 8
    assert report.cells.columns == ["age_group", "hair", "intended_emotion", "n"]
    assert set(report.brightness["factor"]) == {"age_group", "hair", "intended_emotion", "age_group x hair"}
    assert report.images["image_width"].to_list() == [240] * 24


def test_each_fault_is_found_at_its_image_and_no_other(tmp_path: Path) -> None:
    manifest = balanced(tmp_path)
    names = manifest["file"].to_list()
    paths = [tmp_path / name for name in names]
    paths[0].unlink()
    paths[1].write_bytes(paths[1].read_bytes()[:150])
    paths[2].write_bytes(b"")
    paths[3].write_bytes(paths[4].read_bytes())
    Image.open(paths[5]).convert("CMYK").save(paths[5].with_suffix(".jpg"))
    Image.fromarray(np.asarray(Image.open(paths[6]).convert("L")).astype(np.uint16) * 257).save(paths[6])
    clear = Image.open(paths[7]).convert("RGBA")
    clear.putalpha(90)
    clear.save(paths[7])
    Image.open(paths[8]).save(paths[8].with_suffix(".gif"), save_all=True, append_images=[face(99)])
    exif = Image.Exif()
    exif[0x0112] = 3
    Image.open(paths[9]).save(paths[9].with_suffix(".jpg"), exif=exif.tobytes(), quality=95)
    Image.open(paths[16]).resize((120, 144)).save(paths[10])
    Image.new("RGB", (240, 288), "white").save(paths[12])
    renamed = {5: ".jpg", 8: ".gif", 9: ".jpg"}
    files = [str(Path(name).with_suffix(renamed.get(number, ".png"))) for number, name in enumerate(names)]
    files[13] = "../outside.png"
    ids = manifest["image_id"].to_list()
    report = look(tmp_path, manifest.with_columns(pl.Series("file", files)).filter(pl.col("image_id") != ids[14]))
    expected = {
        (0, "missing"), (1, "undecodable"), (2, "undecodable"), (3, "duplicate"), (4, "duplicate"), (5, "cmyk"),
        (6, "deep"), (6, "grey"), (7, "transparent"), (8, "animated"), (9, "rotated"), (10, "size"),
        (10, "same_picture"), (16, "same_picture"), (12, "unusual_luminance"), (13, "unusable_path"),
    }  # fmt: skip
    incomplete = {("", "incomplete")}
    assert found(report) == {(ids[number], kind) for number, kind in expected} | incomplete
    assert report.serious == 4
    detail = dict(report.findings.filter(pl.col("kind") == "incomplete").select("kind", "detail").iter_rows())
    assert detail == {"incomplete": "actor young dark youngdark1: 0 of joy, most have 1"}
    assert report.warnings and "2" in report.warnings[0]
    assert set(report.counts()) <= set(KINDS)


class _Page(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href"} or name.startswith("on")]


def test_the_page_needs_nothing_else_and_every_word_is_escaped(tmp_path: Path) -> None:
    manifest = balanced(tmp_path)
    names = [f"{EVIL}{number}" for number in range(3)]
    manifest = manifest.with_columns(
        pl.Series("image_id", [*names, *manifest["image_id"].to_list()[3:]]),
        pl.Series("file", ["<b>none</b>.png", *manifest["file"].to_list()[1:]]),
    )
    (tmp_path / "transform").mkdir()
    pl.DataFrame({"image_id": [EVIL], "flags": ["refusal"], "refusal": [EVIL]}).write_csv(
        tmp_path / "transform/checks.csv"
    )
    *tables, path = write_report(look(tmp_path, manifest), tmp_path / "out")
    text = path.read_text()
    page = _Page()
    page.feed(text)
    assert "script" not in page.tags and "b" not in page.tags
    assert page.addresses and all(address.startswith("data:image/jpeg;base64,") for address in page.addresses)
    assert "&lt;script&gt;" in text and "&lt;b&gt;none&lt;/b&gt;" in text
    assert "1 of 1 image that were made are flagged" in text
    assert [table.name for table in tables] == ["images.csv", "cells.csv", "brightness.csv", "findings.csv"]
    assert pl.read_csv(tmp_path / "out/images.csv").height == 24


def test_the_command_line_reports_and_fails_where_images_cannot_be_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATER_ROOT", str(ROOT))
    rows = [f"BM01_{code},{code}.png,{emotion},Black,Man,BM01" for code, emotion in
            (("Ang", "angry"), ("Hap", "happy"))]  # fmt: skip
    (tmp_path / "m.csv").write_text("image_id,file,emotion,race,gender,identity\n" + "\n".join(rows) + "\n")
    face(1).save(tmp_path / "Ang.png")
    command = ["stimuli", "report", "--images", str(tmp_path / "m.csv"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, command)
    assert (done.exit_code, "1 missing: the file is not there" in done.stdout) == (1, True)
    face(2).save(tmp_path / "Hap.png")
    done = CliRunner().invoke(app, command)
    assert (done.exit_code, "2 images in" in done.stdout) == (0, True)
    assert (tmp_path / "out/report.html").is_file()
    with pytest.raises(MissingFileError, match="so there are no images to look at"):
        images_of(open_project(), tmp_path / "none")
