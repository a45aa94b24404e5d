"""Activity data through an import: read, calculated, looked through, stored; and what comes after.

The import runs as in the platform, with its own two processes, on SQLite with synchronous=FULL; the
consumers of ghg are not started. Beside it a script multiplies and sums the same file with pandas
(`multiplied`): what somebody would write who needs one number once. Memory is that of all the
import's processes together, sampled.
Recalculation takes the stored data under other warming potentials, on two processes, with every
line's difference; the draws are of one facility-year with 200 lines.
"""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import orjson

from contracts.inventory import Scope
from contracts.values import Location
from infra.importing.jobs import Job, Options
from infra.importing.kinds import Asked
from infra.importing.run import Imports
from infra.pool import WORKERS, pool
from infra.service import Running, create, keys_in, sqlite_engine
from infra.store import open_engine
from services.ghg import app
from services.ghg.activity import packing
from services.ghg.activity.imports import activity_kind
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.spread import simulated
from services.ghg.evidence import FacilityEvidence
from services.ghg.factors.pinned import Pinned, pin
from services.ghg.queries import Queries
from services.ghg.results.comparing import compared
from services.ghg.results.reckoning import usual
from services.ghg.results.state import ActivityRecorded

from . import activity
from .activity import LINES
from .figures import Figures, at_most, figure, reaches
from .machine import resident_bytes, scratch
from .sizes import Size

MEMBER = "bench"
LOOK_S = 0.05
SAMPLE_S = 0.1
PIECE = 1 << 20
BATCH = 20
DRAWS_RUNS = 7
MB = 1e6


def run(size: Size) -> Figures:
    """The import beside the plain script, its memory, recalculation, draws."""
    years = max(1, size.events // LINES)
    rates: list[float] = []
    plain: list[float] = []
    memory: list[float] = []
    again: list[float] = []
    draws: list[float] = []
    with scratch() as folder:
        file = folder / "activity.csv"
        lines = activity.write(file, years)
        for number in range(size.repeats):
            said = _alone(folder / str(number), file, years)
            rates.append(lines / said["import_s"])
            memory.append(said["peak_bytes"] / MB)
            again.append(said["again_s"])
            draws += said["draws_ms"]
            plain.append(lines / float(_said("multiplied", file)))
    name = f"activity, {lines:,} lines of {years:,} facility-years"
    return [
        figure(
            f"{name}: import, calculation, findings, stored", "lines/s", rates, plain,
            "pandas, one product and one sum", reaches(50_000), f"with {WORKERS} processes",
        ),
        figure(f"{name}: memory of all its processes", "MB", memory, bar=at_most(500 * 1.048576)),
        figure(
            f"recalculation of {years:,} facility-years with differences", "s", again,
            bar=at_most(60),
        ),
        figure(f"10,000 draws, {LINES} lines", "ms", draws, bar=at_most(50)),
    ]  # fmt: skip


def _alone(data: Path, file: Path, years: int) -> Any:
    """All of it in a process that does nothing else."""
    return orjson.loads(_said("alone", data, file, years))


def _said(module: str, *arguments: object) -> bytes:
    """What a module beside this one prints, in a process of its own."""
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *map(str, arguments)]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=3600).stdout


# --- what runs alone ---


class Plants(Queries):
    """Knows the facilities of the file, as membership would have told them."""

    def facilities(self, facility_ids: Sequence[str]) -> dict[str, FacilityEvidence]:
        """All of them, in Norway."""
        return {
            one: FacilityEvidence(
                facility_id=one,
                member_id=MEMBER,
                entity_id=f"{MEMBER}-e",
                location=Location(country="NO"),
                start_year=1998,
            )
            for one in facility_ids
        }


def running_on(data: Path) -> Running:
    """ghg with its tables made, its writer not yet started."""
    made = app.definition()
    owner = sqlite_engine(data, made.name)
    create(made, owner)
    return Running(made, open_engine(str(owner.url)), keys_in(data / "keys"), data)


async def imported(running: Running, file: Path) -> tuple[float, Job]:
    """Seconds from the first byte sent to the last facility-year stored, and the job."""
    kind = activity_kind(Plants(running), running.definition.policies)
    imports = Imports(running, [kind])
    worker = asyncio.create_task(imports.run())
    started = time.perf_counter()
    options = Options("csv", False, False, False, (), ())
    try:
        await imports.receive(kind, Asked("bench", MEMBER), options, "bench", "bench", body(file))
        while True:
            job = imports.job("bench")
            if job is not None and job.state in ("done", "failed"):
                return time.perf_counter() - started, job
            await asyncio.sleep(LOOK_S)
    finally:
        worker.cancel()
        await asyncio.wait([worker])


async def body(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as content:
        while piece := content.read(PIECE):
            yield piece


@contextmanager
def watched() -> Iterator[list[int]]:
    """The most memory that this process and its children held together, in the list's one place."""
    most, ended = [0], threading.Event()

    def look() -> None:
        while not ended.wait(SAMPLE_S):
            pids = [child.pid for child in active_children()]
            held = resident_bytes()
            for pid in pids:
                try:
                    held += resident_bytes(pid)
                except (OSError, StopIteration):  # it has just ended
                    continue
            most[0] = max(most[0], held)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield most
    finally:
        ended.set()
        watcher.join()


def stored(running: Running) -> Iterator[list[bytes]]:
    """The data of all facility-years as they lie in the store, some at a time."""
    batch: list[bytes] = []
    chunks: list[object] = []
    after = 0
    while records := running.store.read_after(after, 500):
        after = records[-1].envelope.position
        for record in records:
            if record.type == ActivityRecorded.TYPE:
                chunks.append(orjson.loads(record.data))
            elif chunks:
                batch.append(orjson.dumps(chunks))
                chunks = []
            if len(batch) == BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def _pinned(gwp_set: str | None = None) -> Pinned:
    policies = app.policies()
    day = app.factors().family("gwp100")[-1].valid_from.replace(year=2026)
    policy = policies.on(day)
    wanted = usual(policy, day)
    return pin(app.factors(), policy, day, gwp_set or wanted.gwp_set, wanted.pfc_set)


def recalculated(batch: Sequence[bytes]) -> int:
    """How many lines differ between the usual warming potentials and older ones."""
    before, after = _pinned(), _pinned("AR5")
    differ = 0
    for one in batch:
        chunks = [packing.Chunk(tuple(c["columns"]), c["rows"]) for c in orjson.loads(one)]
        inventory = packing.unpack(chunks)
        differ += len(
            compared(calculate(inventory, before).lines, calculate(inventory, after).lines)
        )
    return differ


def _recalculate(running: Running) -> float:
    with pool() as processes:
        processes.submit(recalculated, ()).result()  # they have started
        started = time.perf_counter()
        if not sum(processes.map(recalculated, stored(running))):
            raise SystemExit("nothing differs under other warming potentials")
        return time.perf_counter() - started


def _draws(running: Running) -> list[float]:
    """Milliseconds of 10,000 draws of the first facility-year, several times."""
    chunks = [packing.Chunk(tuple(c["columns"]), c["rows"]) for c in orjson.loads(
        next(stored(running))[0]
    )]  # fmt: skip
    made = _pinned()
    lines = calculate(packing.unpack(chunks), made).lines
    counted = [line for line in lines if line.scope is not Scope.POWER_LOCATION]
    taken: list[float] = []
    for seed in range(DRAWS_RUNS):
        started = time.perf_counter()
        simulated(counted, made.policy, seed=seed)
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def main(data: Path, file: Path, years: int) -> None:
    """What `alone` runs."""
    running = running_on(data)
    running.writer.start()
    with watched() as most:
        seconds, job = asyncio.run(imported(running, file))
    if (job.state, job.tally.changed) != ("done", years * LINES):
        raise SystemExit(f"the import ended {job.state}: {job.tally}, {job.problem}")
    said = {"import_s": seconds, "peak_bytes": most[0], "again_s": _recalculate(running)}
    print(orjson.dumps({**said, "draws_ms": _draws(running)}).decode())
    running.writer.close()
