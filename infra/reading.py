"""How queries read: live rows by key or page by page, facts of subjects, states of own streams.

Every call is one short read transaction on the version of the tables that is live in it.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Table, func, literal, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from contracts.envelope import Recorded

from . import tables
from .consumer import read_cursors
from .decider import Lookup
from .projection import CHUNK, RowTable
from .readmodel import Attributes
from .service import Running
from .store import translated
from .streams import Streams

Where = Mapping[str, object]


class Among(NamedTuple):
    """In a `where`: any of the values that a column has in the rows of another projection of the
    same consumer. So rows of one stream are found by what another stream says of them today."""

    projection: str
    column: str
    where: Mapping[str, object]


class Reader:
    """Reads one service's own data."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._streams = Streams(running.store, running.writer.deciders)

    def state(self, stream: str) -> Any:
        """The state of one of our own streams, folded from its events; its INITIAL when new."""
        return self._streams.state(stream)

    def history(self, stream: str) -> list[Recorded]:
        """All events of one of our own streams."""
        catalog = self._running.store.catalog
        return [catalog.recorded(record) for record in self._running.store.read_stream(stream)]

    def lookup(self, consumer: str) -> Lookup:
        """`rows(projection, key)` over the live rows of a consumer: one at a time."""

        def rows(projection: str, key: str | Mapping[str, str]) -> Any:
            if not isinstance(key, str):
                raise TypeError(f"rows of {projection} are asked for by key here, not by {key}")
            return self.row(consumer, projection, key)

        return rows

    def row(self, consumer: str, projection: str, key: str) -> Any:
        """A live row, or None."""
        with translated(), self._running.engine.connect() as connection:
            part = self._running.models[consumer].live(connection).rows[projection]
            return part.read(connection, [key]).get(key)

    def rows(self, consumer: str, projection: str, keys: Sequence[str]) -> dict[str, Any]:
        """Live rows by key."""
        with translated(), self._running.engine.connect() as connection:
            part = self._running.models[consumer].live(connection).rows[projection]
            return part.read(connection, keys)

    def page(
        self,
        consumer: str,
        projection: str,
        after: str | None,
        limit: int,
        where: Where | None = None,
        order: str | None = None,
    ) -> list[Any]:
        """Up to `limit + 1` rows whose key (or `order` column) comes after `after`, in order.

        `where` are columns that must equal a value (a list: be one of them; `Among`: of others).
        """
        with translated(), self._running.engine.connect() as connection:
            parts = self._running.models[consumer].live(connection).rows
            part = parts[projection]
            wanted = {
                name: _values(parts[value.projection].table, value)
                if isinstance(value, Among)
                else value
                for name, value in (where or {}).items()
            }
            return page_of(connection, part, wanted, after, limit, order)

    def ordered(
        self,
        consumer: str,
        projection: str,
        by: Sequence[str],
        after: Sequence[str] | None,
        limit: int,
        where: Where | None = None,
        *,
        descending: bool = False,
    ) -> list[Any]:
        """Up to `limit + 1` rows in the order of some columns, behind their values in a row. The
        last of them is the key, so that no two rows are alike."""
        with translated(), self._running.engine.connect() as connection:
            part = self._running.models[consumer].live(connection).rows[projection]
            columns = [part.table.c[name] for name in by]
            query = select(part.table).where(*conditions(part.table, where or {}))
            if after is not None:
                here, there = tuple_(*columns), tuple_(*map(literal, after))
                query = query.where(here < there if descending else here > there)
            order = [column.desc() if descending else column for column in columns]
            rows = connection.execute(query.order_by(*order).limit(limit + 1))
            return [part.codec.read(values) for values in rows]

    def columns(
        self,
        consumer: str,
        projection: str,
        names: Sequence[str],
        column: str,
        values: Sequence[str],
    ) -> list[tuple[Any, ...]]:
        """Some columns of all rows in which one has any of some values, as they are kept: days and
        JSON as text; by that column (as the database sorts text), then by key. For who reads many
        rows that are wide: an index on the column, the key and those asked for spares the rows."""
        found: list[tuple[Any, ...]] = []
        with translated(), self._running.engine.connect() as connection:
            part = self._running.models[consumer].live(connection).rows[projection]
            kept, key = part.table.c, part.table.c[part.codec.fields[0]]
            query = select(*(kept[name] for name in names)).order_by(kept[column], key)
            for start in range(0, len(values), CHUNK):
                some = query.where(kept[column].in_(values[start : start + CHUNK]))
                result = connection.execute(some)
                assert result.cursor is not None  # it is a SELECT
                found += result.cursor.fetchall()  # as the driver has them: of many it shows
                result.close()
        return found

    def facts(self, consumer: str, log: str, subjects: Iterable[str]) -> dict[str, Attributes]:
        """All facts of subjects."""
        with translated(), self._running.engine.connect() as connection:
            live = self._running.models[consumer].live(connection)
            return live.facts[log].read(connection, subjects)

    def through(self, consumer: str) -> dict[str, int]:
        """How far a consumer has applied each source: what an answer rests on. Of a source that has
        several partitions (another service's, over Kafka) one may be behind that: only of one's
        own, which is read from one's own store, is all applied up to it."""
        with translated(), self._running.engine.connect() as connection:
            return through(connection, consumer)

    def steps(self, consumer: str) -> int:
        """Another number each time a consumer applies something, in whichever partition, or out of
        what was parked."""
        with translated(), self._running.engine.connect() as connection:
            return steps(connection, consumer)

    def mark(self, consumer: str) -> Hashable:
        """What the rows of a consumer rest on, as it stands now: which tables are live, how far
        each source is applied, and how many parked streams were released. Rows that are read
        afterwards change only together with it."""
        with translated(), self._running.engine.connect() as connection:
            live = self._running.models[consumer].live(connection).slot
            cursors = read_cursors(connection, consumer)
            return live, tuple(sorted(cursors.items())), _releases(connection, consumer)


def through(connection: Connection, consumer: str) -> dict[str, int]:
    """Per source the last position applied (the largest over its partitions)."""
    reached: dict[str, int] = {}
    for (source, _), cursor in read_cursors(connection, consumer).items():
        reached[source] = max(reached.get(source, 0), cursor.position)
    return reached


def steps(connection: Connection, consumer: str) -> int:
    """A number that grows with each step of a consumer: also with that of a partition that is
    behind another one of its source, and with each release of a parked stream, which `through` does
    not show."""
    taken = sum(cursor.position for cursor in read_cursors(connection, consumer).values())
    return taken + _releases(connection, consumer)


def _releases(connection: Connection, consumer: str) -> int:
    """How many parked streams of a consumer were released: what waited was applied, or skipped, and
    no cursor moved."""
    releases = tables.RELEASES.c
    count = select(func.count()).where(releases.consumer == consumer)
    return int(connection.scalar(count) or 0)


def _values(table: Table, among: Among) -> Select[Any]:
    return select(table.c[among.column]).where(*conditions(table, among.where))


def page_of(
    connection: Connection,
    part: RowTable,
    where: Where,
    after: str | None,
    limit: int,
    order: str | None = None,
) -> list[Any]:
    """Up to `limit + 1` rows of a table, as `Reader.page` says."""
    key = part.table.c[order or part.codec.fields[0]]
    query = select(part.table).where(*conditions(part.table, where))
    if connection.dialect.name == "sqlite":
        query = query.where(*_between(part, where))
    if after is not None:
        query = query.where(key > after)
    rows = connection.execute(query.order_by(key).limit(limit + 1))
    return [part.codec.read(values) for values in rows]


def _between(part: RowTable, where: Where) -> list[ColumnElement[bool]]:
    """The keys of rows that lie within the one that is asked for, as SQLite orders text: behind a
    slash comes a naught."""
    inside, key = part.projection.within, part.table.c[part.codec.fields[0]]
    value = where.get(inside) if inside is not None else None
    return [key >= f"{value}/", key < f"{value}0"] if isinstance(value, str) else []


def conditions(table: Table, where: Where) -> list[ColumnElement[bool]]:
    """Columns that must equal a value, or be one of a list."""
    found: list[ColumnElement[bool]] = []
    for name, value in where.items():
        if value is None:
            continue
        if isinstance(value, Select):
            found.append(table.c[name].in_(value))
        elif isinstance(value, (list, tuple, set, frozenset)):
            found.append(table.c[name].in_(list(value)))
        else:
            found.append(table.c[name] == value)
    return found
