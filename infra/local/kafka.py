"""A real Apache Kafka on this machine: one broker, or three that can be killed one by one.

    with KafkaCluster(brokers=3) as kafka:
        client(bootstrap_servers=kafka.bootstrap)
        kafka.kill(0)
        kafka.restart(0)

`python -m infra.local.kafka up` keeps one running until Ctrl-C; `KAFKA_BROKERS=3` makes it three.
`python -m infra.local.kafka user GROUP` gives a member group its topics, user and rights on it, and
prints, once, how its systems sign in.

Each broker listens twice: plainly for the platform, whose clients may do everything, and with
SCRAM-SHA-512 for groups, who may do what they were given. Neither is encrypted, which is fine on
127.0.0.1 and nowhere else.

KRaft mode, every node broker and controller at once, 127.0.0.1 only, no topic made by itself,
topics kept for ever. With three brokers everything is replicated three times and a write needs two.
The settings (`broker.py`) differ from a production broker's in what costs start-up time and memory,
never in what is promised of a record: flushing, acknowledgement and leader election stay at Kafka's
defaults.
"""

import argparse
import logging
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from contracts.command_topics import AREAS
from infra.errors import Transient
from infra.kafka_groups import admit
from infra.local.broker import (
    Node,
    archive_of,
    format_storage,
    java,
    server_command,
    settings,
    write_settings,
)
from infra.local.foreground import run_until_told
from infra.local.jars import kafka_jars
from infra.local.processes import (
    PROJECT,
    Household,
    LocalServerError,
    Say,
    accepts,
    free_ports,
    locked_folder,
    quiet,
    say_aloud,
)
from infra.settings import Misconfigured

START_TIMEOUT_S = 90.0
STOP_PATIENCE_S = 15.0
# Three brokers that stop together wait for a quorum that is gone; data that are removed anyway need
# no orderly end.
STOP_PATIENCE_PRIVATE_S = 2.0
ASK_TIMEOUT_S = 5.0
KEEP_TIMEOUT_S = 60.0
CLIENT_LOG = logging.getLogger("kafka.librdkafka")
SIZES = (1, 3)


class KafkaCluster:
    """One or three brokers with their data, from `start` to `stop`.

    `bootstrap` lists `host:port` of every broker, killed ones too; `kill` and `restart` count
    brokers from 0 in that order. Data lies in a private folder that goes at `stop`, or in `data`,
    which is kept and can be started again with the same number of brokers.
    """

    def __init__(
        self,
        brokers: int = 1,
        *,
        data: Path | None = None,
        jars: Path | None = None,
        properties: Mapping[str, str] | None = None,
        say: Say = quiet,
    ) -> None:
        """Describe a cluster. `properties` are laid over every broker's server.properties."""
        self.brokers = brokers
        self._data = data
        self._jars_cache = jars
        self._properties = dict(properties or {})
        self._say = say
        self._home: Household | None = None
        self._nodes: list[Node] = []
        self._java = ""
        self._jars = Path()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def bootstrap(self) -> list[str]:
        """`host:port` of every broker; empty when the cluster was not started."""
        return [node.address for node in self._nodes]

    @property
    def groups_bootstrap(self) -> list[str]:
        """`host:port` at which each broker asks member groups who they are."""
        return [f"127.0.0.1:{node.groups_port}" for node in self._nodes]

    @property
    def address(self) -> str:
        """The bootstrap list on one line, as `CASTMARK_KAFKA_BOOTSTRAP` takes it."""
        return ",".join(self.bootstrap)

    def start(self, brokers: int | None = None) -> None:
        """Fetch the jars if need be, start every broker, return when all of them serve.

        Raises LocalServerError, with nothing left running, when java or Maven is missing, a broker
        does not come up, or `data` was written by another number of brokers.
        """
        self.brokers = brokers or self.brokers
        if self._home is not None:
            raise LocalServerError("this cluster was started already: stop it first")
        if self.brokers not in SIZES:
            raise LocalServerError(f"a local cluster has 1 or 3 brokers, not {self.brokers}")
        self._java = java()
        self._jars = prepare(self._java, self._jars_cache, self._say)
        self._home = Household("castmark-kafka-")
        try:
            self._start_all(self._home)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop every broker in order, free every port, remove the private folder.

        May be called twice, and when some brokers were killed.
        """
        home, self._home = self._home, None
        if home is None:
            return
        running = [node.server for node in self._nodes if node.server is not None]
        patience_s = STOP_PATIENCE_PRIVATE_S if self._data is None else STOP_PATIENCE_S
        home.stop(*running, patience_s=patience_s)
        home.close()
        self._nodes = []

    def kill(self, broker: int) -> None:
        """End a broker without a goodbye: SIGKILL to its process."""
        home, node = self._part(broker)
        if node.server is None or not node.running:
            raise LocalServerError(f"broker {broker} is not running, so it can't be killed")
        node.server.signal(signal.SIGKILL)
        home.reap(node.server, timeout_s=STOP_PATIENCE_S)

    def restart(self, broker: int) -> None:
        """Start a killed broker again, same port, same data; returns when it serves."""
        home, node = self._part(broker)
        if node.running:
            raise LocalServerError(f"broker {broker} is running: kill it first")
        node.server = home.start(node.name, server_command(node, self._java, self._jars))
        self._wait_for(home, [node])

    def pid(self, broker: int) -> int:
        """The process id of a broker."""
        server = self._part(broker)[1].server
        if server is None:
            raise LocalServerError(f"broker {broker} was never started")
        return server.pid

    def check(self) -> None:
        """Raise LocalServerError, with its last words, when a broker is not running."""
        for node in self._nodes:
            if node.server is not None and not node.running:
                raise LocalServerError(f"{node.name} has ended:\n{node.server.last_words()}")

    def _start_all(self, home: Household) -> None:
        data = home.folder / "data" if self._data is None else self._data.resolve()
        nodes = new_nodes(home, data, self.brokers)
        self._say(f"starting Apache Kafka, brokers: {self.brokers} ...")
        for node in nodes:
            write_settings(node, settings(node, nodes, self._properties))
        format_storage(nodes, self._java, self._jars)
        self._nodes = nodes
        for node in nodes:
            node.server = home.start(node.name, server_command(node, self._java, self._jars))
        self._wait_for(home, nodes)

    def _wait_for(self, home: Household, nodes: list[Node]) -> None:
        """Wait until each of the nodes itself says that every running broker is in service."""
        for node in nodes:
            if node.server is not None:
                home.wait_until(partial(self._serves, node), node.server, START_TIMEOUT_S)

    def _serves(self, node: Node) -> bool:
        running = {each.node_id for each in self._nodes if each.running}
        return accepts(node.port) and running <= in_service(node.address)

    def _part(self, broker: int) -> tuple[Household, Node]:
        if self._home is None:
            raise LocalServerError("this cluster is not running: start it first")
        if broker not in range(len(self._nodes)):
            raise LocalServerError(f"no broker {broker}: they are 0 to {len(self._nodes) - 1}")
        return self._home, self._nodes[broker]


def new_nodes(home: Household, data: Path, count: int) -> list[Node]:
    """So many nodes on free ports, their data below a folder."""
    ports = free_ports(3 * count)
    return [
        Node(
            node_id=number + 1,
            data=data / f"broker-{number + 1}",
            config=home.folder / f"broker-{number + 1}.properties",
            port=ports[3 * number],
            controller_port=ports[3 * number + 1],
            groups_port=ports[3 * number + 2],
        )
        for number in range(count)
    ]


def prepare(java_path: str, cache: Path | None = None, say: Say = quiet) -> Path:
    """What every start needs, made once: the folder of jars, and in it an archive of the classes
    that a broker loads. Measured, a start with it takes half the processor time.

    Raises LocalServerError when the jars can't be had, or a broker not be started.
    """
    jars = kafka_jars(cache, say)
    archive = archive_of(java_path, jars)
    with locked_folder(jars, wait=True):
        if not archive.is_file():
            say("keeping Kafka's classes for quicker starts (once) ...")
            _keep_classes(java_path, jars, archive)
    return jars


def _keep_classes(java_path: str, jars: Path, archive: Path) -> None:
    """Run a broker until it serves and have its JVM write down, at an orderly end, what it had
    loaded. A JVM that can't leaves an empty archive, which nobody uses."""
    home = Household("castmark-kafka-")
    try:
        [node] = new_nodes(home, home.folder / "data", 1)
        write_settings(node, settings(node, [node], {}))
        format_storage([node], java_path, jars)
        made, unfinished = home.folder / "classes.jsa", archive.with_suffix(".unfinished")
        command = server_command(node, java_path, jars, f"-XX:ArchiveClassesAtExit={made}")
        server = home.start(node.name, command)
        home.wait_until(lambda: bool(in_service(node.address)), server, START_TIMEOUT_S)
        home.stop(server, patience_s=KEEP_TIMEOUT_S)
        made.touch()
        shutil.copyfile(made, unfinished)
        unfinished.rename(archive)
    finally:
        home.close()


def in_service(address: str) -> set[int]:
    """Ids of the brokers that the one at `address` knows to be up and not fenced; empty if none.

    Asked with confluent-kafka: kafka-python leaves a socket behind for each refused connection.
    """
    admin = AdminClient({"bootstrap.servers": address}, logger=CLIENT_LOG)
    try:
        found = admin.describe_cluster(request_timeout=ASK_TIMEOUT_S).result()
    except KafkaException:
        return set()
    return {node.id for node in found.nodes}


def let_in(address_file: Path, group: str) -> str:
    """Give a group its topics, user and rights on the cluster that runs; its client's settings."""
    if not address_file.is_file():
        raise LocalServerError(f"no Kafka runs here: {address_file} is not there (make kafka)")
    bootstrap = address_file.read_text().strip().split(",")
    return admit(bootstrap, group, AREAS).properties()


def main(arguments: list[str] | None = None) -> int:
    """`up`: a cluster in the foreground. `user GROUP`: let a member group in."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.kafka", description=main.__doc__)
    parser.add_argument(
        "verb",
        choices=["up", "user"],
        help="up: start, and run until Ctrl-C or SIGTERM; user: let a group in, print its settings",
    )
    parser.add_argument("group", nargs="?", help="of user: the member's id")
    parser.add_argument(
        "--brokers",
        type=int,
        default=int(os.environ.get("KAFKA_BROKERS", "1")),
        help="1 or 3 (default: the variable KAFKA_BROKERS, else 1)",
    )
    parser.add_argument(
        "--data", type=Path, help="keep the data in this folder (default: gone at the end)"
    )
    parser.add_argument(
        "--address-file",
        type=Path,
        default=PROJECT / "var" / "kafka" / "bootstrap",
        help="where to write host:port,... while it runs (default: %(default)s)",
    )
    chosen = parser.parse_args(arguments)
    if (chosen.verb == "user") is not (chosen.group is not None):
        parser.error("name the group that is to be let in: user GROUP")
    try:
        if chosen.verb == "user":
            print(let_in(chosen.address_file, chosen.group))
        else:
            cluster = KafkaCluster(chosen.brokers, data=chosen.data, say=say_aloud)
            run_until_told(cluster, chosen.address_file, say_aloud)
    except (LocalServerError, Misconfigured, Transient) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
