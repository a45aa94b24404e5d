"""One small service for each test."""

import pytest

from tests.api.small import Small


@pytest.fixture
def small() -> Small:
    """A fresh one."""
    return Small()
