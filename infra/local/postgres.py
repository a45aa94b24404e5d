"""A real PostgreSQL on this machine, private to its owner and able to crash.

    with PostgresServer() as postgres:
        membership = postgres.create_service_database("membership")
        connect(membership.app_url)
        postgres.kill()
        postgres.restart()

`python -m infra.local.postgres up` keeps one running until Ctrl-C.

It is the system's own server in a folder of its own, reached over 127.0.0.1 alone, with a random
password. What is promised of a commit stays at PostgreSQL's defaults: fsync, full-page writes and
synchronous commit are on. PostgreSQL refuses to run as root; for root it runs as an unprivileged
user.
"""

import argparse
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import psycopg
from psycopg import sql

from infra.local.crash import kill_with_children, remove_shared_memory
from infra.local.foreground import run_until_told
from infra.local.processes import (
    PROJECT,
    Household,
    LocalServerError,
    Say,
    ServerProcess,
    free_ports,
    quiet,
    say_aloud,
    unprivileged_user,
)

OLDEST_VERSION = 14
ADMIN = "castmark_admin"
SERVICE_SQL = PROJECT / "infra" / "deploy" / "postgres" / "service.sql"
PACKAGED = Path("/usr/lib/postgresql")
NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
START_TIMEOUT_S = 60.0
STOP_PATIENCE_S = 15.0
TOOL_TIMEOUT_S = 60
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    # Files in the data folder: a crash leaves nothing in /dev/shm.
    "dynamic_shared_memory_type": "mmap",
    "logging_collector": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class ServiceDatabase(NamedTuple):
    """A service's database: the URLs (SQLAlchemy) of its owner and of the service itself."""

    name: str
    owner_url: str
    app_url: str


def binaries() -> Path:
    """The folder of the newest PostgreSQL server that is installed.

    Raises LocalServerError when there is none or it is too old.
    """
    cure = "Install it (Debian: apt-get install postgresql)."
    packaged = sorted(PACKAGED.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    initdb = packaged[-1] if packaged else shutil.which("initdb")
    if initdb is None:
        raise LocalServerError(
            f"no PostgreSQL server: no `initdb` under {PACKAGED} nor on the PATH. {cure}"
        )
    folder = Path(initdb).resolve().parent
    for program in ("postgres", "psql"):
        if not (folder / program).is_file():
            raise LocalServerError(f"{folder} has `initdb` but no `{program}`. {cure}")
    said = subprocess.run(
        [folder / "postgres", "--version"],
        capture_output=True,
        text=True,
        timeout=TOOL_TIMEOUT_S,
        check=False,
    ).stdout
    version = re.search(r"(\d+)", said)
    if version is None or int(version[1]) < OLDEST_VERSION:
        raise LocalServerError(
            f"{folder} has {said.strip()}; version {OLDEST_VERSION} or newer is needed. {cure}"
        )
    return folder


class PostgresServer:
    """One PostgreSQL server with its data, from `start` to `stop`.

    Data lies in a private folder that goes at `stop`, or in `data`, which is kept and can be
    started again, with the password it was made with.
    """

    def __init__(self, *, data: Path | None = None, say: Say = quiet) -> None:
        """Describe a server; `start` makes it."""
        self._data = data
        self._say = say
        self._home: Household | None = None
        self._server: ServerProcess | None = None
        self._folder = Path()
        self._port = 0
        self._password = ""
        self._binaries = Path()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """The administrator's URL, password inside."""
        return self.url("postgres")

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        return self._running().pid

    def start(self) -> None:
        """Make the data folder if need be, start the server, return when it answers.

        Raises LocalServerError, with nothing left running, when PostgreSQL is missing or does not
        come up.
        """
        if self._home is not None:
            raise LocalServerError("this server was started already: stop it first")
        self._binaries = binaries()
        self._say("starting PostgreSQL ...")
        self._home = Household("castmark-postgres-", user=unprivileged_user())
        try:
            self._folder = self._home.folder if self._data is None else self._data.resolve()
            self._make_data(self._home)
            [self._port] = free_ports(1)
            self._launch(self._home)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Shut down in order, free the port, remove the private folder. May be called twice."""
        home, self._home = self._home, None
        server, self._server = self._server, None
        if home is None:
            return
        if server is not None and server.running:
            server.signal(server.stop_signal)
            if not home.reap(server, timeout_s=STOP_PATIENCE_S):
                kill_with_children(server)
                home.reap(server, timeout_s=STOP_PATIENCE_S)
        if server is not None:
            remove_shared_memory(self._cluster / "postmaster.pid", server.pid)
        home.close()

    def kill(self) -> None:
        """Crash: SIGKILL to the postmaster and every one of its processes."""
        server = self._running()
        kill_with_children(server)
        if self._home is not None:
            self._home.reap(server, timeout_s=STOP_PATIENCE_S)

    def restart(self) -> None:
        """Start again after `kill`, same port, same data; returns when it has recovered."""
        if self._home is None:
            raise LocalServerError("this server is not running: start it first")
        if self._server is not None and self._server.running:
            raise LocalServerError("this server is running: kill it first")
        self._launch(self._home)

    def check(self) -> None:
        """Raise LocalServerError, with its last words, when the server is not running."""
        if self._server is not None and not self._server.running:
            raise LocalServerError(f"PostgreSQL has ended:\n{self._server.last_words()}")

    def url(self, database: str) -> str:
        """SQLAlchemy's URL of a database (psycopg 3), for the administrator."""
        return self._url(ADMIN, self._password, database)

    def create_database(self, name: str) -> str:
        """Make an empty database; returns the administrator's URL of it."""
        with psycopg.connect(self._conninfo("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(_identifier(name)))
        return self.url(name)

    def create_service_database(self, name: str) -> ServiceDatabase:
        """Make a service's database with its roles `<name>_owner` and `<name>_app`.

        The owner makes tables and grants on them; the app can connect and, so far, no more. For a
        database that exists the roles get new passwords.
        """
        _identifier(name)
        owner, app = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self._psql(SERVICE_SQL, name, {"OWNER_PASSWORD": owner, "APP_PASSWORD": app})
        return ServiceDatabase(
            name,
            owner_url=self._url(f"{name}_owner", owner, name),
            app_url=self._url(f"{name}_app", app, name),
        )

    def _make_data(self, home: Household) -> None:
        """initdb, unless the folder holds a cluster already."""
        password_file = self._folder / "password"
        if self._cluster.exists():
            self._password = password_file.read_text().strip()
            return
        self._password = secrets.token_urlsafe(24)
        self._folder.mkdir(parents=True, exist_ok=True)
        password_file.touch(mode=0o600)
        password_file.write_text(f"{self._password}\n")
        if home.user is not None:
            shutil.chown(self._folder, home.user)
            shutil.chown(password_file, home.user)
        command = [
            str(self._binaries / "initdb"),
            f"--pgdata={self._cluster}",
            f"--username={ADMIN}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            # A new cluster of a private folder need not survive a power cut; its commits will.
            *(["--no-sync"] if self._data is None else []),
        ]
        made = home.run(command, timeout_s=TOOL_TIMEOUT_S)
        if made.returncode != 0:
            raise LocalServerError(f"initdb could not make {self._cluster}:\n{made.stdout}")

    def _launch(self, home: Household) -> None:
        options = [f"--{key}={value}" for key, value in SETTINGS.items()]
        self._server = home.start(
            "postgresql",
            [
                str(self._binaries / "postgres"),
                *("-D", str(self._cluster), "-p", str(self._port)),
                *options,
            ],
            # Roll back what is open, write a checkpoint, end; SIGTERM would wait for all clients.
            stop_signal=signal.SIGINT,
        )
        home.wait_until(self._answers, self._server, START_TIMEOUT_S)

    def _answers(self) -> bool:
        """True when a client can sign in and ask."""
        try:
            with psycopg.connect(self._conninfo("postgres"), connect_timeout=5) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _psql(self, script: Path, service: str, passwords: dict[str, str]) -> None:
        """Run one of the deployment's own scripts, as docker-compose's server does."""
        ours = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        run = subprocess.run(
            [
                str(self._binaries / "psql"),
                *("--no-psqlrc", "--quiet", "--host=127.0.0.1", f"--port={self._port}"),
                *(f"--username={ADMIN}", "--dbname=postgres", f"--variable=service={service}"),
                f"--file={script}",
            ],
            env={**ours, **passwords, "PGPASSWORD": self._password},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TOOL_TIMEOUT_S,
            check=False,
        )
        if run.returncode != 0:
            raise LocalServerError(f"{script.name} failed for {service}:\n{run.stderr}")

    def _url(self, role: str, password: str, database: str) -> str:
        # The password's alphabet needs no escaping in a URL.
        return f"postgresql+psycopg://{role}:{password}@127.0.0.1:{self._port}/{database}"

    def _conninfo(self, database: str) -> str:
        """The administrator's URL in the form libpq takes."""
        return self.url(database).replace("+psycopg", "", 1)

    @property
    def _cluster(self) -> Path:
        """PostgreSQL's own data folder."""
        return self._folder / "cluster"

    def _running(self) -> ServerProcess:
        if self._server is None or not self._server.running:
            raise LocalServerError("this server is not running: start it first")
        return self._server


def _identifier(name: str) -> sql.Identifier:
    if not NAME.fullmatch(name):
        raise LocalServerError(
            f"{name!r} can't name a database: lower-case letters, digits and _, at most 48, "
            "a letter first"
        )
    return sql.Identifier(name)


def main(arguments: list[str] | None = None) -> int:
    """`python -m infra.local.postgres up`: a server in the foreground."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.local.postgres", description=main.__doc__
    )
    parser.add_argument("verb", choices=["up"], help="start, and run until Ctrl-C or SIGTERM")
    parser.add_argument(
        "--data", type=Path, help="keep the data in this folder (default: gone at the end)"
    )
    parser.add_argument(
        "--address-file",
        type=Path,
        default=PROJECT / "var" / "postgres" / "url",
        help="where to write the administrator's URL while it runs (default: %(default)s)",
    )
    chosen = parser.parse_args(arguments)
    try:
        run_until_told(
            PostgresServer(data=chosen.data, say=say_aloud), chosen.address_file, say_aloud
        )
    except LocalServerError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
