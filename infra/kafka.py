"""The log over Apache Kafka: one topic per source, read from the database's own cursors.

Live traffic comes by FastStream (`kafka_follower`), rebuilds and the ends of topics by
confluent-kafka (`kafka_replay`), topics are made by kafka-python (`kafka_admin`), and the relay
writes through `kafka_sink`. docs/decisions/0003 says why each does what it does.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from contracts.catalog import TOPICS, Topic

from .bus import Progress
from .consumer import Applier, Batch, Cursor
from .errors import Transient
from .kafka_follower import BACKOFF_S, Follower
from .kafka_replay import Ends, replay
from .kafka_security import Security


class KafkaLog:
    """A `bus.Log`. Connects when it is first used; may be shared by consumers and threads."""

    def __init__(
        self,
        bootstrap: Sequence[str],
        topics: Mapping[str, Topic] = TOPICS,
        security: Security | None = None,
    ) -> None:
        self.bootstrap = list(bootstrap)
        self.topics = topics
        self.security = security
        self._ends = Ends(bootstrap, security)

    def partitions(self, source: str) -> int:
        """As the catalogue declares: fixed for ever."""
        return self.topics[source].partitions

    async def follow(self, applier: Applier, sources: Sequence[str], progress: Progress) -> None:
        """Follow as a member of the group that is named like the consumer. A Kafka that is away is
        waited for; a connection that stands still is made anew."""
        topics = {source: self.topics[source] for source in sources}
        failures = 0
        while True:
            follower = Follower(self.bootstrap, applier, topics, progress, self.security)
            try:
                await follower.run()
            except Transient as error:
                for source in sources:
                    progress.waiting(str(error), source)
                failures = 0 if follower.moved else failures + 1
                await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
            else:
                return

    def replay(self, source: str, partition: int, after: Cursor, limit: int) -> Iterator[Batch]:
        """Records behind a cursor up to the present end, each once, in the order of their chain."""
        return replay(self._ends, source, self.topics[source], partition, after, limit)

    def ends(self, source: str) -> Mapping[int, int]:
        """The end offset of each partition. Blocks for one request: ask in a thread."""
        return self._ends.behind(self.topics[source])

    def reached(self, cursor: Cursor) -> int:
        """The offset behind the last record that was seen."""
        return cursor.next_offset
