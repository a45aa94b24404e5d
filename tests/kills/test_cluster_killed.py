"""`castmark cluster` killed with -9 leaves nothing behind: no service, no server, no folder."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from castmark.folder import STATE_FILE
from castmark.parts import NAMES
from infra.local.crash import children_of, living

pytestmark = [pytest.mark.needs("kafka"), pytest.mark.needs("postgres"), pytest.mark.timeout(300)]

PROJECT = Path(__file__).resolve().parents[2]
START_S = 180.0
GONE_S = 90.0
SERVICES = len(NAMES)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's unprivileged user may enter."""
    with tempfile.TemporaryDirectory(prefix="castmark-test-", dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def descendants(pid: int) -> set[int]:
    """Every process that a process has started, and that those have started."""
    children = children_of(pid)
    return children.union(*(descendants(child) for child in children))


def serving(pids: set[int]) -> int:
    """How many of these are services of ours."""
    listed = ",".join(map(str, pids))
    said = subprocess.run(
        ["ps", "-o", "args=", "-p", listed], capture_output=True, text=True, check=False
    ).stdout
    return sum("castmark serve" in line for line in said.splitlines())


def test_a_cluster_killed_with_9_leaves_no_process_and_no_folder(folder: Path) -> None:
    data, private = folder / "data", folder / "private"
    private.mkdir()
    private.chmod(0o755)
    with (folder / "said").open("wb") as said:
        owner = subprocess.Popen(
            [sys.executable, "-m", "castmark", "cluster", "--no-world"],
            cwd=PROJECT,
            env={**os.environ, "CASTMARK_DATA": str(data), "TMPDIR": str(private)},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + START_S
        while not (data / "cluster" / STATE_FILE).exists():
            assert owner.poll() is None, (folder / "said").read_text()
            assert time.monotonic() < deadline, "the cluster did not come up"
            time.sleep(0.1)
        left = descendants(owner.pid)
        assert serving(left) == SERVICES
        assert list(private.iterdir())
    finally:
        owner.kill()
        owner.wait()
    deadline = time.monotonic() + GONE_S
    try:
        while left & living() or list(private.iterdir()):
            assert time.monotonic() < deadline, f"{serving(left & living())} services outlived it"
            time.sleep(0.2)
    finally:
        for pid in left & living():
            os.kill(pid, signal.SIGKILL)
