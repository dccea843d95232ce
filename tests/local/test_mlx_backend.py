"""MLX as a backend: a question of a run becomes an answer with its record, and what cannot be asked is said before."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from backends_support import ROOT, STUDY
from mlx_support import Models, picture

from lib.backends.base import Answer
from lib.backends.local_readiness import problem_of
from lib.backends.mlx_local import MlxBackend
from lib.backends.registry import check_settings, open_backend
from lib.contracts.condition import Condition, read_conditions
from lib.errors import BackendUnavailableError, ParameterError
from lib.protocol.question import Item, Question

WITH_MLX = [
    one
    for folder in ("conditions", "library")
    for one in read_conditions(ROOT / "params" / folder).values()
    if one.backend == "mlx"
]


def condition(model: Path, **changes: Any) -> Condition:
    described = {
        "id": "tiny", "name": "Tiny", "short_name": "Tiny", "kind": "vlm", "backend": "mlx", "model": str(model),
        "strategy": "context_carry", "prompts": "plain", "specification": {"developer": "the tests"},
        "decoding": {"temperature": 0, "max_tokens": 4, "log_probabilities": 3}, **changes,
    }  # fmt: skip
    return Condition.model_validate(described)


def ask(one: Condition) -> Answer:
    async def run() -> Answer:
        backend = open_backend(one, STUDY)
        try:
            await backend.preflight()
            return await backend.ask(Question(Item("a"), "emotion", 0, "What is it?", "key"), picture(0))
        finally:
            await backend.close()

    return asyncio.run(run())


@pytest.mark.parametrize("one", WITH_MLX, ids=lambda one: one.id)
def test_conditions_can_be_asked_as_written(one: Condition) -> None:
    check_settings(one)
    assert isinstance(open_backend(one, STUDY), MlxBackend)


def test_an_answer_with_its_record(mlx_models: Models) -> None:
    answer = ask(condition(mlx_models.folder("qwen3_vl"), thinking={"mode": "budget", "budget": 2}))
    assert (answer.finish_reason, answer.tokens_thinking, answer.fingerprint) == ("thinking_budget.length", 2, "cpu")
    assert answer.model_version is not None and "float32 (mlx-vlm 0." in answer.model_version
    assert answer.log_probabilities is not None and {len(step) for step in answer.log_probabilities} == {3}
    assert len(answer.log_probabilities) >= 4


def test_questions_side_by_side_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"local\.batch: got 4, but MLX answers one question at a time"):
        check_settings(condition(tmp_path, local={"batch": 4}))


def test_a_family_that_it_does_not_run_is_said_without_loading(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "internvl"}))
    (tmp_path / "model.safetensors").write_bytes(b"")
    said = problem_of(condition(tmp_path))
    assert said is not None and "internvl" in said and "backend transformers" in said


def test_code_of_a_model_is_refused_before_anything_is_loaded(mlx_models: Models, tmp_path: Path) -> None:
    for path in mlx_models.folder("llava").iterdir():
        (tmp_path / path.name).symlink_to(path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").unlink()
    (tmp_path / "config.json").write_text(json.dumps({**config, "model_file": "evil.py"}))
    with pytest.raises(BackendUnavailableError, match="model_file"):
        asyncio.run(open_backend(condition(tmp_path), STUDY).preflight())


def test_the_doctor_says_what_to_do_for_models_of_this_machine(mlx_models: Models, tmp_path: Path) -> None:
    from lib.cli.doctor import models

    there = {"a": condition(tmp_path, id="a"), "b": condition(Path("o/n"), id="b", backend="transformers")}
    found = {finding.what: (finding.state, finding.cure) for finding in models(there)}
    assert found["Models with mlx"][0] == "not ready for a" and "config.json" in found["Models with mlx"][1]
    assert found["Models with transformers"][1].endswith("rater models pull o/n")
    assert not list(models({}))
