"""`GET /feed` (with long poll) and `GET /feed/stream` (SSE): one public order for both."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import orjson
from fastapi import Header, Query
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from contracts.certification import EVENTS
from infra.errors import Refused
from infra.news import News
from infra.operations import add_operations, readiness_of
from infra.problems import Problem
from infra.service import Running
from infra.web import Api, Json, Readiness, Shared, SignedIn, build_api

from .queries import FeedReader, Item

PAGE = 1_000
MAX_WAIT_S = 60
PING_S = 15
PROBLEMS = (
    Problem(
        "invalid-position",
        "Not a position",
        "Positions are whole numbers from 0; send the `last` of an earlier answer, or the id of"
        " the last event received.",
    ),
)


class Feed:
    """The feed of one process."""

    def __init__(self, running: Running) -> None:
        self.reader = FeedReader(running)
        self.news = News(running.writer)

    async def after(self, position: int, limit: int, wait_s: float) -> list[Item]:
        """Events behind a position; waits up to `wait_s` seconds for the first."""
        until = asyncio.get_running_loop().time() + wait_s
        while True:
            news = self.news.next()
            items = await asyncio.to_thread(self.reader.after, position, limit)
            left = until - asyncio.get_running_loop().time()
            if items or left <= 0:
                return items
            await self.news.wait(news, min(left, 1.0))

    async def follow(self, position: int) -> AsyncIterator[ServerSentEvent]:
        """Events behind a position for ever."""
        while True:
            for item in await self.after(position, PAGE, MAX_WAIT_S):
                position = item.position
                yield ServerSentEvent(
                    data=item.cloudevent.decode(), event=item.type, id=str(item.position)
                )


def _position(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise Refused("invalid-position", "a position is a whole number from 0", given=text[:40])
    return int(text)


def api(running: Running, shared: Shared) -> Api:
    """The HTTP side of subscriptions."""
    feed = Feed(running)

    async def ready() -> Readiness:
        return readiness_of(running)

    made = build_api("subscriptions", "/feed", "The public feed", shared, ready, PROBLEMS)
    add_operations(made, running)

    @made.get("/feed", tags=["feed"])
    async def pull(
        principal: SignedIn,
        after: Annotated[str, Query(description="position of the last event you have")] = "0",
        limit: Annotated[int, Query(ge=1, le=PAGE)] = 100,
        wait: Annotated[float, Query(ge=0, le=MAX_WAIT_S, description="seconds")] = 0,
    ) -> Response:
        """Public events behind a position, oldest first; with `wait`, a long poll."""
        position = _position(after)
        items = await feed.after(position, limit, wait)
        last = items[-1].position if items else position
        store_id = await asyncio.to_thread(feed.reader.store_id)
        events = [orjson.Fragment(item.cloudevent) for item in items]
        return Json({"events": events, "last": str(last), "store_id": store_id})

    @made.get("/feed/stream", tags=["feed"])
    async def stream(
        request: Request,
        principal: SignedIn,
        after: Annotated[str | None, Query()] = None,
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> Response:
        """The same as server-sent events; `Last-Event-ID` (or `after`) says where to resume."""
        position = _position(last_event_id or after or "0")
        store_id = await asyncio.to_thread(feed.reader.store_id)
        return EventSourceResponse(
            feed.follow(position), ping=PING_S, headers={"castmark-store-id": store_id}
        )

    @made.get("/feed/schema", tags=["feed"])
    async def schema() -> Response:
        """JSON Schema of every public event, by type name. Public: needs no token."""
        return Json({event.TYPE: event.model_json_schema() for event in EVENTS})

    return made
