"""The append-only event store: one table on SQLite or PostgreSQL, positions in commit order.

Positions are gapless because they are drawn under the store's lock, from the last one, inside the
transaction that writes them: a rolled-back transaction leaves none behind, and nothing can appear
behind a reader. That is why every reader here is a plain `position > ?`.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import orjson
import psycopg
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, exc, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import QueuePool

from contracts.catalog import Catalog
from contracts.envelope import Envelope, Record
from contracts.values import Instant

from . import tables
from .errors import Transient

ENVELOPE = (
    "event_id, stream, version, position, recorded_at, correlation_id, causation_id,"
    " command_id, actor, type, data"
)
_COLUMNS = "position, stream, version, type, event_id, recorded_at, correlation_id, causation_id,"
_COLUMNS += " command_id, actor, data, leaf"
_HEAD = "SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1"
# Recursive triggers: without them INSERT OR REPLACE deletes rows behind the guards' back.
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON")
LOCK_WAIT_S = 5  # who holds a store's lock longer than this is no neighbour but an outage
HUNG_S = 60  # a writer silent for so long inside its transaction has hung: it loses the lock
LOCK_KEY = 0x434D_5354  # one advisory lock per database: its store's


class Head(NamedTuple):
    """The last position of a store and when it was recorded (0 and "" when empty)."""

    position: int
    recorded_at: Instant


EMPTY = Head(0, Instant(""))


class Statements(NamedTuple):
    """The few statements that differ between the two databases."""

    begin: str
    append: str
    remember: str
    known: str
    since: str
    between: str


SQLITE = Statements(
    begin="BEGIN IMMEDIATE",  # it is the store's lock
    append=f"INSERT INTO events ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
    remember="INSERT INTO commands VALUES (?,?,?,?,?,?)",
    known=f"SELECT h.*, c.* FROM (SELECT 1) LEFT JOIN ({_HEAD}) h LEFT JOIN (SELECT c.* FROM"
    " json_each(?) w CROSS JOIN commands c ON c.command_id = w.value) c",
    since=f"SELECT {', '.join('e.' + name for name in ENVELOPE.split(', '))}"
    " FROM json_each(?) w CROSS JOIN events e ON e.stream = w.value ->> 0"
    " AND e.version > w.value ->> 1 ORDER BY e.position",
    between=f"SELECT {', '.join('e.' + name for name in ENVELOPE.split(', '))}"
    " FROM json_each(?) w CROSS JOIN events e ON e.position BETWEEN w.value ->> 0"
    " AND w.value ->> 1 ORDER BY e.position",
)
_APPEND = (
    f"INSERT INTO events ({_COLUMNS}) SELECT * FROM unnest(%s::bigint[], %s::text[], %s::int[],"
    " %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],"
    " %s::text[], %s::bytea[])"
)
POSTGRESQL = Statements(
    # Two statements on one way: what is read after the lock sees all that was written before it.
    begin=f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({LOCK_KEY})",
    append=_APPEND,
    # Events and commands together: one round trip.
    remember=f"WITH appended AS ({_APPEND}) INSERT INTO commands SELECT * FROM unnest(%s::text[],"
    " %s::bytea[], %s::text[], %s::int[], %s::bigint[], %s::int[])",
    known=f"SELECT h.*, c.* FROM (SELECT 1) one LEFT JOIN ({_HEAD}) h ON true"
    " LEFT JOIN commands c ON c.command_id = ANY(%s::text[])",
    since=f"SELECT {', '.join('e.' + name for name in ENVELOPE.split(', '))}"
    " FROM unnest(%s::text[], %s::int[]) AS w(stream, after) JOIN events e"
    " ON e.stream = w.stream AND e.version > w.after ORDER BY e.position",
    between=f"SELECT {', '.join('e.' + name for name in ENVELOPE.split(', '))}"
    " FROM unnest(%s::bigint[], %s::bigint[]) AS w(first, last) JOIN events e"
    " ON e.position BETWEEN w.first AND w.last ORDER BY e.position",
)


class KnownCommand(NamedTuple):
    """What is kept of a command that was handled."""

    command_id: str
    request_mac: bytes
    stream: str
    version: int
    first_position: int
    events: int


def open_engine(url: str) -> Engine:
    """An engine in autocommit: we write BEGIN ourselves, so that the lock is its first word."""
    if url.startswith("sqlite"):
        engine = create_engine(
            url,
            isolation_level="AUTOCOMMIT",
            poolclass=QueuePool,
            max_overflow=64,
            connect_args={"check_same_thread": False, "timeout": LOCK_WAIT_S},
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
    except exc.OperationalError as error:
        raise Transient(f"the database is away or busy: {error.orig}") from error
    except (exc.TimeoutError, psycopg.OperationalError) as error:  # the latter from COPY
        raise Transient(f"the database is away or busy: {error}") from error
    except exc.InterfaceError as error:
        raise Transient(f"the database is away: {error.orig}") from error
    except exc.DBAPIError as error:
        if error.connection_invalidated:
            raise Transient(f"the database went away: {error.orig}") from error
        raise


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

    def head(self, connection: Connection | None = None) -> Head:
        """The last position, as this reader can see it."""
        if connection is None:
            with translated(), self.engine.connect() as own:
                return self.head(own)
        row = connection.exec_driver_sql(_HEAD).first()
        return EMPTY if row is None else Head(row[0], Instant(row[1]))

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
            rows = connection.exec_driver_sql(
                f"SELECT {ENVELOPE} FROM events WHERE position > {int(position)}"
                f" ORDER BY position LIMIT {int(limit)}"
            )
            return self.records(rows.all())

    def read_stream(self, stream: str) -> list[Record]:
        """A stream from its beginning."""
        with translated(), self.engine.connect() as connection:
            return self.since(connection, [(stream, 0)])

    def leaves(self, after: int, limit: int) -> list[bytes]:
        """Leaf hashes of the positions behind `after`, in order."""
        with translated(), self.engine.connect() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT leaf FROM events WHERE position > {int(after)}"
                f" ORDER BY position LIMIT {int(limit)}"
            )
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
            connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_WAIT_S}s'")
            connection.exec_driver_sql(f"SET idle_in_transaction_session_timeout = '{HUNG_S}s'")
        return connection

    def begin(self, connection: Connection) -> None:
        """Open a transaction and take the store's lock, in a statement of its own."""
        connection.exec_driver_sql(self.sql.begin)

    def since(self, connection: Connection, streams: Sequence[tuple[str, int]]) -> list[Record]:
        """Records of streams behind a version each, in position order: one round trip."""
        return self._joined(connection, self.sql.since, streams)

    def between(self, connection: Connection, places: Sequence[tuple[int, int]]) -> list[Record]:
        """Records from a first to a last position each, both included: one round trip."""
        return self._joined(connection, self.sql.between, places)

    def _joined(
        self, connection: Connection, statement: str, pairs: Sequence[tuple[object, object]]
    ) -> list[Record]:
        if self.engine.dialect.name == "sqlite":
            arguments: tuple[object, ...] = (orjson.dumps(pairs).decode(),)
        else:
            arguments = ([one for one, _ in pairs], [other for _, other in pairs])
        return self.records(connection.exec_driver_sql(statement, arguments).all())

    def known(
        self, connection: Connection, ids: Sequence[str]
    ) -> tuple[Head, dict[str, KnownCommand]]:
        """The head, and those of the command ids that were handled before: one round trip."""
        sqlite = self.engine.dialect.name == "sqlite"
        argument = orjson.dumps(ids).decode() if sqlite else list(ids)
        rows = connection.exec_driver_sql(self.sql.known, (argument,)).all()
        position, recorded_at = rows[0][:2]
        return EMPTY if position is None else Head(position, recorded_at), {
            row[2]: KnownCommand(row[2], bytes(row[3]), *row[4:])
            for row in rows
            if row[2] is not None
        }

    def append(
        self,
        connection: Connection,
        events: Sequence[tuple[Any, ...]],
        commands: Sequence[tuple[Any, ...]],
    ) -> None:
        """Insert rows of `events` and of `commands` (columns in table order)."""
        if not events and not commands:
            return
        if self.engine.dialect.name == "postgresql":
            columns = (*_turned(events, 12), *_turned(commands, 6))
            connection.exec_driver_sql(self.sql.remember, columns)
            return
        if events:
            connection.exec_driver_sql(self.sql.append, list(events))
        if commands:
            connection.exec_driver_sql(self.sql.remember, list(commands))

    def records(self, rows: Iterable[Sequence[Any]]) -> list[Record]:
        """Rows in `ENVELOPE` order as records."""
        source = self.source
        return [
            Record(Envelope(eid, source, *place), kind, data.encode())
            for eid, *place, kind, data in rows
        ]


def _turned(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows as columns; empty ones where there are no rows."""
    return list(map(list, zip(*rows, strict=True))) if rows else [[]] * width
