from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from lib.errors import BackendUnavailableError
from lib.local.families import FAMILIES, family_of
from lib.local.weights import find_weights, pulled_models, read_folder, weights_sha256

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def model(folder: Path, **config: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "llava", **config}))
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def refused(model: str, revision: str | None = None, root: Path | None = None) -> str:
    with pytest.raises(BackendUnavailableError) as caught:
        find_weights(model, revision, root)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_of_the_users(tmp_path: Path) -> None:
    found = find_weights("models/mine", root=model(tmp_path / "models/mine").parents[1])
    assert (found.model_type, found.revision, found.size) == ("llava", None, 7)
    assert weights_sha256(found) == hashlib.sha256(b"weights").hexdigest()


def test_the_hash_of_several_files_is_that_of_the_list_that_sha256sum_prints(tmp_path: Path) -> None:
    (model(tmp_path) / "a.safetensors").write_bytes(b"more")
    lines = f"{hashlib.sha256(b'more').hexdigest()}  a.safetensors\n"
    lines += f"{hashlib.sha256(b'weights').hexdigest()}  model.safetensors\n"
    assert weights_sha256(read_folder(tmp_path, "x", None)) == hashlib.sha256(lines.encode()).hexdigest()


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    assert "has no config.json" in refused(str(tmp_path))
    (tmp_path / "config.json").write_text("{")
    assert "cannot be read" in refused(str(tmp_path))
    (tmp_path / "config.json").write_text('{"architectures": []}')
    assert "Is this the folder of a model?" in refused(str(tmp_path))


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pth", "model.ckpt"])
def test_pickled_weights_are_not_read(tmp_path: Path, name: str) -> None:
    (model(tmp_path) / "model.safetensors").unlink()
    (tmp_path / name).write_bytes(b"\x80\x04")
    message = refused(str(tmp_path))
    assert name in message and "can run code" in message


def test_weights_of_which_a_part_is_missing(tmp_path: Path) -> None:
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (model(tmp_path) / "model.safetensors.index.json").write_text(json.dumps(index))
    (tmp_path / "model-1.safetensors").write_bytes(b"")
    assert "model-2.safetensors is missing (1 of" in refused(str(tmp_path))


def test_a_model_that_was_not_pulled_names_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert refused("owner/name").endswith("Pull it: rater models pull owner/name")
    assert refused("owner/name", "v2").endswith("rater models pull owner/name --revision v2")
    assert "no such folder" in refused("./not/there")


def test_a_pulled_model_by_branch_commit_or_the_commits_beginning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    home = tmp_path / "models--owner--name"
    model(home / "snapshots" / COMMIT)
    (home / "refs").mkdir()
    (home / "refs/main").write_text(COMMIT)
    for revision in (None, "main", COMMIT, COMMIT[:8]):
        assert find_weights("owner/name", revision).revision == COMMIT
    assert "not pulled" in refused("owner/name", "other").replace("neither a folder nor pulled", "not pulled")
    assert [(name, commit) for name, commit, _ in pulled_models()] == [("owner/name", COMMIT)]


def test_a_folder_has_no_revision(tmp_path: Path) -> None:
    assert "sha256 says which weights" in refused(str(model(tmp_path)), "main")


def test_a_family_that_there_is_not_is_named_with_those_that_there_are() -> None:
    with pytest.raises(BackendUnavailableError, match=r"got 'blip', but this version runs paligemma, llava"):
        family_of("blip", "x")
    assert family_of("qwen3_vl", "x") is FAMILIES["qwen3_vl"]
