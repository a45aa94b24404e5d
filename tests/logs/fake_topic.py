"""A topic in memory: partitions that only grow, producers that fail as real ones do."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from contracts.catalog import Topic
from contracts.cloudevents import Received, from_headers, leaf_hash
from infra.consumer import START, Batch, Cursor, select_new
from infra.errors import Transient
from infra.relay import Outgoing

Mishap = Callable[[Sequence[Outgoing]], Sequence[Outgoing]]
"""What of a batch lands before the producer fails."""


class FakeTopic:
    """What a broker holds, whoever sent it."""

    def __init__(self, partitions: int) -> None:
        self.partitions: dict[int, list[Outgoing]] = {n: [] for n in range(partitions)}
        self.mishaps: list[Mishap] = []
        self.opened = 0
        self.closed = 0
        self.unreachable = False

    def sink(self, gate: asyncio.Event | None = None) -> "FakeSink":
        """A new producer; with a gate it stands still before each send."""
        self.opened += 1
        return FakeSink(self, gate)

    def land(self, records: Sequence[Outgoing]) -> None:
        """Append records to their partitions."""
        for record in records:
            self.partitions[record.partition].append(record)

    def received(self, partition: int) -> list[Received]:
        """A partition as a receiver reads it."""
        return [from_headers(one.headers, one.value) for one in self.partitions[partition]]

    def applied(self, partition: int) -> tuple[list[int], int]:
        """Positions that a consumer applies from the beginning, waiting at each hole for what is
        missing; and how many records it met that did not connect."""
        cursor, positions, holes = START, [], 0
        for one in self.received(partition):
            at = one.record.envelope
            fresh, _, hole = select_new(cursor, Batch(at.source, partition, one.store_id, [one], 0))
            holes += hole
            for received in fresh:
                leaf = leaf_hash(received.record)
                cursor = Cursor(at.position, 0, one.store_id, leaf, at.recorded_at, None)
                positions.append(at.position)
        return positions, holes

    def everything(self) -> list[int]:
        """Positions applied in all partitions, each once, in order."""
        return sorted({at for partition in self.partitions for at in self.applied(partition)[0]})

    def holes(self) -> int:
        """Records that did not connect, in all partitions."""
        return sum(self.applied(partition)[1] for partition in self.partitions)

    def lose(self) -> None:
        """As when the broker's disk was lost."""
        for records in self.partitions.values():
            records.clear()


class FakeSink:
    """A producer of that topic."""

    def __init__(self, topic: FakeTopic, gate: asyncio.Event | None) -> None:
        self._topic = topic
        self._gate = gate
        self._open = True

    async def send(self, records: Sequence[Outgoing]) -> None:
        assert self._open, "a producer that failed is not used again"
        if self._gate is not None:
            await self._gate.wait()
        await asyncio.sleep(0)
        if self._topic.mishaps:
            self._topic.land(self._topic.mishaps.pop(0)(records))
            self._open = False
            raise Transient("the broker is away")
        self._topic.land(records)

    async def tails(self, topic: Topic) -> Mapping[int, Received]:
        if self._topic.unreachable:
            raise Transient("the broker is away")
        assert topic.partitions == len(self._topic.partitions)
        ends = {number: self._topic.received(number)[-1:] for number in self._topic.partitions}
        return {number: found[0] for number, found in ends.items() if found}

    async def close(self) -> None:
        self._open = False
        self._topic.closed += 1
