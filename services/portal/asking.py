"""How the portal asks the other services: as the visitor, over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, NamedTuple

import httpx
from sse_starlette import ServerSentEvent
from starlette.background import BackgroundTask
from starlette.responses import StreamingResponse

WAIT_S = 20
AGAIN_S = 2.0


class Answer(NamedTuple):
    """What a service said; `content` is its JSON, a problem document when not `fine`."""

    status: int
    content: dict[str, Any]

    @property
    def fine(self) -> bool:
        """Whether it is what was asked for."""
        return self.status < 400


AWAY = Answer(
    503,
    {
        "slug": "unavailable",
        "title": "A service is away",
        "detail": "The pages are here, the data behind them is not. Nothing is lost: reload in a"
        " moment.",
    },
)
KEPT = ("content-type", "content-disposition")
"""Headers of a file that are handed on."""


class Asking:
    """The other services, asked with a visitor's token; the first word of a path says which."""

    def __init__(self, http: httpx.AsyncClient, url_of: Callable[[str], str]) -> None:
        self._http = http
        self._url_of = url_of

    async def get(
        self, token: str | None, path: str, query: Mapping[str, str | Sequence[str]]
    ) -> Answer:
        """GET as JSON; a service that is away is a problem like any other."""
        try:
            response = await self._http.get(self._at(path), params=query, headers=_signed(token))
            return Answer(response.status_code, response.json())
        except (httpx.TransportError, ValueError):
            return AWAY

    async def send(self, token: str, path: str, fields: Mapping[str, object], once: str) -> Answer:
        """POST a command; `once` is its id, so that the same one sent again happens once."""
        headers = {**_signed(token), "idempotency-key": once}
        try:
            response = await self._http.post(self._at(path), json=fields, headers=headers)
            return Answer(response.status_code, response.json())
        except (httpx.TransportError, ValueError):
            return AWAY

    async def file(
        self, token: str | None, path: str, query: Mapping[str, str]
    ) -> Answer | StreamingResponse:
        """GET a file and hand it on as it comes, however long it is."""
        request = self._http.build_request(
            "GET", self._at(path), params=query, headers=_signed(token)
        )
        try:
            response = await self._http.send(request, stream=True)
            if response.is_error:
                await response.aread()
                return Answer(response.status_code, response.json())
        except (httpx.TransportError, ValueError):
            return AWAY
        kept = {name: response.headers[name] for name in KEPT if name in response.headers}
        return StreamingResponse(
            response.aiter_bytes(), headers=kept, background=BackgroundTask(response.aclose)
        )

    def _at(self, path: str) -> str:
        return self._url_of(path.split("/", 2)[1]) + path


def _signed(token: str | None) -> dict[str, str]:
    """What signs a visitor in; nothing for who has no account."""
    return {} if token is None else {"authorization": f"Bearer {token}"}


async def live_changes(asking: Asking, token: str, seen: str) -> AsyncIterator[ServerSentEvent]:
    """Tell a page each time the data behind it has moved on from what it shows (`seen`)."""
    while True:
        answer = await asking.get(
            token, "/certification/through", {"changed_from": seen, "wait": str(WAIT_S)}
        )
        if not answer.fine:
            yield ServerSentEvent(event="away", data=str(answer.status))
            if answer.status in (401, 403):
                return
            await asyncio.sleep(AGAIN_S)
            continue
        mark = str(answer.content["mark"])
        if mark != seen:
            yield ServerSentEvent(event="changed", data=mark, id=mark)
            seen = mark
