"""Movements through an import: read, checked, booked, answered; and what is asked of them then.

The ledger runs as in the platform, on SQLite with synchronous=FULL, in one process of its own, its
interpreter set as a server's, with its consumers (those of other services have nothing to read): an
import waits for rows that must know which ids are used. Two figures are told of the same file, both
from the first byte sent: `booked` when the last chunk is committed, events and answers; `seen` when
every row that a balance, a statement or a report is read from knows all of it. Beside it beancount
loads and checks the same entries from its own format: what somebody would use who needs double
entry in one file and nothing kept. Growth is processor time, rows and reports included, since
others have the machine as well; as a file of ten thousand takes less than half a second, it is that
of several: at the beginning of each ledger, and one after the other at the end of the long one.
"""

import asyncio
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import orjson
from beancount import loader

from contracts.catalog import CATALOG
from contracts.custody import CertificateSeen, Checked, Stage, Topic
from contracts.values import Activity, CertificationStatus, Standard
from infra import interpreter
from infra.decider import Command
from infra.embedded import StoreLog
from infra.execute import request_of
from infra.importing.jobs import Options
from infra.importing.kinds import Asked
from infra.importing.run import Imports
from infra.rebuild import Rebuild
from infra.service import Running, create, keys_in, sqlite_engine
from infra.store import Store, open_engine
from services.certification.app import definition as certification
from services.coc_ledger.app import definition
from services.coc_ledger.domain import CONSUMER
from services.coc_ledger.evidence import FacilityFound
from services.coc_ledger.jobs import Watch
from services.coc_ledger.movements.imports import movements_kind
from services.coc_ledger.queries import Queries
from services.coc_ledger.scopes.commands import OpenScope, RecordDueDiligence
from services.ghg.app import definition as ghg
from services.membership.app import definition as membership

from . import movements, tracing
from .figures import Figures, at_most, figure, reaches
from .ghg import body
from .machine import resident_bytes, scratch
from .movements import SCOPE, SUPPLIERS, YARDS
from .sizes import Size

MEMBER, ENTITY, FACILITY = "bench", "bench-e", "bench-f"
LOOK_S = 0.02
IN_A_FILE = 4_000_000
"""A file may have five million rows."""
SMALL = 10_000
LATE = 5
"""Files of `SMALL` rows at the end of the long year."""
ASKED = 50
MB = 1e6
OTHERS = (certification, ghg, membership)


def run(size: Size) -> Figures:
    """The rate beside the peer's; a long year, its balance and its rebuild; a trace."""
    first = date.today() - timedelta(days=movements.DAYS + 4)
    rates: list[float] = []
    seen: list[float] = []
    peer: list[float] = []
    per_cpu: list[float] = []
    early: list[float] = []
    peer_per_cpu: list[float] = []
    with scratch() as folder:
        for number in range(size.repeats):
            said = _alone(folder, f"short-{number}", size.rows, first)
            rates.append(said["per_s"])
            seen.append(said["seen_per_s"])
            per_cpu.append(1 / said["cpu_s"])
            early.append(said["early_s"])
            took, worked = _peer(folder, size.rows, first)
            peer.append(size.rows / took)
            peer_per_cpu.append(size.rows / worked)
        long = _alone(folder, "long", size.movements, first, LATE)
        long["early_s"] = median([*early, long["early_s"]])
        traced = tracing.run(folder, size.events)
    return [*_booking(size, (rates, seen, peer, per_cpu, peer_per_cpu), long), *traced]


def _booking(size: Size, short: Sequence[Sequence[float]], long: dict[str, Any]) -> Figures:
    many, (rates, seen, peer, per_cpu, peer_per_cpu) = size.movements, short
    name = f"movements, {many:,} in one pool's year"
    return [
        figure(
            f"movements, {size.rows:,} of a file: read, booked, answered, SQLite FULL",
            "movements/s", rates, peer, "beancount 3, loaded and checked", reaches(20_000),
            note="until the last of them is committed; the ledger's own rows follow meanwhile, and"
            " no further behind than an import may run ahead of them",
        ),
        figure(
            "movements, the same file until balance, statements and reports know all of it",
            "movements/s", seen, peer, "beancount 3",
        ),
        figure(
            "movements, the same by processor time, rows and reports included",
            "movements/s", per_cpu, peer_per_cpu, "beancount 3",
        ),
        figure(
            name, "movements/s", [long["per_s"]],
            note=f"rows and reports know them {long['known_s']:.1f} s later,"
            f" {long['memory_bytes'] / MB:.0f} MB",
        ),
        figure(
            f"{name}: cost of one at the end over one at {SMALL:,}", "times",
            [long["late_s"] / long["early_s"]], bar=at_most(1.3),
            note=f"{long['early_s'] * 1e6:.0f} us of processor time, then"
            f" {long['late_s'] * 1e6:.0f} us, rows and reports included, medians of"
            f" {size.repeats + 1} and {LATE} files",
        ),
        figure(
            f"{name}: balance of today", "ms", long["balance_ms"], bar=at_most(5),
            note=f"{long['balance_cpu_ms']:.2f} ms of processor time",
        ),
        figure(
            f"{name}: all rows rebuilt from the events", "s", [long["rebuild_s"]],
            bar=at_most(60), note=f"{long['rebuild_cpu_s']:.1f} s of processor time",
        ),
    ]  # fmt: skip


def _alone(folder: Path, name: str, rows: int, first: date, late: int = 1) -> Any:
    """All of it in a process that does nothing else."""
    data = folder / name
    data.mkdir()
    movements.write(data, _parts(rows, late), first)
    command = [sys.executable, "-m", "tests.benchmarks.coc", str(data), str(rows)]
    command += [first.isoformat(), str(late)]
    said = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=7200).stdout
    shutil.rmtree(data)
    return orjson.loads(said)


def _parts(rows: int, late: int) -> list[int]:
    """A year's rows in files: to warm up, some at the beginning, most (in as many files as they
    need), and `late` files of some at the end."""
    some = min(SMALL, rows // (late + 4))
    most = rows - (late + 1) * some - some // 5
    whole, rest = divmod(most, IN_A_FILE)
    return [some // 5, some, *[IN_A_FILE] * whole, *([rest] if rest else []), *[some] * late]


def _peer(folder: Path, rows: int, first: date) -> tuple[float, float]:
    """Seconds that beancount takes to load and check the entries, and of the processor's time."""
    file = folder / "ledger.beancount"
    movements.write_ledger(file, rows, first)
    started, cpu = time.perf_counter(), time.process_time()
    entries, errors, _ = loader.load_file(str(file))
    took, worked = time.perf_counter() - started, time.process_time() - cpu
    if errors or len(entries) < rows:
        raise SystemExit(f"beancount has {len(entries)} entries and says {errors[:1]}")
    return took, worked


# --- what runs alone ---


class Imported(NamedTuple):
    """How long a file took to be answered, and until all rows knew of it; what both cost the
    processor; all in seconds."""

    answered_s: float
    known_s: float
    cpu_s: float


def running_on(data: Path) -> Running:
    """The ledger with its tables made."""
    made = definition()
    owner = sqlite_engine(data, made.name)
    create(made, owner)
    return Running(made, open_engine(str(owner.url)), keys_in(data / "keys"), data)


def log_on(data: Path, running: Running) -> StoreLog:
    """What the ledger reads of others: stores without events."""
    stores = {running.name: running.store}
    for one in OTHERS:
        made = one()
        engine = sqlite_engine(data, made.name)
        create(made, engine)
        stores[made.name] = Store(engine, made.name, CATALOG.with_private(*made.private))
    return StoreLog(stores, own=running.name)


async def opened(running: Running, first: date) -> None:
    """A certified scope, and its suppliers looked at."""
    certificates = tuple(
        CertificateSeen(
            certificate_id=f"C-{one.value}",
            standard=one,
            status=CertificationStatus.CERTIFIED_FULL,
            facilities=(FACILITY,),
        )
        for one in Standard
    )
    told: list[Command] = [
        OpenScope(
            on=first,
            scope_id=SCOPE,
            member_id=MEMBER,
            entity_id=ENTITY,
            name="Synthetic casthouse",
            address="1 Main Street",
            facilities=(FACILITY,),
            activities=(Activity.CASTHOUSE,),
            starts_on=first,
            entity_member_id=MEMBER,
            joined_on=first,
            found=(
                FacilityFound(
                    facility_id=FACILITY,
                    entity_id=ENTITY,
                    activities=(Activity.CASTHOUSE,),
                    position=1,
                ),
            ),
            checked=Checked(
                entity_id=ENTITY, day=first, certificates=certificates, known_through_position=1
            ),
            behind_s=0,
        )
    ]
    told += [
        RecordDueDiligence(
            on=first,
            scope_id=SCOPE,
            member_id=MEMBER,
            supplier_id=supplier,
            topics=tuple(Topic),
            performed_on=first,
        )
        for supplier in (*SUPPLIERS, *YARDS)
    ]
    for number, command in enumerate(told):
        await running.writer.execute(request_of(f"bench-{number}", command, "bench"))


class Desk:
    """A running ledger that files are brought to, one after the other."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.queries = Queries(running, Watch(running, CONSUMER))
        self.kind = movements_kind(running, self.queries)
        self.imports = Imports(running, [self.kind])

    async def take(self, file: Path, rows: int) -> Imported:
        """Bring a file, from the first byte sent to the last row answered and then known."""
        import_id = f"bench-{file.stem}"
        started, cpu = time.perf_counter(), time.process_time()
        options = Options("csv", False, False, False, (), ())
        await self.imports.receive(
            self.kind, Asked(import_id, MEMBER), options, "bench", "bench", body(file)
        )
        job = self.imports.job(import_id)
        while job is None or job.state not in ("done", "failed"):
            await asyncio.sleep(LOOK_S)
            job = await asyncio.to_thread(self.imports.job, import_id)
        answered = time.perf_counter()
        if (job.state, job.tally.changed) != ("done", rows):
            raise SystemExit(f"the import ended {job.state}: {job.tally}, {job.problem}")
        await asyncio.to_thread(self._wait_until_known)
        known = time.perf_counter()
        return Imported(answered - started, known - answered, time.process_time() - cpu)

    def _wait_until_known(self) -> None:
        name, head = self.running.name, self.running.store.head().position
        reading = [one.name for one in self.running.definition.consumers if name in one.sources]
        for consumer in reading:  # one of audits alone has nothing to read here
            while self.queries.reader.through(consumer).get(name, 0) < head:
                time.sleep(LOOK_S)


async def _all(data: Path, rows: int, first: date, late: int) -> dict[str, object]:
    running = running_on(data)
    log = log_on(data, running)
    desk = Desk(running)
    await running.start(log, publishes=False)
    try:
        await opened(running, first)
        _, early, *took = [
            await desk.take(data / f"{number}.csv", part)
            for number, part in enumerate(_parts(rows, late))
        ]
        most, last = took[:-late], took[-late:]
        memory = resident_bytes()
        balance, balance_cpu = await asyncio.to_thread(_balances, running)
        rebuild_s, rebuild_cpu = await asyncio.to_thread(_rebuilt, running)
    finally:
        await running.stop()
        for store in log.stores.values():
            store.engine.dispose()
    _, some, *files = _parts(rows, late)
    many, answered_s = sum(files[:-late]), sum(one.answered_s for one in most)
    return {
        "per_s": many / answered_s,
        "seen_per_s": many / (answered_s + sum(one.known_s for one in most)),
        "known_s": most[-1].known_s,
        "cpu_s": sum(one.cpu_s for one in most) / many,
        "memory_bytes": memory,
        "early_s": early.cpu_s / some,
        "late_s": median(one.cpu_s for one in last) / some,
        "balance_ms": balance,
        "balance_cpu_ms": balance_cpu,
        "rebuild_s": rebuild_s,
        "rebuild_cpu_s": rebuild_cpu,
    }


def _balances(running: Running) -> tuple[list[float], float]:
    """Milliseconds of asking for today's balance, and of the processor's time for one: each time
    asked by one who has just begun, and remembers nothing."""
    fresh = [Queries(running, Watch(running, CONSUMER)) for _ in range(ASKED)]
    began = time.thread_time()
    taken = [_asked(queries) for queries in fresh]
    return taken, (time.thread_time() - began) * 1000 / ASKED


def _asked(queries: Queries) -> float:
    started = time.perf_counter()
    row = queries.scope(SCOPE)
    assert row is not None  # it was opened
    found = queries.balance(row, Stage.ALUMINIUM, date.today())
    taken = time.perf_counter() - started
    if not found["available_kg"]:
        raise SystemExit("the balance covers nothing")
    return taken * 1000


def _rebuilt(running: Running) -> tuple[float, float]:
    """Seconds of a rebuild of all that the ledger asks, each row compared with the live one; and
    of the processor's time."""
    applier = running.appliers[CONSUMER]
    made = Rebuild(applier.consumer, running.models[CONSUMER], running.writer, running.log_of)
    began = time.process_time()
    result = made.run()
    if result.differences:
        raise SystemExit(f"rebuilt, not the same: {result.differences[:3]}")
    return result.seconds, time.process_time() - began


def main(data: Path, rows: int, first: date, late: int) -> None:
    """What `_alone` runs."""
    interpreter.settle()
    said = asyncio.run(_all(data, rows, first, late))
    print(orjson.dumps(said).decode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), date.fromisoformat(sys.argv[3]), int(sys.argv[4]))
