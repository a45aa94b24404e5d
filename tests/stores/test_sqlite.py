"""SQLite enrols in every suite."""

import pytest

from tests.databases import Database
from tests.stores.suite_appending import AppendingSuite


class OnSQLite:
    """The database of these tests."""

    @pytest.fixture
    def database(self, sqlite_database: Database) -> Database:
        return sqlite_database


class TestAppending(OnSQLite, AppendingSuite):
    pass
