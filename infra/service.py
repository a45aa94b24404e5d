"""A service at work: its definition, and the machinery that runs it in a process.

The definition is data and pure functions; `Running` opens the store, starts the writer, the
consumers, the clock, the relay and the signer, and stops them in the opposite order.
"""

import asyncio
import os
import secrets
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, MetaData

from contracts.catalog import CATALOG, TOPICS
from contracts.envelope import Event

from .bus import Log, Progress
from .clock import CALENDAR, Clock, Times
from .consumer import Applier
from .decider import Decider
from .embedded import StoreLog
from .engines import retire
from .execute import Meter, Writer
from .heads import Signer
from .policy import Policies
from .projection import ReadModels, Tables
from .published_heads import HEADS
from .readmodel import Consumer
from .relay import Relay, Sink
from .store import Store, open_engine


class OverKafka(NamedTuple):
    """Which commands member groups may also send over Kafka, on topics of an area (one of
    `contracts.command_topics.AREAS`)."""

    area: str
    commands: frozenset[str]


class Definition(NamedTuple):
    """What a service is. `rests_on` maps a clock rule to the sources whose silence it needs;
    `metadata` are tables of its own beside the read models (persons, imports)."""

    name: str
    prefix: str
    deciders: Mapping[str, Decider]
    policies: Policies
    private: tuple[type[Event], ...] = ()
    consumers: tuple[Consumer, ...] = ()
    rests_on: Mapping[str, Sequence[str]] = {}
    metadata: tuple[MetaData, ...] = ()
    over_kafka: OverKafka | None = None


class Keys(NamedTuple):
    """Secrets of a process, kept outside the database."""

    request: bytes
    signing: Ed25519PrivateKey


def keys_in(folder: Path) -> Keys:
    """The keys kept in a folder; made on first use, readable by their owner alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    request = _kept(folder / "request.key")
    signing = _kept(folder / "signing.key")
    return Keys(request, Ed25519PrivateKey.from_private_bytes(signing))


def _kept(file: Path) -> bytes:
    """A secret; of several processes that start together in a folder, that of the first."""
    if not file.exists():
        with NamedTemporaryFile(dir=file.parent) as fresh:  # its owner's alone
            fresh.write(secrets.token_bytes(32))
            fresh.flush()
            with suppress(FileExistsError):
                os.link(fresh.name, file)
    return file.read_bytes()


def models_of(definition: Definition) -> dict[str, ReadModels]:
    """The read models of each consumer of a service, by consumer name."""
    return {
        consumer.name: ReadModels(consumer.name, consumer.projections, consumer.facts)
        for consumer in definition.consumers
    }


def create(
    definition: Definition, owner: Engine, *, simulated: bool = False, app_role: str | None = None
) -> None:
    """Make a service's tables where they are missing; idempotent. `owner` may create tables."""
    models = [part.metadata for part in models_of(definition).values()]
    Store.create(
        owner,
        definition.name,
        *models,
        *definition.metadata,
        simulated=simulated,
        app_role=app_role,
    )


class Running:
    """One service in this process."""

    def __init__(
        self,
        definition: Definition,
        engine: Engine,
        keys: Keys,
        data: Path,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        meter: Meter | None = None,
    ) -> None:
        self.definition = definition
        self.engine = engine
        self.data = data
        catalog = CATALOG.with_private(*definition.private)
        self.store = Store(engine, definition.name, catalog)
        self.times = Times(simulated=self.store.simulated, wall=wall)
        deciders = {**definition.deciders, "calendar": CALENDAR, "heads": HEADS}
        self.writer = Writer(
            self.store, deciders, definition.policies, self.times.now, keys.request, meter
        )
        self.models = models_of(definition)
        self.appliers = {
            consumer.name: Applier(consumer, self.writer, self.models[consumer.name])
            for consumer in definition.consumers
        }
        self.progress = {
            consumer.name: Progress(consumer.name) for consumer in definition.consumers
        }
        self.own_log = StoreLog({definition.name: self.store}, own=definition.name)
        self.log: Log = self.own_log
        self.clock = Clock(
            self.writer, self.times, definition.rests_on, definition.consumers, self.log
        )
        heads = data / "heads" / f"{definition.name}-{self.store.store_id}.ndjson"
        self.signer = Signer(self.writer, keys.signing, heads)
        self.relay: Relay | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._background: list[tuple[str, Callable[[], Coroutine[Any, Any, None]]]] = []

    @property
    def name(self) -> str:
        """The service's name."""
        return self.definition.name

    def tables(self, consumer: str) -> Callable[[Any], Tables]:
        """How to find the live tables of a consumer within a connection's transaction."""
        return self.models[consumer].live

    def spawn(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a task of the service's own from `start` to `stop`; called before `start`."""
        self._background.append((name, work))

    def log_of(self, source: str) -> Log:
        """Where a source is read from: our own from our own store, others from the log."""
        return self.own_log if source == self.name else self.log

    async def start(
        self,
        log: Log,
        sink: Callable[[], Sink] | None = None,
        holder: str = "embedded",
        *,
        publishes: bool = True,
    ) -> None:
        """Start writer, consumers, clock, signer, and (with a sink) the relay. Our own source is
        always read from our own store, private events included."""
        self.log = log
        self.clock.log = log
        self.writer.start()
        self.own_log.wake_on(self.writer)
        if self.times.simulated:
            closed = await asyncio.to_thread(self.clock.closed_on)
            if closed is not None:
                self.times.simulated_on = closed.fromordinal(closed.toordinal() + 1)
        for consumer in self.definition.consumers:
            own = [source for source in consumer.sources if source == self.name]
            others = [source for source in consumer.sources if source != self.name]
            applier, progress = self.appliers[consumer.name], self.progress[consumer.name]
            if own:
                self._spawn(self.own_log.follow(applier, own, progress), consumer.name)
            if others:
                self._spawn(log.follow(applier, others, progress), consumer.name)
        if publishes and self.name in TOPICS:
            self._spawn(self.clock.run(), "clock")
            self._spawn(self.signer.run(), "signer")
            if sink is not None:
                self.relay = Relay(self.writer, sink, self.times.now, holder)
                self._spawn(self.relay.run(), "relay")
        for name, work in self._background:
            self._spawn(work(), name)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.append(asyncio.create_task(work, name=f"{self.name}:{name}"))

    def failed(self) -> list[str]:
        """Tasks that ended by a bug: readiness says so, and the process should be restarted."""
        return [
            f"{task.get_name()}: {task.exception()!r}"
            for task in self._tasks
            if task.done() and not task.cancelled() and task.exception() is not None
        ]

    async def stop(self) -> None:
        """Stop everything; what was acknowledged is durable already."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await asyncio.to_thread(self.writer.close)
        retire(self.engine)  # the threads of cancelled tasks may still hold connections


def sqlite_engine(data: Path, name: str) -> Engine:
    """The engine of a service's SQLite file under the data folder."""
    data.mkdir(parents=True, exist_ok=True)
    return open_engine(f"sqlite:///{data / name}.sqlite")
