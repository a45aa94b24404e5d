"""Lag in seconds, from the outside: it asks stores and logs, never the consumers themselves.

A consumer that stopped silently still shows: the head of its source moves, its cursor does not.
"""

import asyncio
import time
from collections.abc import Iterable

import structlog
from sqlalchemy import Connection, select

from . import tables
from .consumer import START, read_cursors
from .errors import Transient
from .service import Running
from .store import translated
from .telemetry import Metrics

EVERY_S = 1.0
log = structlog.stdlib.get_logger("castmark.watchdog")


class Watchdog:
    """Measures every consumer and relay of this process once a second."""

    def __init__(self, services: Iterable[Running], metrics: Metrics) -> None:
        self._services = tuple(services)
        self._metrics = metrics
        self._behind: dict[tuple[str, str, str], float] = {}

    async def run(self) -> None:
        """Measure until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            for running in self._services:
                try:
                    await asyncio.to_thread(self.measure, running)
                except (Transient, OSError) as error:
                    log.warning("cannot-measure", service=running.name, reason=str(error))

    def measure(self, running: Running) -> None:
        """Set the figures of one service."""
        with translated(), running.engine.connect() as connection:
            for consumer in running.definition.consumers:
                cursors = read_cursors(connection, consumer.name)
                for source in consumer.sources:
                    reader = running.log_of(source)
                    behind = any(
                        reader.reached(cursors.get((source, part), START)) < end
                        for part, end in reader.ends(source).items()
                    )
                    lag = self._lag((running.name, consumer.name, source), behind=behind)
                    labels = (running.name, consumer.name, source)
                    self._metrics.consumer_lag_seconds.labels(*labels).set(lag)
                self._states(running, consumer.name, connection)
        if running.relay is not None:
            lag = running.relay.progress.lag_seconds()
            self._metrics.relay_lag_seconds.labels(running.name).set(lag)

    def _states(self, running: Running, consumer: str, connection: Connection) -> None:
        """What is parked, from the database; which partitions follow, as the consumer itself says:
        one that says nothing any more shows in its lag."""
        parked = tables.PARKED.c
        query = select(parked.source, parked.partition, parked.stream).distinct()
        rows = connection.execute(query.where(parked.consumer == consumer)).all()
        streams = {row.stream for row in rows}
        self._metrics.parked_streams.labels(running.name, consumer).set(len(streams))
        places = {(row.source, row.partition) for row in rows}
        counts = {**running.progress[consumer].counts(), "parked": len(places)}
        for state, count in counts.items():
            self._metrics.consumer_partitions.labels(running.name, consumer, state).set(count)

    def _lag(self, key: tuple[str, str, str], *, behind: bool) -> float:
        if not behind:
            self._behind.pop(key, None)
            return 0.0
        return time.monotonic() - self._behind.setdefault(key, time.monotonic())
