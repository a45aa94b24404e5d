"""Rebuilds of the toy consumer's read models, from a feed that can grow meanwhile."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, select

from infra.consumer import Applier, Batch, Cursor
from infra.embedded import StoreLog
from infra.rebuild import Rebuild, Report, Result
from tests.logs.rig import Feed, Rig

WAIT_S = 20.0
Row = tuple[Any, ...]


class FeedLog(StoreLog):
    """A feed's records as a log replays them, in batches of three."""

    def __init__(self, feed: Feed) -> None:
        super().__init__({}, own="")
        self.feed = feed

    def replay(self, source: str, partition: int, after: Cursor, limit: int) -> Iterator[Batch]:
        """Whatever the feed has behind a cursor."""
        assert (source, partition) == (self.feed.source, self.feed.partition)
        for first in range(after.position + 1, len(self.feed.received) + 1, 3):
            yield self.feed.batch(first, first + 2)


def silent(*_: object) -> None:
    """Nobody watches."""


def rebuild_of(rig: Rig, feed: Feed, report: Report = silent) -> Rebuild:
    """A rebuild of a rig's read models from a feed."""
    return Rebuild(rig.consumer, rig.models, rig.writer, lambda _: FeedLog(feed), report)


async def rebuilt(rig: Rig, feed: Feed, report: Report = silent, *, switch: bool = True) -> Result:
    """A whole rebuild, in a thread as a service runs it."""
    rebuild = rebuild_of(rig, feed, report)
    return await asyncio.to_thread(lambda: rebuild.run(switch=switch))


def live_slot(rig: Rig) -> str:
    """Which slot readers read now."""
    with rig.store.engine.connect() as connection:
        return rig.models.live(connection).slot


@contextmanager
def snapshot(rig: Rig) -> Iterator[Connection]:
    """A transaction that sees one moment of the database, as a careful reader opens it."""
    isolated = "" if rig.database.is_sqlite else " ISOLATION LEVEL REPEATABLE READ"
    with rig.store.engine.connect() as connection:
        connection.exec_driver_sql(f"BEGIN{isolated}")
        yield connection
        connection.exec_driver_sql("ROLLBACK")


def stored(rig: Rig, slot: str | None = None) -> dict[str, list[Row]]:
    """Every row and fact of a slot, the live one unless told, as the tables have them."""
    with snapshot(rig) as connection:
        made = rig.models.slots[slot] if slot else rig.models.live(connection)
        named = {name: part.table for name, part in made.rows.items()}
        named |= {name: log.table for name, log in made.facts.items()}
        return {
            name: sorted(tuple(row) for row in connection.execute(select(table)))
            for name, table in named.items()
        }


def mixed(first: int, last: int) -> list[str]:
    """Places for items at positions first to last, over five boxes."""
    return [f"B{number % 5}:i{number}" for number in range(first, last + 1)]


class Meanwhile:
    """A live consumer that applies some more each time the rebuild reports, as often as told."""

    def __init__(self, applier: Applier, feed: Feed, times: int) -> None:
        self.applier = applier
        self.feed = feed
        self.left = times
        self.phases: list[str] = []
        self._loop = asyncio.get_running_loop()

    def __call__(self, phase: str, done: int, total: int) -> None:
        """Two more events, and the first of them once more."""
        self.phases.append(phase)
        if not self.left:
            return
        self.left -= 1
        count = len(self.feed.received)
        self.feed.put(*mixed(count + 1, count + 2))
        work = self.applier.apply(self.feed.batch(max(1, count), count + 2))
        asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S)
