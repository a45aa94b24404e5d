"""One process of the platform: some services, their log, one HTTP server.

Embedded: all services, SQLite files, the stores as log. Distributed: one service, PostgreSQL,
Kafka. The same code; only `logs_for` differs.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from itertools import chain, repeat

import structlog
import uvicorn
from sqlalchemy.engine import make_url
from starlette.types import ASGIApp

from contracts.command_topics import AREAS
from infra import interpreter
from infra.auth import RoleKind
from infra.bus import Log
from infra.devissuer import tokens_of
from infra.embedded import StoreLog
from infra.engines import retire
from infra.errors import Transient
from infra.problems import Problems
from infra.relay import Sink
from infra.service import Running, create, keys_in
from infra.settings import Misconfigured, Settings
from infra.store import open_engine
from infra.telemetry import Metrics, new_registry
from infra.watchdog import Watchdog
from infra.web import Api, Shared, same_origin
from infra.wire import serving

from .parts import NAMES, PARTS, PORTAL, portal

LOG = structlog.stdlib.get_logger("castmark.process")


class Process:
    """Runs services until it is told to stop."""

    def __init__(self, settings: Settings, names: Sequence[str], socket_: socket.socket) -> None:
        unknown = [name for name in names if name not in NAMES]
        if unknown:
            raise Misconfigured(f"there is no service {unknown[0]!r}: there are {', '.join(NAMES)}")
        self.settings = settings
        self.names = names
        self.running: dict[str, Running] = {}
        self._socket = socket_
        tokens, dev = tokens_of(settings)
        self.shared = Shared(tokens, Metrics(new_registry()), Problems(), dev, settings.public)
        self.server: uvicorn.Server | None = None

    def open(self, stack: AsyncExitStack) -> None:
        """Open (and, with the owner's role, create) the stores of all services; the stack closes
        their databases."""
        keys = keys_in(self.settings.data / "keys")
        for name in self.names:
            if name == PORTAL:
                continue
            definition = PARTS[name].definition()
            url = self.settings.database_of(name)
            self.settings.data.mkdir(parents=True, exist_ok=True)
            owner = open_engine(self.settings.migration_database_of(name))
            role = make_url(url).username if self.settings.migration_database_url else None
            try:
                create(definition, owner, simulated=self.settings.simulated, app_role=role)
            finally:
                retire(owner)
            engine = open_engine(url)
            stack.callback(retire, engine)
            self.running[name] = Running(
                definition,
                engine,
                keys,
                self.settings.data,
                meter=self.shared.metrics.writer(name),
            )

    def apis(self) -> dict[str, Api]:
        """All HTTP sides, by the first word of their paths; the portal's begins with none."""
        apis: dict[str, Api] = {}
        for name, running in self.running.items():
            api = PARTS[name].api(running, self.shared)
            apis[api.prefix] = api
            if self.settings.log == "kafka" and running.definition.over_kafka is not None:
                take_over_kafka(self.settings, running, api)
        if PORTAL in self.names:
            made = portal(self.settings, self.shared)
            apis[made.prefix] = made
        return apis

    async def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until the server is told to exit; then stop everything in order.

        A server database that is away when we start is waited for, as it is later on: what was
        opened is closed, and opened anew.
        """
        interpreter.settle()
        for pause_s in chain((0.2, 0.5, 1.0, 2.0), repeat(5.0)):
            async with AsyncExitStack() as stack:
                try:
                    served = await self._started(stack)
                except Transient as away:
                    if self.settings.log != "kafka":
                        raise
                    LOG.warning("waits to start", reason=str(away), again_in_s=pause_s)
                else:
                    ready()
                    await served
                    return
            await asyncio.sleep(pause_s)

    async def _started(self, stack: AsyncExitStack) -> asyncio.Task[None]:
        """Everything at work, and the server that will end it; the stack stops it all."""
        self.running = {}
        self.open(stack)
        logs = logs_for(self.settings, self.running)
        apis = self.apis()
        for api in apis.values():
            await stack.enter_async_context(api.router.lifespan_context(api))
        self.server = uvicorn.Server(serving(behind_one_address(apis)))
        holder = f"{socket.gethostname()}:{os.getpid()}"
        for name, running in self.running.items():
            stack.push_async_callback(running.stop)
            log, sink = logs[name]
            await running.start(log, sink, holder)
        watchdog = asyncio.create_task(Watchdog(self.running.values(), self.shared.metrics).run())
        stack.callback(watchdog.cancel)
        served = asyncio.create_task(self.server.serve(sockets=[self._socket]))
        await _accepting(self.server, served)
        return served


def behind_one_address(apis: Mapping[str, Api]) -> ASGIApp:
    """What has no service's prefix is the portal's, or where there is none the first service's;
    what all services say alike (metrics, problems, keys) the first one says."""
    first, *_ = apis.values()
    apps: dict[str, ASGIApp] = dict(apis)
    if first.prefix:
        apps |= dict.fromkeys(("/metrics", "/problems", "/dev"), first)
    return same_origin(apps, apis.get("", first))


async def _accepting(server: uvicorn.Server, served: asyncio.Task[None]) -> None:
    """Wait until the server accepts connections (it offers no event to wait for) or has failed."""
    until = asyncio.get_running_loop().time() + 30
    for _ in iter(lambda: server.started or served.done(), True):
        if asyncio.get_running_loop().time() > until:
            raise Misconfigured("the HTTP server did not start within 30 s")
        await asyncio.sleep(0.01)


def take_over_kafka(settings: Settings, running: Running, api: Api) -> None:
    """Have a service answer member groups' commands over Kafka as it does over HTTP.

    Misconfigured for an area or a command that is not there, or that is not open to members.
    """
    from infra.kafka_commands import CommandTopics  # a process without a broker needs none of it
    from infra.kafka_requests import Desk
    from infra.kafka_security import security_of

    opened = running.definition.over_kafka
    assert opened is not None  # who calls us has looked
    commands = {
        name: taking
        for name, taking in api.commands.items()
        if name in opened.commands and RoleKind.MEMBER in taking.roles
    }
    lacking = opened.commands - commands.keys()
    if lacking or opened.area not in AREAS:
        raise Misconfigured(
            f"{running.name} cannot take {', '.join(sorted(lacking)) or 'commands'} over Kafka in"
            f" {opened.area}: areas are {', '.join(AREAS)}, and members may send"
            f" {', '.join(n for n, t in api.commands.items() if RoleKind.MEMBER in t.roles)}"
        )
    shared = api.shared
    desk = Desk(running.name, commands, shared.tokens, shared.problems, shared.metrics)
    bootstrap, security = settings.kafka_bootstrap, security_of(settings)
    topics = CommandTopics(bootstrap, opened.area, desk, security)
    running.progress[topics.progress.consumer] = topics.progress
    running.spawn("commands over Kafka", topics.run)


def logs_for(
    settings: Settings, running: Mapping[str, Running]
) -> dict[str, tuple[Log, Callable[[], Sink] | None]]:
    """Each service's log, and how to make a producer where there is a broker."""
    if settings.log == "kafka":
        from infra.kafka import KafkaLog  # a process without a broker needs none of it
        from infra.kafka_security import security_of
        from infra.kafka_sink import KafkaSink

        security = security_of(settings)
        return {
            name: (
                KafkaLog(settings.kafka_bootstrap, security=security),
                lambda: KafkaSink(settings.kafka_bootstrap, security),
            )
            for name in running
        }
    stores = {name: part.store for name, part in running.items()}
    logs: dict[str, tuple[Log, Callable[[], Sink] | None]] = {}
    for name in running:
        log = StoreLog(stores, own=name)
        for other in running.values():
            log.wake_on(other.writer)
        logs[name] = (log, None)
    return logs
