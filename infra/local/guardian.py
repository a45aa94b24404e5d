"""Ends the servers of an owner that died without stopping them.

Run as a process of its own, by path, with nothing but the standard library. The owner holds the
other end of standard input and tells, a line each:

    watch PID N    a server was started; signal N asks it for an orderly end
    drop PID       that server has ended and was reaped
    folder PATH    a private folder that goes when the servers have gone
    done           the owner stopped everything itself: nothing is left to do

An end of the input without `done` means that the owner is dead, by `kill -9` too: only a process
that outlives the owner can see that. Servers are asked first and killed
after `PATIENCE_S` seconds.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable

PATIENCE_S = 10.0
POLL_S = 0.1


def any_alive(pids: Iterable[int]) -> bool:
    """True while one of the processes has not ended; the dead whom nobody reaped don't count."""
    listed = ",".join(map(str, pids))
    said = subprocess.run(
        ["ps", "-o", "stat=", "-p", listed], capture_output=True, text=True, check=False
    ).stdout
    return any(not state.startswith("Z") for state in said.split())


def end(servers: dict[int, int], folders: list[str]) -> None:
    """Stop the servers, kill those that stay, then remove their folders."""
    for pid, number in servers.items():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    deadline = time.monotonic() + PATIENCE_S
    while servers and any_alive(servers) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    for pid in servers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    while servers and any_alive(servers):
        time.sleep(POLL_S)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Listen until the owner says `done` or is gone."""
    # A Ctrl-C in the owner's terminal is the owner's to answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    servers: dict[int, int] = {}
    folders: list[str] = []
    for line in sys.stdin:
        verb, _, rest = line.rstrip("\n").partition(" ")
        if verb == "watch":
            pid, number = rest.split()
            servers[int(pid)] = int(number)
        elif verb == "drop":
            servers.pop(int(rest), None)
        elif verb == "folder":
            folders.append(rest)
        elif verb == "done":
            return
    end(servers, folders)


if __name__ == "__main__":
    main()
