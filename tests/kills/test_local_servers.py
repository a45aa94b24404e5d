"""The local servers are real: what they acknowledge survives `kill -9`, and they leave no trace."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    Message,
    Producer,
    TopicPartition,
)
from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaTimeoutError

from contracts.catalog import Topic
from infra.kafka_replay import Ends
from infra.local import jars
from infra.local.broker import archive_of, java
from infra.local.kafka import KafkaCluster
from infra.local.postgres import PostgresServer
from infra.local.processes import LocalServerError, accepts, port_is_free
from tests.plugins.require import needs

TOPIC = "castmark.of-this-test"
PARTITIONS = 12
WAIT_S = 90.0
PROJECT = Path(__file__).resolve().parents[2]


# Kafka.


def make_topic(cluster: KafkaCluster) -> None:
    """Twelve partitions, copies as the cluster's default has them."""
    admin = KafkaAdminClient(bootstrap_servers=cluster.bootstrap)
    try:
        admin.create_topics({TOPIC: {"num_partitions": PARTITIONS}}, wait_for_metadata=True)
    finally:
        admin.close()


def produce(cluster: KafkaCluster, values: range) -> None:
    """Send numbers round the partitions; returns when every one is acknowledged.

    Not with kafka-python, which forgets to close a socket for each broker that refuses it.
    """
    failures: list[KafkaError] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            failures.append(error)

    producer = Producer(
        {
            "bootstrap.servers": cluster.address,
            "acks": "all",
            "enable.idempotence": True,
            "delivery.timeout.ms": int(WAIT_S * 1000),
            "log_level": 0,
        }
    )
    for value in values:
        producer.produce(
            TOPIC, str(value).encode(), partition=value % PARTITIONS, on_delivery=delivered
        )
    assert producer.flush(WAIT_S) == 0
    assert failures == []


def recorded(cluster: KafkaCluster, expected: int) -> list[int]:
    """The numbers in the topic, sorted; reads until `expected` came and a little longer."""
    consumer = Consumer(
        {"bootstrap.servers": cluster.address, "group.id": "of-this-test", "log_level": 0}
    )
    consumer.assign(
        [TopicPartition(TOPIC, number, OFFSET_BEGINNING) for number in range(PARTITIONS)]
    )
    found: list[int] = []
    deadline = time.monotonic() + WAIT_S
    try:
        while time.monotonic() < deadline:
            message = consumer.poll(1.0)
            if message is None:
                if len(found) >= expected:
                    break
            elif message.error() is None:
                found.append(int(message.value() or b""))
    finally:
        consumer.close()
    return sorted(found)


@needs("kafka")
@pytest.mark.timeout(300)
def test_acknowledged_records_survive_kill_9_and_a_new_start_on_the_same_data(
    tmp_path: Path,
) -> None:
    with KafkaCluster(data=tmp_path) as cluster:
        make_topic(cluster)
        produce(cluster, range(100))
        before = cluster.bootstrap
        cluster.kill(0)
        assert not accepts(int(before[0].rpartition(":")[2]))
        cluster.restart(0)
        assert cluster.bootstrap == before
        assert recorded(cluster, 100) == list(range(100))
        produce(cluster, range(100, 200))
    with KafkaCluster(data=tmp_path) as cluster:
        assert recorded(cluster, 200) == list(range(200))
    with pytest.raises(LocalServerError, match="another number of brokers than 3"):
        KafkaCluster(3, data=tmp_path).start()


@needs("kafka")
@pytest.mark.timeout(300)
def test_three_brokers_go_on_without_any_one_of_them_and_leave_nothing_when_they_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with KafkaCluster(3) as cluster:
        make_topic(cluster)
        produce(cluster, range(60))
        ends, topic = Ends(cluster.bootstrap), Topic(TOPIC, PARTITIONS)
        assert sum(ends.behind(topic).values()) == 60
        cluster.kill(0)
        used_s = time.process_time()
        assert sum(ends.behind(topic).values()) == 60
        assert time.process_time() - used_s < 2, "a dead leader is asked without a pause"
        produce(cluster, range(60, 120))
        cluster.restart(0)
        cluster.kill(1)
        produce(cluster, range(120, 180))
        assert sum(ends.behind(topic).values()) == 180
        assert recorded(cluster, 180) == list(range(180))
        ports = [int(address.rpartition(":")[2]) for address in cluster.bootstrap]
        pids = [cluster.pid(number) for number in range(3)]
        assert list(tmp_path.iterdir())
    assert not any(lives(pid) for pid in pids)
    assert all(port_is_free(port) for port in ports)
    assert list(tmp_path.iterdir()) == []


@needs("kafka")
@pytest.mark.timeout(300)
def test_no_topic_makes_itself(kafka: KafkaCluster) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, max_block_ms=2000)
    try:
        with pytest.raises(KafkaTimeoutError):
            producer.send("nobody.made.this", b"1").get(timeout=10)
    finally:
        producer.close(timeout=5)
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    try:
        assert "nobody.made.this" not in admin.list_topics()
    finally:
        admin.close()


@needs("kafka")
def test_a_broker_uses_the_classes_that_were_kept(kafka: KafkaCluster) -> None:
    kept = archive_of(java(), jars.kafka_jars())
    assert kept.name in Path(f"/proc/{kafka.pid(0)}/maps").read_text()


def test_without_java_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(LocalServerError, match=r"no `java` on the PATH.*apt-get install openjdk"):
        java()


def test_without_maven_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LocalServerError, match=r"no `mvn` on the PATH.*apt-get install maven"):
        jars.kafka_jars(tmp_path)
    assert jars.fetched(tmp_path) is None


def test_jars_are_fetched_once_and_again_when_one_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetches = 0

    def copy(target: Path) -> None:
        nonlocal fetches
        fetches += 1
        target.mkdir()
        (target / "kafka.jar").write_bytes(b"whole")

    monkeypatch.setattr(jars, "_copy_dependencies", copy)
    folder = jars.kafka_jars(tmp_path)
    assert jars.kafka_jars(tmp_path) == folder
    assert fetches == 1
    (folder / "kafka.jar").write_bytes(b"cut")
    assert jars.kafka_jars(tmp_path) == folder
    assert (folder / "kafka.jar").read_bytes() == b"whole"
    assert fetches == 2


# PostgreSQL.


def libpq(url: str) -> str:
    """SQLAlchemy's URL as psycopg itself takes it."""
    return url.replace("+psycopg", "", 1)


@needs("postgres")
def test_a_committed_row_survives_kill_9_and_an_open_transaction_does_not() -> None:
    with PostgresServer() as server:
        url = server.create_database("rows")
        with psycopg.connect(libpq(url)) as connection:
            connection.execute("CREATE TABLE kept (number int)")
            connection.execute("INSERT INTO kept VALUES (1)")
        halfway = psycopg.connect(libpq(url))
        halfway.execute("INSERT INTO kept VALUES (2)")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            halfway.commit()
        halfway.close()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(libpq(url), connect_timeout=5)
        server.restart()
        with psycopg.connect(libpq(url)) as connection:
            assert connection.execute("SELECT number FROM kept").fetchall() == [(1,)]
            assert connection.execute("SHOW fsync").fetchone() == ("on",)


@needs("postgres")
def test_a_data_folder_that_is_kept_starts_again(unlocked_path: Path) -> None:
    with PostgresServer(data=unlocked_path) as server:
        with psycopg.connect(libpq(server.create_database("kept"))) as connection:
            connection.execute("CREATE TABLE kept (number int)")
        server.kill()
    with (
        PostgresServer(data=unlocked_path) as server,
        psycopg.connect(libpq(server.url("kept"))) as connection,
    ):
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


@needs("postgres")
def test_a_service_may_use_its_own_database_as_its_owner_grants(postgres: PostgresServer) -> None:
    ours = postgres.create_service_database("ours")
    other = postgres.create_service_database("other")
    with psycopg.connect(libpq(ours.owner_url)) as owner:
        owner.execute("CREATE TABLE events (number int)")
        owner.execute("GRANT SELECT, INSERT ON events TO ours_app")
    with psycopg.connect(libpq(ours.app_url)) as app:
        app.execute("INSERT INTO events VALUES (1)")
        for forbidden in ("DELETE FROM events", "TRUNCATE events", "CREATE TABLE mine (n int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), app.transaction():
                app.execute(forbidden)
    for url in (other.app_url, other.owner_url):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(libpq(url).rpartition("/")[0] + "/ours", connect_timeout=5)


@needs("postgres")
def test_a_killed_server_leaves_no_process_no_folder_and_no_shared_memory(
    unlocked_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(unlocked_path))
    server = PostgresServer()
    server.start()
    pid = server.pid
    [lock_file] = unlocked_path.glob("*/cluster/postmaster.pid")
    segment = lock_file.read_text().splitlines()[6].split()[1]
    assert segment in shared_memory()
    server.kill()
    server.stop()
    assert not lives(pid)
    assert list(unlocked_path.iterdir()) == []
    assert segment not in shared_memory()


def test_without_postgresql_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.local.postgres.PACKAGED", tmp_path)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LocalServerError, match="apt-get install postgresql"):
        PostgresServer().start()


# In the foreground.

BOTH = [
    pytest.param("kafka", marks=needs("kafka")),
    pytest.param("postgres", marks=needs("postgres")),
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("server", BOTH)
def test_up_tells_its_address_and_stops_at_sigterm(server: str, unlocked_path: Path) -> None:
    with up(server, unlocked_path) as (process, address_file):
        address = address_file.read_text().strip()
        assert address_file.stat().st_mode & 0o077 == 0
        again = run_up(server, unlocked_path)
        said, _ = again.communicate(timeout=WAIT_S)
        assert (again.returncode, "one is running already" in said) == (1, True)
        assert address_file.exists()
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0
    assert f"ready: {address}" in said
    assert "Traceback" not in said
    assert not address_file.exists()
    assert nothing_is_left(unlocked_path)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("server", BOTH)
def test_up_killed_with_9_leaves_no_server_behind(server: str, unlocked_path: Path) -> None:
    with up(server, unlocked_path) as (process, address_file):
        port = int(address_file.read_text().strip().rpartition(":")[2].split("/")[0])
        process.kill()
    deadline = time.monotonic() + WAIT_S
    while not (port_is_free(port) and nothing_is_left(unlocked_path)):
        assert time.monotonic() < deadline, "a server outlived its owner"
        time.sleep(0.1)


@pytest.fixture
def unlocked_path() -> Iterator[Path]:
    """A folder that an unprivileged server may enter; pytest's own are closed to it."""
    with tempfile.TemporaryDirectory(prefix="castmark-test-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def run_up(server: str, folder: Path) -> subprocess.Popen[str]:
    """`python -m infra.local.SERVER up`, with its private folder and its address in `folder`."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", f"infra.local.{server}", "up"),
            *("--address-file", str(folder / "address" / "file")),
        ],
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def up(server: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """The same, ready; the process is gone at the end."""
    address_file = folder / "address" / "file"
    with run_up(server, folder) as process:
        try:
            deadline = time.monotonic() + WAIT_S
            while not address_file.exists():
                assert process.poll() is None
                assert time.monotonic() < deadline, f"{server} did not come up"
                time.sleep(0.1)
            yield process, address_file
        finally:
            process.kill()


def nothing_is_left(folder: Path) -> bool:
    """True when no server's private folder is there (the address's own folder stays)."""
    return [path.name for path in folder.iterdir()] == ["address"]


def lives(pid: int) -> bool:
    """True while a process of that id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def shared_memory() -> set[str]:
    """Ids of this machine's System V segments."""
    said = subprocess.run(["ipcs", "-m"], capture_output=True, text=True, timeout=10, check=True)
    return {line.split()[1] for line in said.stdout.splitlines() if line.startswith("0x")}
