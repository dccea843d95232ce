"""Ablations: what a file may say, and what becomes of a condition that is varied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from protocol_support import make_condition

from lib.contracts.ablation import Ablation, find_retest, merged, read_ablation, retest
from lib.contracts.known_conditions import KnownConditions
from lib.errors import ParameterError

ROOT = Path(__file__).parents[2]


def ablation(**variants: dict[str, Any]) -> Ablation:
    return Ablation.model_validate(
        {"id": "warm", "title": "Warm", "question": "?", "analysis": "temperature", "variants": variants}
    )


def test_a_variant_is_the_condition_with_its_changes() -> None:
    base = make_condition(
        decoding={"temperature": 0, "seed": 42, "top_p": 0.9}, thinking={"mode": "budget", "budget": 9}
    )
    changes = {
        "decoding": {"temperature": 0.3, "top_p": None},
        "repeats": 5,
        "thinking": {"mode": "off", "budget": None},
    }
    varied = ablation(hot={"label": "0.3", "changes": changes}).varied(base)["machine.warm.hot"]
    assert (varied.id, varied.name, varied.short_name) == ("machine.warm.hot", "Machine, 0.3", "Machine 0.3")
    assert varied.decoding.model_dump(exclude_none=True) == {"temperature": 0.3, "seed": 42}
    assert (varied.repeats, varied.thinking.mode, varied.thinking.budget) == (5, "off", None)
    untouched = {"backend", "model", "strategy", "prompts", "steps", "specification"}
    assert varied.model_dump(include=untouched) == base.model_dump(include=untouched)


def test_the_label_may_be_what_the_base_answered() -> None:
    alone = {"strategy": "text_only", "steps": ["valence"], "label_from": "base"}
    assert (
        ablation(alone={"label": "alone", "changes": alone}).varied(make_condition())["machine.warm.alone"].label_from
        == "machine"
    )


@pytest.mark.parametrize(
    ("variant", "says"),
    [
        ({"changes": {"steps": ["valence", "valence"]}}, r"variants\.x: .*condition machine: a step is listed twice"),
        ({"changes": {"decoding": {"temprature": 1}}}, r"'temprature' \(did you mean 'temperature'\?\)"),
        ({"changes": {"decoding": {"temperature": 3}}}, r"temperature: .*less than or equal to 2; got 3"),
    ],
)
def test_a_change_that_does_not_fit_is_explained(variant: dict[str, Any], says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        ablation(x={"label": "x", **variant}).varied(make_condition())


def test_files_are_named_after_their_ids_and_leave_names_alone(tmp_path: Path) -> None:
    content = {"id": "warm", "title": "W", "question": "?", "analysis": "temperature"}
    (tmp_path / "other.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(
        ParameterError, match=r"id: got 'warm', but the file is named other\.yaml\. Rename it warm\.yaml"
    ):
        read_ablation(tmp_path / "other.yaml")
    for change, says in (
        ({"id": "a.b"}, "small letters, digits, hyphens"),
        ({"variants": {"x": {"label": "x", "changes": {"id": "y"}}}}, "id is made up from the condition and the label"),
        ({"id": "retest-r3"}, "which `rater test-retest` uses"),
        ({"analysis": "tempereture"}, "analysis: "),
    ):
        path = tmp_path / f"{change.get('id', 'other')}.yaml"
        path.write_text(yaml.safe_dump(content | {"id": "other"} | change))
        with pytest.raises(ParameterError, match=says):
            read_ablation(path)


settings_of = st.recursive(
    st.integers() | st.text(max_size=2), lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
)


@given(st.dictionaries(st.sampled_from("abc"), settings_of), st.dictionaries(st.sampled_from("abc"), settings_of))
def test_merging_twice_is_merging_once_and_takes_nothing_else(known: dict[str, Any], changes: dict[str, Any]) -> None:
    once = merged(known, changes)
    assert merged(once, changes) == once and merged(known, {}) == known
    assert all(once[name] == known[name] for name in known.keys() - changes.keys())
    assert all(once[name] == change for name, change in changes.items() if not isinstance(change, dict))


@given(st.integers(2, 99), st.none() | st.integers(0, 200))
def test_the_pilot_is_found_again_by_its_id(repeats: int, hundredths: int | None) -> None:
    temperature = None if hundredths is None else hundredths / 100
    pilot = retest(repeats, temperature, 50)
    found = find_retest(pilot.id)
    assert found is not None and found.variants == pilot.variants and pilot.images == 50
    varied = pilot.varied(make_condition(decoding={"temperature": 0.9}))
    again, backwards = varied[f"machine.{pilot.id}.again"], varied[f"machine.{pilot.id}.backwards"]
    assert (again.repeats, backwards.repeats) == (repeats, 1)
    assert again.decoding.temperature == backwards.decoding.temperature == (0.9 if temperature is None else temperature)
    assert (pilot.variants["backwards"].order, pilot.variants["backwards"].one_by_one) == ("reversed", True)


@pytest.mark.parametrize(("repeats", "temperature"), [(1, None), (100, None), (3, 0.333), (3, -1), (3, 2.5)])
def test_a_pilot_out_of_range_is_refused(repeats: int, temperature: float | None) -> None:
    with pytest.raises(ParameterError, match=r"-[rt]: got"):
        retest(repeats, temperature, 50)


@pytest.fixture(scope="module")
def known() -> KnownConditions:
    return KnownConditions(ROOT, "params/conditions")


def test_every_ablation_of_the_project_fits_the_condition_that_it_names(known: KnownConditions) -> None:
    assert {"A1", "A2", "A3", "A4", "A5", "A6", "A8", "A9"} <= {one.letter for one in known.ablations.values()}
    for one in known.ablations.values():
        assert one.base is not None or not one.variants
        for name, condition in one.varied(known.find(one.base)).items() if one.base else ():
            assert known.find(name) == condition and known.has(name)
            assert [path.name for path in known.files(name)] == [f"{one.base}.yaml", f"{one.id}.yaml"]
            assert all(path.is_file() for path in known.files(name))


def test_a_study_may_be_about_some_conditions_of_a_folder() -> None:
    some = KnownConditions(ROOT, "params/library", ("pocket-rater", "face-api-drawn"))
    assert list(some.own) == ["pocket-rater", "face-api-drawn"] and "fer-drawn" in some.library
    assert not some.own.keys() & some.library.keys()
    with pytest.raises(
        ParameterError, match=r"machines: got 'poket-rater', .* has no file \(did you mean 'pocket-rater'"
    ):
        KnownConditions(ROOT, "params/library", ("poket-rater",)).find("x")


def test_variants_are_found_for_ids_with_dots(known: KnownConditions) -> None:
    assert known.find("gemini-2.5-flash.temperature.t07").decoding.temperature == 0.7
    assert known.find("qwen2.5-vl-3b-transformers.retest-r4-t0_3.again").repeats == 4
    varied = known.variant("gpt-4o-mini.retest-r3.backwards")
    assert varied is not None and (varied.base.id, varied.name) == ("gpt-4o-mini", "backwards")
    assert varied.variant.order == "reversed" and known.variant("gpt-4o-mini") is None


@pytest.mark.parametrize(
    "name", ["gpt-4o-mini.temperature.t9", "gpt-4o-mini.cold.t0", "gpt.temperature.t0", "a.b", ".."]
)
def test_what_is_no_variant_is_said(known: KnownConditions, name: str) -> None:
    assert not known.has(name)
    with pytest.raises(ParameterError, match="which there is not"):
        known.find(name)
    with pytest.raises(ParameterError, match=r"ablation: got 'temperture', .*did you mean 'temperature'"):
        known.ablation("temperture")
