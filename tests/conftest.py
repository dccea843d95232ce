from __future__ import annotations

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
