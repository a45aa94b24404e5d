"""How far a consumer is in a partition of a source: read, locked, moved by compare-and-set."""

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

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


def read_cursor(
    connection: Connection, consumer: str, source: str, partition: int, *, lock: bool = False
) -> Cursor:
    """A consumer's cursor; START when it has none. `lock` holds its row to the transaction."""
    cursors = tables.CURSORS.c
    query = select(tables.CURSORS).where(
        cursors.consumer == consumer, cursors.source == source, cursors.partition == partition
    )
    row = connection.execute(query.with_for_update() if lock else query).first()
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
        "position": new.position,
        "next_offset": new.next_offset,
        "store_id": new.store_id,
        "leaf": new.leaf,
        "recorded_at": new.recorded_at,
        "closed_on": new.closed_on.isoformat() if new.closed_on else "",
    }
    cursors = tables.CURSORS.c
    if old == START:
        key = {"consumer": consumer, "source": source, "partition": partition}
        if read_cursor(connection, consumer, source, partition) != START:
            raise Transient("another process has moved this cursor")
        connection.execute(tables.CURSORS.insert().values(**key, **values))
        return
    changed = connection.execute(
        tables.CURSORS.update()
        .where(
            cursors.consumer == consumer,
            cursors.source == source,
            cursors.partition == partition,
            cursors.position == old.position,
            cursors.next_offset == old.next_offset,
        )
        .values(**values)
    )
    if changed.rowcount != 1:
        raise Transient("another process has moved this cursor")
