"""The database alone: prepared records inserted by nothing but the driver.

The records are those of a store that a benchmark has just filled, into a new store of the same
tables, indexes and triggers.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from infra.execute import Writer
from infra.store import Store

Row = tuple[Any, ...]
Open = Callable[[], AbstractContextManager[Writer]]


def ceiling(filled: Store, at_once: int, seconds: float, open_new: Open) -> float:
    """Records per second when so many prepared ones are committed at once, for a while."""
    rows = rows_of(filled)
    with open_new() as writer:
        return insert(writer.store, rows, at_once, time.monotonic() + seconds)


def rows_of(store: Store) -> list[Row]:
    """All events of a store, as its table has them."""
    with store.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT * FROM events ORDER BY position")
        return [tuple(row) for row in found]


def insert(store: Store, rows: Sequence[Row], at_once: int, until: float) -> float:
    """Insert chunks, each in its transaction, until all are in or time is up; records per
    second."""
    done, started = 0, time.monotonic()
    with store.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        driver: Any = connection.connection.driver_connection
        cursor = driver.cursor()
        while done < len(rows) and time.monotonic() < until:
            chunk = rows[done : done + at_once]
            cursor.execute(store.sql.begin)
            if sqlite:
                cursor.executemany(store.sql.append, chunk)
            else:
                columns = [list(column) for column in zip(*chunk, strict=True)]
                cursor.execute(store.sql.append, columns)
            cursor.execute("COMMIT")
            done += len(chunk)
        seconds = time.monotonic() - started
    return done / seconds
