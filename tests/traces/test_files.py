from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lib.errors import DataError
from lib.traces.files import digest, read_part, steps_in, write_part
from lib.traces.naming import trace_file
from lib.traces.parts import Part

NAMES = st.sampled_from(["maps", "tokens", "mass", "ids"])
TYPES = st.sampled_from([np.float16, np.float32, np.int32]).flatmap(
    lambda kind: hnp.arrays(kind, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3))
)
ABOUT = st.dictionaries(st.text(max_size=5), st.one_of(st.none(), st.integers(), st.text(), st.lists(st.text())))
PARTS = st.builds(Part, st.dictionaries(NAMES, TYPES, max_size=3), ABOUT)


@settings(max_examples=20)
@given(PARTS, PARTS, PARTS)
def test_what_is_written_is_read_and_others_stay(first: Part, second: Part, third: Part) -> None:
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "c" / "c_attention_x.npz"
        for step, part in (("emotion", first), ("valence", second), ("emotion", third)):
            write_part(path, step, part)
        assert sorted(steps_in(path)) == ["emotion", "valence"]
        for step, part in (("emotion", third), ("valence", second)):
            back = read_part(path, step)
            assert back.about == part.about and back.arrays.keys() == part.arrays.keys()
            for name, values in part.arrays.items():
                assert back.arrays[name].dtype == values.dtype
                np.testing.assert_array_equal(back.arrays[name], values)
            assert digest(back) == digest(part)
        with np.load(path, allow_pickle=False) as plain:
            assert {f"emotion/{name}" for name in third.arrays} < set(plain.files)


def part(value: float = 1.0) -> Part:
    return Part({"maps": np.full((2, 3), value, np.float16)}, {"key": "k"})


def test_the_digest_tells_values_shapes_and_names_apart() -> None:
    others = [part(2.0), Part({"maps": part().arrays["maps"].T}, {"key": "k"}), Part(part().arrays, {"key": "l"})]
    others.append(Part({"mass": part().arrays["maps"]}, {"key": "k"}))
    assert len({digest(one) for one in [part(), *others]}) == 5


def test_the_same_arrays_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        write_part(tmp_path / name, "emotion", part())
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("harm", ["cut", "flip", "pickle", "empty", "no zip"])
def test_damage_is_said_and_mended_by_writing_again(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "c_attention_x.npz"
    write_part(path, "emotion", Part({"maps": np.random.default_rng(0).random((40, 40))}, {"key": "k"}))
    data = path.read_bytes()
    if harm == "pickle":
        np.savez(path, **{"emotion/maps": np.array([{}], dtype=object)})
    else:
        middle = len(data) // 2
        flipped = data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :]
        path.write_bytes({"cut": data[:middle], "flip": flipped, "empty": b"", "no zip": b"text" * 99}[harm])
    with pytest.raises(DataError, match=r"c_attention_x.npz: is damaged .*rater infer -m c --traces"):
        read_part(path, "emotion")
    write_part(path, "valence", part())
    assert read_part(path, "valence").about == {"key": "k"}


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    path = tmp_path / "c_attention_x.npz"
    with pytest.raises(DataError, match="is not there"):
        read_part(path, "emotion")
    write_part(path, "emotion", part())
    with pytest.raises(DataError, match="holds no step 'valence'"):
        read_part(path, "valence")
    assert steps_in(tmp_path / "none.npz") == []


def test_files_are_named_as_the_laboratory_named_them(tmp_path: Path) -> None:
    assert trace_file(tmp_path, "paligemma2", "attention", "BM01_Ang") == (
        tmp_path / "paligemma2/paligemma2_attention_BM01_Ang.npz"
    )
    again = trace_file(tmp_path, "c", "logits", "x", 2)
    assert again == tmp_path / "c/repeat-2/c_logits_x.npz"
    assert again not in {trace_file(tmp_path, "c", "logits", name) for name in ("x", "repeat-2_x", "x_2")}
    assert trace_file(tmp_path, "c", "logits", "안녕 1.jpg").name == "c_logits_안녕 1.jpg.npz"


@pytest.mark.parametrize(
    "image_id", ["../x", "a/b", "a\\b", "..", ".", "", " ", "a\x00b", "a\nb", "C:x", "x" * 300, "\ud83d"]
)
def test_ids_that_lead_elsewhere_are_refused(tmp_path: Path, image_id: str) -> None:
    with pytest.raises(DataError, match="image_id: got"):
        trace_file(tmp_path, "c", "logits", image_id)
