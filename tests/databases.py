"""Databases for the tests of stores and logs: the same handle for SQLite and PostgreSQL.

On PostgreSQL a store is always made by its owner and used by the service's own role, as in a
deployment, so that every test also tests the grants. No test here cuts the power, so none waits for
the disk: commits are answered before they are flushed (tests/kills does it the slow way).
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, MetaData, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import QueuePool

from contracts.catalog import Catalog
from infra.engines import retire
from infra.execute import Writer
from infra.local.postgres import ServiceDatabase
from infra.store import Store, open_engine
from tests.toys import SOURCE, TOYS, toy_writer

STRAGGLERS_S = 10.0
"""How long threads that outlive their tests may keep connections before these are taken away."""
UNFLUSHED = "-csynchronous_commit%3Doff"
EMPTY = """
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE 'DROP TABLE ' || quote_ident(name) || ' CASCADE';
  END LOOP;
END $$
"""


class Database:
    """One database; hands out engines, and disposes of them at the end."""

    def __init__(self, owner_url: str, app_url: str, app_role: str | None) -> None:
        self.owner_url = owner_url
        self.app_url = app_url
        self.app_role = app_role
        self._engines: list[Engine] = []
        self._writers: list[Writer] = []
        self._connections: list[DBAPIConnection] = []

    @property
    def is_sqlite(self) -> bool:
        """Which of the two it is."""
        return self.app_role is None

    def open(self, url: str | None = None) -> Engine:
        """A new engine, the service's own unless a URL is given."""
        engine = open_engine(url or self.app_url)
        event.listen(engine, "connect", lambda made, _: self._connections.append(made))
        self._engines.append(engine)
        return engine

    def create(self, source: str = SOURCE, *others: MetaData, simulated: bool = False) -> None:
        """Make the tables, as the owner."""
        owner = self.open(self.owner_url)
        Store.create(owner, source, *others, simulated=simulated, app_role=self.app_role)

    def store(
        self, source: str = SOURCE, catalog: Catalog = TOYS, engine: Engine | None = None
    ) -> Store:
        """A store on an engine of its own, the tables made where they are missing."""
        self.create(source)
        return Store(engine or self.open(), source, catalog)

    def writer(self, store: Store | None = None) -> Writer:
        """A started writer over the toys, closed at the end."""
        return self.keep(toy_writer(store or self.store()).start())

    def keep(self, writer: Writer) -> Writer:
        """Have a writer closed at the end."""
        self._writers.append(writer)
        return writer

    def kill_connections(self) -> None:
        """End every connection of the service but our own; nothing to do without a server."""
        if not self.is_sqlite:
            with self.open().connect() as connection:
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE usename = current_user AND pid <> pg_backend_pid()"
                )

    def connection_lost(self) -> Exception:
        """What the driver raises when the connection dies under a statement."""
        if self.is_sqlite:
            return sqlite3.OperationalError("disk I/O error")
        return psycopg.OperationalError("server closed the connection unexpectedly")

    def close(self) -> None:
        """Close writers, wait for the threads of cancelled tasks to hand back their connections,
        close those that they keep; the database can be opened again, and nobody holds a lock."""
        for writer in self._writers:
            writer.close()
        until = time.monotonic() + STRAGGLERS_S
        for engine in self._engines:
            while _checked_out(engine) and time.monotonic() < until:
                time.sleep(0.01)
            retire(engine)
        for connection in self._connections:
            connection.close()
        self._writers, self._engines, self._connections = [], [], []


def _checked_out(engine: Engine) -> int:
    assert isinstance(engine.pool, QueuePool)  # of both databases
    return engine.pool.checkedout()


@contextmanager
def _closing(database: Database) -> Iterator[Database]:
    try:
        yield database
    finally:
        database.close()


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite file."""
    url = f"sqlite:///{tmp_path / 'toys.sqlite'}"
    with _closing(Database(url, url, None)) as database:
        yield database


@pytest.fixture(scope="session")
def spare_databases() -> list[ServiceDatabase]:
    """PostgreSQL databases that earlier tests have left empty: making one takes long."""
    return []


@pytest.fixture
def postgres_database(
    fresh_database: Callable[[], ServiceDatabase], spare_databases: list[ServiceDatabase]
) -> Iterator[Database]:
    """An empty PostgreSQL database with its two roles."""
    made = spare_databases.pop() if spare_databases else fresh_database()
    owner_url, app_url = (f"{url}?options={UNFLUSHED}" for url in (made.owner_url, made.app_url))
    with _closing(Database(owner_url, app_url, f"{made.name}_app")) as database:
        yield database
    owner = open_engine(made.owner_url)
    with owner.connect() as connection:
        connection.exec_driver_sql(EMPTY)
    retire(owner)
    spare_databases.append(made)
