"""HTTP/1.1 on the wire: how every process serves, and what is answered to what cannot be read.

The parser is h11, which gives up on a head that does not end; uvicorn would take httptools wherever
it happens to be installed, and that sets no limit to the headers of a request.
"""

from collections.abc import Iterator
from http import HTTPStatus

import h11
import orjson
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from .errors import Refused
from .problems import MEDIA_TYPE, Problems

HEAD_BYTES = 65_536
"""A first line with headers that has not ended is given up behind so many bytes. One that comes
whole in a single read, of 256 KiB at most, passes."""
UNREADABLE = Refused(
    "malformed-request",
    f"this cannot be read as HTTP/1.1: keep the first line and the headers under {HEAD_BYTES:,}"
    " bytes, and send the body with its length or in chunks",
)


class Wire(H11Protocol):
    """One connection."""

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be read as a problem document, like every refusal; behind an answer
        that has begun nothing more can be said."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            for event in self._refusal():
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # known at once: a service may be about to answer
            self.cycle.message_event.set()

    def _refusal(self) -> Iterator[h11.Event]:
        begun = self.conn.our_state is h11.SEND_RESPONSE  # a request whose body cannot be read
        problems = Problems()
        body = orjson.dumps(problems.document(UNREADABLE))
        headers = [
            ("content-type", MEDIA_TYPE),
            ("content-length", str(len(body))),
            ("cache-control", "no-store"),
            ("connection", "close"),
        ]
        status = HTTPStatus(problems.status_of(UNREADABLE.slug))
        yield h11.Response(status_code=status, headers=headers, reason=status.phrase.encode())
        if not (begun and self.scope["method"] == "HEAD"):
            yield h11.Data(data=body)
        yield h11.EndOfMessage()


def serving(app: ASGIApp) -> uvicorn.Config:
    """How an app is served: logs are ours, its life is the process's."""
    return uvicorn.Config(
        app,
        http=Wire,
        h11_max_incomplete_event_size=HEAD_BYTES,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=3,
        # Longer than clients keep a connection they do not use (httpx: 5 s), else a request
        # now and then meets the end of its connection.
        timeout_keep_alive=75,
        server_header=False,
    )
