"""A platform with a smelter's year and some metal under documents, for all pages but the board."""

from collections.abc import Iterator

import pytest

from tests.api.metal import custody
from tests.api.years import TODAY, populate, submit
from tests.embedded import door_of, platform

from .page import Page, chromium


@pytest.fixture(scope="package")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The platform, and a browser."""
    with platform(tmp_path_factory.mktemp("pages")) as host, door_of(host) as door:
        door.tick(TODAY)
        populate(door)
        submit(door)
        custody(door, TODAY)
        door.settled()
        with chromium() as driver:
            yield Page(driver, host, door)
