"""A consumer on a real database, and a feed of records that a test can bend."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Table, select

from contracts.catalog import Catalog
from contracts.cloudevents import Received
from contracts.envelope import Event, Record
from contracts.machinery import DayClosed
from infra import tables
from infra.consumer import Applied, Applier, Batch, Cursor, read_cursors
from infra.parking import Parked, parked_events
from infra.projection import ReadModels
from infra.readmodel import Consumer
from infra.store import Store
from tests.databases import Database
from tests.toys import COUNTING, DAY, SOURCE, TOYS, BoxRow, Counted, Put, record

FEED = "ghg"
STORE_ID = "feed-store-1"


class Feed:
    """Records of a source that is no store of ours, chained as its relay would."""

    def __init__(self, source: str = FEED, store_id: str = STORE_ID, partition: int = 0) -> None:
        self.source = source
        self.store_id = store_id
        self.partition = partition
        self.received: list[Received] = []
        self._versions: Counter[str] = Counter()

    def add(self, stream: str, event: Event) -> Received:
        """One more event, decodable unless it is bent afterwards."""
        self._versions[stream] += 1
        position = len(self.received) + 1
        made = record(position, stream, self._versions[stream], event, self.source)
        return self.take(made)

    def take(self, made: Record) -> Received:
        """One more record as it is."""
        self.received.append(Received(made, len(self.received), self.store_id))
        return self.received[-1]

    def put(self, *places: str) -> "Feed":
        """Items put into boxes, each given as `box:item`."""
        for place in places:
            box, _, item = place.partition(":")
            self.add(f"box/{box}", Put(box=box, item=item, on=DAY))
        return self

    def bend(self, position: int, **changes: Any) -> "Feed":
        """Change type or data of a record already there."""
        old = self.received[position - 1]
        self.received[position - 1] = old._replace(record=old.record._replace(**changes))
        return self

    def batch(self, first: int = 1, last: int | None = None) -> Batch:
        """Records at positions first to last, both included."""
        return self.of(self.received[first - 1 : last])

    def of(self, received: Sequence[Received]) -> Batch:
        """Just these records."""
        offset = received[-1].record.envelope.position if received else 0
        return Batch(self.source, self.partition, self.store_id, tuple(received), offset)


class State(NamedTuple):
    """All that a consumer and its reactions have made."""

    cursors: dict[tuple[str, int], Cursor]
    rows: dict[str, BoxRow]
    facts: list[tuple[str, str]]
    counted: dict[str, list[str]]
    refused: list[tuple[str, str]]
    parked: list[tuple[str, int, str]]


class Rig:
    """The toy consumer at work on a database."""

    def __init__(
        self,
        database: Database,
        consumer: Consumer = COUNTING,
        catalog: Catalog = TOYS,
        *,
        create: bool = True,
    ) -> None:
        self.database = database
        self.consumer = consumer
        self.models = ReadModels(consumer.name, consumer.projections, consumer.facts)
        if create:
            database.create(SOURCE, self.models.metadata)
        self.store = Store(database.open(), SOURCE, catalog)
        self.writer = database.writer(self.store)
        self.applier = Applier(consumer, self.writer, self.models)

    async def apply(self, batch: Batch) -> Applied:
        """Apply one batch."""
        return await self.applier.apply(batch)

    def rows(self) -> dict[str, BoxRow]:
        """The rows of the live read model."""
        with self.store.engine.connect() as connection:
            live = self.models.live(connection).rows["boxes"]
            keys = [row[0] for row in connection.execute(select(live.table))]
            return live.read(connection, keys)

    def all(self, table: Table) -> list[Any]:
        """Every row of a table of the machinery."""
        with self.store.engine.connect() as connection:
            return list(connection.execute(select(table).order_by(*table.primary_key.columns)))

    def parked(self, stream: str | None = None) -> list[Parked]:
        """What waits for this consumer."""
        with self.store.engine.connect() as connection:
            return parked_events(connection, self.consumer.name, stream=stream)

    def counted(self) -> dict[str, list[str]]:
        """What each shelf has counted, from the events."""
        shelves: dict[str, list[str]] = {}
        for stored in self.store.read_after(0, 10_000):
            event = TOYS.recorded(stored).event
            if isinstance(event, Counted):
                shelves.setdefault(stored.envelope.stream, []).append(event.item)
        return shelves

    def state(self) -> State:
        """Everything, to compare."""
        with self.store.engine.connect() as connection:
            cursors = read_cursors(connection, self.consumer.name)
            facts = self.models.live(connection).facts["box_facts"].table
            known = connection.execute(
                select(facts.c.subject, facts.c.value).order_by(facts.c.position)
            )
            facts_now = [(row.subject, row.value) for row in known]
        return State(
            cursors,
            self.rows(),
            facts_now,
            self.counted(),
            sorted((row.event_id, row.slug) for row in self.all(tables.REFUSALS)),
            [(p.source, p.record.envelope.position, p.slug) for p in self.parked()],
        )


def day_closed(feed: Feed, on: Any) -> Received:
    """The source closes a day."""
    return feed.add(f"calendar/{feed.source}", DayClosed(on=on))
