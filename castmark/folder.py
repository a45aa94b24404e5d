"""A data folder and who owns it: where its platform answers, and that only one process runs in it.

Apart from what it takes to be that process, so that a command that only asks starts quickly.
"""

import fcntl
import os
import socket
from pathlib import Path
from typing import IO, NamedTuple

import orjson

from infra.settings import Misconfigured

STATE_FILE = "castmark.json"
LOCK_FILE = "castmark.lock"
CLUSTER = "cluster"
"""Of a data folder, the one that a cluster owns."""


class Address(NamedTuple):
    """Where the platform of a data folder answers: by the first word of a path, "" the rest."""

    urls: dict[str, str]
    pid: int


class Taken(RuntimeError):
    """Another process owns the data folder."""


def lock(data: Path) -> IO[bytes]:
    """Own a data folder until the file is closed; Taken when another process does. What the last
    owner left word of is gone: its process is."""
    data.mkdir(parents=True, exist_ok=True)
    file = (data / LOCK_FILE).open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise Taken(f"another castmark process owns {data}: see castmark down") from None
    (data / STATE_FILE).unlink(missing_ok=True)
    return file


def address_in(data: Path) -> Address | None:
    """The process that owns a data folder, when one runs."""
    if not data.exists():
        return None
    try:
        with lock(data):
            return None
    except Taken:
        file = data / STATE_FILE
        return Address(**orjson.loads(file.read_bytes())) if file.exists() else None


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one."""
    # asyncio turns Nagle's delay off (40 ms an answer) only where the protocol is spelt out.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        raise Misconfigured(
            f"cannot listen on {host}:{port} ({error.strerror}): is another process there?"
            " Choose another with --port or CASTMARK_PORT"
        ) from error
    made.listen(1024)
    made.setblocking(False)
    return made


def remember(data: Path, urls: dict[str, str]) -> Address:
    """Leave word in the data folder where its platform answers."""
    address = Address(urls, os.getpid())
    (data / STATE_FILE).write_bytes(orjson.dumps(address._asdict()))
    return address


def url_of(socket_: socket.socket) -> str:
    """The address of a listening socket."""
    host, port = socket_.getsockname()[:2]
    return f"http://{host}:{port}"
