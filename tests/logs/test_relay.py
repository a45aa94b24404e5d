"""Out of the store onto the log: everything published, in order, chained, by one relay."""

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Connection, event

from contracts.catalog import TOPICS, Catalog, partition_of
from contracts.cloudevents import leaf_hash
from infra import execute, relay, tables
from infra.relay import Outgoing, rewind
from infra.store import Store
from tests.databases import Database
from tests.logs.fake_topic import FakeTopic
from tests.logs.relay_rig import PARTITIONS, PATIENCE_S, Rig, many, until
from tests.toys import DAY, SOURCE, CloseDay, Put, ask, put, toy_writer


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses worth waiting for."""
    monkeypatch.setattr(relay, "PAUSE_S", 0.01)
    monkeypatch.setattr(relay, "LIMIT", 20)


async def test_everything_published_arrives_in_its_partition_and_nothing_private(
    sqlite_database: Database,
) -> None:
    rig = Rig(sqlite_database)
    async with rig.relaying() as one:
        await rig.write(*many(60))
        await rig.arrived()
        await until(lambda: one.progress.state == "following")
    for partition in range(PARTITIONS):
        wanted = [
            record
            for record in rig.published()
            if partition_of(record.envelope.stream, PARTITIONS) == partition
        ]
        received = rig.topic.received(partition)
        assert [one.record for one in received] == wanted
        assert [leaf_hash(one.record) for one in received] == [leaf_hash(r) for r in wanted]
        positions = [record.envelope.position for record in wanted]
        assert [one.previous for one in received] == [0, *positions[:-1]][: len(positions)]
        assert {one.store_id for one in received} <= {rig.store.store_id}
    for outgoing in rig.topic.partitions[0]:
        assert outgoing.topic == "castmark.membership"
        assert (outgoing.key or b"").decode().startswith("box/")


async def test_what_is_broadcast_reaches_every_partition_in_its_chain(
    sqlite_database: Database,
) -> None:
    rig = Rig(sqlite_database)
    await rig.write(*many(30), ask(CloseDay(on=DAY)), *many(30, 30), ask(CloseDay(on=DAY)))
    days = [31, 62]
    async with rig.relaying():
        await until(lambda: all(rig.topic.applied(n)[0][-1:] == [62] for n in range(PARTITIONS)))
    for partition in range(PARTITIONS):
        positions, holes = rig.topic.applied(partition)
        assert holes == 0
        assert set(days) <= set(positions)


def first_only(records: Sequence[Outgoing]) -> Sequence[Outgoing]:
    """The first record of a batch lands."""
    return records[:1]


def all_but_the_second(records: Sequence[Outgoing]) -> Sequence[Outgoing]:
    """One record of a batch is lost, later ones land."""
    return [*records[:1], *records[2:]]


def nothing(records: Sequence[Outgoing]) -> Sequence[Outgoing]:
    """No record of a batch lands."""
    return ()


def everything(records: Sequence[Outgoing]) -> Sequence[Outgoing]:
    """All lands, and the acknowledgement is lost."""
    return records


@pytest.mark.parametrize("mishap", [nothing, first_only, everything])
async def test_after_a_failed_send_a_new_producer_sends_again_from_the_stored_cursor(
    sqlite_database: Database, mishap: Callable[[Sequence[Outgoing]], Sequence[Outgoing]]
) -> None:
    rig = Rig(sqlite_database)
    async with rig.relaying():
        await rig.write(*many(30))
        await rig.arrived()
        rig.topic.mishaps += [mishap, nothing, mishap]
        await rig.write(*many(50, 30))
        await rig.arrived()
        assert rig.topic.mishaps == []
        assert rig.topic.opened == 4
        assert rig.topic.closed == 3


async def test_failures_at_random_leave_no_hole_and_lose_nothing(
    sqlite_database: Database, seed: int
) -> None:
    rig, dice = Rig(sqlite_database), random.Random(seed)

    def some(records: Sequence[Outgoing]) -> Sequence[Outgoing]:
        return records[: dice.randint(0, len(records))]

    async with rig.relaying():
        for turn in range(12):
            rig.topic.mishaps += [some] * dice.randint(0, 2)
            await rig.write(*many(25, 25 * turn))
            await asyncio.sleep(0.01)
        await rig.arrived()
    assert rig.topic.holes() == 0


async def test_a_record_lost_inside_a_batch_is_a_hole_until_it_is_sent_again(
    sqlite_database: Database,
) -> None:
    rig = Rig(sqlite_database)
    await rig.write(*(put("B1", f"i{number}") for number in range(8)))
    rig.topic.mishaps += [all_but_the_second]
    async with rig.relaying():
        await rig.arrived()
    partition = partition_of("box/B1", PARTITIONS)
    landed = [one.record.envelope.position for one in rig.topic.received(partition)]
    assert landed == [1, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8]
    assert rig.topic.applied(partition) == ([1, 2, 3, 4, 5, 6, 7, 8], 6)


async def test_a_relay_goes_on_where_the_last_one_stopped(sqlite_database: Database) -> None:
    rig = Rig(sqlite_database)
    async with rig.relaying():
        await rig.write(*many(30))
        await rig.arrived()
        await until(lambda: rig.cursors().get(relay.ALL) == 30)
    sent = sum(len(records) for records in rig.topic.partitions.values())
    assert sent == len(rig.published())
    await rig.write(*many(30, 30))
    async with rig.relaying():
        await rig.arrived()
    assert sum(len(records) for records in rig.topic.partitions.values()) == len(rig.published())


async def test_a_relay_killed_before_it_kept_its_cursor_sends_twice_and_loses_nothing(
    sqlite_database: Database,
) -> None:
    rig = Rig(sqlite_database)
    async with rig.relaying():
        await rig.write(*many(30))
        await rig.arrived()
    with rig.store.engine.connect() as connection:
        connection.execute(tables.CURSORS.delete())
    await rig.write(*many(30, 30))
    async with rig.relaying():
        await rig.arrived()


async def test_one_of_two_relays_is_active_and_the_other_takes_over(
    sqlite_database: Database,
) -> None:
    rig = Rig(sqlite_database)
    await rig.write(*many(10))
    async with rig.relaying("two") as two:
        async with rig.relaying("one") as one:
            await rig.arrived()
            waiting = "another process relays this store"
            await until(lambda: waiting in (one.progress.reason, two.progress.reason))
            active = two if one.progress.reason == waiting else one
            assert active.progress.applied == 8
            await rig.write(*many(10, 10))
            await rig.arrived()
            assert sum(made.progress.applied for made in (one, two)) == 16
        rig.wall.at += timedelta(seconds=11)
        await rig.write(*many(10, 20))
        await rig.arrived()


async def test_a_zombie_s_last_words_do_not_hold_up_its_heirs(sqlite_database: Database) -> None:
    rig = Rig(sqlite_database)
    await rig.write(*many(30))
    async with rig.relaying("one"):
        await rig.arrived()
        await until(lambda: rig.cursors().get(relay.ALL) == 30)
    late, _ = relay.route(rig.store, TOPICS[SOURCE], rig.store.read_after(0, 10), {})
    rig.topic.land(late)
    rig.wall.at += timedelta(seconds=11)
    await rig.write(*many(30, 30))
    async with rig.relaying("heir"):
        await rig.arrived()
    assert rig.topic.holes() == 0


async def test_a_zombie_relay_changes_neither_cursor_nor_chain(
    sqlite_database: Database,
) -> None:
    rig, gate = Rig(sqlite_database), asyncio.Event()
    await rig.write(*many(60))
    async with rig.relaying("zombie", gate) as zombie:
        await until(lambda: rig.topic.opened == 1)
        await asyncio.sleep(0.1)
        rig.wall.at += timedelta(seconds=11)
        async with rig.relaying("heir") as heir:
            await rig.arrived()
            await until(lambda: rig.cursors().get(relay.ALL) == 60)
            gate.set()
            await until(lambda: "another process" in zombie.progress.reason)
            await rig.write(*many(20, 60))
            await rig.arrived()
            await until(lambda: rig.cursors().get(relay.ALL) == 80)
            assert heir.progress.state == "following"
    assert rig.topic.holes() == 0


@pytest.mark.parametrize("position", [0, 17, 40])
async def test_a_lost_topic_is_filled_again_from_a_position(
    sqlite_database: Database, position: int
) -> None:
    rig = Rig(sqlite_database)
    await rig.write(*many(40))
    async with rig.relaying():
        await rig.arrived()
        await until(lambda: rig.cursors().get(relay.ALL) == 40)
    for records in rig.topic.partitions.values():
        kept = [one for one in records if int(dict(one.headers)["ce_position"]) <= position]
        records[:] = kept
    await rig.writer.run(partial(rewind, position=position))
    async with rig.relaying():
        await rig.write(*many(10, 40))
        await rig.arrived()


async def test_a_rewind_is_obeyed_by_the_relay_that_runs(sqlite_database: Database) -> None:
    rig = Rig(sqlite_database)
    async with rig.relaying():
        await rig.write(*many(40))
        await rig.arrived()
        await until(lambda: rig.cursors().get(relay.ALL) == 40)
        rig.topic.lose()
        await rig.writer.run(partial(rewind, position=0))
        await rig.write(*many(10, 40))
        await rig.arrived()


async def test_a_topic_that_lost_what_was_acknowledged_waits_to_be_filled_again(
    sqlite_database: Database,
) -> None:
    rig = Rig(sqlite_database)
    async with rig.relaying():
        await rig.write(*many(40))
        await rig.arrived()
        await until(lambda: rig.cursors().get(relay.ALL) == 40)
    rig.topic.lose()
    await rig.write(*many(10, 40))
    async with rig.relaying() as one:
        await until(lambda: "castmark relay membership --from 0" in one.progress.reason)
        assert not any(rig.topic.partitions.values())
        await rig.writer.run(partial(rewind, position=0))
        await rig.arrived()


async def test_a_store_restored_from_a_backup_does_not_relay_another_past(
    sqlite_database: Database,
) -> None:
    rig = Rig(sqlite_database)
    async with rig.relaying():
        await rig.write(*many(20))
        await rig.arrived()
    with rig.store.engine.connect() as connection:
        connection.exec_driver_sql("DROP TRIGGER events_no_DELETE")
        connection.exec_driver_sql("DELETE FROM events WHERE position > 12")
        connection.execute(tables.CURSORS.delete())
    rig.writer.cache.clear()
    async with rig.relaying() as one:
        await until(lambda: one.progress.state == "stopped")
        assert "restored from a backup" in one.progress.reason
    await rig.write(*(put(f"C{n}", "other") for n in range(30)))
    before = {n: list(records) for n, records in rig.topic.partitions.items()}
    async with rig.relaying() as one:
        await until(lambda: one.progress.state == "stopped")
    assert rig.topic.partitions == before


async def test_the_topic_of_another_store_is_not_written_to(sqlite_database: Database) -> None:
    rig = Rig(sqlite_database)
    headers = [("ce_storeid", b"another-store")]
    await rig.write(*many(12))
    async with rig.relaying():
        await rig.arrived()
    for records in rig.topic.partitions.values():
        records[:] = [
            one._replace(headers=[*[h for h in one.headers if h[0] != "ce_storeid"], *headers])
            for one in records
        ]
    async with rig.relaying() as one:
        await until(lambda: one.progress.state == "stopped")
        assert "another-store" in one.progress.reason


async def test_a_type_of_a_newer_build_stops_the_relay_and_is_not_passed_over(
    sqlite_database: Database,
) -> None:
    rig = Rig(sqlite_database)
    await rig.write(put("B1", "cup"), ask(CloseDay(on=DAY)), put("B2", "cup"))
    older = Store(rig.store.engine, SOURCE, Catalog((Put,)))
    behind = sqlite_database.keep(toy_writer(older, rig.wall.now).start())
    async with rig.relaying(writer=behind) as one:
        await until(lambda: one.progress.state == "stopped")
        assert "machinery.day_closed.v1" in one.progress.reason
    assert not any(rig.topic.partitions.values())
    rig.wall.at += timedelta(seconds=11)
    async with rig.relaying("newer"):
        await until(lambda: rig.topic.everything() == [1, 2, 3])


async def test_a_broker_and_a_database_that_are_away_are_waited_for(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "RETRY_FOR_S", 0.1)
    rig = Rig(sqlite_database)
    rig.topic.unreachable = True
    async with rig.relaying() as one:
        await until(lambda: one.progress.state == "waiting")
        rig.topic.unreachable = False
        await rig.write(*many(10))
        await rig.arrived()
        away: list[bool] = [True]

        @event.listens_for(rig.store.engine, "before_cursor_execute")
        def fail(connection: Connection, *_: object) -> None:
            if away:
                raise rig.database.connection_lost()

        await until(lambda: "away" in one.progress.reason)
        await asyncio.sleep(0.5)
        away.clear()
        await rig.write(*many(10, 10))
        await rig.arrived()


def test_a_writer_outlives_the_loop_of_its_relay(sqlite_database: Database) -> None:
    rig = Rig(sqlite_database)

    async def once(number: int) -> None:
        async with rig.relaying(f"relay-{number}"):
            await rig.write(put(f"B{number}", "cup"))
            await rig.arrived()

    for number in range(3):
        asyncio.run(once(number))
        rig.writer.submit_many([put(f"C{number}", "cup")]).result(PATIENCE_S)
        rig.wall.at += timedelta(seconds=11)
    assert len(rig.writer.listeners) == 0


async def test_without_the_chain_a_receiver_would_lose_a_record_unseen(
    sqlite_database: Database,
) -> None:
    """The companion that must fail: the same mishap, and a receiver that does not look."""
    rig = Rig(sqlite_database)
    await rig.write(*(put("B1", f"i{number}") for number in range(6)))
    outgoing, _ = relay.route(rig.store, TOPICS[SOURCE], rig.store.read_after(0, 10), {})
    partition = partition_of("box/B1", PARTITIONS)
    blind = FakeTopic(PARTITIONS)
    blind.land([with_previous(one, 0) for one in all_but_the_second(outgoing)])
    blind.land([with_previous(one, 0) for one in outgoing])
    assert blind.applied(partition) == ([1, 3, 4, 5, 6], 0)
    rig.topic.land(all_but_the_second(outgoing))
    rig.topic.land(outgoing)
    assert rig.topic.applied(partition) == ([1, 2, 3, 4, 5, 6], 4)


def with_previous(outgoing: Outgoing, previous: int) -> Outgoing:
    """A record that says nothing, or something else, of the one before it."""
    headers = [h for h in outgoing.headers if h[0] != "ce_previous"]
    return outgoing._replace(headers=[*headers, ("ce_previous", b"%d" % previous)])
