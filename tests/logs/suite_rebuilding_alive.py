"""Nobody who reads or consumes notices a rebuild, and it may die or lose its database anywhere."""

import asyncio
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import exc

from infra.consumer import Applier
from infra.errors import Refused, Transient
from infra.projection import SLOTS
from tests.breaker import Breaker
from tests.databases import Database
from tests.logs.rebuild_rig import (
    WAIT_S,
    Meanwhile,
    Row,
    live_slot,
    mixed,
    rebuild_of,
    rebuilt,
    snapshot,
    stored,
)
from tests.logs.rig import FEED, Feed, Rig
from tests.toys import SHOWING


class Killed(BaseException):
    """The rebuilder is gone."""


class RebuildingAliveSuite:
    """Subclasses give the fixtures `database`, `patience` and `mended`."""

    async def test_a_live_consumer_goes_on_during_the_rebuild(self, database: Database) -> None:
        rig, feed = Rig(database, SHOWING), Feed().put(*mixed(1, 12))
        await rig.apply(feed.batch())
        other = Applier(SHOWING, database.writer(database.store()), rig.models)
        for applier in (rig.applier, other):  # in this process, and in another
            meanwhile = Meanwhile(applier, feed, times=30)
            result = await rebuilt(rig, feed, meanwhile)
            assert {"fill", "catch up"} <= set(meanwhile.phases)
            assert result.differences == ()
            count = len(feed.received)
            await applier.apply(feed.put(*mixed(count + 1, count + 2)).batch(count + 1))
            assert rig.applier.cursor(FEED, 0).position == count + 2
            live = stored(rig)
            assert len(live["box_facts"]) == count + 2
            fresh = await self._from_the_beginning(rig, feed)
            assert fresh == live

    async def _from_the_beginning(self, rig: Rig, feed: Feed) -> dict[str, list[Row]]:
        """What a rebuild makes of the whole feed while nobody does anything."""
        assert (await rebuilt(rig, feed, switch=False)).differences == ()
        return stored(rig, SLOTS[1 - SLOTS.index(live_slot(rig))])

    async def test_what_is_parked_and_released_during_the_rebuild_comes_along_once(
        self, database: Database, mended: set[str]
    ) -> None:
        rig = Rig(database, SHOWING)
        feed = Feed().put("B1:poison", "B1:b", "B2:keyless", "B2:c", "B3:x")
        await rig.apply(feed.batch())
        loop = asyncio.get_running_loop()
        steps = iter(("retry", "skip", "park"))

        async def one(step: str) -> None:
            if step == "retry":
                mended.add("poison")
                await rig.applier.release(FEED, "box/B1", "retry", "person-1")
            elif step == "skip":
                await rig.applier.release(FEED, "box/B2", "skip", "person-1")
            else:
                feed.put("B3:nul", "B3:y")
                await rig.apply(feed.batch(6))

        def report(*_: object) -> None:
            step = next(steps, None)
            if step is not None:
                asyncio.run_coroutine_threadsafe(one(step), loop).result(WAIT_S)

        await rebuilt(rig, feed, report)
        assert next(steps, None) is None
        assert {box: row.items for box, row in rig.rows().items()} == {
            "B1": ("poison", "b"),
            "B2": ("c",),
            "B3": ("x",),
        }
        assert (await rebuilt(rig, feed)).differences == ()

    async def test_readers_see_whole_tables_before_during_and_after_the_switch(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database, SHOWING), Feed().put(*mixed(1, 25))
        await rig.apply(feed.batch())
        whole, stop = stored(rig), threading.Event()
        wrong: list[object] = []
        reads = 0

        def read() -> None:
            nonlocal reads
            while not stop.is_set():
                try:
                    seen = stored(rig)
                except Exception as error:
                    wrong.append(error)
                    return
                reads += 1
                if seen != whole:
                    wrong.append(seen)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            slots = [(await rebuilt(rig, feed)).slot for _ in range(2)]
        finally:
            stop.set()
            reader.join(WAIT_S)
        assert slots == ["b", "a"]
        assert reads > 0
        assert wrong == []

    async def test_a_transaction_keeps_to_the_tables_that_it_began_with(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database, SHOWING), Feed().put(*mixed(1, 10))
        await rig.apply(feed.batch())
        with snapshot(rig) as connection:
            assert rig.models.live(connection).slot == "a"
            await rebuilt(rig, feed)
            await rig.apply(feed.put("B1:new").batch(11))
            old = rig.models.live(connection)
            assert old.slot == "a"
            assert old.rows["boxes"].read(connection, ["B1"])["B1"].items == ("i1", "i6")
        assert live_slot(rig) == "b"
        assert rig.rows()["B1"].items == ("i1", "i6", "new")

    async def test_killed_at_any_phase_live_is_whole_and_the_next_begins_anew(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database, SHOWING), Feed().put(*mixed(1, 14))
        await rig.apply(feed.batch())
        whole = stored(rig)
        phases: list[str] = []
        for number in range(100):
            left = number

            def report(phase: str, *_: object) -> None:
                nonlocal left
                if left == 0:
                    phases.append(phase)
                    raise Killed
                left -= 1

            try:
                await rebuilt(rig, feed, report)
            except Killed:
                assert stored(rig) == whole
                continue
            break
        assert {"fill", "catch up"} <= set(phases)
        assert live_slot(rig) == "b"
        assert stored(rig) == whole
        assert (await rebuilt(rig, feed)).differences == ()

    async def test_a_connection_lost_at_any_statement_harms_nothing(
        self, database: Database, patience: float
    ) -> None:
        rig, feed = Rig(database, SHOWING), Feed().put("B1:poison", *mixed(2, 9))
        await rig.apply(feed.batch())
        whole = stored(rig)
        breaker = Breaker(rig.store.engine, database.connection_lost)
        failed = finished = 0
        for number in range(200):
            breaker.nth(number)
            before = len(breaker.broken)
            try:
                await rebuilt(rig, feed)
                finished += 1
            except (Transient, exc.OperationalError):
                failed += 1
            breaker.mend()
            assert stored(rig) == whole, f"after statement {number}"
            if len(breaker.broken) == before:
                break
        assert failed > 3
        assert finished > 1
        assert (await rebuilt(rig, feed)).differences == ()

    @pytest.mark.parametrize("moment", ["before", "after"])
    async def test_a_commit_without_an_answer_loses_and_doubles_nothing(
        self, database: Database, patience: float, mended: set[str], moment: str
    ) -> None:
        """What a unit has done to the rebuild itself must go with a transaction that is lost."""
        rig = Rig(database, SHOWING)
        feed = Feed().put("B9:poison", "B9:b", *mixed(3, 9))
        await rig.apply(feed.batch())
        breaker = Breaker(rig.store.engine, database.connection_lost)
        loop = asyncio.get_running_loop()
        count = 0

        async def live() -> None:
            nonlocal count
            count += 1
            if count == 1:
                mended.add("poison")
                await rig.applier.release(FEED, "box/B9", "retry", "person-1")
            at = len(feed.received)
            await rig.apply(feed.put(*mixed(at + 1, at + 2)).batch(at + 1))

        def report(*_: object) -> None:
            breaker.mend()
            if count < 6:
                asyncio.run_coroutine_threadsafe(live(), loop).result(WAIT_S)
            breaker.when(_first_commit_of_a_writer(moment))

        await rebuilt(rig, feed, report)
        breaker.mend()
        assert breaker.broken
        assert rig.rows()["B9"].items == ("poison", "b")
        assert len(stored(rig)["box_facts"]) == len(feed.received)
        assert (await rebuilt(rig, feed)).differences == ()

    async def test_two_rebuilds_of_one_consumer_at_once_harm_nothing(
        self, database: Database
    ) -> None:
        rig, feed = Rig(database, SHOWING), Feed().put(*mixed(1, 14))
        await rig.apply(feed.batch())
        whole = stored(rig)
        begun, may_go = threading.Event(), threading.Event()

        def halted(*_: object) -> None:
            begun.set()
            may_go.wait(WAIT_S)

        def second() -> None:
            try:
                rebuild_of(rig, feed, halted).run()
            except Refused:
                refused.append(True)  # which is as good, as long as readers see whole tables
            finally:
                begun.set()

        refused: list[bool] = []
        thread = threading.Thread(target=second)

        def report(phase: str, *_: object) -> None:
            if phase != "fill" and not thread.ident:
                thread.start()
                begun.wait(2)

        await rebuilt(rig, feed, report)
        assert thread.ident
        try:
            assert stored(rig) == whole, "while the second still works"
        finally:
            may_go.set()
            thread.join(WAIT_S)
        assert not thread.is_alive()
        assert stored(rig) == whole
        assert (await rebuilt(rig, feed)).differences == ()


def _first_commit_of_a_writer(wanted: str) -> Callable[[str, str], bool]:
    """True once: for the next commit of a unit, not for those of the rebuild's own tables."""
    done: list[bool] = []

    def here(moment: str, statement: str) -> bool:
        by_writer = threading.current_thread().name.startswith("writer-")
        if done or moment != wanted or not by_writer or statement != "COMMIT":
            return False
        done.append(True)
        return True

    return here
