"""SQLite enrols in every suite."""

import pytest

from tests.breaker import patience
from tests.databases import Database
from tests.stores.suite_appending import AppendingSuite
from tests.stores.suite_caches import CachesSuite, often
from tests.stores.suite_dues import DuesSuite
from tests.stores.suite_guards import GuardsSuite
from tests.stores.suite_isolation import IsolationSuite
from tests.stores.suite_last_tonne import LastTonneSuite
from tests.stores.suite_outages import OutagesSuite
from tests.stores.suite_readmodels import ReadModelsSuite
from tests.stores.suite_repeats import RepeatsSuite
from tests.stores.suite_scopes_at_once import ScopesAtOnceSuite

__all__ = ["often", "patience"]


class OnSQLite:
    """The database of these tests."""

    @pytest.fixture
    def database(self, sqlite_database: Database) -> Database:
        return sqlite_database


def test_a_commit_is_on_the_disk_before_it_is_answered(sqlite_database: Database) -> None:
    with sqlite_database.open().connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2}


class TestAppending(OnSQLite, AppendingSuite):
    pass


class TestGuards(OnSQLite, GuardsSuite):
    pass


class TestLastTonne(OnSQLite, LastTonneSuite):
    pass


class TestScopesAtOnce(OnSQLite, ScopesAtOnceSuite):
    pass


class TestIsolation(OnSQLite, IsolationSuite):
    pass


class TestRepeats(OnSQLite, RepeatsSuite):
    pass


class TestCaches(OnSQLite, CachesSuite):
    pass


class TestDues(OnSQLite, DuesSuite):
    pass


class TestOutages(OnSQLite, OutagesSuite):
    pass


class TestReadModels(OnSQLite, ReadModelsSuite):
    pass
