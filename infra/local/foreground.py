"""Run a local server in the foreground until Ctrl-C or SIGTERM, its address in a file meanwhile."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Protocol, Self

from infra.local.processes import LocalServerError, Say, locked_folder

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CHECK_S = 0.2


class LocalServer(Protocol):
    """What can be run in the foreground."""

    def __enter__(self) -> Self:
        """Start."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""

    @property
    def address(self) -> str:
        """Where clients find it: one line."""

    def check(self) -> None:
        """Raise LocalServerError when a process of it has ended unasked."""


class ToldToStop(BaseException):
    """Ctrl-C or SIGTERM came; unwinds like KeyboardInterrupt, past handlers of errors."""


def run_until_told(server: LocalServer, address_file: Path, say: Say) -> None:
    """Start the server, write its address, wait for Ctrl-C or SIGTERM, stop it, remove the file.

    A second run with the same address file is refused while the first one lives. A signal that
    comes while the server starts stops it as well. The file is readable by its owner alone: an
    address may carry a password. Raises LocalServerError when the server can't start or ends by
    itself.
    """
    folder = address_file.parent
    folder.mkdir(parents=True, exist_ok=True)
    with locked_folder(folder) as ours:
        if not ours:
            raise LocalServerError(
                f"one is running already: {address_file} has its address. Stop that one first."
            )
        try:
            with signals_raise(), server:
                _write_whole(address_file, server.address)
                say(f"ready: {server.address}")
                say(f"the address is in {address_file}; Ctrl-C stops the server")
                while True:
                    server.check()
                    time.sleep(CHECK_S)
        except ToldToStop:
            say("stopped")
        finally:
            address_file.unlink(missing_ok=True)


def _write_whole(path: Path, line: str) -> None:
    """Write a file that a reader sees whole or not at all."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.touch(mode=0o600)
    unfinished.write_text(f"{line}\n")
    unfinished.replace(path)


@contextmanager
def signals_raise() -> Iterator[None]:
    """Turn the first signal to stop into ToldToStop; later ones must not disturb the stopping."""

    def told(_: int, __: FrameType | None) -> None:
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)
        raise ToldToStop

    before = {number: signal.signal(number, told) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
