"""Live tables and rebuilt ones, row by row: what is not the same."""

from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import chain, zip_longest
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, Text, select

from .projection import Tables

AT_ONCE = 20_000
Row = tuple[Any, ...]


class Difference(NamedTuple):
    """A row or fact that live and rebuilt tables do not share."""

    table: str
    key: str
    live: Any
    rebuilt: Any


def begin_snapshot(connection: Connection) -> None:
    """One consistent view of tables and cursors for as long as the comparison takes."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    else:
        connection.exec_driver_sql("BEGIN")


def compare(
    snapshot: Connection,
    live: Tables,
    connection: Connection,
    rebuilt: Tables,
    go_on: Callable[[], None],
) -> Generator[Difference]:
    """Rows and facts that differ, by table and key; both connections inside a transaction.
    `go_on` is called after each chunk that was the same."""
    pairs = [(live.rows[name].table, rebuilt.rows[name].table) for name in live.rows]
    pairs += [(live.facts[name].table, rebuilt.facts[name].table) for name in live.facts]
    for ours, theirs in pairs:
        one, other = _ordered(snapshot, ours), _ordered(connection, theirs)
        try:
            for left, right in zip_longest(one, other, fillvalue=()):
                if left != right:  # from here on row by row; if all is well it never comes to that
                    rest = chain(left, chain.from_iterable(one))
                    yield from _differences(ours, rest, chain(right, chain.from_iterable(other)))
                    break
                go_on()
        finally:
            one.close()
            other.close()


def _differences(table: Table, one: Iterator[Row], other: Iterator[Row]) -> Iterator[Difference]:
    """Rows of two sequences, both in the order of their keys, that are not the same."""
    width = len(table.primary_key.columns)
    left, right = next(one, None), next(other, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left[:width] < right[:width]):
            assert left is not None  # one of the two is there
            yield Difference(table.name, str(left[:width]), left, None)
            left = next(one, None)
        elif left is None or right[:width] < left[:width]:
            yield Difference(table.name, str(right[:width]), None, right)
            right = next(other, None)
        else:
            if left != right:
                yield Difference(table.name, str(left[:width]), left, right)
            left, right = next(one, None), next(other, None)


def _ordered(connection: Connection, table: Table) -> Generator[Sequence[Row]]:
    """Rows as the driver has them, in byte order of their keys (whatever the database's
    collation), in chunks."""
    postgres = connection.dialect.name == "postgresql"
    keys = [
        column.collate("C") if postgres and isinstance(column.type, Text) else column
        for column in table.primary_key.columns
    ]
    query = select(table).order_by(*keys).execution_options(stream_results=True)
    with connection.execute(query) as result:
        assert result.cursor is not None  # it is a query, and not read yet
        while rows := result.cursor.fetchmany(AT_ONCE):
            yield rows
