"""Three tempting readers of a table whose positions come from a sequence: each one loses events.

They must fail here, so that the proof that ours does not can fail too. Writers insert as most
people do: a sequence draws the position, and no lock is taken.
"""

import random
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import psycopg

TABLE = """
CREATE TABLE scratch (
  pos bigserial PRIMARY KEY, tx xid8 NOT NULL DEFAULT pg_current_xact_id(), body text NOT NULL
)
"""
INSERT = "INSERT INTO scratch (body) SELECT repeat('x', 300) FROM generate_series(1, %s)"
LIMIT = 500
Connection = psycopg.Connection[tuple[int, ...]]


def plain(connection: Connection, cursor: int) -> list[int]:
    """What most people write."""
    rows = connection.execute(
        "SELECT pos FROM scratch WHERE pos > %s ORDER BY pos LIMIT %s", (cursor, LIMIT)
    )
    return [row[0] for row in rows]


def fence_asked_afterwards(connection: Connection, cursor: int) -> list[int]:
    """The same, then without the rows of transactions that may still run, asked in a second
    statement."""
    rows = connection.execute(
        "SELECT pos, tx::text::bigint FROM scratch WHERE pos > %s ORDER BY pos LIMIT %s",
        (cursor, LIMIT),
    ).fetchall()
    fence = connection.execute(
        "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    ).fetchone()
    return [pos for pos, tx in rows if fence is not None and tx < fence[0]]


def fence_ordered_by_position(connection: Connection, cursor: int) -> list[int]:
    """The fence in the same statement, but order and checkpoint by position."""
    rows = connection.execute(
        "SELECT pos FROM scratch WHERE pos > %s AND tx < pg_snapshot_xmin(pg_current_snapshot())"
        " ORDER BY pos LIMIT %s",
        (cursor, LIMIT),
    )
    return [row[0] for row in rows]


Read = Callable[[Connection, int], list[int]]
WRONG: tuple[Read, ...] = (plain, fence_asked_afterwards, fence_ordered_by_position)


class Losses(NamedTuple):
    """How many events there were, and how many each reader never saw."""

    events: int
    lost: dict[str, int]


class Scratch:
    """Unlocked writers and wrong readers, side by side for a while."""

    def __init__(self, conninfo: str, seed: int, writers: int) -> None:
        self._conninfo = conninfo
        self._seed = seed
        self._writers = writers
        self._stop = threading.Event()
        self._done = threading.Event()
        self._seen: dict[str, set[int]] = {read.__name__: set() for read in WRONG}

    def run(self, seconds: float) -> Losses:
        """Write and read for so long; then let the readers come to the end."""
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS scratch")
            connection.execute(TABLE)
        writers = [
            threading.Thread(target=self._write, args=(random.Random(self._seed + number),))
            for number in range(self._writers)
        ]
        readers = [threading.Thread(target=self._read, args=(read,)) for read in WRONG]
        for thread in (*readers, *writers):
            thread.start()
        time.sleep(seconds)
        self._stop.set()
        for thread in writers:
            thread.join(60)
        self._done.set()
        for thread in readers:
            thread.join(60)
        with psycopg.connect(self._conninfo) as connection:
            stored = {row[0] for row in connection.execute("SELECT pos FROM scratch")}
        return Losses(len(stored), {name: len(stored - seen) for name, seen in self._seen.items()})

    def _write(self, dice: random.Random) -> None:
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            while not self._stop.is_set():
                connection.execute("BEGIN")
                connection.execute(INSERT, (dice.randint(1, 3),))
                time.sleep(dice.random() * 0.002)
                connection.execute("ROLLBACK" if dice.random() < 0.1 else "COMMIT")

    def _read(self, read: Read) -> None:
        seen, cursor = self._seen[read.__name__], 0
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            while True:
                last = self._done.is_set()
                found = read(connection, cursor)
                seen.update(found)
                cursor = max(found, default=cursor)
                if last and not found:
                    return
