"""The same on PostgreSQL, where the service's role may only do what it must."""

from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.postgres import ServiceDatabase
from tests.imports.desk import ASSETS, assets, desk_on
from tests.plugins.require import needs

pytestmark = [needs("postgres"), pytest.mark.timeout(300)]


async def test_the_real_file_is_tried_loaded_compared_and_repeated(
    tmp_path: Path, fresh_database: Callable[[], ServiceDatabase]
) -> None:
    content = assets().read_bytes()
    fewer = b"\n".join(content.splitlines()[:200])
    async with desk_on(tmp_path, fresh_database()) as desk:
        tried = await desk.load("tried", content, dry_run=True, **ASSETS)
        assert desk.events() == 0
        real = await desk.load("real", content, **ASSETS)
        assert (real["changed"], real["refused"]) == (tried["changed"], tried["refused"])
        assert (real["done"], real["changed"], real["refused"]) == (275, 227, 48)
        again = await desk.load("again", fewer, set=[], sync=True)
        assert (again["unchanged"], again["proposed"]) == (199, 28)
        assert desk.events() == 227 + 28
