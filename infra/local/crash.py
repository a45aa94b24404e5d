"""What a crashed PostgreSQL needs that a crashed broker does not: it is many processes."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from pathlib import Path

from infra.local.processes import POLL_S, LocalServerError, ServerProcess

GONE_TIMEOUT_S = 10.0
# The line of postmaster.pid that holds key and id of the shared memory segment.
SEGMENT_LINE = 6
IPC_RMID = 0


def kill_with_children(server: ServerProcess) -> None:
    """SIGKILL a server and the processes it started; returns when its children are gone.

    The server is halted first, so that it can't start another child meanwhile. Children of a dead
    postmaster would leave by themselves, but only after the statement they are at: that would be a
    milder end than the one to be proved.
    """
    server.signal(signal.SIGSTOP)
    children = children_of(server.pid)
    server.signal(signal.SIGKILL)
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    deadline = time.monotonic() + GONE_TIMEOUT_S
    while children & living():
        if time.monotonic() > deadline:
            raise LocalServerError(f"{server.name}: {children & living()} outlived SIGKILL")
        time.sleep(POLL_S)


def children_of(pid: int) -> set[int]:
    """Ids of the processes that a process has started and that still live."""
    return {child for child, parent, _ in _processes() if parent == pid}


def living() -> set[int]:
    """Ids of all processes but those that have ended and wait to be reaped."""
    return {pid for pid, _, state in _processes() if not state.startswith("Z")}


def remove_shared_memory(lock_file: Path, pid: int) -> None:
    """Free the shared memory segment that the killed server `pid` has left, if it left one.

    An orderly shutdown removes the lock file together with the segment. The kernel keeps a segment
    until somebody removes it, and nobody else would, once the data folder is gone.
    """
    if not lock_file.is_file():
        return
    lines = lock_file.read_text().splitlines()
    if int(lines[0]) != pid or len(lines) <= SEGMENT_LINE or not lines[SEGMENT_LINE].strip():
        return
    segment = int(lines[SEGMENT_LINE].split()[1])
    # The answer does not matter: a segment that is gone already is what is wanted.
    ctypes.CDLL(None).shmctl(segment, IPC_RMID, None)


def _processes() -> list[tuple[int, int, str]]:
    """Id, parent's id and state of every process."""
    said = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat="],
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    ).stdout
    rows = (line.split() for line in said.splitlines())
    return [(int(pid), int(parent), state) for pid, parent, state in rows]
