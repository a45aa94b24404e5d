"""The embedded platform: `castmark up` in the foreground, or for the length of one command."""

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

import structlog
from rich.console import Console

from infra.devissuer import DevIssuer
from infra.settings import Misconfigured, Settings
from infra.telemetry import logs_into

from .client import Client, connect
from .folder import listen, lock, remember, url_of
from .operate import print_links
from .parts import NAMES
from .process import Process
from .world import is_empty, load_world

START_S = 60.0
LOOK_S = 0.2
LOG_FILE = "castmark.log"
log = structlog.stdlib.get_logger("castmark.local")


class Host:
    """An embedded platform in a thread of this process."""

    def __init__(self, settings: Settings, port: int) -> None:
        self._lock: IO[bytes] = lock(settings.data)
        try:
            self.socket = listen(settings.host, port)
        except Misconfigured:
            self._lock.close()
            raise
        self.settings = settings.model_copy(update={"port": self.socket.getsockname()[1]})
        self.process = Process(self.settings, NAMES, self.socket)
        self.url = url_of(self.socket)
        remember(settings.data, {"": self.url})
        self._ready = threading.Event()
        self._ended = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="platform")

    def start(self) -> "Host":
        """Return once the platform answers; raises what kept it from starting."""
        self._thread.start()
        if not self._ready.wait(START_S) or self._error is not None:
            self.stop()
            raise self._error or Misconfigured(f"the platform did not answer in {START_S:.0f} s")
        return self

    def _run(self) -> None:
        try:
            asyncio.run(self.process.run(self._ready.set))
        except BaseException as error:
            self._error = error
            log.exception("platform-ended")
        finally:
            self._ready.set()
            self._ended.set()

    def wait(self) -> None:
        """Stay until the platform ends by itself or somebody interrupts."""
        # Neither by joining, which takes an interrupted thread for ended (bpo-45274), nor by
        # waiting for the event, whose lock an interrupt may find let go (`release unlocked lock`).
        while not self._ended.is_set():
            time.sleep(LOOK_S)
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Stop the platform and give the data folder back."""
        if self.process.server is not None:
            self.process.server.should_exit = True
        self._ended.wait()
        self._thread.join()
        self._lock.close()

    @property
    def issuer(self) -> DevIssuer | None:
        """The development issuer, where there is one."""
        return self.process.shared.dev


def run(settings: Settings, port: int, *, members: int, out: Console) -> None:
    """Run until interrupted; where the folder is empty, load a synthetic world of some members."""
    settings.data.mkdir(parents=True, exist_ok=True)
    with logs_into(settings.data / LOG_FILE):
        host = Host(settings, port).start()
        with stopping(host.stop):
            greet(host, out)
            if members:
                with connect(host.settings, {"": host.url}) as client:
                    if is_empty(client):
                        load_world(client, out, members)
            host.wait()


def greet(host: Host, out: Console) -> None:
    """Print where to go."""
    out.print(f"\n[bold]Castmark[/bold] answers at {host.url}  (not affiliated with ASI)")
    out.print("Members, audits and certificates here are synthetic; see README.md.\n")
    if host.issuer is not None:
        print_links(host.issuer, host.url, out)
        out.print("  programs of a third party need a token: castmark token --as subscriber:demo\n")
    out.print(f"  data in {host.settings.data}, log in {host.settings.data}/{LOG_FILE}")
    out.print("  stop with Ctrl-C or make stop\n")


@contextmanager
def stopping(stop: Callable[[], None]) -> Iterator[None]:
    """Stop on the way out, whether by the end, Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except KeyboardInterrupt:
        return
    finally:
        stop()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def own(settings: Settings) -> Client:
    """A platform on a free port for one command, when none runs."""
    settings.data.mkdir(parents=True, exist_ok=True)
    with ExitStack() as opened:
        opened.enter_context(logs_into(settings.data / LOG_FILE))
        host = Host(settings, 0).start()
        opened.callback(host.stop)
        return connect(host.settings, {"": host.url}, opened.pop_all().close)
