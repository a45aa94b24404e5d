"""`castmark cluster` leaves nothing behind, killed with -9 or told to stop: no service, no server,
no folder."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from castmark.folder import CLUSTER, STATE_FILE
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


def make_it_end(owner: subprocess.Popen[bytes], folder: Path, how: str) -> None:
    """By SIGKILL; or as `make stop` does, which says so when it is over."""
    if how == "kill -9":
        owner.kill()
        owner.wait()
        return
    down = subprocess.run(
        [sys.executable, "-m", "castmark", "down"],
        cwd=PROJECT,
        env={**os.environ, "CASTMARK_DATA": str(folder / "data")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (down.returncode, down.stdout, down.stderr) == (0, "stopped\n", "")
    assert owner.wait(GONE_S) == 0
    assert (folder / "said").read_text().endswith("stopped\n")


@pytest.mark.parametrize("how", ["kill -9", "castmark down"])
def test_a_cluster_that_ends_leaves_no_process_and_no_folder(folder: Path, how: str) -> None:
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
        while not (data / CLUSTER / STATE_FILE).exists():
            assert owner.poll() is None, (folder / "said").read_text()
            assert time.monotonic() < deadline, "the cluster did not come up"
            time.sleep(0.1)
        left = descendants(owner.pid)
        assert serving(left) == SERVICES
        assert list(private.iterdir())
        make_it_end(owner, folder, how)
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
