"""One consumer following its topics live: a FastStream batch subscriber that starts where the
database says.

The database's cursor is the only truth. On assignment, and after anything that went wrong, a
partition is *settled*: its cursor is read from the database and the client sought to the record
that was applied last, which is read again so that its hash is compared. Offsets are committed to
the group for dashboards only, and nothing is ever read from them.

A record that does not connect (its `previous` lies beyond the cursor) is a hole: nothing behind it
is applied, the partition is settled once more, then waits at its end for what is missing, which the
relay sends again. A record that is none of ours is passed over, counted and told: where it stands
in the place of one of ours, the next one shows the hole. To stop would be for ever.
"""

import asyncio
import itertools
import time
from collections.abc import Iterable, Mapping, Sequence

from aiokafka import (  # type: ignore[import-untyped]  # it ships no types
    AIOKafkaConsumer,
    ConsumerRebalanceListener,
    ConsumerRecord,
    TopicPartition,
)
from aiokafka.errors import IllegalStateError, KafkaError  # type: ignore[import-untyped]  # same
from faststream.kafka import KafkaBroker
from faststream.middlewares import AckPolicy

from contracts.catalog import Topic

from .bus import ALL, Progress, rest
from .consumer import Applied, Applier, Batch, Cursor
from .errors import HistoryChanged, Transient
from .kafka_ending import begun, close_what_is_dropped, stop
from .kafka_place import Owned, Place
from .kafka_records import as_it_came, away, ours, place_of, raw
from .kafka_replay import hole
from .kafka_security import Security, faststream

BACKOFF_S = (0.1, 0.3, 1.0, 3.0)
LIMIT = 1_000  # records handed out at once: a unit must not keep commands waiting
POLL_MS = 20  # FastStream sleeps as long again when nothing came
CHECK_S = 2.0
AWAY_S = 4.0  # Kafka is called away when it has not answered for so long
ANSWER_MS = 10_000
JOIN_S = 60.0
BEGUN_S = 5.0  # a start that nobody waits for any more may take so long to end by itself
STALL_S = 30.0


class Follower(ConsumerRebalanceListener):  # type: ignore[misc]  # it ships no types
    """One connection of one consumer, from joining its group until something fails."""

    def __init__(
        self,
        bootstrap: Sequence[str],
        applier: Applier,
        topics: Mapping[str, Topic],
        progress: Progress,
        security: Security | None = None,
    ) -> None:
        self.applier = applier
        self.progress = progress
        self.moved = False
        self._sources = {topic.name: (source, topic) for source, topic in topics.items()}
        self._owned: dict[TopicPartition, Owned] = {}
        self._busy = self._done = False
        self._bug: Exception | None = None
        self._wake = asyncio.Event()
        self.broker = KafkaBroker(
            list(bootstrap),
            ack_policy=AckPolicy.MANUAL,
            consumer_only=True,
            allow_auto_create_topics=False,
            request_timeout_ms=ANSWER_MS,
            apply_types=False,
            logger=None,
            security=faststream(security),
        )
        self._subscriber = self.broker.subscriber(
            *self._sources,
            group_id=applier.consumer.name,
            batch=True,
            batch_timeout_ms=POLL_MS,
            max_records=LIMIT,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            listener=self,
            no_reply=True,
            parser=as_it_came,
            decoder=raw,
        )
        self._subscriber(self._take)

    @property
    def _consumer(self) -> AIOKafkaConsumer:
        """aiokafka's consumer, which FastStream makes when it starts and shows us."""
        consumer = self._subscriber.consumer
        if consumer is None:
            raise IllegalStateError("the subscriber is not started")
        return consumer

    async def run(self) -> None:
        """Follow until cancelled; returns when a person must look (the progress says why).

        Raises Transient when Kafka is away or the connection stands still.
        """
        # Not to be cancelled half way: aiokafka then leaves the connection it was opening behind.
        starting = asyncio.create_task(self.broker.start())
        try:
            async with asyncio.timeout(JOIN_S):
                await asyncio.shield(starting)
            close_what_is_dropped(self._consumer)
            await self._watch()
        except (KafkaError, TimeoutError) as error:
            raise Transient(away(error)) from error
        finally:
            self._done = True
            try:
                await begun(starting, BEGUN_S)
            finally:
                await stop(self.broker, self._subscriber.consumer)
        if self._bug is not None:
            raise self._bug

    # --- the group says what is ours ---

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Somebody else may own them now."""
        for where in revoked:
            self._forget(where)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Ours from now on: nothing is taken from them before they are settled."""
        for where in assigned:
            owned = self._owned[where] = Owned(*self._sources[where.topic], where.partition)
            self.progress.behind(owned.source, owned.partition)
            self._settle_again(where)
        if not assigned:
            for source, _ in self._sources.values():
                self.progress.follows(source, ALL)  # as a reserve: others have them all

    def _forget(self, where: TopicPartition) -> None:
        if (owned := self._owned.pop(where, None)) is not None:
            self.progress.left(owned.source, owned.partition)

    # --- settling: from the database's cursor to the client's position ---

    def _settle_again(self, where: TopicPartition, delay_s: float = 0.0, reason: str = "") -> None:
        """Take nothing more from a partition until it is settled; `reason` tells why it waits."""
        if (owned := self._owned.get(where)) is None:
            return
        owned.unsettled(time.monotonic() + delay_s)
        try:
            self._consumer.pause(where)
        except IllegalStateError:  # no longer ours
            self._forget(where)
            return
        if reason:
            owned.waits = reason
            self._tell()
        self._wake.set()

    def _fail(self, wheres: Iterable[TopicPartition], reason: str) -> None:
        """Settle partitions again, each after a while that grows."""
        for where in wheres:
            owned = self._owned.get(where)
            if owned is not None:
                owned.tries += 1
                self._settle_again(where, BACKOFF_S[min(owned.tries, len(BACKOFF_S)) - 1], reason)

    async def _settle(self, wheres: Sequence[TopicPartition]) -> None:
        try:
            cursors = await asyncio.to_thread(self._cursors, wheres)
            first = await self._consumer.beginning_offsets(wheres)
            behind = await self._consumer.end_offsets(wheres)
        except Transient as error:
            self._fail(wheres, str(error))
        except KafkaError as error:
            self._fail(wheres, away(error))
        else:
            for where in wheres:
                self._begin(where, cursors[where], first[where], behind[where])

    def _cursors(self, wheres: Iterable[TopicPartition]) -> dict[TopicPartition, Cursor]:
        sources = ((where, self._sources[where.topic][0]) for where in wheres)
        return {w: self.applier.cursor(source, w.partition) for w, source in sources}

    def _begin(self, where: TopicPartition, cursor: Cursor, first: int, behind: int) -> None:
        """Read on from the record that was applied last, or from the first one there is when
        that is not where it was."""
        owned = self._owned.get(where)
        if owned is None or owned.place is not None:
            return
        moved = not first <= cursor.next_offset <= behind
        whole = moved or not cursor.position or owned.reread == (cursor.position, True)
        offset = first if whole else max(first, cursor.next_offset - 1)
        try:
            self._consumer.seek(where, offset)
            self._consumer.resume(where)
        except IllegalStateError:  # no longer ours
            self._forget(where)
            return
        owned.settled(Place(cursor, offset, whole))
        if offset == behind:
            self._at_end(where)

    # --- records ---

    async def _take(self, records: Sequence[ConsumerRecord]) -> None:
        """FastStream hands over what came, partition after partition."""
        self._busy, began = True, time.monotonic()
        chunks = [
            (where, place, list(chunk))
            for where, chunk in itertools.groupby(records, place_of)
            if (place := self._place(where)) is not None
        ]
        try:
            await self._apply(chunks)
        except Transient as error:
            self._fail([where for where, _, _ in chunks], str(error))
        except HistoryChanged as error:
            self._stop(f"{HistoryChanged.slug}: {error}")
        except Exception as error:  # a bug: whoever runs us must see it, FastStream would hide it
            self._bug, self._done = error, True
            self._wake.set()
        finally:
            self._busy = False
        if len(records) < LIMIT:
            await rest(began)

    def _place(self, where: TopicPartition) -> Place | None:
        return owned.place if (owned := self._owned.get(where)) else None

    async def _apply(
        self, chunks: Iterable[tuple[TopicPartition, Place, Sequence[ConsumerRecord]]]
    ) -> None:
        """Apply what partitions gave: all that is new in one transaction."""
        taken: list[tuple[TopicPartition, Owned, Place, Batch | None]] = []
        for where, place, records in chunks:
            owned = self._owned[where]
            if records[0].offset < place.expected:  # the client was sent back: the topic was cut
                self._settle_again(where)
            else:
                taken.append((where, owned, place, self._batch(owned, place, records)))
        batches = [batch for _, _, _, batch in taken if batch is not None]
        applied = iter(await self.applier.apply_all(batches) if batches and not self._done else ())
        for where, owned, place, batch in taken:
            self._applied(where, owned, place, next(applied, None) if batch is not None else None)

    def _batch(self, owned: Owned, place: Place, records: Sequence[ConsumerRecord]) -> Batch | None:
        """What one partition gave, as the applier takes it; None when nothing of it connects."""
        place.expected, place.moved = records[-1].offset + 1, time.monotonic()
        received = ours(owned.source, records)
        self.progress.foreign += len(records) - len(received)
        taken = place.take(received)
        if received and not taken:
            return None
        self.progress.behind(owned.source, owned.partition)
        store_id = taken[0].store_id if taken else place.cursor.store_id
        offset = place.expected if place.sound else place.cursor.next_offset
        return Batch(owned.source, owned.partition, store_id, taken, offset)

    def _applied(
        self, where: TopicPartition, owned: Owned, place: Place, applied: Applied | None
    ) -> None:
        """Remember how far a partition is now, and tell."""
        if applied is not None:
            self.progress.applied += applied.applied
            self.progress.repeats += applied.repeats
            place.cursor = applied.cursor
        if self._place(where) is not place:  # it moved, or is settled anew, while we applied
            return
        if applied is not None and (applied.hole or applied.cursor.position != place.at):
            self._fail([where], f"somebody else moves the cursor of {owned}")
            return
        self.moved, owned.tries, owned.shown = True, 0, place.expected
        if place.broken:
            self._broken(where, owned, place)
        elif place.expected >= (self._consumer.highwater(where) or 0):
            self._at_end(where)
        else:
            owned.waits = ""
            self._tell()

    def _broken(self, where: TopicPartition, owned: Owned, place: Place) -> None:
        """A hole: look once more from the database's cursor, or from the beginning when what was
        applied last is not where it was; then wait for what is missing."""
        owned.waits = hole(owned.source, owned.topic, owned.partition, place.at)
        self._tell()
        if owned.reread not in ((place.at, place.elsewhere), (place.at, True)):
            owned.reread = place.at, place.elsewhere
            self._settle_again(where, BACKOFF_S[0])
        elif not owned.hole:
            owned.hole = True
            self.progress.holes += 1

    def _at_end(self, where: TopicPartition) -> None:
        """All that the partition has was seen."""
        owned = self._owned[where]
        if owned.place is not None and owned.place.cut:
            self._cut(where, owned, owned.place)
            return
        owned.at_end()
        self.progress.at_head(owned.source, owned.partition)
        self._tell()

    def _cut(self, where: TopicPartition, owned: Owned, place: Place) -> None:
        """The partition ends before what we have applied. Looked at twice, then a person must."""
        reason = (
            f"{owned} ends with position {place.last}, but position {place.own} was applied"
            f" before: the topic was lost or cut. castmark relay {owned.source} --from {place.last}"
            " fills it again; then start this service again"
        )
        if owned.cut:
            self._stop(f"{HistoryChanged.slug}: {reason}")
            return
        owned.cut = True
        self._settle_again(where, CHECK_S, reason)

    def _tell(self) -> None:
        """Which partitions follow, and why the others wait."""
        for owned in self._owned.values():
            if owned.waits:
                self.progress.waiting(owned.waits, owned.source, owned.partition)
            elif owned.place is not None:
                self.progress.follows(owned.source, owned.partition)

    def _stop(self, reason: str) -> None:
        self._done = True
        self.progress.stopped(reason)
        self._wake.set()

    # --- looking after it all ---

    async def _watch(self) -> None:
        """Settle what is due; now and then compare with Kafka's own view. Until we are done."""
        check_at = 0.0
        while not self._done:
            now = time.monotonic()
            due = [where for where, owned in self._owned.items() if owned.due <= now]
            if due:
                await self._settle(due)
            if now >= check_at:
                await self._check()
                check_at = time.monotonic() + CHECK_S
            next_at = min([check_at, *(owned.due for owned in self._owned.values())])
            try:
                async with asyncio.timeout(max(next_at - time.monotonic(), 0.01)):
                    await self._wake.wait()
            except TimeoutError:
                continue
            finally:
                self._wake.clear()

    async def _check(self) -> None:
        """Is Kafka there? Does it have more than we were given, or less than we have seen?"""
        seen = {
            where: (owned.place, owned.place.expected)
            for where, owned in self._owned.items()
            if owned.place is not None
        }
        try:
            async with asyncio.timeout(AWAY_S):
                behind = await self._consumer.end_offsets(list(seen))
                await self._show()
        except (KafkaError, TimeoutError) as error:
            for source, _ in self._sources.values():
                self.progress.waiting(away(error), source)
            return
        self._tell()
        for where, (place, expected) in seen.items():
            owned = self._owned.get(where)
            if owned is None or owned.place is not place:
                continue
            if behind[where] < expected:
                self._settle_again(where)
            elif behind[where] > place.expected:
                self.progress.behind(owned.source, owned.partition)
                if time.monotonic() - place.moved > STALL_S and not self._busy:
                    raise Transient(f"{owned} has more, but nothing comes: connecting anew")
            elif not place.broken:
                self._at_end(where)

    async def _show(self) -> None:
        """Commit offsets to the group, where dashboards look; nothing rests on them."""
        ours = self._consumer.assignment()
        shown = {w: o.shown for w, o in self._owned.items() if o.shown >= 0 and w in ours}
        for where in shown:
            self._owned[where].shown = -1
        if shown:
            await self._consumer.commit(shown)
