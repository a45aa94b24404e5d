"""`GET /feed` (with long poll) and `GET /feed/stream` (SSE): one public order for both, whole or
filtered; `GET /feed/newest` for people, who read it from its end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import orjson
from fastapi import Header, Path, Query
from pydantic import StringConstraints
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from contracts import certification, machinery
from contracts.reading import reader_schema
from contracts.values import ID_PATTERN
from infra.errors import Refused
from infra.news import News
from infra.operations import add_operations, readiness_of
from infra.problems import Problem
from infra.service import Running
from infra.web import Api, Json, Readiness, Shared, SignedIn, build_api

from .queries import EVERYTHING, KINDS, FeedReader, Found, Wanted
from .rows import kind_of

SCHEMAS = {event.TYPE: reader_schema(event) for event in (*certification.EVENTS, *machinery.EVENTS)}
PAGE = 1_000
MAX_WAIT_S = 60
PING_S = 15
TYPES_AT_MOST = 50
MEMBERS_AT_MOST = 100
TypeName = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*(\.v[0-9]+)?)?$")
]
Types = Annotated[
    list[TypeName],
    Query(
        max_length=TYPES_AT_MOST,
        default_factory=list,
        description="what happened (`certification.duty_met`, whatever its version), or all of an"
        " area (`certification`); may be repeated",
    ),
]
Members = Annotated[
    list[Annotated[str, StringConstraints(pattern=ID_PATTERN)]],
    Query(max_length=MEMBERS_AT_MOST, default_factory=list, description="may be repeated"),
]
PROBLEMS = (
    Problem(
        "invalid-position",
        "Not a position",
        "Positions are whole numbers from 0; send the `last` of an earlier answer, or the id of"
        " the last event received.",
    ),
    Problem(
        "invalid-event-type",
        "No event has that type",
        "A filter that lets nothing through looks like a quiet day, so it is refused. `facts.known`"
        " lists what there is; a version (`.v1`) may stand behind it and changes nothing.",
    ),
    Problem(
        "unknown-event",
        "No public event stands there",
        "Between two positions lie events that are not public. Take the `position` of an event of"
        " the feed.",
    ),
)


class Feed:
    """The feed of one process."""

    def __init__(self, running: Running) -> None:
        self.reader = FeedReader(running)
        self.news = News(running.writer)

    async def after(self, position: int, limit: int, wait_s: float, wanted: Wanted) -> Found:
        """Events behind a position; waits up to `wait_s` seconds for the first. What a filter
        leaves out is looked at once."""
        until = asyncio.get_running_loop().time() + wait_s
        while True:
            news = self.news.next()
            found = await asyncio.to_thread(self.reader.after, position, limit, wanted)
            left = until - asyncio.get_running_loop().time()
            if found.items or left <= 0:
                return found
            position = found.last
            await self.news.wait(news, min(left, 1.0))

    async def follow(self, position: int, wanted: Wanted) -> AsyncIterator[ServerSentEvent]:
        """Events behind a position for ever. A message that has only an id says how far was looked:
        a browser, or any client after the standard, resumes from there."""
        while True:
            found = await self.after(position, PAGE, MAX_WAIT_S, wanted)
            for item in found.items:
                position = item.position
                yield ServerSentEvent(
                    data=item.cloudevent.decode(), event=item.type, id=str(position)
                )
            if found.last > position:
                position = found.last
                yield ServerSentEvent(id=str(position))

    async def wanted(self, types: list[str], members: list[str]) -> Wanted:
        """A filter as asked for; refused `invalid-event-type` where nothing can have that type."""
        if not types and not members:
            return EVERYTHING
        names = tuple(dict.fromkeys(map(kind_of, types)))
        for name in names:
            if not await asyncio.to_thread(self.reader.knows, name):
                raise Refused(
                    "invalid-event-type",
                    f"no public event is called {name}",
                    given=name,
                    known=KINDS,
                )
        return Wanted(names, tuple(members))


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
    _following(made, feed)
    _reading(made, feed)

    @made.get("/feed/schema", tags=["feed"])
    async def schema() -> Response:
        """JSON Schema of every event that the feed has, by type name, as a reader may rely on it.
        Public: needs no token."""
        return Json(SCHEMAS)

    return made


def _following(made: Api, feed: Feed) -> None:
    @made.get("/feed", tags=["feed"])
    async def pull(
        principal: SignedIn,
        types: Annotated[Types, Query(alias="type")],
        after: Annotated[str, Query(description="position of the last event you have")] = "0",
        limit: Annotated[int, Query(ge=1, le=PAGE)] = 100,
        wait: Annotated[float, Query(ge=0, le=MAX_WAIT_S, description="seconds")] = 0,
    ) -> Response:
        """Public events behind a position, oldest first; with `wait`, a long poll. With `type`,
        only those: `last` moves on past the others too, and `previous` of an event is the position
        before it of those that the filter lets through."""
        wanted = await feed.wanted(types, [])
        found = await feed.after(_position(after), limit, wait, wanted)
        store_id = await asyncio.to_thread(feed.reader.store_id)
        events = [orjson.Fragment(item.cloudevent) for item in found.items]
        return Json({"events": events, "last": str(found.last), "store_id": store_id})

    @made.get("/feed/stream", tags=["feed"])
    async def stream(
        request: Request,
        principal: SignedIn,
        types: Annotated[Types, Query(alias="type")],
        after: Annotated[str | None, Query()] = None,
        last_event_id: Annotated[str | None, Header()] = None,
    ) -> Response:
        """The same as server-sent events; `Last-Event-ID` (or `after`) says where to resume. With
        `type`, a message without data tells now and then how far was looked."""
        wanted = await feed.wanted(types, [])
        position = _position(last_event_id or after or "0")
        store_id = await asyncio.to_thread(feed.reader.store_id)
        return EventSourceResponse(
            feed.follow(position, wanted), ping=PING_S, headers={"castmark-store-id": store_id}
        )


def _reading(made: Api, feed: Feed) -> None:
    @made.get("/feed/events/{position}", tags=["feed"])
    async def one(principal: SignedIn, position: Annotated[int, Path(ge=1, lt=2**53)]) -> Response:
        """One public event, as `/feed` tells it."""
        found = await asyncio.to_thread(feed.reader.after, position - 1, 1)
        if not found.items or found.last != position:
            raise Refused("unknown-event", f"no public event stands at {position}")
        return Response(found.items[0].cloudevent, media_type="application/json")

    @made.get("/feed/newest", tags=["feed"])
    async def newest(
        principal: SignedIn,
        types: Annotated[Types, Query(alias="type")],
        members: Annotated[Members, Query(alias="member")],
        before: Annotated[str | None, Query(description="`next` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE)] = 100,
    ) -> Response:
        """Public events, the newest first: for reading back. To follow, ask `/feed`."""
        wanted = await feed.wanted(types, members)
        start = None if before is None else _position(before)
        items = await asyncio.to_thread(feed.reader.newest, start, limit, wanted)
        page = items[:limit]
        return Json(
            {
                "events": [orjson.Fragment(item.cloudevent) for item in page],
                "next": str(page[-1].position) if len(items) > limit else None,
                "kinds": KINDS,
            }
        )
