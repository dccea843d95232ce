"""A model's folder as mlx-vlm reads it: names and settings, no code of others, nothing of the user's changed."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from mlx_support import Models

from lib.errors import BackendUnavailableError
from lib.files import sha256_file
from lib.local.mlx_folder import as_mlx_reads, translated
from lib.local.weights import read_folder


def write(folder: Path, config: dict[str, object], dtype: str = "F32", name: str = "a") -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    header = json.dumps({name: {"dtype": dtype, "shape": [1], "data_offsets": [0, 4]}}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + b"\0\0\0\0")
    return folder


def test_code_of_a_model_is_not_run(tmp_path: Path) -> None:
    folder = write(tmp_path / "m", {"model_type": "llava", "model_file": "evil.py"})
    (folder / "evil.py").write_text("raise SystemExit('ran')")
    with (
        pytest.raises(BackendUnavailableError, match=r"model_file: got 'evil.py'"),
        as_mlx_reads(read_folder(folder, "m", None)),
    ):
        pass


def test_a_file_that_would_be_rewritten_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "m", {"model_type": "llava"}, dtype="F8_E8M0")
    with pytest.raises(BackendUnavailableError, match="F8_E8M0"), as_mlx_reads(read_folder(folder, "m", None)):
        pass


def test_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    folder = write(tmp_path / "m", {"model_type": "llava"})
    (folder / "model.safetensors").write_bytes(b"\xff" * 12)
    with (
        pytest.raises(BackendUnavailableError, match="cannot be read as safetensors") as caught,
        as_mlx_reads(read_folder(folder, "m", None)),
    ):
        pass
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "older"),
    [
        ("vision_tower.encoder.layers.0.mlp.fc1.bias", "vision_tower.vision_model.encoder.layers.0.mlp.fc1.bias"),
        ("vision_tower.vision_model.encoder.x", "vision_tower.vision_model.encoder.x"),
        ("vision_tower.blocks.0.attn.proj.bias", "vision_tower.blocks.0.attn.proj.bias"),
        ("language_model.model.norm.weight", "language_model.model.norm.weight"),
    ],
)
def test_names_of_weights(tmp_path: Path, name: str, older: str) -> None:
    folder = write(tmp_path / "m", {"model_type": "llava"}, name=name)
    before = sha256_file(folder / "model.safetensors")
    with as_mlx_reads(read_folder(folder, "m", None)) as made:
        content = (made / "model.safetensors").read_bytes()
        (length,) = struct.unpack("<Q", content[:8])
        assert list(json.loads(content[8 : 8 + length])) == [older]
        assert content[8 + length :] == b"\0\0\0\0"
        assert (made / "model.safetensors").is_symlink() == (name == older)
    assert not made.exists() and sha256_file(folder / "model.safetensors") == before


def test_settings_in_the_older_form_stay() -> None:
    # As in mlx-community/Qwen2.5-VL-3B-Instruct-4bit and Llama-3.2-11B-Vision-Instruct-4bit.
    older = {
        "model_type": "qwen2_5_vl", "hidden_size": 2048, "rope_theta": 1e6, "vision_config": {"depth": 32},
        "rope_scaling": {"type": "mrope", "mrope_section": [16, 24, 24]}, "text_config": {},
    }  # fmt: skip
    assert translated(older) == older
    llama = {
        "model_type": "mllama", "vision_config": {"attention_heads": 16, "num_attention_heads": 16},
        "text_config": {"rope_theta": 5e5, "rope_scaling": {"rope_type": "llama3", "factor": 8.0}},
    }  # fmt: skip
    assert translated(llama) == llama


def test_settings_in_the_newer_form_are_said_as_before() -> None:
    newer = {
        "model_type": "mllama", "vision_config": {"attention_heads": 2},
        "text_config": {
            "rope_parameters": {"rope_theta": 5e5, "rope_type": "llama3", "factor": 8.0}, "pad_token_id": 9,
        },
    }  # fmt: skip
    made = translated(newer)
    assert made["text_config"]["rope_theta"] == 5e5 and made["vision_config"]["num_attention_heads"] == 2
    assert made["text_config"]["rope_scaling"] == {"rope_type": "llama3", "factor": 8.0, "type": "llama3"}
    assert made["pad_token_id"] == 9 and "rope_theta" not in newer["text_config"]


def test_transformers_stays_as_it_was(mlx_models: Models) -> None:
    import transformers

    mlx_models.mlx("qwen2_5_vl")
    assert transformers.AutoProcessor.from_pretrained.__func__.__module__.startswith("transformers.")
