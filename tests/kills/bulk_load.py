"""An open-loop load for which no HTTP client is too slow, and what databases have of it."""

import threading
import time
from functools import partial
from typing import Self

import psycopg

from castmark.cluster import Cluster
from castmark.parts import PARTS
from infra.projection import SLOTS, ReadModels
from tests.door import Door, eventually, fine
from tests.imports.desk import as_ndjson, plants

MEMBER, ENTITY = "BULK", "BULK-E"
CERTIFICATION = "certification"
PER_SECOND = 400
"""Facilities that are sent; one event each."""
AT_LEAST = 200
"""Events that a store must commit each second, over a whole rebuild."""
EVERY_S = 1.0
SPAN_S = 10 * EVERY_S
ENDED_S = 240.0
_DEFINITION = PARTS[CERTIFICATION].definition()
_CONSUMER = _DEFINITION.consumers[0]
TABLES = ReadModels(_CONSUMER.name, _CONSUMER.projections, _CONSUMER.facts).slots


class Files:
    """Facilities of one member, in a file every EVERY_S from `with` to its end: each is sent when
    it is due, whatever became of those before."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.facilities = 0
        self._jobs: dict[str, int] = {}
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._keep_on)
        self._lock = threading.Lock()

    def send(self, count: int) -> str:
        """A file of so many facilities; the import with that id goes on behind."""
        with self._lock:
            first, self.facilities = self.facilities + 1, self.facilities + count
            import_id = f"{MEMBER}-{first}"
            self._jobs[import_id] = count
        query = {"import_id": import_id, "member_id": MEMBER, "format": "ndjson"}
        answer = self.door.ask(
            f"member:{MEMBER}",
            "POST",
            "/membership/imports",
            params={**query, "set": f"entity_id:{ENTITY}"},
            content=as_ndjson(plants(count, first)),
            headers={"content-type": "application/octet-stream"},
        )
        fine(answer)
        return import_id

    def taken(self, import_id: str) -> None:
        """Wait until every row of a file is acknowledged."""
        look = partial(self.door.get, "ops", f"/membership/imports/{import_id}")
        job = eventually(look, lambda found: found["state"] in ("done", "failed"), ENDED_S)
        whole = ("done", self._jobs[import_id], 0)
        assert (job["state"], job["changed"], job["refused"]) == whole, job

    def all_taken(self) -> None:
        """Wait until every row of every file is acknowledged."""
        for import_id in self._jobs:
            self.taken(import_id)

    def _keep_on(self) -> None:
        due = time.monotonic()
        try:
            while not self._stop.wait(max(0.0, due - time.monotonic())):
                due += EVERY_S
                self.send(int(PER_SECOND * EVERY_S))
        except BaseException as error:
            self._error = error

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(ENDED_S)
        if self._error is not None:
            raise self._error


class Pace:
    """How fast a store commits events, from here on."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._since, self._at = time.monotonic(), self._head()

    def judge(self) -> float:
        """Events a second, over SPAN_S at least; fails when they are fewer than AT_LEAST."""
        time.sleep(max(0.0, self._since + SPAN_S - time.monotonic()))
        reached = (self._head() - self._at) / (time.monotonic() - self._since)
        assert reached >= AT_LEAST, f"{reached:.0f} events a second are no load"
        return reached

    def _head(self) -> int:
        return asked(self._cluster, "membership", "SELECT max(position) FROM events")


def administrator(cluster: Cluster, service: str) -> psycopg.Connection[tuple[int]]:
    """A connection that no service knows of, to a service's database."""
    return psycopg.connect(cluster.postgres.url(service).replace("+psycopg", "", 1))


def asked(cluster: Cluster, service: str, query: str) -> int:
    """One number, from a service's own database."""
    with administrator(cluster, service) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def live_slot(cluster: Cluster) -> str:
    """The tables of certification that readers read."""
    other = "SELECT count(*) FROM live_versions WHERE consumer = 'certification' AND slot = 'b'"
    return SLOTS[asked(cluster, CERTIFICATION, other)]


def facts_in(cluster: Cluster, slot: str) -> int:
    """How many facts a slot has."""
    return asked(cluster, CERTIFICATION, f"SELECT count(*) FROM {_facts(slot)}")


def facilities_in(cluster: Cluster, slot: str) -> tuple[int, int]:
    """How many facilities of the member a slot has, and how many events told of them."""
    subjects = TABLES[slot].rows["subjects"].table.name
    rows = f"SELECT count(*) FROM {subjects} WHERE subject LIKE 'facility/{MEMBER}%'"
    told = (
        f"SELECT count(DISTINCT position) FROM {_facts(slot)}"
        f" WHERE source = 'membership' AND subject LIKE 'facility/{MEMBER}%'"
    )
    return asked(cluster, CERTIFICATION, rows), asked(cluster, CERTIFICATION, told)


def _facts(slot: str) -> str:
    [log] = TABLES[slot].facts.values()
    return log.table.name
