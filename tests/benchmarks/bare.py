"""The database alone: prepared records inserted by nothing but the driver.

The records are those of a store that a benchmark has just filled, into a new store of the same
tables, indexes and triggers.
"""

import time
from collections.abc import Sequence
from typing import Any

import orjson

from infra.store import Store
from infra.writing import EVENT_COLUMNS, POSTGRESQL, bytea

Row = tuple[Any, ...]
INSERT = f"INSERT INTO events VALUES ({','.join('?' * len(EVENT_COLUMNS))})"


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
        begin = "BEGIN IMMEDIATE" if sqlite else "BEGIN"
        while done < len(rows) and time.monotonic() < until:
            chunk = rows[done : done + at_once]
            cursor.execute(begin)
            if sqlite:
                cursor.executemany(INSERT, chunk)
            else:
                objects = [dict(zip(EVENT_COLUMNS, row, strict=True)) for row in chunk]
                text = orjson.dumps(objects, default=bytea).decode()
                cursor.execute(POSTGRESQL.inserted["events"], (text,))
            cursor.execute("COMMIT")
            done += len(chunk)
        seconds = time.monotonic() - started
    return done / seconds
