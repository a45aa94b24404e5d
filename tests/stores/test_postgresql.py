"""PostgreSQL enrols in every suite: the owner makes the tables, the service's role uses them."""

import asyncio
import threading

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from infra.transaction import Transaction
from tests.breaker import patience
from tests.databases import Database
from tests.plugins.require import needs
from tests.stores.suite_appending import AppendingSuite
from tests.stores.suite_caches import CachesSuite, often
from tests.stores.suite_dues import DuesSuite
from tests.stores.suite_guards import GuardsSuite
from tests.stores.suite_isolation import IsolationSuite
from tests.stores.suite_last_tonne import LastTonneSuite
from tests.stores.suite_outages import PATIENCE_S, OutagesSuite
from tests.stores.suite_readmodels import ReadModelsSuite
from tests.stores.suite_repeats import RepeatsSuite
from tests.stores.suite_scopes_at_once import ScopesAtOnceSuite
from tests.toys import count

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


class TestLastTonne(OnPostgreSQL, LastTonneSuite):
    pass


class TestScopesAtOnce(OnPostgreSQL, ScopesAtOnceSuite):
    pass


class TestIsolation(OnPostgreSQL, IsolationSuite):
    pass


class TestRepeats(OnPostgreSQL, RepeatsSuite):
    pass


class TestCaches(OnPostgreSQL, CachesSuite):
    pass


class TestDues(OnPostgreSQL, DuesSuite):
    pass


class TestOutages(OnPostgreSQL, OutagesSuite):
    async def test_a_process_that_hangs_inside_its_transaction_loses_the_lock(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("infra.store.HUNG_S", 1)
        hung, writer = database.writer(), database.writer(database.store())
        release = threading.Event()

        def hangs(unit: Transaction) -> None:
            unit.handle([count("S", "a", "hung")])
            release.wait(PATIENCE_S)

        hanging = hung.submit(hangs)
        await asyncio.sleep(0.2)
        first = await asyncio.wait_for(writer.execute(count("S", "b")), PATIENCE_S)
        release.set()
        await asyncio.to_thread(hanging.result, PATIENCE_S)
        again = await writer.execute(count("S", "a", "hung"))
        assert (first.version, again.version, again.repeated) == (1, 2, True)

    def test_a_connection_that_could_not_be_made_ready_is_handed_back(
        self, database: Database
    ) -> None:
        """Else an outage in that moment takes one from the pool each time that it is tried."""
        store = database.store()

        @event.listens_for(store.engine, "before_cursor_execute")
        def fail(connection: Connection, cursor: object, statement: str, *_: object) -> None:
            if "lock_timeout" in statement:
                raise database.connection_lost()

        errors = []  # each knows the frames in which it was raised
        for _ in range(3):
            with pytest.raises(OperationalError) as raised:
                store.writing()
            errors.append(raised)
        assert isinstance(store.engine.pool, QueuePool)
        assert (len(errors), store.engine.pool.checkedout()) == (3, 0)


class TestLookingUp(OnPostgreSQL):
    def test_what_a_transaction_looks_up_is_planned_by_index_also_while_tables_are_empty(
        self, database: Database
    ) -> None:
        """A connection keeps its plans: the first ones are made for empty tables."""
        store = database.store()
        with store.engine.connect() as connection:
            for statement in (store.sql.known, store.sql.since, store.sql.between):
                rows = connection.exec_driver_sql(f"EXPLAIN {statement}", ("[]",))
                plan = "\n".join(row[0] for row in rows)
                assert "Index" in plan
                assert "Seq Scan" not in plan
                assert "Hash" not in plan


class TestReadModels(OnPostgreSQL, ReadModelsSuite):
    pass
