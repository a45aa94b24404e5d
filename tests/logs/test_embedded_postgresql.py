"""PostgreSQL enrols in every suite of the embedded log's consumers."""

import pytest

from tests.breaker import patience
from tests.databases import Database
from tests.logs.grounds import Ground, StoresGround
from tests.logs.suite_consuming import ConsumingSuite
from tests.logs.suite_crashing import CrashingSuite
from tests.logs.suite_following import FollowingSuite, Source, source
from tests.logs.suite_log import LogSuite
from tests.logs.suite_parking import ParkingSuite
from tests.logs.suite_rebuilding import RebuildingSuite
from tests.logs.suite_rebuilding_alive import RebuildingAliveSuite
from tests.logs.suite_releasing import ReleasingSuite, mended
from tests.plugins.require import needs

__all__ = ["mended", "patience", "source"]

pytestmark = needs("postgres")


class OnPostgreSQL:
    """The database of these tests."""

    @pytest.fixture
    def database(self, postgres_database: Database) -> Database:
        return postgres_database


class TestConsuming(OnPostgreSQL, ConsumingSuite):
    pass


class TestParking(OnPostgreSQL, ParkingSuite):
    pass


class TestReleasing(OnPostgreSQL, ReleasingSuite):
    pass


class TestFollowing(OnPostgreSQL, FollowingSuite):
    pass


class TestLog(OnPostgreSQL, LogSuite):
    @pytest.fixture
    def ground(self, source: Source) -> Ground:
        return StoresGround(source)


class TestCrashing(OnPostgreSQL, CrashingSuite):
    pass


class TestRebuilding(OnPostgreSQL, RebuildingSuite):
    pass


class TestRebuildingAlive(OnPostgreSQL, RebuildingAliveSuite):
    pass
