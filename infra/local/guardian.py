"""Ends the servers of an owner that died without stopping them.

Run as a process of its own, by path, with nothing but the standard library. The owner holds the
other end of standard input and tells, a line each:

    watch PID      a server was started
    drop PID       that server has ended and was reaped
    folder PATH    a private folder that goes when the servers have gone
    done           the owner stopped everything itself: nothing is left to do

An end of the input without `done` means that the owner is dead, by `kill -9` too: only a process
that outlives the owner can see that. Servers are asked first (SIGINT, at which a broker and a
database both shut down in order) and killed after `PATIENCE_S` seconds.
"""

import contextlib
import os
import shutil
import signal
import sys
import time

PATIENCE_S = 10.0
POLL_S = 0.05


def alive(pid: int) -> bool:
    """True while a process of that id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def send(pids: set[int], number: signal.Signals) -> None:
    """Signal every process that is still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def end(pids: set[int], folders: list[str]) -> None:
    """Stop the servers, kill those that stay, then remove their folders."""
    send(pids, signal.SIGINT)
    deadline = time.monotonic() + PATIENCE_S
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    send({pid for pid in pids if alive(pid)}, signal.SIGKILL)
    while any(map(alive, pids)):
        time.sleep(POLL_S)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Listen until the owner says `done` or is gone."""
    # A Ctrl-C in the owner's terminal is the owner's to answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    pids: set[int] = set()
    folders: list[str] = []
    for line in sys.stdin:
        verb, _, rest = line.rstrip("\n").partition(" ")
        if verb == "watch":
            pids.add(int(rest))
        elif verb == "drop":
            pids.discard(int(rest))
        elif verb == "folder":
            folders.append(rest)
        elif verb == "done":
            return
    end(pids, folders)


if __name__ == "__main__":
    main()
