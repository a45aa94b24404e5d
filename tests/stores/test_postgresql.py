"""PostgreSQL enrols in every suite: the owner makes the tables, the service's role uses them."""

import pytest

from tests.databases import Database
from tests.plugins.require import needs
from tests.stores.suite_appending import AppendingSuite
from tests.stores.suite_caches import CachesSuite, often
from tests.stores.suite_guards import GuardsSuite
from tests.stores.suite_isolation import IsolationSuite
from tests.stores.suite_outages import OutagesSuite, patience
from tests.stores.suite_repeats import RepeatsSuite

__all__ = ["often", "patience"]

pytestmark = needs("postgres")


class OnPostgreSQL:
    """The database of these tests."""

    @pytest.fixture
    def database(self, postgres_database: Database) -> Database:
        return postgres_database


class TestAppending(OnPostgreSQL, AppendingSuite):
    pass


class TestGuards(OnPostgreSQL, GuardsSuite):
    pass


class TestIsolation(OnPostgreSQL, IsolationSuite):
    pass


class TestRepeats(OnPostgreSQL, RepeatsSuite):
    pass


class TestCaches(OnPostgreSQL, CachesSuite):
    pass


class TestOutages(OnPostgreSQL, OutagesSuite):
    pass
