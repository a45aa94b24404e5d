"""A consumer that is told to stop leaves nothing open: while it still begins, while it fails."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace

import pytest
from aiokafka.client import AIOKafkaClient  # type: ignore[import-untyped]  # it ships no types
from aiokafka.errors import KafkaConnectionError  # type: ignore[import-untyped]  # same
from aiokafka.protocol.commit import OffsetCommitRequest  # type: ignore[import-untyped]  # same
from aiokafka.protocol.fetch import FetchRequest  # type: ignore[import-untyped]  # same

from contracts.catalog import Topic
from infra import kafka_follower
from infra.bus import Progress
from infra.consumer import Applied, Applier, Batch
from infra.kafka_follower import Follower
from tests.databases import Database
from tests.logs.kafka_rig import FEED, READER, Feed, Following, Rig, boxes, send, until
from tests.plugins.require import needs
from tests.sockets import sockets

pytestmark = needs("kafka")


@pytest.fixture
def rig(sqlite_database: Database) -> Rig:
    """The consumer, with its database."""
    return Rig(sqlite_database, READER)


async def begin_and_stop(bootstrap: list[str], topic: Topic, rig: Rig, after_s: float) -> None:
    """Follow for a moment that is too short to have begun."""
    follower = Follower(bootstrap, rig.applier, {FEED: topic}, Progress("stopping"))
    running = asyncio.create_task(follower.run())
    await asyncio.sleep(after_s)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def still_open() -> set[int]:
    """The sockets that are open once those that are being closed are gone."""
    await asyncio.sleep(0.1)
    return sockets()


def this_task() -> asyncio.Task[object]:
    """The one that calls."""
    task = asyncio.current_task()
    assert task is not None
    return task


async def frame(reader: asyncio.StreamReader) -> bytes:
    """One request or answer of Kafka's protocol."""
    size = await reader.readexactly(4)
    return size + await reader.readexactly(int.from_bytes(size, "big"))


@asynccontextmanager
async def silent_after(bootstrap: list[str], answers: int) -> AsyncIterator[SimpleNamespace]:
    """A broker that answers so many requests of a connection, and then says nothing."""
    held, done = asyncio.Event(), asyncio.Event()
    served: list[asyncio.Task[object]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(this_task())
        host, port = bootstrap[0].split(":")
        theirs, ours = await asyncio.open_connection(host, int(port))
        for _ in range(answers):
            ours.write(await frame(reader))
            writer.write(await frame(theirs))
        await frame(reader)
        held.set()
        await done.wait()
        for each in (ours, writer):
            each.close()
            with suppress(ConnectionError):
                await each.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address, port = server.sockets[0].getsockname()
    yield SimpleNamespace(bootstrap=[f"{address}:{port}"], held=held)
    done.set()
    server.close()
    await asyncio.gather(*served)


async def test_a_follower_stopped_while_it_connects_leaves_no_connection(
    bootstrap: list[str], topic: Topic, rig: Rig
) -> None:
    before = sockets()
    for step in range(10):
        await begin_and_stop(bootstrap, topic, rig, step * 0.005)
    assert await still_open() <= before


async def test_a_follower_whose_broker_falls_silent_leaves_no_connection(
    bootstrap: list[str], topic: Topic, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_follower, "BEGUN_S", 0.1)
    before = sockets()
    async with silent_after(bootstrap, 1) as broker:
        async with Following(broker.bootstrap, topic, rig), asyncio.timeout(60):
            await broker.held.wait()
        await asyncio.sleep(0)
    assert await still_open() <= before


@pytest.mark.parametrize(
    "error", [KafkaConnectionError("as when a broker dies"), ValueError("it talks nonsense")]
)
async def test_a_follower_stopped_after_a_fetch_that_failed_leaves_no_connection(
    bootstrap: list[str],
    topic: Topic,
    rig: Rig,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    """aiokafka rests after such a fetch, or gives up. Its own `stop` then breaks off half way."""
    failed = asyncio.Event()
    send_on = AIOKafkaClient.send

    async def failing(client: AIOKafkaClient, node: int, request: object, **how: object) -> object:
        if isinstance(request, FetchRequest):
            failed.set()
            raise error
        return await send_on(client, node, request, **how)

    before = sockets()
    async with Following(bootstrap, topic, rig) as following:
        await following.state("following")
        monkeypatch.setattr(AIOKafkaClient, "send", failing)
        async with asyncio.timeout(60):
            await failed.wait()
        await asyncio.sleep(0.01)
    assert following.task is not None
    assert following.task.cancelled()
    assert await still_open() <= before


async def test_a_commit_that_connects_anew_while_its_follower_stops_leaves_no_connection(
    bootstrap: list[str], topic: Topic, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aiokafka shields a commit: told to stop, it goes on, and may open its connection again."""
    committing, stopped = asyncio.Event(), asyncio.Event()
    send_on = AIOKafkaClient.send
    close_of = AIOKafkaClient.close
    late: list[asyncio.Task[object]] = []

    async def waiting(client: AIOKafkaClient, node: int, request: object, **how: object) -> object:
        if isinstance(request, OffsetCommitRequest):
            late.append(this_task())
            committing.set()
            await stopped.wait()
        return await send_on(client, node, request, **how)

    async def close(client: AIOKafkaClient) -> None:
        await close_of(client)
        stopped.set()
        await asyncio.sleep(0)

    before = sockets()
    await send(bootstrap, topic, Feed().put(*boxes(3)).received)
    monkeypatch.setattr(AIOKafkaClient, "send", waiting)
    monkeypatch.setattr(AIOKafkaClient, "close", close)
    async with Following(bootstrap, topic, rig), asyncio.timeout(60):
        await committing.wait()
    await asyncio.gather(*late, return_exceptions=True)
    assert await still_open() <= before


async def test_a_connection_that_is_replaced_is_closed(
    bootstrap: list[str], topic: Topic, rig: Rig
) -> None:
    """aiokafka drops one whose end it has heard, though it has not yet closed it."""
    follower = Follower(bootstrap, rig.applier, {FEED: topic}, Progress("replacing"))
    running = asyncio.create_task(follower.run())
    await until(lambda: follower.progress.state == "following", lambda: follower.progress)
    client = follower._consumer._client
    (node, group), dropped = next(iter(client._conns.items()))
    dropped._reader.feed_eof()
    assert await client._get_conn(node, group=group) is not dropped
    assert dropped._writer is None
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_follower_that_is_cancelled_while_it_stops_has_stopped(
    bootstrap: list[str], topic: Topic, rig: Rig
) -> None:
    """As when a service ends while its consumer gives up a connection that stands still: what it
    was applying is waited for, and that wait is broken off."""
    applying, before = asyncio.Event(), sockets()

    class Slow(Applier):
        async def apply_all(self, batches: Sequence[Batch]) -> list[Applied]:
            applying.set()
            await asyncio.sleep(20)
            return await super().apply_all(batches)

    await send(bootstrap, topic, Feed().put(*boxes(3)).received)
    slow = Slow(rig.consumer, rig.writer, rig.models)
    follower = Follower(bootstrap, slow, {FEED: topic}, Progress("ending"))
    running = asyncio.create_task(follower.run())
    async with asyncio.timeout(60):
        await applying.wait()
    consumer = follower._consumer
    running.cancel()
    await asyncio.sleep(0.05)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert consumer._closed
    assert await still_open() <= before


async def test_a_follower_that_is_cancelled_again_while_its_start_is_waited_for_has_stopped(
    bootstrap: list[str], topic: Topic, rig: Rig
) -> None:
    before = sockets()
    async with silent_after(bootstrap, 1) as broker:
        follower = Follower(broker.bootstrap, rig.applier, {FEED: topic}, Progress("twice"))
        running = asyncio.create_task(follower.run())
        async with asyncio.timeout(60):
            await broker.held.wait()
        consumer = follower._consumer
        for _ in range(2):
            running.cancel()
            await asyncio.sleep(0.05)
        with suppress(asyncio.CancelledError):
            await running
        assert consumer._closed
        await asyncio.sleep(0)
    assert await still_open() <= before
