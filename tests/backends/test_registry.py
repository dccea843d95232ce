from __future__ import annotations

import subprocess
import sys

import pytest
from backends_support import PROVIDERS, ROOT, STUDY, condition

from lib.backends.registry import REGISTRY, Entry, check_settings, open_backend
from lib.contracts.condition import Condition, read_conditions
from lib.errors import BackendUnavailableError, ParameterError
from lib.tables.design import BACKENDS

CONDITIONS = read_conditions(ROOT / "params/conditions")


@pytest.mark.parametrize(
    "asked", [one for one in CONDITIONS.values() if one.backend in PROVIDERS], ids=lambda one: one.id
)
def test_every_condition_of_the_paper_that_a_server_answers_can_be_asked_as_written(
    asked: Condition, no_keys: None
) -> None:
    check_settings(asked)


def test_what_is_not_in_this_version_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = condition("openai")
    monkeypatch.setitem(REGISTRY, "openai", Entry("not there yet"))
    with pytest.raises(BackendUnavailableError, match="not in this version") as caught:
        open_backend(asked, STUDY)
    assert asked.id in str(caught.value) and "\n" not in str(caught.value)


def test_people_and_unknown_machines_cannot_be_asked() -> None:
    unknown = condition("openai").model_copy(update={"backend": "unknown"})
    with pytest.raises(BackendUnavailableError, match="nobody to ask"):
        open_backend(unknown, STUDY)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_setting_that_cannot_be_taken_is_refused_by_opening_too(name: str, no_keys: None) -> None:
    foreign = "media_resolution" if name == "openai" else "image_detail"
    with pytest.raises(ParameterError, match=f"{name}-test: decoding"):
        open_backend(condition(name, decoding={foreign: "low"}), STUDY)


def test_every_backend_of_a_condition_file_is_registered() -> None:
    known = set(Condition.model_fields["backend"].annotation.__args__)  # type: ignore[union-attr]
    assert known - set(REGISTRY) == {"held-out-rater", "unknown"}
    assert set(BACKENDS) == known


def test_lists_and_checks_load_no_sdk() -> None:
    code = (
        "import sys, lib.backends.registry, lib.backends.readiness, lib.cli.backends;"
        "print([name for name in ('openai', 'google.genai', 'ollama', 'aiohttp', 'httpx') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"
