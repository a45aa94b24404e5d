"""A fresh desk for every test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.imports.desk import Desk, desk_on


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """Membership with one member, on an empty folder."""
    async with desk_on(tmp_path) as made:
        yield made
