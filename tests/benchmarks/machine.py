"""The machine under the figures: what it is, a folder on its disk, a process's memory."""

import os
import platform
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from infra.local.processes import PROJECT

FOLDER = PROJECT / "var" / "bench"
MEASURED = (
    "beancount",
    "eventsourcing",
    "confluent-kafka",
    "psycopg",
    "sqlalchemy",
    "pydantic",
    "orjson",
)
KB = 1024
STOLEN = 7  # the place of `steal` among the kinds


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for data, on the same disk for both sides; gone afterwards."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="data-", dir=FOLDER))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def resident_bytes(pid: int | None = None) -> int:
    """Memory that a process holds now (Linux)."""
    return _status("VmRSS", pid)


def peak_bytes() -> int:
    """The most memory that this process has held (Linux). Not `ru_maxrss`: a process begins there
    with the peak of the one that started it."""
    return _status("VmHWM")


def _status(name: str, pid: int | None = None) -> int:
    text = Path(f"/proc/{pid or os.getpid()}/status").read_text()
    line = next(line for line in text.splitlines() if line.startswith(name + ":"))
    return int(line.split()[1]) * KB


def described() -> dict[str, object]:
    """What the figures were measured on."""
    return {
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "load_average": os.getloadavg(),
        "python": sys.version,
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in MEASURED},
    }


def processor_time() -> list[int]:
    """The machine's processor time so far, by kind (Linux: proc(5), `cpu` of /proc/stat)."""
    return [int(word) for word in Path("/proc/stat").read_text().split()[1:9]]


def stolen_since(before: list[int]) -> float:
    """Which share of the time since then a hypervisor gave to others."""
    spent = [now - then for now, then in zip(processor_time(), before, strict=True)]
    return spent[STOLEN] / max(1, sum(spent))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()
