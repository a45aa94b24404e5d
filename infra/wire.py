"""HTTP/1.1 on the wire: how every process serves, and what bytes are answered that are no request.

The parser is h11, which gives up on a head that is too long; uvicorn would take httptools wherever
it happens to be installed, and that sets no limit to the headers of a request.
"""

import h11
import orjson
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from .errors import Refused
from .problems import MEDIA_TYPE, Problems

HEAD_BYTES = 65_536
NO_REQUEST = Refused(
    "malformed-request",
    f"this is no request of HTTP/1.1, or its first line and headers hold more than {HEAD_BYTES:,}"
    " bytes: send what is long in the body",
    limit=HEAD_BYTES,
)


class Wire(H11Protocol):
    """One connection."""

    def send_400_response(self, msg: str) -> None:
        """Answer what no service gets to see, as a problem document like every refusal."""
        problems = Problems()
        body = orjson.dumps(problems.document(NO_REQUEST))
        headers = [
            ("content-type", MEDIA_TYPE),
            ("content-length", str(len(body))),
            ("cache-control", "no-store"),
            ("connection", "close"),
        ]
        status = problems.status_of(NO_REQUEST.slug)
        for event in (
            h11.Response(status_code=status, headers=headers),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


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
