"""One small service for each test."""

import pytest

from tests.api.small import Small

pytest.register_assert_rewrite("tests.door", "tests.walk")


@pytest.fixture
def small() -> Small:
    """A fresh one."""
    return Small()
