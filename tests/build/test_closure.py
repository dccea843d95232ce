from __future__ import annotations

import os
from pathlib import Path

from lib.build.closure import digest, imported_modules, notebook_code, source_files

ROOT = Path(__file__).parents[2]


def names(*modules: str) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in source_files(modules, ROOT)}


def test_imports_of_lib_are_found_in_every_form() -> None:
    code = "import polars\nimport lib.files\nfrom lib.metrics.human import means\nfrom lib.contracts import study"
    expected = {
        "lib.files",
        "lib.metrics.human",
        "lib.metrics.human.means",
        "lib.contracts",
        "lib.contracts.study",
    }
    assert imported_modules(code) == expected


def test_a_module_depends_on_what_it_imports_however_indirectly_and_on_nothing_else() -> None:
    found = names("lib.contracts.ratings")
    assert {"lib/contracts/ratings.py", "lib/contracts/study.py", "lib/contracts/__init__.py", "lib/errors.py"} <= found
    assert not any("metrics" in name or "press" in name or "ratings_plot" in name for name in found)


def test_data_do_not_depend_on_the_twin_nor_the_numbers_on_the_press() -> None:
    assert not any(name.startswith("lib/twin/") for name in names("lib.build.data"))
    assert not any(name.startswith("lib/press/") for name in names("lib.build.chapters", "lib.build.data"))


def test_a_notebooks_code_is_read_without_magics() -> None:
    code = notebook_code(ROOT / "notebooks/human.ipynb")
    assert "lib.study_data" in imported_modules(code)


def test_content_decides_and_never_a_date(tmp_path: Path) -> None:
    path = tmp_path / "a/b.txt"
    path.parent.mkdir()
    path.write_text("one", encoding="utf-8")
    first = digest([path], tmp_path)
    os.utime(path, (0, 0))
    assert digest([path], tmp_path) == first
    assert digest([tmp_path / "a"], tmp_path) == first
    path.write_text("two", encoding="utf-8")
    os.utime(path, (0, 0))
    assert digest([path], tmp_path) != first
    path.rename(tmp_path / "a/c.txt")
    assert digest([tmp_path / "a"], tmp_path) != digest([path], tmp_path)
