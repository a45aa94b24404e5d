"""The whole platform for the length of a test module: one process, SQLite, real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from castmark.local import LOG_FILE, Host
from infra.settings import load_settings
from infra.telemetry import logs_into
from tests.door import Door


@contextmanager
def platform(data: Path, *, simulated: bool = True, **chosen: object) -> Iterator[Host]:
    """Runs in a thread of this process; its log is `castmark.log` in the folder. `chosen` are
    further settings."""
    data.mkdir(parents=True, exist_ok=True)
    with logs_into(data / LOG_FILE):
        usual = {"environment": "development", "data": data, "simulated": simulated}
        host = Host(load_settings(**usual, **chosen), 0)
        host.start()
        try:
            yield host
        finally:
            host.stop()


def door_of(host: Host) -> Door:
    """A client whose users sign in with the development issuer."""
    issuer = host.issuer
    assert issuer is not None
    return Door({"": host.url}, lambda role: issuer.mint([role]))
