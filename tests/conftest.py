from __future__ import annotations

import pytest
from tests_support import SMALL_STUDY

from lib.contracts.study import Study


@pytest.fixture
def small_study() -> Study:
    return Study.model_validate(SMALL_STUDY)
