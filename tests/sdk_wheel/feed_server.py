"""A small real HTTP server that speaks the public feed: `/feed`, `/feed/stream`, with faults.

Its history is a list that a test may extend, replace or shorten while it serves. `faults` are
taken one per request before anything is answered: a status, or "drop" to hang up. Events at the
positions `lost` are in the history and are not sent.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import orjson

from contracts.cloudevents import Received
from contracts.feed import STORE_HEADER, feed_item
from tests.sdk_wheel.history import STORE, chain

PING_S = 0.2
Answer = tuple[int, bytes]


class FeedServer(ThreadingHTTPServer):
    """Serves on a free port of 127.0.0.1; `asked` lists what it was asked, in order."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.history: list[Received] = []
        self.store_id = STORE
        self.faults: deque[int | str] = deque()
        self.asked: list[str] = []
        self.bodies: list[tuple[str, bytes]] = []
        self.hang_up_after: int | None = None
        self.token: str | None = None
        self.lost: set[int] = set()
        self.answers: dict[str, Callable[[bytes], Answer]] = {}
        self.stopped = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is no news."""


@contextmanager
def feed_server() -> Iterator[FeedServer]:
    """A server with an empty history, gone at the end."""
    server = FeedServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class _Handler(BaseHTTPRequestHandler):
    server: FeedServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 (its base's name)
        """Silent."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self._fault() or self._stranger():
            return
        parts = urlsplit(self.path)
        sent = parse_qs(parts.query)
        query = {key: values[-1] for key, values in sent.items()}
        types = sent.get("type", [])
        if parts.path == "/feed":
            self._page(query, types)
        elif parts.path == "/feed/stream":
            self._stream(types)
        else:
            self._other(self.path, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append(self.path)
        self.server.bodies.append((self.headers["idempotency-key"], body))
        if self._fault():
            return
        self._other(self.path, body)

    def _other(self, path: str, body: bytes) -> None:
        answer = self.server.answers.get(urlsplit(path).path)
        if answer is None:
            self._problem(404, "not-found", f"nothing at {path}")
            return
        status, content = answer(body)
        if status == 0:
            self.close_connection = True
            return
        kind = "application/json" if status < 400 else "application/problem+json"
        self._send(status, kind, content)

    def _fault(self) -> bool:
        if not self.server.faults:
            return False
        fault = self.server.faults.popleft()
        if isinstance(fault, int):
            self._send(fault, "text/plain", b"away")
        self.close_connection = True
        return True

    def _stranger(self) -> bool:
        token = self.server.token
        if token is None or self.headers.get("authorization") == f"Bearer {token}":
            return False
        self._problem(401, "token-missing", "send a bearer token")
        return True

    def _page(self, query: dict[str, str], types: list[str]) -> None:
        until = time.monotonic() + float(query["wait"])
        after, limit = int(query["after"]), int(query["limit"])
        found = self._after(after, types)
        while not found and time.monotonic() < until and not self.server.stopped.is_set():
            time.sleep(0.02)
            found = self._after(after, types)
        end = max(after, *(_position(one) for one in self._after(after, [])), 0)
        whole = types and len(found) <= limit
        found = found[:limit]
        last = end if whole else _position(found[-1]) if found else after
        items = b",".join(feed_item(received) for received in found)
        body = b'{"events":[%s],"last":"%d","store_id":"%s"}'
        content = body % (items, last, self.server.store_id.encode())
        self._send(200, "application/json", content)

    def _after(self, position: int, types: list[str]) -> list[Received]:
        found = self.server.history
        if types:
            wanted = (one.record for one in found if one.record.type.rpartition(".v")[0] in types)
            found = chain(wanted, self.server.store_id)
        found = [one for one in found if _position(one) not in self.server.lost]
        return [one for one in found if _position(one) > position]

    def _stream(self, types: list[str]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header(STORE_HEADER, self.server.store_id)
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        after, sent = int(self.headers["last-event-id"]), 0
        while not self.server.stopped.is_set():
            for one in self._after(after, types):
                after = _position(one)
                name = one.record.type.encode()
                self.wfile.write(
                    b"id: %d\r\nevent: %s\r\ndata: %s\r\n\r\n" % (after, name, feed_item(one))
                )
                sent += 1
                if sent == self.server.hang_up_after:
                    return
            note = b"id: %d\r\n\r\n" % after if types else b": still here\r\n\r\n"
            self.wfile.write(note)
            self.wfile.flush()
            time.sleep(PING_S)

    def _problem(self, status: int, slug: str, sentence: str) -> None:
        problem = {"type": f"/problems/{slug}", "slug": slug, "detail": sentence, "status": status}
        self._send(status, "application/problem+json", orjson.dumps(problem))

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _position(one: Received) -> int:
    return one.record.envelope.position
