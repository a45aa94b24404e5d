"""A store, a list of records for a broker, and relays between them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from contracts.catalog import TOPICS
from contracts.envelope import Record
from infra import tables
from infra.execute import Writer
from infra.relay import Relay
from infra.transaction import Request
from tests.databases import Database
from tests.logs.fake_topic import FakeTopic
from tests.toys import DAY, SOURCE, Scribble, Wall, ask, put, toy_writer

PATIENCE_S = 20.0
PARTITIONS = TOPICS[SOURCE].partitions


class Rig:
    """A store, a topic, and relays between them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.wall = Wall()
        self.store = database.store()
        self.writer: Writer = database.keep(toy_writer(self.store, self.wall.now).start())
        self.topic = FakeTopic(PARTITIONS)
        self.relays: list[Relay] = []

    async def write(self, *requests: Request) -> None:
        """Have commands executed."""
        for answer in await self.writer.execute_many(requests):
            assert not isinstance(answer, Exception), answer

    def published(self) -> list[Record]:
        """What must reach the topic."""
        stored = self.store.read_after(0, 10_000)
        return [record for record in stored if record.type in self.store.catalog.public_names]

    @asynccontextmanager
    async def relaying(
        self, holder: str = "one", gate: asyncio.Event | None = None, writer: Writer | None = None
    ) -> AsyncIterator[Relay]:
        """A relay at work."""
        made = Relay(writer or self.writer, lambda: self.topic.sink(gate), self.wall.now, holder)
        self.relays.append(made)
        task = asyncio.create_task(made.run())
        try:
            yield made
        finally:
            task.cancel()
            [ended] = await asyncio.gather(task, return_exceptions=True)
            assert ended is None or isinstance(ended, asyncio.CancelledError), ended

    async def arrived(self) -> None:
        """Wait until the topic holds everything published."""
        wanted = [one.envelope.position for one in self.published()]
        await until(lambda: self.topic.everything() == wanted)

    def cursors(self) -> dict[int, int]:
        """How far each partition was relayed, and the store was read."""
        with self.store.engine.connect() as connection:
            rows = connection.execute(tables.CURSORS.select()).all()
        return {row.partition: row.position for row in rows}


async def until(true: Callable[[], bool]) -> None:
    """Wait for something, but not for ever."""
    async with asyncio.timeout(PATIENCE_S):
        while not await asyncio.to_thread(true):  # noqa: ASYNC110 (others make it true)
            await asyncio.sleep(0.01)


def many(count: int, start: int = 0) -> list[Request]:
    """Commands on as many streams; every fifth event is private."""
    return [
        ask(Scribble(box=f"B{number}", text="mine", on=DAY))
        if number % 5 == 4
        else put(f"B{number}", "cup")
        for number in range(start, start + count)
    ]
