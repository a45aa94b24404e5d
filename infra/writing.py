"""What a writer says to its database inside a transaction, straight through the driver.

Per statement SQLAlchemy costs more than these statements themselves, so here, and nowhere else, it
is passed by; whoever listens to an engine's statements hears these as well. Many rows go in with
one statement: while the database works the interpreter is free for others, and it is waited for
once, not once a row. On PostgreSQL what is inserted and its COMMIT go out together.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar

import orjson
import psycopg
from sqlalchemy import Connection

from . import tables
from .errors import Transient

ENVELOPE = (
    "event_id, stream, version, position, recorded_at, correlation_id, causation_id,"
    " command_id, actor, type, data"
)
EVENT_COLUMNS = tuple(str(column.name) for column in tables.EVENTS.columns)
COMMAND_COLUMNS = tuple(str(column.name) for column in tables.COMMANDS.columns)
HEAD = "SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1"
LOCK_KEY = 0x434D_5354  # one advisory lock per database: its store's
AT_ONCE = 64  # rows of one INSERT into SQLite: enough to save calls, few enough to stay prepared

Row = tuple[Any, ...]
T = TypeVar("T")
Said = tuple[str, tuple[Any, ...]]
"""A statement and its arguments."""


class Look(NamedTuple):
    """What a transaction must know before it decides: the head (None when the store is empty),
    rows of commands that were handled before, rows of events in `ENVELOPE` order."""

    head: Row | None
    commands: list[Row]
    events: list[Row]


class Writing(Protocol):
    """The few statements of a writer on one kind of database."""

    known: str
    since: str
    between: str
    after: str
    leaves: str

    def begin(self, connection: Connection) -> None:
        """Open a transaction and take the store's lock, in a statement of its own."""
        ...

    def ask(self, connection: Connection, statement: str, arguments: Row) -> list[Row]:
        """The rows that answer one statement."""
        ...

    def append(
        self,
        connection: Connection,
        events: Sequence[Row],
        commands: Sequence[Row],
        *,
        commit: bool,
    ) -> None:
        """Insert rows of `events` and `commands`; then COMMIT when asked for."""
        ...

    def look(
        self, connection: Connection, ids: Sequence[str], streams: Sequence[str], *, begin: bool
    ) -> Look:
        """The head, what is known of command ids, whole streams; after `begin` when asked for."""
        if begin:
            self.begin(connection)
        head, commands = _parted(self.ask(connection, self.known, (as_json(ids),)))
        wanted = [(stream, 0) for stream in streams]
        events = self.ask(connection, self.since, (as_json(wanted),)) if wanted else []
        return Look(head, commands, events)


def _chosen(found: str) -> tuple[str, str]:
    """Streams behind a version each, and spans of positions: `since`, `between`. `found` joins the
    events `e` to the pairs `w` that are asked for."""
    columns = ", ".join("e." + name for name in ENVELOPE.split(", "))
    first, last = "w.value ->> 0", "w.value ->> 1"
    behind = f"e.stream = {first} AND e.version > CAST({last} AS integer)"
    within = f"e.position BETWEEN CAST({first} AS bigint) AND CAST({last} AS bigint)"
    asked = f"SELECT {columns} FROM {found} ORDER BY e.position"
    return asked.format(behind), asked.format(within)


def _behind(columns: str, mark: str) -> str:
    """What lies behind a position, in order, so many at most."""
    return f"SELECT {columns} FROM events WHERE position > {mark} ORDER BY position LIMIT {mark}"


def as_json(values: object) -> str:
    """Arguments of a statement that takes many: one text."""
    return orjson.dumps(values).decode()


# --- SQLite ---


class SqliteWriting(Writing):
    """BEGIN IMMEDIATE is the store's lock."""

    since, between = _chosen("json_each(?) w CROSS JOIN events e ON {}")
    after, leaves = _behind(ENVELOPE, "?"), _behind("leaf", "?")
    _known = f"SELECT h.*, c.* FROM (SELECT 1) LEFT JOIN ({HEAD}) h LEFT JOIN {{}}"
    known = _known.format(
        "(SELECT c.* FROM json_each(?) w CROSS JOIN commands c ON c.command_id = w.value) c"
    )
    known_one = _known.format("commands c ON c.command_id = ?")
    stream = f"SELECT {ENVELOPE} FROM events WHERE stream = ? ORDER BY version"

    def look(
        self, connection: Connection, ids: Sequence[str], streams: Sequence[str], *, begin: bool
    ) -> Look:
        """A single command, as a single caller sends them, is looked for without the JSON: in half
        the time."""
        if len(ids) != 1 or len(streams) > 1:
            return super().look(connection, ids, streams, begin=begin)
        if begin:
            self.begin(connection)
        head, commands = _parted(_say(connection, self.known_one, (ids[0],)))
        events = _say(connection, self.stream, (streams[0],)) if streams else []
        return Look(head, commands, events)

    def begin(self, connection: Connection) -> None:
        _say(connection, "BEGIN IMMEDIATE")

    def ask(self, connection: Connection, statement: str, arguments: Row) -> list[Row]:
        return _say(connection, statement, arguments)

    def append(
        self,
        connection: Connection,
        events: Sequence[Row],
        commands: Sequence[Row],
        *,
        commit: bool,
    ) -> None:
        for table, columns, rows in (
            ("events", EVENT_COLUMNS, events),
            ("commands", COMMAND_COLUMNS, commands),
        ):
            for first in range(0, len(rows), AT_ONCE):
                part = rows[first : first + AT_ONCE]
                statement = _insert(table, columns, len(part))
                _say(connection, statement, tuple(chain.from_iterable(part)))
        if commit:
            _say(connection, "COMMIT")


@lru_cache(maxsize=4 * AT_ONCE)
def _insert(table: str, columns: Sequence[str], rows: int) -> str:
    marks = f"({','.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {','.join([marks] * rows)}"


def _say(connection: Connection, statement: str, arguments: Row = ()) -> list[Row]:
    """One statement to SQLite; its rows."""
    driver: Any = connection.connection.dbapi_connection

    def work(_: Sequence[Said]) -> list[Row]:
        found: list[Row] = driver.execute(statement, arguments).fetchall()
        return found

    return _heard(connection, ((statement, arguments),), work)


# --- PostgreSQL ---


class PostgresWriting(Writing):
    """An advisory transaction lock is the store's. READ COMMITTED: what is read after the lock
    sees all that was written before it. Rows travel as JSON, which the server takes apart: as
    arrays of parameters they cost the client six times as much (docs/decisions/0005)."""

    # OFFSET 0: each that is asked for is looked up by itself, by the index. Else a plan made while
    # the table was small reads all of it, at every commit, for as long as the process lives.
    since, between = _chosen(
        "json_array_elements(%s::json) AS w(value)"
        " CROSS JOIN LATERAL (SELECT * FROM events e WHERE {} OFFSET 0) e"
    )
    after, leaves = _behind(ENVELOPE, "%s"), _behind("leaf", "%s")
    known = (
        f"SELECT h.*, c.* FROM (SELECT 1) one LEFT JOIN ({HEAD}) h ON true LEFT JOIN"
        " (SELECT c.* FROM json_array_elements_text(%s::json) AS w(value) CROSS JOIN LATERAL"
        " (SELECT * FROM commands c WHERE c.command_id = w.value OFFSET 0) c) c ON true"
    )
    opening = f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({LOCK_KEY})"
    inserted: ClassVar = {
        table: f"INSERT INTO {table} SELECT * FROM json_populate_recordset(null::{table}, %s)"
        for table in ("events", "commands")
    }

    def begin(self, connection: Connection) -> None:
        _ask(connection, self.opening)

    def ask(self, connection: Connection, statement: str, arguments: Row) -> list[Row]:
        return _ask(connection, statement, arguments)

    def append(
        self,
        connection: Connection,
        events: Sequence[Row],
        commands: Sequence[Row],
        *,
        commit: bool,
    ) -> None:
        said: list[Said] = []
        for table, columns, rows in (
            ("events", EVENT_COLUMNS, events),
            ("commands", COMMAND_COLUMNS, commands),
        ):
            if rows:
                objects = [dict(zip(columns, row, strict=True)) for row in rows]
                text = orjson.dumps(objects, default=bytea).decode()
                said.append((self.inserted[table], (text,)))
        if commit:
            said.append(("COMMIT", ()))
        _together(connection, said)


def bytea(value: object) -> str:
    """Bytes as PostgreSQL reads them in a text."""
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise TypeError(f"{value!r} does not stand in a column")


def _ask(connection: Connection, statement: str, arguments: Row = ()) -> list[Row]:
    """One statement to PostgreSQL; its rows. (Not as a pipeline, which ends with a message behind
    which the server no longer counts how long a transaction is idle: a process that hangs would
    keep the lock.)"""
    driver: Any = connection.connection.dbapi_connection

    def work(_: Sequence[Said]) -> list[Row]:
        cursor = driver.execute(statement, arguments)
        return cursor.fetchall() if cursor.description is not None else []

    return _unless_gone(connection, [(statement, arguments)], work)


def _together(connection: Connection, said: Sequence[Said]) -> None:
    """Statements to PostgreSQL in one round trip."""
    driver: Any = connection.connection.dbapi_connection

    def work(said: Sequence[Said]) -> None:
        with driver.pipeline():
            for statement, arguments in said:
                driver.execute(statement, arguments)

    if said:
        _unless_gone(connection, said, work)


def _unless_gone(
    connection: Connection, said: Sequence[Said], work: Callable[[Sequence[Said]], T]
) -> T:
    try:
        return _heard(connection, said, work)
    except psycopg.Error as error:
        driver: Any = connection.connection.dbapi_connection
        if driver.closed:
            connection.invalidate()  # so that no pool hands it out again
            raise Transient(f"the database went away: {error}") from error
        raise


# --- both ---


def _heard(connection: Connection, said: Sequence[Said], work: Callable[[Sequence[Said]], T]) -> T:
    """Do it, and let those who listen to the engine's statements know. Whether there are any is
    asked as SQLAlchemy itself asks: going over an empty list of theirs takes as long as a
    statement."""
    if not (connection._has_events or connection.engine._has_events):
        return work(said)
    told = connection.dispatch
    for statement, arguments in said:
        for hear in told.before_cursor_execute:
            hear(connection, None, statement, arguments, None, False)
    done = work(said)
    for statement, arguments in said:
        for hear in told.after_cursor_execute:
            hear(connection, None, statement, arguments, None, False)
    return done


def _parted(rows: Iterable[Row]) -> tuple[Row | None, list[Row]]:
    """Rows of `known`, each with the head in front: the head, and the commands."""
    found = list(rows)
    head = found[0][:2]
    return (None if head[0] is None else head), [row[2:] for row in found if row[2] is not None]


SQLITE, POSTGRESQL = SqliteWriting(), PostgresWriting()
LOST = (sqlite3.OperationalError, psycopg.OperationalError, psycopg.InterfaceError)
"""What drivers raise when the database is away, busy or full."""
