"""The first command on the longest stream of a store, in a process that has just started.

The stream ends just before its next snapshot, where most events have to be read behind the last
one. Beside it, without a bar: no usable snapshot at all, as after `evolve` was changed.
"""

import asyncio
import secrets
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from contracts.catalog import CATALOG
from infra.execute import Writer
from infra.importing.chunks import CHUNK
from infra.local.postgres import PostgresServer
from infra.store import Store, open_engine
from infra.transaction import Outcome
from services.membership.app import definition

from .facilities import KEY, request, values, writer_on
from .figures import Figures, at_most, figure
from .machine import scratch
from .sizes import Size

MS = 1000
RUNS = 5


class Place(NamedTuple):
    """A database with its two roles; one on SQLite."""

    owner_url: str
    app_url: str
    app_role: str | None


def run(size: Size) -> Figures:
    """Both databases, with snapshots and without."""
    with scratch() as folder, PostgresServer() as server:
        made = server.create_service_database("cold")
        url = f"sqlite:///{folder / 'cold.sqlite'}"
        return [
            *_measure("SQLite", Place(url, url, None), size.longest - 1),
            *_measure(
                "PostgreSQL", Place(made.owner_url, made.app_url, "cold_app"), size.longest - 1
            ),
        ]


def _measure(where: str, place: Place, events: int) -> Figures:
    _fill(place, events)
    cold = [_first_command(place) for _ in range(RUNS)]
    owner = open_engine(place.owner_url)
    bare = []
    for _ in range(RUNS):
        with owner.connect() as connection:
            connection.exec_driver_sql("DELETE FROM snapshots")
        bare.append(_first_command(place))
    owner.dispose()
    name = f"first command, cold, stream of {events:,} events, {where}"
    return [
        figure(name, "ms", cold, bar=at_most(100)),
        figure(f"{name}, no snapshot", "ms", bare),
    ]


def _fill(place: Place, events: int) -> None:
    """One facility that changes again and again."""
    with writer_on(*place) as writer:
        for first in range(0, events, CHUNK):
            numbers = range(first, min(first + CHUNK, events))
            requests = [
                request(values(0, start_year=1900 + number % 100), f"cold-{number}")
                for number in numbers
            ]
            answers = asyncio.run(writer.execute_many(requests))
            assert all(isinstance(answer, Outcome) and answer.recorded for answer in answers)


def _first_command(place: Place) -> float:
    """Milliseconds, in a process of its own; its address goes by stdin, for it holds a secret."""
    said = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.cold"],
        input=place.app_url.encode(),
        stdout=subprocess.PIPE,
        check=True,
        timeout=600,
    )
    return float(orjson.loads(said.stdout)) * MS


def main(url: str) -> None:
    """What `_first_command` runs: everything is imported and started, nothing was asked yet."""
    membership = definition()
    engine = open_engine(url)
    store = Store(engine, membership.name, CATALOG.with_private(*membership.private))
    writer = Writer(
        store, membership.deciders, membership.policies, lambda: datetime.now(UTC), KEY
    ).start()
    with closing(writer):
        asked = request(values(0, start_year=2000 + secrets.randbelow(20)), secrets.token_hex(8))
        started = time.monotonic()
        outcome = asyncio.run(writer.execute(asked))
        seconds = time.monotonic() - started
    assert outcome.version > 1
    engine.dispose()
    print(orjson.dumps(seconds).decode())


if __name__ == "__main__":
    main(sys.stdin.read())
