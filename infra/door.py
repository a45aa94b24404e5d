"""What every HTTP request passes first: a correlation id, limits, figures, a last catch.

Pure ASGI, because response-buffering middleware would hold back streams. It knows nothing of
services; `infra.web` puts it in front of each.
"""

import logging
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .commandids import NO_WORD
from .errors import Refused
from .problems import MEDIA_TYPE, Problems
from .telemetry import Metrics

DEFAULT_LIMIT = 256_000
"""Bytes that a request's body may have where nobody said otherwise."""
REQUEST_ID = "x-request-id"
CORRELATION = "castmark.correlation_id"
CLIENT_GONE = 499
_TRACE = re.compile(r"^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
log = structlog.stdlib.get_logger("castmark.web")
_HEARD = logging.getLogger("castmark.web")


class TooLarge(HTTPException):
    """The body went over its limit; raised while it is read."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, f"the body has more than {limit} bytes, the most allowed here")


def correlation_of(headers: Headers) -> str:
    """The sender's request id if it is a UUID or 16 to 64 hexadecimal digits, else its trace id,
    else one of our own.

    It reaches public events and stays there for ever. So nothing is taken that could be a word: a
    name or an address fits neither form. What does not fit is dropped, not mended.
    """
    given = headers.get(REQUEST_ID, "")
    if NO_WORD.fullmatch(given):
        return given
    trace = _TRACE.match(headers.get("traceparent", ""))
    return trace[1] if trace and trace[1] != "0" * 32 else secrets.token_hex(16)


def problem_response(
    problems: Problems, refused: Refused, headers: Mapping[str, str] | None = None
) -> Response:
    """A refusal as an `application/problem+json` response."""
    document = problems.document(refused)
    extra = dict(headers or {})
    status = problems.status_of(refused.slug)
    if status == 401:
        fault = "" if refused.slug == "not-signed-in" else ', error="invalid_token"'
        extra["www-authenticate"] = f'Bearer realm="castmark"{fault}'  # RFC 6750, section 3
    return Response(orjson.dumps(document), status, extra, media_type=MEDIA_TYPE)


@dataclass
class _Passage:
    """One request on its way through."""

    receive: Receive
    send: Send
    correlation_id: str
    limit: int
    began: float = field(default_factory=time.perf_counter)
    status: int = 0
    received: int = 0

    async def read(self) -> Message:
        """Count the body while it comes in."""
        message = await self.receive()
        if message["type"] == "http.request":
            self.received += len(message.get("body", b""))
            if self.received > self.limit:
                raise TooLarge(self.limit)
        return message

    async def write(self, message: Message) -> None:
        """Add our headers; remember the status."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[REQUEST_ID] = self.correlation_id
            headers["x-content-type-options"] = "nosniff"
            headers.setdefault("cache-control", "no-store")
        await self.send(message)


class Door:
    """The outermost layer of a service. `limits` gives other body sizes to some exact paths."""

    def __init__(
        self,
        app: ASGIApp,
        service: str,
        metrics: Metrics,
        problems: Problems,
        limits: Mapping[str, int],
    ) -> None:
        self._app = app
        self._service = service
        self._metrics = metrics
        self._problems = problems
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._limits.get(scope["path"], DEFAULT_LIMIT)
        passage = _Passage(receive, send, correlation_of(headers), limit)
        scope.setdefault("state", {})[CORRELATION] = passage.correlation_id
        with structlog.contextvars.bound_contextvars(
            service=self._service, correlation_id=passage.correlation_id
        ):
            try:
                await self._pass(scope, headers, passage)
            finally:
                self._record(scope, passage)

    async def _pass(self, scope: Scope, headers: Headers, passage: _Passage) -> None:
        refused = _refusal(scope, headers, passage.limit)
        if refused is not None:
            await problem_response(self._problems, refused)(scope, passage.receive, passage.write)
            return
        try:
            await self._app(scope, passage.read, passage.write)
        except ClientDisconnect:
            passage.status = passage.status or CLIENT_GONE
        except Exception as error:
            log.error("request-failed", route=route_of(scope), exc_info=error)
            if passage.status:
                raise  # half an answer is out: the server must break the connection
            ours = Refused("internal-error", "something of ours failed; it was written down")
            await problem_response(self._problems, ours)(scope, passage.receive, passage.write)

    def _record(self, scope: Scope, passage: _Passage) -> None:
        route, status = route_of(scope), passage.status or CLIENT_GONE
        seconds = time.perf_counter() - passage.began
        self._metrics.http_requests.labels(self._service, route, str(status)).inc()
        self._metrics.http_seconds.labels(self._service, route).observe(seconds)
        if status < 400 and not _HEARD.isEnabledFor(logging.DEBUG):
            return  # a line that nobody reads costs as much as checking the token
        tell = log.info if status >= 400 else log.debug
        tell(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            ms=round(seconds * 1000, 2),
        )


def route_of(scope: Scope) -> str:
    """The template of the path (`/members/{id}`): few values, and none that names anybody."""
    # FastAPI keeps the prefix of an included router in a context of its own.
    route = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return str(getattr(route, "path_format", getattr(route, "path", "unmatched")))


def _refusal(scope: Scope, headers: Headers, limit: int) -> Refused | None:
    """What can be said before anything is read or routed."""
    if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
        return Refused("malformed-request", "the address holds the character U+0000: leave it out")
    announced = headers.get("content-length", "0")
    if announced.isdecimal() and int(announced[:20]) > limit:
        return Refused("too-large", TooLarge(limit).detail, limit=limit)
    return None
