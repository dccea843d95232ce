"""What `docs/fer.md` says of flags, keys, conditions and coordinates is what the code has."""

from __future__ import annotations

import re

from lib.contracts.classifier import Classifier, Input
from lib.contracts.condition import read_conditions
from lib.project import find_root
from lib.protocol.classifier import FLAGS
from lib.protocol.coordinates import COORDINATES

ROOT = find_root()
TEXT = (ROOT / "docs/fer.md").read_text(encoding="utf-8")


def test_every_flag_is_explained() -> None:
    assert all(f"| `{flag}` | {meaning} |" in TEXT for flag, meaning in FLAGS.items())


def test_every_key_is_explained_and_none_that_is_not_there() -> None:
    section = TEXT[TEXT.index("| key | what it is |") : TEXT.index("Files as they are count")]
    told = {
        name.removeprefix("input.")
        for row in re.findall(r"^\| (`.*?) \|", section, re.M)
        for name in re.findall(r"`([\w.]+)`", row)
    }
    known = {*Classifier.model_fields, *Input.model_fields} - {"input", "package"}
    assert told == known and "`package`" in section


def test_conditions_and_their_files_are_there() -> None:
    conditions = read_conditions(ROOT / "params/conditions") | read_conditions(ROOT / "params/library")
    for name, file in re.findall(r"^\| `([\w-]+)` \| (?:folder )?`((?:\./)?models/[\w./-]+)` \|", TEXT, re.M):
        assert conditions[name].classifier.weights == file
    assert {"face-api", "face-api-drawn", "fer", "fer-drawn"} <= set(conditions)
    assert len(re.findall(r"`(?:\./)?models/[\w./-]+` \|", TEXT)) == 5


def test_coordinates_are_those_of_the_code() -> None:
    told = re.search(r"Mehrabian \(1977\): (.*?)\. They", TEXT)
    places = dict(re.findall(r"(\w+) (-?[\d.]+ and -?[\d.]+)", told[1]))
    assert {name: tuple(map(float, both.split(" and "))) for name, both in places.items()} == {
        name: (COORDINATES["valence"][name], COORDINATES["arousal"][name]) for name in COORDINATES["valence"]
    }
