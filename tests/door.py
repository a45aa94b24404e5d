"""The platform as its users reach it: over HTTP, each with a token of their own.

    with Door({"": url}, mint) as door:
        door.send("ops", "membership/start_review", member_id="M1")
        door.get("member:M1", "/certification/deadlines")

`urls` says where services answer, by the first word of a path; "" is for all others.
"""

import itertools
import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

import httpx
import orjson

T = TypeVar("T")
PROBLEM = "application/problem+json"
CLOCKS = ("audits", "membership", "ghg", "certification", "coc")
"""Services with a clock, those that others rest on first."""
PATIENCE_S = 60.0
"""What is waited for comes in well under a second; a machine may stand still for longer."""
TICK_S = 60.0
BEHIND = ("unknown-", "class-not-certifiable")
"""Refusals that pass once a service has heard of what another one recorded a moment ago."""


class No(AssertionError):
    """The platform refused what was expected to work."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"{response.request.url} said {response.status_code}: {response.text}")
        self.response = response

    @property
    def slug(self) -> str:
        """Why, in one stable word."""
        return str(self.response.json().get("slug", "")) if self.response.content else ""


class Door:
    """A client for all users at once; `mint(role)` gives a token. Safe in threads."""

    def __init__(self, urls: Mapping[str, str], mint: Callable[[str], str]) -> None:
        self.http = httpx.Client(timeout=60)
        self.urls = urls
        self._mint = mint
        self._tokens: dict[str, str] = {}
        self._count = itertools.count(1)
        self._run = uuid.uuid4().hex[:8]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def at(self, path: str) -> str:
        """The full address of a path."""
        return self.urls.get(path.split("/", 2)[1], self.urls[""]) + path

    def headers(self, role: str | None) -> dict[str, str]:
        """What signs somebody in; nothing for nobody."""
        if role is None:
            return {}
        token = self._tokens.get(role) or self._tokens.setdefault(role, self._mint(role))
        return {"authorization": f"Bearer {token}"}

    def ask(self, role: str | None, method: str, path: str, **request: Any) -> httpx.Response:
        """Any request at all, whatever the answer."""
        headers = {**self.headers(role), **request.pop("headers", {})}
        return self.http.request(method, self.at(path), headers=headers, **request)

    def get(self, role: str | None, path: str, **query: object) -> Any:
        """What an address answers, as JSON; raises No."""
        wanted = {name: str(value) for name, value in query.items() if value is not None}
        return fine(self.ask(role, "GET", path, params=wanted))

    def post(self, role: str, path: str, **body: object) -> Any:
        """POST something that is no command; raises No."""
        return fine(self.ask(role, "POST", path, json=body))

    def attempt(
        self, role: str | None, command: str, *, command_id: str | None = None, **fields: Any
    ) -> httpx.Response:
        """Send `service/command` once, whatever the answer."""
        service, _, name = command.partition("/")
        made = command_id or f"{self._run}-{next(self._count)}"
        content = orjson.dumps(fields)
        headers = {"idempotency-key": made, "content-type": "application/json"}
        path = f"/{service}/commands/{name}"
        return self.ask(role, "POST", path, content=content, headers=headers)

    def send(self, role: str, command: str, **fields: Any) -> Any:
        """Send `service/command`; asks again for a moment while the service has yet to hear of
        what it concerns. Raises No."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                return fine(self.attempt(role, command, **fields))
            except No as no:
                if not no.slug.startswith(BEHIND) or time.monotonic() > until:
                    raise
            time.sleep(0.02)

    def tick(self, on: date, services: Sequence[str] = CLOCKS) -> None:
        """Move clocks to a day; returns when every day before it is decided."""
        for service in services:
            self.post("ops", f"/{service}/operations/tick", on=on.isoformat())
            look = partial(self.get, "ops", f"/{service}/operations/clock")
            eventually(look, partial(arrived, on=on), TICK_S)

    @contextmanager
    def ticking(self, on: date, services: Sequence[str]) -> Iterator[None]:
        """Move clocks that may have to wait for others, side by side with the body; they have
        arrived on the way out."""
        failed: list[BaseException] = []

        def move(service: str) -> None:
            try:
                self.tick(on, [service])
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=move, args=(service,)) for service in services]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for thread in threads:
                thread.join(PATIENCE_S)
        if any(thread.is_alive() for thread in threads):
            raise TimeoutError(f"{', '.join(services)} did not close the days before {on}")
        if failed:
            raise failed[0]

    def settled(self, within_s: float = PATIENCE_S) -> None:
        """Wait until every consumer has read all there is."""

        def behind() -> list[tuple[str, int, str]]:
            # The first service that has not: as long as it has not, nobody else need be asked.
            for service in (*CLOCKS, "feed"):
                items = self.get("ops", f"/{service}/operations/consumers")["items"]
                late = [item for item in items if item["behind"]]
                if late:
                    return [(item["consumer"], item["behind"], item["state"]) for item in late]
            return []

        # What the last one applies may be new to the others: quiet twice is quiet.
        eventually(lambda: behind() or behind(), lambda found: not found, within_s)


def arrived(state: Mapping[str, Any], on: date) -> bool:
    """Whether a clock shows a day, with every day before it decided."""
    closed = state["closed_on"] or date.min.isoformat()
    return date.fromisoformat(closed) >= on - timedelta(days=1) and state["today"] >= str(on)


def fine(response: httpx.Response) -> Any:
    """The JSON of an answer that is no refusal."""
    if response.is_error:
        raise No(response)
    return response.json()


def eventually(
    look: Callable[[], T], done: Callable[[T], object], within_s: float = PATIENCE_S
) -> T:
    """What is seen once it is as wanted; AssertionError with the last sight after `within_s`."""
    until = time.monotonic() + within_s
    while True:
        seen = look()
        if done(seen):
            return seen
        if time.monotonic() > until:
            raise AssertionError(f"not within {within_s} s; last seen: {seen}")
        time.sleep(0.01)


class Heard(NamedTuple):
    """A public event as a subscriber received it."""

    position: int
    type: str
    event: dict[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        """What it says."""
        data: dict[str, Any] = self.event["data"]
        return data


class Listener(ABC):
    """A subscriber that listens from another thread until told to stop: `with Poll(...)`."""

    def __init__(self, door: Door, role: str = "subscriber:demo") -> None:
        self.door = door
        self.role = role
        self.heard: list[Heard] = []
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    @abstractmethod
    def _listen(self) -> None:
        """Hear some more; called again until told to stop."""

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._listen()
        except BaseException as error:
            self._error = error

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(PATIENCE_S)
        if self._error is not None and error is None:
            raise self._error

    def told(self) -> list[Heard]:
        """Events of the programme, without those of the machinery (days closed, tree heads)."""
        return [heard for heard in self.heard if heard.type.startswith("certification.")]


class Poll(Listener):
    """`GET /feed` with long poll."""

    def _listen(self) -> None:
        after = self.heard[-1].position if self.heard else 0
        page = self.door.get(self.role, "/feed", after=after, limit=50, wait=0.5)
        for event in page["events"]:
            self.heard.append(Heard(int(event["position"]), event["type"], event))


class Stream(Listener):
    """`GET /feed/stream`; hangs up after every `patience` events and resumes with Last-Event-ID."""

    def __init__(self, door: Door, role: str = "subscriber:demo", patience: int = 40) -> None:
        super().__init__(door, role)
        self.patience = patience
        self.connections = 0

    def _listen(self) -> None:
        self.connections += 1
        headers = self.door.headers(self.role)
        if self.heard:
            headers["last-event-id"] = str(self.heard[-1].position)
        timeout = httpx.Timeout(5, read=1)
        try:
            with self.door.http.stream(
                "GET", self.door.at("/feed/stream"), headers=headers, timeout=timeout
            ) as answer:
                if answer.is_error:
                    answer.read()
                    raise No(answer)
                for received in itertools.islice(_events(answer.iter_lines()), self.patience):
                    self.heard.append(received)
        except httpx.ReadTimeout:
            return  # nothing new for a while: look whether to stop, and connect again


def _events(lines: Iterator[str]) -> Iterator[Heard]:
    """Server-sent events (WHATWG HTML 9.2) as they come in."""
    fields: dict[str, str] = {}
    for line in lines:
        if not line:
            if "data" in fields:
                yield Heard(int(fields["id"]), fields["event"], orjson.loads(fields["data"]))
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
