"""Start, watch, kill and stop the server processes of one owner, and leave nothing behind.

`Household` is one owner's servers with their private folder. It guarantees:

- a server's output goes to a log file in the folder, and its last lines into the error when it
  does not come up;
- `close()` stops what runs and removes the private folder; if the owner dies before that, the
  guardian (`guardian.py`) does both.
"""

import contextlib
import fcntl
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TypedDict

from infra.local import guardian

Say = Callable[[str], None]

PROJECT = Path(__file__).resolve().parents[2]

# Outside the range from which the kernel draws ports for outgoing connections (`OUTGOING`, usually
# 32768 and up): a server that restarts on its port must not find a client there, nor a client that
# retries while the server is down be connected to itself.
PORTS = range(15_000, 32_000)
OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
ENOUGH_PORTS = 2_000
POLL_S = 0.05
CLOSE_PATIENCE_S = 5.0
UNPRIVILEGED = ("postgres", "nobody")
LOG_LINES = 15


class LocalServerError(Exception):
    """A local server can't be had. Says what, where, and what would help."""


def quiet(_: str) -> None:
    """Say nothing: the default of a server that tests start."""


def say_aloud(sentence: str) -> None:
    """Print progress at once, also into a pipe."""
    print(sentence, flush=True)


def free_ports(count: int) -> list[int]:
    """Distinct TCP ports of 127.0.0.1 on which nothing listens, kept for their servers a minute.

    They are drawn at random and each is reserved (`reserved`): nobody who draws at the same time,
    in this process or another, is given one that its server has yet to bind.
    """
    ports = ports_of_servers(OUTGOING.read_text() if OUTGOING.exists() else "")
    found: list[int] = []
    for port in random.sample(ports, k=len(ports)):
        if reserved(port):
            found.append(port)
        if len(found) == count:
            return found
    raise LocalServerError(
        f"no {count} free TCP ports between {ports.start} and {ports.stop} of 127.0.0.1: "
        "is something listening on all of them?"
    )


def ports_of_servers(outgoing: str) -> range:
    """Where a server's port is drawn: `PORTS`, or what lies clear of the kernel's own range.

    `outgoing` is the kernel's statement, "first last". Where too few ports lie clear of it,
    `PORTS` stays: a drawn port is then at least free for the minute of its reservation.
    """
    if not outgoing.strip():
        return PORTS
    first, last = (int(word) for word in outgoing.split())
    if last < PORTS.start or first >= PORTS.stop:
        return PORTS
    clear = [range(max(10_000, last + 1), 65_536), range(10_000, max(10_000, first))]
    widest = max(clear, key=len)
    return widest if len(widest) >= ENOUGH_PORTS else PORTS


def reserved(port: int) -> bool:
    """Keep a free port of 127.0.0.1 from everyone but a server; False when it is not free.

    A connection made and closed on it leaves the port in TIME_WAIT: for a minute neither the kernel
    nor `reserved` elsewhere gives it away, and a server binds it all the same, for it sets
    SO_REUSEADDR (PostgreSQL, Java and asyncio do).
    """
    with socket.socket() as listening, socket.socket() as caller:
        try:
            listening.bind(("127.0.0.1", port))  # without SO_REUSEADDR: refused where one waits
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # or no server may
            listening.listen(1)
            caller.connect(("127.0.0.1", port))
            answering, _ = listening.accept()
        except OSError:
            return False
        answering.close()  # the first to close is the side that waits
    return True


def port_is_free(port: int) -> bool:
    """True when a server could bind the port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def accepts(port: int) -> bool:
    """True when something accepts connections on the port of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
    except OSError:
        return False
    return True


@contextlib.contextmanager
def locked_folder(folder: Path, *, wait: bool = False) -> Iterator[bool]:
    """Hold a folder's lock; yields False when another process holds it and `wait` is not set.

    The lock is the kernel's, on the folder itself: it leaves no file and ends with its holder.
    """
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(held)


def unprivileged_user() -> str | None:
    """Whom root becomes to run a server that refuses root; None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise LocalServerError(f"PostgreSQL refuses root, and there is no user {UNPRIVILEGED}")


class ServerProcess:
    """One server: a child process whose output is kept in a log file."""

    def __init__(
        self,
        name: str,
        process: subprocess.Popen[bytes],
        log: Path,
        stop_signal: signal.Signals,
    ) -> None:
        self.name = name
        self.log = log
        self.stop_signal = stop_signal
        self._process = process

    @property
    def pid(self) -> int:
        """The operating system's id of the process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """False once the process has ended, however it ended."""
        return self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal if the process is still there."""
        if self.running:
            self._process.send_signal(number)

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end; False when the process is still there after `timeout_s`."""
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def last_words(self) -> str:
        """The last lines of the log, for an error that helps."""
        if not self.log.exists():
            return "(no output)"
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LOG_LINES:]) or "(no output)"


class _Identity(TypedDict, total=False):
    """Arguments of subprocess that change who a process is; empty = who we are."""

    user: str
    group: int
    extra_groups: list[str]


class Household:
    """The servers of one owner, their folder, and the guardian that outlives the owner."""

    def __init__(self, prefix: str, *, user: str | None = None) -> None:
        """Make the private folder, owned by `user` (an unprivileged user's name) when given."""
        self.folder = Path(tempfile.mkdtemp(prefix=prefix))
        self.user = user
        if user is not None:
            shutil.chown(self.folder, user)
        self._servers: list[ServerProcess] = []
        self._guardian = subprocess.Popen(
            [sys.executable, "-I", guardian.__file__],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        self._tell(f"folder {self.folder}")

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        environment: Mapping[str, str] | None = None,
        working: Path | None = None,
        logs: Path | None = None,
    ) -> ServerProcess:
        """Start a server; it works in the private folder, and its log is `<folder>/<name>.log`,
        unless other folders are given. Its environment is ours unless another is given.

        `stop_signal` is what asks this server for an orderly end. It gets a session of its own: a
        Ctrl-C in the owner's terminal reaches the owner alone, which then stops its servers in
        order.
        """
        log = (logs or self.folder) / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                cwd=working or self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **self._identity(),
            )
        server = ServerProcess(name, process, log, stop_signal)
        self._servers.append(server)
        self._tell(f"watch {server.pid} {int(stop_signal)}")
        return server

    def run(self, command: Sequence[str], *, timeout_s: float) -> subprocess.CompletedProcess[str]:
        """Run a tool to its end as the household's user; its output comes back together."""
        return subprocess.run(
            command,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            check=False,
            **self._identity(),
        )

    def reap(self, server: ServerProcess, *, timeout_s: float) -> bool:
        """Wait for a server's end and forget it; False when it has not ended in `timeout_s`."""
        if not server.wait(timeout_s):
            return False
        if server in self._servers:
            self._servers.remove(server)
            self._tell(f"drop {server.pid}")
        return True

    def stop(self, *servers: ServerProcess, patience_s: float) -> None:
        """Ask servers to stop, all at once; kill those that have not in `patience_s`."""
        for server in servers:
            server.signal(server.stop_signal)
        deadline = time.monotonic() + patience_s
        for server in servers:
            if not self.reap(server, timeout_s=max(0.0, deadline - time.monotonic())):
                server.signal(signal.SIGKILL)
                self.reap(server, timeout_s=patience_s)

    def wait_until(
        self, ready: Callable[[], bool], server: ServerProcess, timeout_s: float
    ) -> None:
        """Poll until the server is ready; raises with its last words if it ends or is too slow."""
        deadline = time.monotonic() + timeout_s
        while not ready():
            if not server.running:
                raise LocalServerError(f"{server.name} ended at once:\n{server.last_words()}")
            if time.monotonic() > deadline:
                raise LocalServerError(
                    f"{server.name} was not ready after {timeout_s:.0f} s:\n{server.last_words()}"
                )
            time.sleep(POLL_S)

    def close(self) -> None:
        """Stop what still runs, remove the folder, send the guardian home. May be called twice."""
        self.stop(*list(self._servers), patience_s=CLOSE_PATIENCE_S)
        if self.folder.exists():
            shutil.rmtree(self.folder)
        if self._guardian.poll() is None:
            self._tell("done")
            with contextlib.suppress(BrokenPipeError):
                self._pipe().close()
            self._guardian.wait(10.0)

    def _identity(self) -> _Identity:
        """As whom to start a process: the household's user, with that user's group alone."""
        if self.user is None:
            return {}
        return {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []}

    def _tell(self, line: str) -> None:
        """Send the guardian a line; a guardian that somebody killed is not waited for."""
        with contextlib.suppress(BrokenPipeError):
            self._pipe().write(f"{line}\n".encode())
            self._pipe().flush()

    def _pipe(self) -> IO[bytes]:
        """The guardian's standard input."""
        if self._guardian.stdin is None:
            raise AssertionError("the guardian is always started with a pipe")
        return self._guardian.stdin
