from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from tests_support import SMALL_STUDY

from lib.contracts.study import Study

# A busy machine is no failure: how long an example takes says nothing about whether it holds.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


@pytest.fixture
def small_study() -> Study:
    return Study.model_validate(SMALL_STUDY)


# `pytest --numprocesses 2`: tests that share a costly set-up stay in one process, those of these folders need none, the
# others go by file. What takes long starts first, so that no process waits at the end.
TOGETHER = {
    "tests/chapters/test_notebooks.py": "studies",
    "tests/chapters/test_sections.py": "studies",
    "tests/chapters/test_ledger.py": "studies",
    "tests/chapters/test_consistency.py": "studies",
    "tests/backends/test_transformers_local.py": "tests/local",
    "tests/traces/test_run.py": "tests/local",
    "tests/fer/test_transformers_network.py": "tests/local",
}
TOGETHER_FOLDERS = ("tests/twin", "tests/press", "tests/peers", "tests/local")
EACH_ALONE = ("tests/metrics", "tests/audit")
FIRST = ("studies", "tests/build/test_incremental.py", "tests/pages/test_site.py",
         "tests/twin", "tests/peers")  # fmt: skip


def group_of(nodeid: str) -> str:
    """The name of those tests that run in one process with this one."""
    file = nodeid.partition("::")[0]
    folder = file.rpartition("/")[0]
    if folder in EACH_ALONE:
        return nodeid
    return TOGETHER.get(file, folder if folder in TOGETHER_FOLDERS else file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Groups of our own: the mark `xdist_group` of pytest-xdist 3.8 is passed over by pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    class Grouped(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return Grouped(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first, the rest in its own order."""

    def rank(item: pytest.Item) -> int:
        group = group_of(item.nodeid)
        if group in FIRST:
            return FIRST.index(group)
        return len(FIRST) + (item.get_closest_marker("slow") is None)

    items.sort(key=rank)
