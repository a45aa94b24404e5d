"""How far a consumer is in a partition of a source: read, locked, moved by compare-and-set."""

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, select

from contracts.values import Instant

from . import tables
from .errors import Transient


class Cursor(NamedTuple):
    """How far a consumer is in one partition of a source; position 0 = at the beginning."""

    position: int
    next_offset: int
    store_id: str
    leaf: bytes
    recorded_at: Instant
    closed_on: date | None


START = Cursor(0, 0, "", b"", Instant(""), None)


_COLUMNS = tables.CURSORS.c
_HERE = (
    (_COLUMNS.consumer == bindparam("of"))
    & (_COLUMNS.source == bindparam("from"))
    & (_COLUMNS.partition == bindparam("part"))
)
_ONE = select(tables.CURSORS).where(_HERE)  # built once: that costs more than asking
_LOCKED = _ONE.with_for_update()
_MOVED = (
    tables.CURSORS.update()
    .where(_HERE)
    .where(_COLUMNS.position == bindparam("was"), _COLUMNS.next_offset == bindparam("read"))
    .values({name: bindparam("to_" + name) for name in Cursor._fields})
)


def read_cursor(
    connection: Connection, consumer: str, source: str, partition: int, *, lock: bool = False
) -> Cursor:
    """A consumer's cursor; START when it has none. `lock` holds its row to the transaction."""
    place = {"of": consumer, "from": source, "part": partition}
    row = connection.execute(_LOCKED if lock else _ONE, place).first()
    return START if row is None else _cursor(row)


def read_cursors(connection: Connection, consumer: str) -> dict[tuple[str, int], Cursor]:
    """All cursors of a consumer, by source and partition."""
    query = select(tables.CURSORS).where(tables.CURSORS.c.consumer == consumer)
    return {(row.source, row.partition): _cursor(row) for row in connection.execute(query)}


def _cursor(row: Row[Any]) -> Cursor:
    closed = date.fromisoformat(row.closed_on) if row.closed_on else None
    return Cursor(
        row.position,
        row.next_offset,
        row.store_id,
        bytes(row.leaf),
        Instant(row.recorded_at),
        closed,
    )


def move_cursor(
    connection: Connection, consumer: str, source: str, partition: int, old: Cursor, new: Cursor
) -> None:
    """Advance a cursor by compare-and-set; no row changed = somebody else did: roll back."""
    values = {
        **new._asdict(),
        "closed_on": new.closed_on.isoformat() if new.closed_on else "",
    }
    if old == START:
        key = {"consumer": consumer, "source": source, "partition": partition}
        if read_cursor(connection, consumer, source, partition) != START:
            raise Transient("another process has moved this cursor")
        connection.execute(tables.CURSORS.insert().values(**key, **values))
        return
    here = {"of": consumer, "from": source, "part": partition}
    before = {"was": old.position, "read": old.next_offset}
    moved = {"to_" + name: value for name, value in values.items()}
    if connection.execute(_MOVED, {**here, **before, **moved}).rowcount != 1:
        raise Transient("another process has moved this cursor")
