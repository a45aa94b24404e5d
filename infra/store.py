"""The append-only event store: one table on SQLite or PostgreSQL, positions in commit order.

Positions are gapless because they are drawn under the store's lock, from the last one, inside the
transaction that writes them: a rolled-back transaction leaves none behind, and nothing can appear
behind a reader. That is why every reader here is a plain `position > ?`.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, exc, select, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import QueuePool

from contracts.catalog import Catalog
from contracts.envelope import Envelope, Record, Recorded
from contracts.values import Instant

from . import tables
from .errors import Transient
from .lately import Lately
from .writing import AT_ONCE, ENVELOPE, HEAD, LOCK_KEY, LOST, POSTGRESQL, SQLITE, Row, as_json

# Recursive triggers: without them INSERT OR REPLACE deletes rows behind the guards' back.
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON")
LOCK_WAIT_S = 5  # who holds a store's lock longer than this is no neighbour but an outage
HUNG_S = 60  # a writer silent for so long inside its transaction has hung: it loses the lock


class Head(NamedTuple):
    """The last position of a store and when it was recorded (0 and "" when empty)."""

    position: int
    recorded_at: Instant


EMPTY = Head(0, Instant(""))


class KnownCommand(NamedTuple):
    """What is kept of a command that was handled."""

    command_id: str
    request_mac: bytes
    stream: str
    version: int
    first_position: int
    events: int


class Looked(NamedTuple):
    """What a transaction knows before it decides: `known` by command id; `records` of whole
    streams, in position order."""

    head: Head
    known: dict[str, KnownCommand]
    records: list[Record]


def open_engine(url: str) -> Engine:
    """An engine in autocommit: we write BEGIN ourselves, so that the lock is its first word."""
    if url.startswith("sqlite"):
        engine = create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            poolclass=QueuePool,
            max_overflow=64,
            connect_args={
                "check_same_thread": False,
                "timeout": LOCK_WAIT_S,
                "cached_statements": 4 * AT_ONCE,
            },
        )

        @event.listens_for(engine, "connect")
        def prepare(connection: DBAPIConnection, _: object) -> None:
            cursor = connection.cursor()
            for pragma in PRAGMAS:
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        return engine
    return create_engine(
        url, isolation_level="AUTOCOMMIT", pool_pre_ping=True, max_overflow=32, pool_timeout=10
    )


@contextmanager
def translated() -> Iterator[None]:
    """Strangers' errors become ours where they enter: an absent database is Transient."""
    try:
        yield
    except Exception as error:
        away = as_away(error)
        if away is None:
            raise
        raise away from error


def as_away(error: Exception) -> Transient | None:
    """What to say of an error that means that the database is away; None for any other."""
    match error:
        case exc.OperationalError():
            return Transient(f"the database is away or busy: {error.orig}")
        case exc.InterfaceError():
            return Transient(f"the database is away: {error.orig}")
        case exc.DBAPIError(connection_invalidated=True):
            return Transient(f"the database went away: {error.orig}")
        case _ if isinstance(error, (exc.TimeoutError, *LOST)):  # from `infra.writing` and COPY
            return Transient(f"the database is away or busy: {error}")
        case _:
            return None


class Store:
    """One service's events. Reading is free for all; writing goes through `execute.Writer`."""

    def __init__(self, engine: Engine, source: str, catalog: Catalog) -> None:
        self.engine = engine
        self.source = source
        self.catalog = catalog
        self.sql = SQLITE if engine.dialect.name == "sqlite" else POSTGRESQL
        with translated(), engine.connect() as connection:
            rows = connection.execute(select(tables.META.c.name, tables.META.c.value)).all()
        meta: dict[str, str] = {row.name: row.value for row in rows}
        if meta.get("source") != source:
            raise ValueError(f"this database holds {meta.get('source')!r}, not {source!r}")
        self.store_id = meta["store_id"]
        self.simulated = meta["simulated"] == "yes"
        self.lately = Lately(catalog.recorded)

    @staticmethod
    def create(
        owner: Engine,
        source: str,
        *others: MetaData,
        simulated: bool = False,
        app_role: str | None = None,
    ) -> None:
        """Make the tables and the store's identity where they are missing (idempotent).

        `simulated` is fixed at creation: only such a store's clock may be moved by hand.
        """
        with translated(), owner.connect() as connection:
            postgres = connection.dialect.name == "postgresql"
            connection.exec_driver_sql("BEGIN" if postgres else "BEGIN IMMEDIATE")
            if postgres:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK_KEY})")
            tables.create(connection, *others, app_role=app_role)
            if connection.execute(select(tables.META.c.name)).first() is None:
                values = {
                    "store_id": secrets.token_hex(8),
                    "source": source,
                    "simulated": "yes" if simulated else "no",
                }
                connection.execute(
                    tables.META.insert(), [{"name": k, "value": v} for k, v in values.items()]
                )
            connection.exec_driver_sql("COMMIT")

    # --- reading ---

    def recorded(self, record: Record) -> Recorded:
        """The record with its event as an object, as the catalogue reads it."""
        return self.lately.recorded(record)

    def head(self, connection: Connection | None = None) -> Head:
        """The last position, as this reader can see it."""
        if connection is None:
            with translated(), self.engine.connect() as own:
                return self.head(own)
        rows = self.sql.ask(connection, HEAD, ())
        return Head(rows[0][0], Instant(rows[0][1])) if rows else EMPTY

    def last_published(self) -> int:
        """Position of the last event that other services are shown; 0 without one."""
        known = (*self.catalog.types, *self.catalog.upcasters)
        hidden = [name for name in known if name not in self.catalog.public_names]
        events = tables.EVENTS.c
        query = select(events.position).where(events.type.not_in(hidden))
        with translated(), self.engine.connect() as connection:
            last = connection.execute(query.order_by(events.position.desc()).limit(1)).scalar()
        return int(last or 0)

    def read_after(self, position: int, limit: int) -> list[Record]:
        """Records behind a position, in order; at most `limit`."""
        with translated(), self.engine.connect() as connection:
            return self.records(self.sql.ask(connection, self.sql.after, (position, limit)))

    def read_stream(self, stream: str) -> list[Record]:
        """A stream from its beginning."""
        with translated(), self.engine.connect() as connection:
            return self.since(connection, [(stream, 0)])

    def page_of_stream(self, stream: str, after: int, limit: int) -> list[Record]:
        """Events of a stream behind a version, in order; at most `limit`."""
        query = text(
            f"SELECT {ENVELOPE} FROM events WHERE stream = :stream AND version > :after"
            " ORDER BY version LIMIT :limit"
        )
        with translated(), self.engine.connect() as connection:
            rows = connection.execute(query, {"stream": stream, "after": after, "limit": limit})
            return self.records(rows.all())

    def last_of_stream(self, stream: str) -> int:
        """The position of a stream's last event; 0 where it has none."""
        query = text(
            "SELECT position FROM events WHERE stream = :stream ORDER BY version DESC LIMIT 1"
        )
        with translated(), self.engine.connect() as connection:
            return int(connection.scalar(query, {"stream": stream}) or 0)

    def has_command(self, command_id: str) -> bool:
        """Whether a command was kept under this id."""
        known = tables.COMMANDS.c.command_id
        with translated(), self.engine.connect() as connection:
            found = connection.execute(select(known).where(known == command_id))
            return found.first() is not None

    def leaves(self, after: int, limit: int) -> list[bytes]:
        """Leaf hashes of the positions behind `after`, in order."""
        with translated(), self.engine.connect() as connection:
            rows = self.sql.ask(connection, self.sql.leaves, (after, limit))
            return [bytes(row[0]) for row in rows]

    def leaf(self, position: int) -> bytes | None:
        """The leaf hash kept at a position."""
        found = self.leaves(position - 1, 1) if position > 0 else []
        return found[0] if found and position <= self.head().position else None

    # --- for the writer, inside its transaction ---

    def writing(self) -> Connection:
        """A connection for a writer: it waits for the lock, and holds it, for so long and no
        longer, so that a process that hangs stops the others for a while only."""
        connection = self.engine.connect()
        if self.engine.dialect.name == "postgresql":
            try:
                connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_WAIT_S}s'")
                connection.exec_driver_sql(f"SET idle_in_transaction_session_timeout = '{HUNG_S}s'")
            except BaseException:  # nobody else could hand it back: the pool would run dry
                connection.invalidate()
                connection.close()
                raise
        return connection

    def begin(self, connection: Connection) -> None:
        """Open a transaction and take the store's lock, in a statement of its own."""
        self.sql.begin(connection)

    def look(
        self,
        connection: Connection,
        ids: Sequence[str],
        streams: Sequence[str],
        *,
        begin: bool = False,
    ) -> Looked:
        """What a transaction must know first, in one round trip; with `begin` it opens it."""
        found = self.sql.look(connection, ids, streams, begin=begin)
        head = EMPTY if found.head is None else Head(*found.head)
        known = {row[0]: KnownCommand(row[0], bytes(row[1]), *row[2:]) for row in found.commands}
        return Looked(head, known, self.records(found.events))

    def since(self, connection: Connection, streams: Sequence[tuple[str, int]]) -> list[Record]:
        """Records of streams behind a version each, in position order: one round trip."""
        return self._joined(connection, self.sql.since, streams)

    def between(self, connection: Connection, places: Sequence[tuple[int, int]]) -> list[Record]:
        """Records from a first to a last position each, both included: one round trip."""
        return self._joined(connection, self.sql.between, places)

    def _joined(
        self, connection: Connection, statement: str, pairs: Sequence[tuple[object, object]]
    ) -> list[Record]:
        return self.records(self.sql.ask(connection, statement, (as_json(pairs),)))

    def append(
        self,
        connection: Connection,
        events: Sequence[Row],
        commands: Sequence[Row],
        *,
        commit: bool = False,
    ) -> None:
        """Insert rows of `events` and of `commands` (columns in table order); with `commit` the
        transaction ends in the same round trip."""
        self.sql.append(connection, events, commands, commit=commit)

    def records(self, rows: Iterable[Sequence[Any]]) -> list[Record]:
        """Rows in `ENVELOPE` order as records."""
        source = self.source
        return [
            Record(Envelope(eid, source, *place), kind, data.encode())
            for eid, *place, kind, data in rows
        ]
