"""Where read models become SQL: tables from row classes, folding a batch, bulk filling.

Every consumer has two slots of tables, `a` and `b`; one is live. A rebuild fills the other and
switches the word in `live_versions`, which readers and consumers read inside each transaction.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    select,
)

from contracts.envelope import Recorded
from contracts.values import Instant

from . import tables
from .codecs import Codec, codec_of
from .readmodel import Attributes, Facts, Known, Projection

SLOTS = ("a", "b")
Slot = str
_json = orjson.dumps
_day = lru_cache(maxsize=20_000)(date.isoformat)
"""Days as text, each kept once: a million facts name few days."""
TOGETHER = 1_000  # rows per INSERT, where there are so many: a third less than one by one
LONGEST_NAME = 63  # of anything in PostgreSQL
TOGETHER_CHANGED = 64  # the same where rows may be there: what stays prepared is worth most
CHUNK = 500  # keys per SELECT: below SQLite's smallest limit of variables


def _column(name: str, kind: type[Any], *, optional: bool, key: bool) -> Column[Any]:
    sql = {int: BigInteger, bool: Boolean}.get(kind, Text)
    return Column(name, sql, primary_key=key, nullable=optional and not key)


def _index(table: str, projection: Projection, columns: Sequence[str]) -> Index:
    index = Index(f"{table}_{'_'.join(columns)}"[:LONGEST_NAME], *columns)
    if columns[0] == projection.within:
        index.ddl_if(dialect="postgresql")  # whose text may be in another order than its bytes
    return index


class RowTable(NamedTuple):
    """A projection's table in one slot."""

    projection: Projection
    codec: Codec
    table: Table

    def read(self, connection: Connection, keys: Sequence[str]) -> dict[str, Any]:
        """Rows by key."""
        read = self.codec.read
        if connection.dialect.name == "sqlite":
            asked = orjson.dumps(keys, default=list).decode()
            rows = connection.exec_driver_sql(_by_json(self.table), (asked,))
            return {values[0]: read(values) for values in rows}
        found: dict[str, Any] = {}
        query = _by_key(self.table)
        for start in range(0, len(keys), CHUNK):
            part = keys[start : start + CHUNK]
            for values in connection.execute(query, {"these": part}):
                found[values[0]] = read(values)
        return found

    def write(self, connection: Connection, rows: Mapping[str, Any]) -> None:
        """Upsert changed rows, delete those that are None."""
        key = self.codec.fields[0]
        gone = [name for name, row in rows.items() if row is None]
        for start in range(0, len(gone), CHUNK):
            part = gone[start : start + CHUNK]
            connection.execute(self.table.delete().where(self.table.c[key].in_(part)))
        kept = self.codec.write_all([row for row in rows.values() if row is not None])
        at_once = TOGETHER_CHANGED if connection.dialect.name == "sqlite" else 1
        many = len(kept) - len(kept) % at_once if at_once > 1 else 0
        if many:
            upsert = self._upsert(connection, at_once)
            for first in range(0, many, at_once):
                row = tuple(chain.from_iterable(kept[first : first + at_once]))
                connection.exec_driver_sql(upsert, row)
        if many < len(kept):
            connection.exec_driver_sql(self._upsert(connection, 1), kept[many:])

    def _upsert(self, connection: Connection, rows: int) -> str:
        return _upsert(self.table.name, self.codec.fields, connection.dialect.name, rows)


@lru_cache(maxsize=1_000)
def _by_key(table: Table) -> Select[Any]:
    """Rows whose key, the first column, is one of `these`."""
    key = next(iter(table.columns))
    return select(table).where(key.in_(bindparam("these", expanding=True)))


@lru_cache(maxsize=1_000)
def _by_json(table: Table) -> str:
    """The same of SQLite, whose parameters cost more than what is found by them: keys as JSON."""
    names = [f'"{column.name}"' for column in table.columns]
    return (
        f"SELECT {', '.join(names)} FROM {table.name}"
        f" WHERE {names[0]} IN (SELECT value FROM json_each(?))"
    )


@lru_cache(maxsize=1_000)
def _upsert(table: str, fields: Sequence[str], dialect: str, rows: int) -> str:
    """Insert rows or replace them, by their first field. As text, like `fill`: a statement with
    named parameters costs more than the database does."""
    mark = "?" if dialect == "sqlite" else "%s"
    names = [f'"{name}"' for name in fields]
    changed = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
    instead = f"UPDATE SET {changed}" if changed else "NOTHING"
    row = f"({', '.join([mark] * len(names))})"
    return (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES {', '.join([row] * rows)}"
        f" ON CONFLICT ({names[0]}) DO {instead}"
    )


class FactTable(NamedTuple):
    """A fact log's table in one slot."""

    facts: Facts
    table: Table

    def write(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Append facts; rows are in column order."""
        if not rows:
            return
        fill(connection, self.table, rows)

    def read(self, connection: Connection, subjects: Iterable[str]) -> dict[str, Attributes]:
        """All facts of subjects, in the order that `as_of` expects."""
        column = self.table.c
        names = sorted(set(subjects))
        found: dict[str, dict[str, list[Known]]] = {name: {} for name in names}
        for start in range(0, len(names), CHUNK):
            query = (
                select(self.table)
                .where(column.subject.in_(names[start : start + CHUNK]))
                .order_by(column.effective_from, column.recorded_at, column.position)
            )
            for row in connection.execute(query):
                known = Known(
                    orjson.loads(row.value),
                    date.fromisoformat(row.effective_from),
                    Instant(row.recorded_at),
                    row.source,
                    row.position,
                    row.event_id,
                )
                found[row.subject].setdefault(row.attribute, []).append(known)
        return found  # type: ignore[return-value] # lists are sequences, values are invariant


def fill(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Insert many rows by the database's fast way: COPY, or one prepared statement."""
    raw = connection.connection.driver_connection
    assert raw is not None  # an open connection has its driver's one
    names = ", ".join(column.name for column in table.columns)
    if connection.dialect.name == "postgresql":
        with raw.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    width = len(table.columns)
    at_once = min(TOGETHER, raw.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // width)
    one = f"({','.join('?' * width)})"
    into = f"INSERT INTO {table.name} ({names}) VALUES "
    many = len(rows) - len(rows) % at_once
    if many:
        together = [
            tuple(chain.from_iterable(rows[first : first + at_once]))
            for first in range(0, many, at_once)
        ]
        connection.exec_driver_sql(into + ",".join([one] * at_once), together)
    if many < len(rows):
        connection.exec_driver_sql(into + one, [tuple(row) for row in rows[many:]])


class Tables(NamedTuple):
    """All tables of one consumer in one slot."""

    slot: Slot
    rows: Mapping[str, RowTable]
    facts: Mapping[str, FactTable]

    def all(self) -> list[Table]:
        """Every table."""
        return [*(r.table for r in self.rows.values()), *(f.table for f in self.facts.values())]


_LIVE = select(tables.LIVE.c.slot, tables.LIVE.c.shape).where(
    tables.LIVE.c.consumer == bindparam("of")
)
_LOCKED = _LIVE.with_for_update(read=True)


class ReadModels:
    """The read models of one consumer: shape, metadata, both slots."""

    def __init__(
        self, consumer: str, projections: Sequence[Projection], facts: Sequence[Facts]
    ) -> None:
        self.consumer = consumer
        self.metadata = MetaData()
        shape = [f"{part.name}:{part.version}" for part in projections]
        self.shape = ",".join([*shape, *(f"{log.name}:{log.version}" for log in facts)])
        self.slots = {slot: self._tables(slot, projections, facts) for slot in SLOTS}

    def _tables(
        self, slot: Slot, projections: Sequence[Projection], facts: Sequence[Facts]
    ) -> Tables:
        rows: dict[str, RowTable] = {}
        for projection in projections:
            codec = codec_of(projection.row)
            name = f"{projection.name}_v{projection.version}{slot}"
            columns = [
                _column(field, kind, optional=optional, key=number == 0)
                for number, (field, kind, optional) in enumerate(
                    zip(codec.fields, codec.kinds, codec.optional, strict=True)
                )
            ]
            indexes = [_index(name, projection, these) for these in projection.indexes]
            table = Table(name, self.metadata, *columns, *indexes)
            rows[projection.name] = RowTable(projection, codec, table)
        logs = {log.name: FactTable(log, self._log(log, slot)) for log in facts}
        return Tables(slot, rows, logs)

    def _log(self, log: Facts, slot: Slot) -> Table:
        name = f"{log.name}_v{log.version}{slot}"
        return Table(
            name,
            self.metadata,
            Column("source", Text, primary_key=True),
            Column("position", BigInteger, primary_key=True),
            Column("ordinal", Integer, primary_key=True),
            Column("subject", Text, nullable=False),
            Column("attribute", Text, nullable=False),
            Column("value", Text, nullable=False),
            Column("effective_from", Text, nullable=False),
            Column("recorded_at", Text, nullable=False),
            Column("event_id", Text, nullable=False),
            Index(f"{name}_subject", "subject"),
            sqlite_with_rowid=False,  # its key is its order: one tree less to write and to compare
        )

    def live(self, connection: Connection, *, lock: bool = False) -> Tables:
        """The live slot, as this transaction sees it. Raises ValueError when the live tables
        have another shape than this build's: a rebuild must make them first."""
        row = connection.execute(_LOCKED if lock else _LIVE, {"of": self.consumer}).first()
        if row is None:
            if lock:  # the first who writes says as what: a build with another shape must know
                connection.execute(
                    tables.LIVE.insert().values(
                        consumer=self.consumer, slot=SLOTS[0], shape=self.shape
                    )
                )
            return self.slots[SLOTS[0]]
        if row.shape != self.shape:
            raise ValueError(
                f"{self.consumer} is live as {row.shape}, this build makes {self.shape}:"
                f" run castmark rebuild {self.consumer}"
            )
        return self.slots[row.slot]


class Fold:
    """Rows of one consumer within one transaction: read once, folded in memory, written once."""

    def __init__(self, connection: Connection, models: Tables) -> None:
        self.connection = connection
        self.models = models
        self._rows: dict[str, dict[str, Any]] = {name: {} for name in models.rows}
        self._changed: dict[str, set[str]] = {name: set() for name in models.rows}
        self._facts: dict[str, list[tuple[Any, ...]]] = {name: [] for name in models.facts}

    def prefetch(self, events: Iterable[Recorded]) -> None:
        """Read all rows that events concern, one query per projection."""
        batch = list(events)
        for name, part in self.models.rows.items():
            whole, keys_of = part.projection.whole, part.projection.keys
            keys = {key for one in batch if type(one.event) not in whole for key in keys_of(one)}
            wanted = sorted(keys - self._rows[name].keys())
            if wanted:
                found = part.read(self.connection, wanted)
                self._rows[name] |= {key: found.get(key) for key in wanted}

    def lookup(self, projection: str, key: str | Mapping[str, str]) -> Any:
        """A row as it stands in this transaction, or None; by columns, all that have the values."""
        if not isinstance(key, str):
            return self._having(projection, key)
        rows = self._rows[projection]
        if key not in rows:
            rows[key] = self.models.rows[projection].read(self.connection, [key]).get(key)
        return rows[key]

    def _having(self, projection: str, values: Mapping[str, str]) -> list[Any]:
        self.write()  # so that the table has what this transaction changed
        part = self.models.rows[projection]
        table = part.table
        query = select(table).where(*(table.c[name] == value for name, value in values.items()))
        found = self.connection.execute(query.order_by(table.c[part.codec.fields[0]]))
        return [part.codec.read(values) for values in found]

    def apply(self, event: Recorded) -> None:
        """Fold one event into rows and facts; a failure leaves no trace of it."""
        rows: list[tuple[str, Mapping[str, Any]]] = []
        for name, part in self.models.rows.items():
            projection = part.projection
            whole = projection.whole.get(type(event.event))
            if whole is not None:
                rows.append((name, whole(event)))
                continue
            evolve = projection.evolve
            keys = projection.keys(event)
            rows.append((name, {key: evolve(key, self.lookup(name, key), event) for key in keys}))
        facts = [(name, fact_rows(part.facts, event)) for name, part in self.models.facts.items()]
        for name, changed in rows:
            self._rows[name].update(changed)
            self._changed[name].update(changed)
        for name, made in facts:
            self._facts[name] += made

    def write(self) -> None:
        """Write what changed."""
        for name, part in self.models.rows.items():
            rows = self._rows[name]
            part.write(self.connection, {key: rows[key] for key in sorted(self._changed[name])})
            self._changed[name].clear()
        for name, log in self.models.facts.items():
            log.write(self.connection, self._facts[name])
            self._facts[name].clear()


def fact_rows(log: Facts, event: Recorded) -> list[tuple[Any, ...]]:
    """An event's facts as rows, in the order of the table's columns."""
    at = event.envelope
    source, position, recorded_at, event_id = at.source, at.position, at.recorded_at, at.event_id
    return [
        (
            source,
            position,
            ordinal,
            subject,
            attribute,
            _json(value).decode(),
            _day(effective_from),
            recorded_at,
            event_id,
        )
        for ordinal, (subject, attribute, value, effective_from) in enumerate(log.facts(event))
    ]
