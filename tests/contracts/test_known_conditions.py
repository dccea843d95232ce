"""One faulty file stops what needs it: its own condition, and the pages of its study."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from lib.contracts.known_conditions import ABLATIONS, LIBRARY, KnownConditions
from lib.errors import ParameterError

ROOT = Path(__file__).parents[2]
OWN = "params/own"
SOUND, FAULTY = "pocket-rater", "a-broken-one"
VARIANT = f"{SOUND}.temperature.t03"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A sound condition beside a faulty one that comes before it, in the study's folder, and the same of ablations."""
    for folder in (OWN, LIBRARY, ABLATIONS):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / f"{FAULTY}.yaml").write_text("name: nobody\nmodle: x\n")
    shutil.copy(ROOT / LIBRARY / f"{SOUND}.yaml", tmp_path / OWN)
    shutil.copy(ROOT / ABLATIONS / "temperature.yaml", tmp_path / ABLATIONS)
    return tmp_path


@pytest.fixture(params=[False, True], ids=["strict", "sound_only"])
def known(request: pytest.FixtureRequest, root: Path) -> KnownConditions:
    return KnownConditions(root, OWN, sound_only=request.param)


def test_a_sound_condition_and_its_variants_are_found_beside_a_faulty_file(known: KnownConditions) -> None:
    assert known.find(SOUND).id == SOUND
    assert known.find(VARIANT).decoding.temperature == 0.3
    assert known.has(SOUND) and known.has(VARIANT) and known.variant(VARIANT) is not None
    assert known.ablation("temperature").letter == "A3"
    assert [path.name for path in known.files(VARIANT)] == [f"{SOUND}.yaml", "temperature.yaml"]


def test_the_faulty_one_is_told_where_it_is_asked_for(known: KnownConditions) -> None:
    for ask in (known.find, known.ablation):
        with pytest.raises(ParameterError, match=rf"{FAULTY}\.yaml: \d+ fault\(s\)\n  "):
            ask(FAULTY)
    with pytest.raises(ParameterError, match=rf"did you mean '{SOUND}'"):
        known.find("poket-rater")


def test_pages_leave_no_described_condition_out_and_say_how_to_do_without_it(root: Path) -> None:
    (root / OWN / "b-broken-too.yaml").write_text("- 1\n")
    with pytest.raises(ParameterError) as caught:
        _ = KnownConditions(root, OWN).own
    said = str(caught.value)
    assert f"{FAULTY}.yaml" in said and "b-broken-too.yaml" in said and f"or take it out of {OWN}" in said
    assert list(KnownConditions(root, OWN, chosen=(SOUND,)).own) == [SOUND]


def test_lists_show_what_can_be_read_and_a_line_for_each_file_that_cannot(root: Path) -> None:
    known = KnownConditions(root, OWN, sound_only=True)
    assert (list(known.own), list(known.library), list(known.ablations)) == ([SOUND], [], ["temperature"])
    assert {path.parent.relative_to(root).as_posix() for path in known.faults} == {OWN, ABLATIONS}
    assert all("\n" not in line and line.startswith(str(path)) for path, line in known.faults.items())


def test_a_file_that_says_another_id_and_two_files_for_one(root: Path) -> None:
    content = yaml.safe_load((root / OWN / f"{SOUND}.yaml").read_text())
    (root / OWN / "copied.yaml").write_text(yaml.safe_dump(content))
    known = KnownConditions(root, OWN)
    assert known.find(SOUND).id == SOUND
    with pytest.raises(ParameterError, match=rf"copied\.yaml: id: got '{SOUND}', which .*{SOUND}\.yaml has already"):
        known.find("copied")
    shutil.copy(root / OWN / f"{SOUND}.yaml", root / OWN / f"{SOUND}.yml")
    with pytest.raises(ParameterError, match=rf"{SOUND}\.yaml is for the same condition"):
        KnownConditions(root, OWN).find(SOUND)
