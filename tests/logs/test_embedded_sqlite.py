"""SQLite enrols in every suite of the embedded log's consumers."""

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

__all__ = ["mended", "patience", "source"]


class OnSQLite:
    """The database of these tests."""

    @pytest.fixture
    def database(self, sqlite_database: Database) -> Database:
        return sqlite_database


class TestConsuming(OnSQLite, ConsumingSuite):
    pass


class TestParking(OnSQLite, ParkingSuite):
    pass


class TestReleasing(OnSQLite, ReleasingSuite):
    pass


class TestFollowing(OnSQLite, FollowingSuite):
    pass


class TestLog(OnSQLite, LogSuite):
    @pytest.fixture
    def ground(self, source: Source) -> Ground:
        return StoresGround(source)


class TestCrashing(OnSQLite, CrashingSuite):
    pass


class TestRebuilding(OnSQLite, RebuildingSuite):
    pass


class TestRebuildingAlive(OnSQLite, RebuildingAliveSuite):
    pass
