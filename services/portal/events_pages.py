"""The routes of the page of public events: read back from the end, followed live, handed on as
JSON one by one."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import orjson
from fastapi import Header, Path, Query
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from infra.errors import Refused
from infra.web import Api

from . import events
from .asking import AGAIN_S, WAIT_S, Asking
from .custody_pages import Visit
from .emissions_pages import Renders, Token

PAGE = 50
JSON_TYPE = "application/json"
Kind = Annotated[str, Query(alias="type", pattern=r"^([a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?)?$")]
Position = Annotated[str, Query(pattern="^[0-9]{0,18}$")]


def add_events(made: Api, pages: Renders, asking: Asking, token_of: Token, feed_at: str) -> None:
    """Add the pages; `feed_at` is the address under which programs reach the feed."""
    visit = Visit(pages, asking, token_of)
    _list(made, visit, feed_at)
    _live(made, visit)
    _one(made, visit)


def _list(made: Api, visit: Visit, feed_at: str) -> None:
    @made.get("/events", include_in_schema=False)
    async def every(
        request: Request,
        kind: Kind = "",
        member: Annotated[str, Query(max_length=128)] = "",
        before: Position = "",
    ) -> Response:
        token = visit.token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        wanted = events.Filter(kind, member.strip(), before)
        answer = await visit.asking.get(token, "/feed/newest", wanted.asked(PAGE))
        if not answer.fine:
            return visit.problem(answer)
        rows = events.rows_of(answer.content)
        last = rows[0].position if rows else "0"
        following = answer.content["next"]
        return visit.pages.page(
            "events.html",
            rows=rows,
            wanted=wanted,
            kinds=events.kinds_of(answer.content),
            following=wanted.link(before=following) if following else None,
            live=wanted.live(last),
            last=last,
            feed_at=feed_at,
            development=made.shared.dev is not None,
        )


def _live(made: Api, visit: Visit) -> None:
    @made.get("/events/live", include_in_schema=False)
    async def live(
        request: Request,
        kind: Kind = "",
        after: Position = "0",
        last_event_id: Annotated[str | None, Header(pattern="^[0-9]{1,18}$")] = None,
    ) -> Response:
        token = visit.token_of(request)
        if token is None:
            raise Refused("not-signed-in", "sign in first")
        wanted = events.Filter(kind)
        changes = _changes(visit.asking, token, wanted, last_event_id or after or "0")
        return EventSourceResponse(changes, ping=15)


async def _changes(
    asking: Asking, token: str, wanted: events.Filter, after: str
) -> AsyncIterator[ServerSentEvent]:
    """Tell a page each time that there is more than it shows."""
    while True:
        query = {"type": wanted.types, "after": after, "wait": str(WAIT_S), "limit": "1000"}
        answer = await asking.get(token, "/feed", query)
        if not answer.fine:
            yield ServerSentEvent(event="away", data=str(answer.status))
            if answer.status in (401, 403):
                return
            await asyncio.sleep(AGAIN_S)
            continue
        after = str(answer.content["last"])
        if answer.content["events"]:
            yield ServerSentEvent(event="changed", data=after, id=after)


def _one(made: Api, visit: Visit) -> None:
    @made.get("/events/{position}", include_in_schema=False)
    async def one(
        request: Request, position: Annotated[str, Path(pattern="^[1-9][0-9]{0,17}$")]
    ) -> Response:
        token = visit.token_of(request)
        if token is None:
            return RedirectResponse("/signin", 303)
        answer = await visit.asking.get(token, f"/feed/events/{position}", {})
        if not answer.fine:
            return visit.problem(answer)
        content = orjson.dumps(answer.content, option=orjson.OPT_INDENT_2)
        return Response(content, media_type=JSON_TYPE)
