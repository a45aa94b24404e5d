"""Facilities through the bulk path: how fast, and whether memory stays flat.

Commands are handed over in chunks as an import hands them, each chunk one transaction. The import
job itself, with its file, columns and answers, is measured in `gateway` on a running platform.
"""

import asyncio
import gc
import secrets
import subprocess
import sys
import time
from pathlib import Path

import orjson

from infra.execute import Writer
from infra.importing.chunks import CHUNK
from infra.transaction import Outcome, Request

from . import peer
from .bare import insert, rows_of
from .commands import LIBRARY
from .facilities import request, values, writer_on
from .figures import Figures, at_least, at_most, figure
from .machine import resident_bytes, scratch
from .sizes import Size

QUARTER = 4
"""Memory is compared at a quarter of the rows and at the end."""
FLAT = 1.1
MB = 1e6
FOR_EVER = float("inf")


def run(size: Size) -> Figures:
    """Ours, the peer one by one and in chunks, the bare driver; memory in a process of its own."""
    ours: list[float] = []
    bare: list[float] = []
    singly: list[float] = []
    together: list[float] = []
    with scratch() as folder:
        for _ in range(size.repeats):
            with writer_on(*_urls(folder)) as writer:
                gc.collect()
                ours.append(asyncio.run(load(writer, size.rows))[0])
                rows = rows_of(writer.store)
            with writer_on(*_urls(folder)) as writer:
                bare.append(insert(writer.store, rows, CHUNK, FOR_EVER))
            del rows
            singly.append(max(_peer(folder, threads, size.seconds) for threads in peer.THREADS))
            together.append(_peer_together(folder, size.rows // 10))
        quarter, end = _memory(folder, size.rows)
    name = f"bulk, {size.rows:,} facilities, SQLite FULL"
    return [
        figure(name, "rows/s", ours, singly, f"{LIBRARY}, one by one, best threads", at_least(25)),
        figure(f"{name}, of the driver", "rows/s", ours, bare, "bare executemany", at_least(0.4)),
        figure(
            f"{name}, peer in chunks", "rows/s", ours, together, f"{LIBRARY}, {CHUNK} in one save"
        ),
        figure(
            "bulk, memory at the end over a quarter of the rows",
            "times",
            [end / quarter],
            bar=at_most(FLAT),
            note=f"{quarter / MB:.0f} MB, then {end / MB:.0f} MB",
        ),
    ]


def _urls(folder: Path) -> tuple[str, str]:
    url = f"sqlite:///{folder / secrets.token_hex(4)}.sqlite"
    return url, url


def _place(folder: Path) -> Path:
    made = folder / secrets.token_hex(4)
    made.mkdir()
    return made


def _peer(folder: Path, threads: int, seconds: float) -> float:
    with peer.on_sqlite(_place(folder)) as application:
        gc.collect()
        return peer.rate(application, threads, seconds)


def _peer_together(folder: Path, rows: int) -> float:
    with peer.on_sqlite(_place(folder)) as application:
        gc.collect()
        started = time.monotonic()
        for first in range(0, rows, CHUNK):
            numbers = range(first, min(first + CHUNK, rows))
            application.register_all([values(number) for number in numbers])
        return rows / (time.monotonic() - started)


async def load(writer: Writer, rows: int) -> tuple[float, int, int]:
    """Declare so many facilities: rows per second, memory at a quarter of them and at the end.

    The next chunk is built while one is written, as an import does.
    """
    quarter, done = 0, 0
    started = time.monotonic()
    waiting: asyncio.Task[int] | None = None
    for first in range(0, rows, CHUNK):
        numbers = range(first, min(first + CHUNK, rows))
        requests = [request(values(number), f"bulk-{number:08d}") for number in numbers]
        if waiting is not None:
            done += await waiting
        if not quarter and done * QUARTER >= rows:
            quarter = resident_bytes()
        waiting = asyncio.create_task(_count(writer, requests))
        await asyncio.sleep(0)
    done += await waiting if waiting is not None else 0
    seconds = time.monotonic() - started
    if done != rows:
        raise SystemExit(f"{rows - done} rows were not taken")
    return rows / seconds, quarter, resident_bytes()


async def _count(writer: Writer, requests: list[Request]) -> int:
    answers = await writer.execute_many(requests)
    return sum(1 for answer in answers if isinstance(answer, Outcome))


def _memory(folder: Path, rows: int) -> tuple[int, int]:
    """Memory of a process that does nothing but this, at a quarter and at the end."""
    command = [sys.executable, "-m", "tests.benchmarks.bulk", str(folder), str(rows)]
    said = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=3600).stdout
    quarter, end = orjson.loads(said)
    return int(quarter), int(end)


def main(folder: Path, rows: int) -> None:
    """What `_memory` runs."""
    with writer_on(*_urls(folder)) as writer:
        _, quarter, end = asyncio.run(load(writer, rows))
    print(orjson.dumps([quarter, end]).decode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
