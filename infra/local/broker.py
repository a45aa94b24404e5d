"""One node of a local Kafka cluster: its settings, its storage, the command that runs it."""

import hashlib
import os
import re
import shutil
import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.kafka_groups import LISTENER, MECHANISM, PLATFORM
from infra.local.jars import POM
from infra.local.processes import LocalServerError, ServerProcess

OLDEST_JAVA = 17
HEAP_MB = 384
FORMAT_TIMEOUT_S = 120
LOGGING = POM.with_name("log4j2.properties")


@dataclass
class Node:
    """A broker that is its own controller; `server` is its process once it was started.

    `node_id` counts from 1, since Kafka's tools do; `voters` names every controller of the cluster.
    At `port` the platform speaks to it, at `groups_port` member groups do, who must sign in.
    """

    node_id: int
    data: Path
    config: Path
    port: int
    controller_port: int
    groups_port: int = 9094
    server: ServerProcess | None = None

    @property
    def name(self) -> str:
        """The name in logs and errors."""
        return f"kafka-{self.node_id}"

    @property
    def address(self) -> str:
        """Where clients find it."""
        return f"127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        """True while its process lives."""
        return self.server is not None and self.server.running

    @property
    def formatted(self) -> bool:
        """True when its storage was made, by this run or one before it."""
        return self.meta.is_file()

    @property
    def meta(self) -> Path:
        """Kafka's own note on which cluster and node a data folder belongs to."""
        return self.data / "meta.properties"


def settings(node: Node, nodes: Sequence[Node], extra: Mapping[str, str]) -> dict[str, str]:
    """The node's server.properties; `extra` wins over everything here."""
    copies = len(nodes)
    in_step = 2 if copies >= 3 else 1
    told = f"PLAINTEXT://{node.address},{LISTENER}://127.0.0.1:{node.groups_port}"
    at = f"listener.name.{LISTENER.lower()}"
    voters = ",".join(f"{each.node_id}@127.0.0.1:{each.controller_port}" for each in nodes)
    return {
        "process.roles": "broker,controller",
        "node.id": str(node.node_id),
        "controller.quorum.voters": voters,
        "listeners": f"{told},CONTROLLER://127.0.0.1:{node.controller_port}",
        "advertised.listeners": told,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,"
        f"{LISTENER}:SASL_PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        # Groups sign in, and may do what they were given (infra/kafka_groups.py), nothing else.
        f"{at}.sasl.enabled.mechanisms": MECHANISM,
        f"{at}.{MECHANISM.lower()}.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": f"User:ANONYMOUS;User:{PLATFORM}",
        "log.dirs": str(node.data),
        # What is promised of a record.
        "auto.create.topics.enable": "false",
        "default.replication.factor": str(copies),
        "min.insync.replicas": str(in_step),
        "log.retention.ms": "-1",
        "offsets.topic.replication.factor": str(copies),
        "transaction.state.log.replication.factor": str(copies),
        "transaction.state.log.min.isr": str(in_step),
        "share.coordinator.state.topic.replication.factor": str(copies),
        "share.coordinator.state.topic.min.isr": str(in_step),
        # What only costs time and memory on one small machine.
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.num.partitions": "4",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "log.cleaner.dedupe.buffer.size": str(8 * 1024 * 1024),
        **extra,
    }


def write_settings(node: Node, lines: Mapping[str, str]) -> None:
    """Write the node's server.properties."""
    node.config.write_text("".join(f"{key}={value}\n" for key, value in lines.items()))


def java() -> str:
    """The java to run brokers with: JAVA_HOME's, else the PATH's.

    Raises LocalServerError when there is none or it is too old.
    """
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    cure = f"Install Java {OLDEST_JAVA} or newer (Debian: apt-get install openjdk-17-jre-headless)."
    if found is None:
        where = f"in JAVA_HOME={home}" if home else "on the PATH"
        raise LocalServerError(f"Apache Kafka needs Java, and there is no `java` {where}. {cure}")
    said = subprocess.run(
        [found, "-version"], capture_output=True, text=True, timeout=60, check=False
    ).stderr
    version = re.search(r'version "(?:1\.)?(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        raise LocalServerError(f"Apache Kafka can't run on {found}, which says: {said} {cure}")
    return found


def server_command(node: Node, java_path: str, jars: Path, *options: str) -> list[str]:
    """The broker itself, not through a shell: the process that is killed is the broker. `options`
    are more of the JVM's own."""
    return [
        *_jvm(java_path, jars),
        *options,
        f"-Xmx{HEAP_MB}m",
        "-XX:+UseG1GC",
        "-XX:MaxGCPauseMillis=20",
        "-XX:+ExitOnOutOfMemoryError",
        "kafka.Kafka",
        str(node.config),
    ]


def format_storage(nodes: Sequence[Node], java_path: str, jars: Path) -> None:
    """Give nodes that have no storage an empty one, all of the same cluster, side by side.

    Raises LocalServerError when some nodes have storage and others not: that is the data of a
    cluster of another size.
    """
    fresh = [node for node in nodes if not node.formatted]
    beyond = nodes[0].data.with_name(f"broker-{len(nodes) + 1}")
    if beyond.exists() or 0 < len(fresh) < len(nodes):
        raise LocalServerError(
            f"{nodes[0].data.parent} holds the data of another number of brokers than {len(nodes)}"
        )
    tool = [*_jvm(java_path, jars), "kafka.tools.StorageTool", "format"]
    cluster_id = new_cluster_id()
    runs = [
        subprocess.Popen(
            [*tool, "--cluster-id", cluster_id, "--config", str(node.config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for node in fresh
    ]
    try:
        for node, run in zip(fresh, runs, strict=True):
            said, _ = run.communicate(timeout=FORMAT_TIMEOUT_S)
            if run.returncode != 0:
                raise LocalServerError(f"{node.name}: its storage was not formatted:\n{said}")
    finally:
        for run in runs:
            run.kill()
            run.wait()


def new_cluster_id() -> str:
    """A random id in the form Kafka writes its own: 16 bytes in URL-safe base64, no dash in front.

    The tools read an argument that starts with a dash as an option.
    """
    while True:
        made = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not made.startswith("-"):
            return made


def archive_of(java_path: str, jars: Path) -> Path:
    """Where Kafka's classes are kept as this very JVM wants them; empty if it can't keep any."""
    real = Path(java_path).resolve()
    about = real.stat()
    told = f"{real} {about.st_size} {about.st_mtime_ns}".encode()
    return jars / f"classes-{hashlib.sha256(told).hexdigest()[:16]}.jsa"


def _jvm(java_path: str, jars: Path) -> list[str]:
    archive = archive_of(java_path, jars)
    kept = archive.is_file() and archive.stat().st_size > 0
    return [
        java_path,
        *([f"-XX:SharedArchiveFile={archive}"] if kept else []),
        # The quick compiler alone: measured on two cores, the thorough one costs a broker twice the
        # processor time, most of it while it starts, and gains nothing at 500-byte records.
        "-XX:TieredStopAtLevel=1",
        "-Djava.net.preferIPv4Stack=true",
        f"-Dlog4j2.configurationFile={LOGGING}",
        "-cp",
        f"{jars}{os.sep}*",
    ]
