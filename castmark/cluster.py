"""The distributed platform on one machine, without Docker: `castmark cluster`.

Apache Kafka and PostgreSQL as private servers, every service as its own process, each with its
own database and two roles. Everything listens on 127.0.0.1 and stops together, even if this
process is killed; topics and databases go with it, keys and logs stay in the data folder.
"""

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import httpx
from rich.console import Console

from infra.devissuer import development_issuer
from infra.kafka_admin import create_topics
from infra.local.foreground import ToldToStop, signals_raise
from infra.local.kafka import KafkaCluster
from infra.local.postgres import PostgresServer
from infra.local.processes import Household, LocalServerError, ServerProcess, free_ports
from infra.settings import Settings

from .client import connect
from .folder import CLUSTER, lock, remember
from .operate import PREFIX_OF, print_links
from .parts import NAMES, PORTAL
from .world import is_empty, load_world

START_S = 60.0
STOP_S = 15.0


class ServiceProcess(NamedTuple):
    """One `castmark serve` and where it answers."""

    name: str
    url: str
    server: ServerProcess


class Cluster:
    """All processes of the platform. Start it as a context; `services` can be killed and started
    again by name."""

    def __init__(self, data: Path, brokers: int = 1, *, simulated: bool = True) -> None:
        self.data = data
        self.brokers = brokers
        self.simulated = simulated
        self.services: dict[str, ServiceProcess] = {}
        self.urls: dict[str, str] = {}
        self._stack = ExitStack()
        self._environment: dict[str, dict[str, str]] = {}

    def __enter__(self) -> "Cluster":
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        self._stack.enter_context(lock(self.data))
        self.kafka = KafkaCluster()
        self._stack.callback(self.kafka.stop)
        with ThreadPoolExecutor(1) as pool:  # the two servers start side by side
            kafka = pool.submit(self.kafka.start, self.brokers)
            self.postgres = self._stack.enter_context(PostgresServer())
            kafka.result()
        create_topics(self.kafka.bootstrap, replication=self.brokers)
        ports = dict(zip(NAMES, free_ports(len(NAMES)), strict=True))
        self.urls = {
            PREFIX_OF[name]: f"http://127.0.0.1:{port}"
            for name, port in ports.items()
            if name != PORTAL
        }
        self.urls[""] = f"http://127.0.0.1:{ports[PORTAL]}"
        self._home = Household("castmark-cluster-")
        self._stack.callback(self._stop_services)
        for name in NAMES:
            self._environment[name] = self._environment_of(name, ports[name])
            self.start(name)
        for name in NAMES:
            self._wait_for(name)
        remember(self.data, self.urls)

    def _environment_of(self, name: str, port: int) -> dict[str, str]:
        made = {
            **os.environ,
            "CASTMARK_ENV": "development",
            "CASTMARK_DATA": str(self.data),
            "CASTMARK_PORT": str(port),
            "CASTMARK_LOG": "kafka",
            "CASTMARK_KAFKA_BOOTSTRAP": ",".join(self.kafka.bootstrap),
            "CASTMARK_SIMULATED": "true" if self.simulated else "false",
            "CASTMARK_MEMBERSHIP_URL": self.urls["membership"],
            "CASTMARK_AUDITS_URL": self.urls["audits"],
            "CASTMARK_GHG_URL": self.urls["ghg"],
            "CASTMARK_CERTIFICATION_URL": self.urls["certification"],
            "CASTMARK_COC_URL": self.urls["coc"],
            "CASTMARK_FEED_URL": self.urls["feed"],
            "CASTMARK_PORTAL_URL": self.urls[""],
        }
        if name != PORTAL:
            database = self.postgres.create_service_database(name)
            made["CASTMARK_DATABASE_URL"] = database.app_url
            made["CASTMARK_MIGRATION_DATABASE_URL"] = database.owner_url
        return made

    def start(self, name: str) -> None:
        """Start a service's process (again)."""
        logs = self.data / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        server = self._home.start(
            name,
            [sys.executable, "-m", "castmark", "serve", name],
            environment=self._environment[name],
            working=Path.cwd(),
            logs=logs,
        )
        url = self.urls[""] if name == PORTAL else self.urls[PREFIX_OF[name]]
        self.services[name] = ServiceProcess(name, url, server)

    def kill(self, name: str) -> None:
        """SIGKILL a service."""
        server = self.services[name].server
        server.signal(signal.SIGKILL)
        self._home.reap(server, timeout_s=STOP_S)

    def _wait_for(self, name: str) -> None:
        service, deadline = self.services[name], time.monotonic() + START_S
        path = "/health" if name == PORTAL else f"/{PREFIX_OF[name]}/health"
        while True:
            if not service.server.running or time.monotonic() > deadline:
                log = service.server.log.read_text(errors="replace")
                raise RuntimeError(f"{name} did not start:\n{log[-3000:]}")
            try:
                if httpx.get(service.url + path, timeout=2).is_success:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)

    def _stop_services(self) -> None:
        self._home.stop(*(one.server for one in self.services.values()), patience_s=STOP_S)
        self._home.close()


def run(settings: Settings, out: Console, *, world: bool) -> None:
    """Run the cluster in the foreground until Ctrl-C or SIGTERM (`castmark down`)."""
    try:
        with signals_raise():
            _run(settings, out, world=world)
    except ToldToStop:
        out.print("stopped")


def _run(settings: Settings, out: Console, *, world: bool) -> None:
    data = settings.data / CLUSTER
    out.print(f"starting PostgreSQL, Kafka and {len(NAMES)} services (about 30 s) ...")
    brokers = int(os.environ.get("KAFKA_BROKERS", "1"))
    chosen = settings.model_copy(update={"data": data})
    with Cluster(data, brokers) as cluster:
        for name, service in cluster.services.items():
            out.print(f"  {name:<18} {service.url}")
        out.print(f"  kafka              {cluster.kafka.address}")
        let_in = f"CASTMARK_KAFKA_BOOTSTRAP={cluster.kafka.address} castmark kafka-user GROUP"
        out.print(f"  let a group in: {let_in}", soft_wrap=True)
        out.print(f"  speak to it: CASTMARK_DATA={data} castmark consumers; stop with Ctrl-C\n")
        print_links(development_issuer(chosen), cluster.urls[""], out)
        with connect(chosen, cluster.urls) as client:
            if world and is_empty(client):
                load_world(client, out, members=40)
        while all(service.server.running for service in cluster.services.values()):
            time.sleep(0.5)
    raise LocalServerError(f"a service has ended by itself: see {data}/logs")
