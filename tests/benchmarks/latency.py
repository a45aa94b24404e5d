"""How soon others see a command, over Kafka, with every service its own process.

Open loop: commands are sent at a fixed rate whether or not answers come, each timed from the moment
at which it was meant to be sent, so that a stall is not hidden by waiting for it. Four of five
declare a facility, one of five extends a member's duty, which certification makes public.

- Internal: the certification service's read model, seen when the cursor that commits together with
  its rows has passed the command's position. Looked at every few milliseconds in its database.
- External: an SDK subscriber of the public events over Kafka, in a process of its own, that keeps
  its place in SQLite batch by batch; seen when the event is handed to it.
"""

import asyncio
import bisect
import math
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import orjson
import psycopg

from castmark.client import Client, connect
from castmark.cluster import Cluster
from contracts.catalog import TOPICS, partition_of
from infra.settings import Settings
from sdk import SqliteCheckpoint, Subscriber
from sdk.kafka_feed import KafkaFeed

from .asking import Connection, connections, correlation, post
from .facilities import values
from .figures import Figures, at_most, figure
from .gateway import DECLARE, admit
from .machine import scratch
from .sizes import Size

SOURCE = "membership"
CONSUMER = "certification"
EXTEND = "/membership/commands/extend_duty"
PUBLIC_EVERY = 5
CONNECTIONS = 128
MEMBERS = 100
LOOK_S = 0.004
WARM_UP_S = 3.0
PATIENCE_S = 60.0
EXTENSIONS = 300
"""Days by which a member's duty is extended at most, one by one: fewer than the policy's."""
MS = 1000


class Sent(NamedTuple):
    """A command: when it was meant to be sent, when it was answered, where its event lies."""

    command_id: str
    intended: float
    answered: float
    partition: int
    position: int
    public: bool
    measured: bool


def run(size: Size) -> Figures:
    """Both figures, from the same commands."""
    with scratch() as folder, Cluster(folder / "cluster") as cluster:
        settings = Settings(environment="development", data=folder / "cluster")
        with connect(settings, cluster.urls) as client:
            members = _members(client, size)
            plan = Plan(size.rate, WARM_UP_S, size.latency_s, members, client.token)
            seen: Sightings = {}
            with (
                _subscriber(folder, cluster.kafka.bootstrap) as file,
                _watching(cluster.postgres.url(CONSUMER), seen),
            ):
                sent = asyncio.run(_send(cluster.urls[SOURCE], plan))
                _wait_until(lambda: _all_seen(sent, seen), "the projection has not seen all")
                public = {correlation(one.command_id) for one in sent if one.public}
                _wait_until(lambda: public <= _heard(file).keys(), "the subscriber has not all")
                heard = _heard(file)
    return _figures(size, [one for one in sent if one.measured], seen, heard)


def _figures(
    size: Size,
    sent: Sequence[Sent],
    seen: "Sightings",
    public: dict[str, float],
) -> Figures:
    """What the times say; those of the warm-up are left out."""
    answered = [one.answered - one.intended for one in sent]
    internal = [_first_seen(seen[one.partition], one.position) - one.intended for one in sent]
    external = [public[correlation(one.command_id)] - one.intended for one in sent if one.public]
    after = [
        _first_seen(seen[one.partition], one.position) - max(one.answered, one.intended)
        for one in sent
    ]
    where = f"at {size.rate}/s for {size.latency_s:g} s, Kafka and PostgreSQL"
    note = "p50 {:.0f} ms, p99 {:.0f} ms, most {:.0f} ms, of {:,}"
    return [
        figure(
            f"seen in an internal projection, p99, {where}",
            "ms",
            [_p99(internal)],
            bar=at_most(250),
            note=note.format(*_told(internal))
            + f"; from the 2xx on: p99 {_p99(after):.0f} ms; the 2xx itself: p99"
            f" {_p99(answered):.0f} ms",
        ),
        figure(
            f"seen by an external subscriber, p99, {where}",
            "ms",
            [_p99(external)],
            bar=at_most(500),
            note=note.format(*_told(external)),
        ),
    ]


def _told(seconds: Sequence[float]) -> tuple[float, float, float, int]:
    return statistics.median(seconds) * MS, _p99(seconds), max(seconds) * MS, len(seconds)


def _p99(seconds: Sequence[float]) -> float:
    return sorted(seconds)[min(len(seconds) - 1, len(seconds) * 99 // 100)] * MS


# --- what is sent ---


class Plan(NamedTuple):
    """What is sent when: `rate` a second for `warm_up_s`, then for `measured_s`."""

    rate: int
    warm_up_s: float
    measured_s: float
    due: Sequence[date]
    token: str

    def request(self, number: int) -> tuple[str, bytes, bool]:
        """The id and the bytes of a command, and whether its event becomes public."""
        command_id = f"latency-{number:08d}"
        if number % PUBLIC_EVERY:
            told = {**values(number), "facility_id": f"f-{command_id}"}
            return command_id, post(DECLARE, self.token, command_id, orjson.dumps(told)), False
        turn, member = divmod(number // PUBLIC_EVERY, len(self.due))
        due_on = self.due[member] + timedelta(days=turn + 1)
        body = {"member_id": _member(member), "due_on": due_on, "reason": "by-exception"}
        return command_id, post(EXTEND, self.token, command_id, orjson.dumps(body)), True


def _member(number: int) -> str:
    return f"syn-m-latency-{number:04d}"


def _members(client: Client, size: Size) -> list[date]:
    """Members with a duty, as many as the extensions need; the days on which they are due."""
    admit(client)
    count = math.ceil(size.rate * (WARM_UP_S + size.latency_s) / PUBLIC_EVERY / EXTENSIONS)
    count = max(count, min(size.rate, MEMBERS))
    for number in range(count):
        admit(client, _member(number), entity_id=None)
    return [_due(client, _member(number)) for number in range(count)]


def _due(client: Client, member_id: str) -> date:
    told = client.get(f"/membership/members/{member_id}")
    return date.fromisoformat(told["duty_due_on"])


async def _send(url: str, plan: Plan) -> list[Sent]:
    """Send by the clock, over as many connections as that takes; answers in any order."""
    async with connections(url, CONNECTIONS) as opened, asyncio.TaskGroup() as group:
        free: asyncio.Queue[Connection] = asyncio.Queue()
        for connection in opened:
            free.put_nowait(connection)
        begin = time.monotonic() + WARM_UP_S
        tasks: list[asyncio.Task[Sent]] = []
        for number in range(int(plan.rate * (plan.warm_up_s + plan.measured_s))):
            intended = begin - plan.warm_up_s + number / plan.rate
            await asyncio.sleep(max(0.0, intended - time.monotonic()))
            connection = await free.get()
            tasks.append(group.create_task(_one(plan, number, intended, connection, free)))
    return [task.result() for task in tasks]


async def _one(
    plan: Plan,
    number: int,
    intended: float,
    connection: Connection,
    free: "asyncio.Queue[Connection]",
) -> Sent:
    command_id, request, public = plan.request(number)
    answer = await connection.ask(request)
    answered = time.monotonic()
    free.put_nowait(connection)
    if answer.status != 200:
        raise SystemExit(f"{command_id} was refused: {answer.body.decode()}")
    told = orjson.loads(answer.body)
    partition = partition_of(told["stream"], TOPICS[SOURCE].partitions)
    measured = number >= plan.rate * plan.warm_up_s
    return Sent(command_id, intended, answered, partition, told["position"], public, measured)


# --- what is seen ---

Sightings = dict[int, list[tuple[int, float]]]
"""By partition: positions that a cursor had, and when it was seen there; both rise."""


@contextmanager
def _watching(database: str, seen: Sightings) -> Iterator[None]:
    """Look at the consumer's cursors again and again, in a thread."""
    stop = threading.Event()
    failed: list[BaseException] = []
    query = "SELECT partition, position FROM cursors WHERE consumer = %s AND source = %s"

    def look() -> None:
        try:
            with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as connection:
                while not stop.wait(LOOK_S):
                    rows = connection.execute(query, (CONSUMER, SOURCE)).fetchall()
                    now = time.monotonic()
                    for partition, position in rows:
                        known = seen.setdefault(partition, [])
                        if not known or known[-1][0] < position:
                            known.append((position, now))
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if failed:
        raise failed[0]


def _first_seen(sightings: Sequence[tuple[int, float]], position: int) -> float:
    """When a cursor was first seen at a position or behind it."""
    return sightings[bisect.bisect_left(sightings, (position, 0.0))][1]


def _wait_until(done: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > until:
            raise SystemExit(f"{what} within {PATIENCE_S:g} s of the last command")
        time.sleep(0.05)


def _all_seen(sent: Sequence[Sent], seen: Sightings) -> bool:
    last: dict[int, int] = {}
    for one in sent:
        last[one.partition] = max(one.position, last.get(one.partition, 0))
    return all(seen.get(part, [(0, 0.0)])[-1][0] >= position for part, position in last.items())


@contextmanager
def _subscriber(folder: Path, bootstrap: list[str]) -> Iterator[Path]:
    """A subscriber in a process of its own; the file in which it writes what it is handed."""
    file = folder / "heard"
    command = [sys.executable, "-m", "tests.benchmarks.latency", str(folder), *bootstrap]
    with file.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stdin=subprocess.DEVNULL)
    try:
        _wait_until(lambda: bool(_heard(file)), "the subscriber heard nothing")
        yield file
    finally:
        process.terminate()
        process.wait(10)


def _heard(file: Path) -> dict[str, float]:
    """Correlation id of each event that was handed over, and when."""
    lines = [line.split() for line in file.read_text().splitlines(keepends=True) if "\n" in line]
    return {correlation_id: float(moment) for correlation_id, moment in lines}


def main(folder: Path, bootstrap: list[str]) -> None:
    """What `_subscriber` runs: a stranger's program, but for the line that it writes."""
    checkpoint = SqliteCheckpoint(str(folder / "checkpoint.sqlite"))
    for batch in Subscriber(KafkaFeed(bootstrap), checkpoint).batches():
        now = time.monotonic()
        for event in batch:
            print(event.envelope.correlation_id, now)
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
