from __future__ import annotations

from pathlib import Path

import pytest
from fer_support import classifier_condition

from lib.contracts.classifier import Classifier
from lib.errors import BackendUnavailableError
from lib.fer.files import find_file
from lib.roots import root_or_here


def described(**changes: object) -> Classifier:
    found = classifier_condition(classifier=changes).classifier
    assert found is not None
    return found


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "_quarto.yml").touch()
    (tmp_path / "params").mkdir()
    (tmp_path / "models").mkdir()
    (tmp_path / "models/a.onnx").write_bytes(b"weights")
    monkeypatch.delenv("RATER_ROOT", raising=False)
    monkeypatch.chdir(tmp_path / "models")
    return tmp_path


def test_paths_start_at_the_project_s_root(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert root_or_here() == root
    for name in ("models/a.onnx", str(root / "models/a.onnx")):
        assert find_file("c", described(weights=name), ".onnx") == root / "models/a.onnx"
    monkeypatch.setenv("HOME", str(root))
    assert find_file("c", described(weights="~/models/a.onnx"), ".onnx") == root / "models/a.onnx"
    monkeypatch.setenv("RATER_ROOT", str(root / "models"))
    assert find_file("c", described(weights="a.onnx"), ".onnx") == root / "models/a.onnx"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"weights": "models/b.onnx"},
            r"got 'models/b\.onnx', but there is no file .*models/b\.onnx\. Put the model's",
        ),
        ({"weights": "models/a.pth"}, r"got 'models/a\.pth', which can run code and is not read, expected .* \.onnx"),
        ({"weights": "models/a.tflite"}, r"expected a file that ends in \.onnx; docs/fer\.md"),
        ({"package": "no_such_package"}, r"package: got 'no_such_package', which is not installed"),
        ({"package": "no_such.package"}, r"got 'no_such\.package', which is not installed"),
        ({"package": "lib.fer", "weights": "assets/b.onnx"}, r"there is no file .*fer/assets/b\.onnx"),
    ],
)
def test_a_file_that_is_not_there_is_named_with_the_cure(root: Path, changes: dict[str, str], says: str) -> None:
    with pytest.raises(BackendUnavailableError, match=rf"^condition c: classifier.*{says}"):
        find_file("c", described(**changes), ".onnx")


def test_a_file_of_a_package_is_found_without_importing_it(root: Path) -> None:
    path = find_file("c", described(package="lib.fer", weights="assets/face-api-expression.onnx"), ".onnx")
    assert path.is_file()
