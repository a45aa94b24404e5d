"""A process that dies at any statement of a unit leaves all of the unit behind, or none of it."""

import asyncio
import itertools
import os
from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection, event

from infra.store import Store
from tests.databases import Database
from tests.logs.rig import FEED, Feed, Rig
from tests.toys import SOURCE, TOYS, count, put

CRASHED = 9


def dies_in_child(work: Callable[[], None]) -> bool:
    """Run something in a forked process; True when that died, False when it came to its end.

    The parent has nothing open that the child could share.
    """
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == CRASHED


def die_after(store: Store, number: int) -> None:
    """End this process, as `kill -9` does, after the n-th statement from now on."""
    statements = itertools.count()

    @event.listens_for(store.engine, "after_cursor_execute")
    def die(connection: Connection, *_: object) -> None:
        if next(statements) == number:
            os._exit(CRASHED)


def some(number: int) -> list[str]:
    """Places of a batch: one that is fine, one that parks, one that is refused, one more."""
    return [f"B{number}:a", f"B{number}:unknown", f"B{number}x:cursed", f"B{number}y:b"]


class CrashingSuite:
    """Subclasses give the fixture `database`."""

    def test_a_batch_is_applied_whole_or_not_at_all(self, database: Database) -> None:
        Rig(database)
        database.close()
        feed = Feed().put(*(place for number in range(60) for place in some(number)))
        for number in range(60):
            feed.bend(4 * number + 2, type="toy.unknown.v1")

        def child(number: int) -> None:
            rig = Rig(database, create=False)
            done = rig.applier.cursor(FEED, 0).position
            if done < 4 * number:
                asyncio.run(rig.apply(feed.batch(done + 1, 4 * number)))
            die_after(rig.store, number)
            asyncio.run(rig.apply(feed.batch(4 * number + 1, 4 * number + 4)))

        halves, whole = 0, 0
        for number in range(60):
            if not dies_in_child(partial(child, number)):
                break
            batches = self._whole_batches(database)
            assert batches in (number, number + 1)
            halves += batches == number
            whole += batches == number + 1
        assert halves > 10
        assert whole >= 1, "no process has died between COMMIT and its answer"

    def _whole_batches(self, database: Database) -> int:
        """How many batches are there; all that belongs to each is checked."""
        rig = Rig(database, create=False)
        state, at = rig.state(), rig.applier.cursor(FEED, 0).position
        database.close()
        batches, rest = divmod(at, 4)
        assert rest == 0
        assert state.rows.keys() == {
            place.split(":")[0] for number in range(batches) for place in some(number)
        }
        assert len(state.facts) == 3 * batches
        assert len(state.counted.get("shelf/all", ())) == 3 * batches
        assert len(state.refused) == len(state.parked) == batches
        return batches

    def test_a_group_of_commands_is_stored_whole_or_not_at_all(self, database: Database) -> None:
        database.create()
        database.close()

        def child(number: int) -> None:
            store = Store(database.open(), SOURCE, TOYS)
            writer = database.writer(store)
            die_after(store, number)
            wanted = [put(f"B{number}", "cup", "jug"), count(f"S{number}", "cup")]
            writer.submit_many(wanted).result(60)

        seen = set()
        for number in range(60):
            if not dies_in_child(partial(child, number)):
                break
            streams = (f"box/B{number}", f"shelf/S{number}")
            store = Store(database.open(), SOURCE, TOYS)
            with store.engine.connect() as connection:
                made = [
                    connection.exec_driver_sql(
                        f"SELECT count(*) FROM {table} WHERE stream IN {streams}"
                    ).scalar_one()
                    for table in ("events", "commands", "dues")
                ]
            whole = store.read_after(0, 1_000)
            database.close()
            assert made in ([0, 0, 0], [3, 2, 1])
            assert [r.envelope.position for r in whole] == list(range(1, len(whole) + 1))
            seen.add(made[0])
        assert seen == {0, 3}
