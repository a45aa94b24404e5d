"""A consumer that is told to stop while it still begins leaves nothing open."""

import asyncio
from contextlib import suppress

from contracts.catalog import Topic
from infra.bus import Progress
from infra.kafka_follower import Follower
from tests.databases import Database
from tests.logs.kafka_rig import FEED, READER, Rig
from tests.plugins.require import needs
from tests.sockets import sockets

pytestmark = needs("kafka")


async def begin_and_stop(bootstrap: list[str], topic: Topic, rig: Rig, after_s: float) -> None:
    """Follow for a moment that is too short to have begun."""
    follower = Follower(bootstrap, rig.applier, {FEED: topic}, Progress("stopping"))
    running = asyncio.create_task(follower.run())
    await asyncio.sleep(after_s)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_follower_stopped_while_it_connects_leaves_no_connection(
    bootstrap: list[str], topic: Topic, sqlite_database: Database
) -> None:
    rig = Rig(sqlite_database, READER)
    before = sockets()
    for step in range(10):
        await begin_and_stop(bootstrap, topic, rig, step * 0.005)
    await asyncio.sleep(0.1)  # a socket is closed in the loop's next turn
    assert sockets() <= before
