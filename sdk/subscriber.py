"""The subscriber: every event once, in order, from where it stopped, whatever happened between.

    subscriber = Subscriber(HttpFeed("https://..."), FileCheckpoint("seen.json"))
    for event in subscriber:
        ...                         # asking for the next event says that this one is handled

What it guarantees, lane by lane (a lane is one partition of one source):

- an event is handed over only if it follows the last one handled: what was seen already is passed
  over; where events are missing it reads again, and stops with MissingEvents rather than go on;
- an event of another store, or another event at the same place, stops it with HistoryChanged;
- old shapes of an event are lifted to the newest; a type that this version does not know is
  handed over as `Unknown`, with its data as received; fields it does not know are ignored;
- after a crash it goes on from the checkpoint. With `SqliteCheckpoint.transaction` effects happen
  exactly once; else the event being handled comes a second time.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import NamedTuple

from contracts.catalog import CATALOG, Catalog, Undecodable, UnknownType
from contracts.cloudevents import leaf_hash
from contracts.envelope import Envelope, Event, Record

from .backoff import Backoff
from .checkpoint import Checkpoint, Move, Place
from .errors import HistoryChanged, MissingEvents, SdkError, Unreadable
from .feed import Arrival, Feed

LOG = logging.getLogger("castmark_sdk")
HOLE_TRIES = 6


class Unknown(NamedTuple):
    """An event of a type that this version does not know: its stored name, its JSON as received."""

    type: str
    data: bytes


class Delivered(NamedTuple):
    """An event, its surroundings, the bytes it came as, and the step that handling it is."""

    envelope: Envelope
    event: Event | Unknown
    record: Record
    move: Move

    @property
    def type(self) -> str:
        """The stored name it came under; an old shape keeps its old name here."""
        return self.record.type


class _Hole(Exception):
    """Events are missing before this one."""


class Subscriber:
    """Reads `feed` on from `checkpoint`; see the head of this file for what it guarantees.

    `start_after` is the position to begin behind when the checkpoint is empty (0: everything).
    `hole_tries` is how often a hole is read again, with growing waits, before MissingEvents.
    """

    def __init__(
        self,
        feed: Feed,
        checkpoint: Checkpoint,
        *,
        catalog: Catalog = CATALOG,
        start_after: int = 0,
        hole_tries: int = HOLE_TRIES,
    ) -> None:
        self._feed = feed
        self._checkpoint = checkpoint
        self._catalog = catalog
        self._start_after = start_after
        self._hole_tries = hole_tries
        self._places: dict[int, Place] = {}
        self._stored: dict[int, Place | None] = {}
        self._holes: dict[int, _Hole] = {}

    def __iter__(self) -> Iterator[Delivered]:
        """Event by event; each is recorded as handled when the next one is asked for."""
        for batch in self._batches():
            for event in batch:
                yield event
                self.done(event)

    def batches(self) -> Iterator[Sequence[Delivered]]:
        """What came together, together (one transaction, say); recorded as handled as a whole
        when the next batch is asked for. After a crash the whole batch comes again."""
        for batch in self._batches():
            yield batch
            self.done(*batch)

    def run(self, handler: Callable[[Delivered], object]) -> None:
        """Hand every event to `handler`, recording each when it returns."""
        for event in self:
            handler(event)

    def done(self, *events: Delivered) -> None:
        """Record these as handled now, not when the next is asked for. May be said twice."""
        self._checkpoint.advance([event.move for event in events])

    def _batches(self) -> Iterator[list[Delivered]]:
        self._start()
        backoff, tries = Backoff(), 0
        while True:
            try:
                with closing(self._feed.read(dict(self._places), again=tries > 0)) as reading:
                    for arrivals in reading:
                        batch, fault = self._judge(arrivals)
                        if not self._holes:
                            backoff.reset()
                            tries = 0
                        if batch:
                            yield batch
                        if fault is not None:
                            raise fault
                for hole in self._holes.values():
                    raise hole
                return
            except _Hole as hole:
                tries += 1
                if tries > self._hole_tries:
                    raise MissingEvents(f"{hole}, and asking again brought nothing") from hole
                LOG.warning("%s; reading again", hole)
                backoff.wait()

    def _start(self) -> None:
        self._holes.clear()
        for number in range(self._feed.partitions):
            stored = self._checkpoint.read(self._lane(number))
            self._stored[number] = stored
            self._places[number] = stored or Place(self._start_after)

    def _lane(self, partition: int) -> str:
        return f"{self._feed.source}/{partition}"

    def _judge(self, arrivals: Sequence[Arrival]) -> tuple[list[Delivered], Exception | None]:
        """What may be handed over, up to the first thing that is wrong, and that thing.

        What is missing in a log may have been sent again further on: there, events behind a hole
        are passed over until the end of the log is reached.
        """
        batch: list[Delivered] = []
        for arrival in arrivals:
            try:
                delivered = self._next(arrival)
            except _Hole as hole:
                self._holes[arrival.partition] = hole
                if not self._feed.sends_again:
                    return batch, hole
            except SdkError as fault:
                return batch, fault
            else:
                if delivered is not None:
                    self._holes.pop(arrival.partition, None)
                    batch.append(delivered)
        return batch, None if arrivals else next(iter(self._holes.values()), None)

    def _next(self, arrival: Arrival) -> Delivered | None:
        """The event if it follows the last one, None if it was seen; raises what is wrong."""
        record, previous, store_id = arrival.received
        place, position = self._places[arrival.partition], record.envelope.position
        lane = self._lane(arrival.partition)
        if store_id and place.store_id not in ("", store_id):
            raise HistoryChanged(
                f"{lane}: position {position} is from the store {store_id}, "
                f"the checkpoint from {place.store_id}"
            )
        if position < place.position:
            return None
        leaf = leaf_hash(record).hex()
        if position == place.position:
            if place.leaf not in ("", leaf):
                raise HistoryChanged(f"{lane}: another event at position {position} than before")
            return None
        if previous > place.position:
            raise _Hole(
                f"{lane}: after position {place.position} came {position}, which follows {previous}"
            )
        event = self._read(record)
        before = self._stored[arrival.partition]
        after = Place(position, store_id or place.store_id, leaf, arrival.next_offset)
        self._places[arrival.partition] = self._stored[arrival.partition] = after
        return Delivered(record.envelope, event, record, Move(lane, before, after))

    def _read(self, record: Record) -> Event | Unknown:
        try:
            return self._catalog.decode(record.type, record.data)
        except UnknownType:
            return Unknown(record.type, record.data)
        except Undecodable as error:
            raise Unreadable(
                f"position {record.envelope.position}: this version of castmark-sdk cannot read "
                f"{error}; install a newer one, then go on"
            ) from error
